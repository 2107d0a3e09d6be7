"""`listen --lint`: what breaks the rules is named on its line, summed up at the end, and told by the exit status."""

import json
import signal
from collections.abc import Sequence

import pytest

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.lint_rules import RULES
from tests.doubles.program import Running, run, running, wait_for
from tests.doubles.receiving import udp_socket
from tests.doubles.talking import talking_to

FINE = OscMessage("/fine", "i", (1,))
NAN = OscMessage("/level", "f", (float("nan"),))
WHOLE, BROKEN = OscMessage("/fader", "i", (1,)), OscMessage("/fader", "f", (1.0,))
SPACED = OscMessage("/a b", "i", (1,))
ALIEN = b"\xff\xfeAlien"


def send(port: int, *packets: OscMessage | OscBundle | bytes) -> None:
    with udp_socket() as sender:
        for packet in packets:
            sender.sendto(packet if isinstance(packet, bytes) else encode_packet(packet), ("127.0.0.1", port))


def findings(listener: Running) -> list[list[str]]:
    return [json.loads(line)["lint"] for line in listener.lines]


def report(listener: Running) -> str:
    """Return the last line, after that which counts."""
    summary, report = listener.stderr.splitlines()[-2:]
    assert summary.startswith("received ")
    return report


def test_text_lines_end_with_what_is_wrong_and_only_those() -> None:
    with running("listen", "0", "--lint", "--count", "4") as listener:
        send(listener.ports()[0], FINE, NAN, WHOLE, BROKEN)
        assert listener.wait() == 1
        fine, nan, whole, broken = listener.lines
        assert fine.endswith(" /fine ,i 1")
        assert nan.endswith("  (lint: nan)")
        assert whole.endswith(" /fader ,i 1")
        assert broken.endswith(" /fader ,f 1.0  (lint: type-flip)")
        assert report(listener) == "lint: error 1 (nan 1); warning 1 (type-flip 1)"


def test_json_lines_have_a_list_empty_where_nothing_is_wrong() -> None:
    with running("listen", "0", "--lint", "--format", "jsonl", "--count", "3") as listener:
        send(listener.ports()[0], FINE, ALIEN, OscMessage("/a b", "f", (float("nan"),)))
        assert listener.wait() == 1
        assert findings(listener) == [[], ["malformed"], ["nan", "forbidden-character"]]
        assert report(listener) == "lint: error 2 (malformed 1, nan 1); warning 1 (forbidden-character 1)"


def test_without_lint_nothing_is_said_about_it() -> None:
    with running("listen", "0", "--format", "jsonl", "--count", "2") as listener:
        send(listener.ports()[0], NAN, ALIEN)
        assert listener.wait() == 0
        assert all("lint" not in json.loads(line) for line in listener.lines)
        assert "lint" not in listener.stderr


def test_bundle_names_a_rule_once_and_counts_every_message() -> None:
    bundle = OscBundle(TimeTag.IMMEDIATELY, [NAN, FINE, NAN, SPACED])
    with running("listen", "0", "--lint", "--count", "1") as listener:
        send(listener.ports()[0], bundle)
        assert listener.wait() == 1
        assert listener.lines[0].endswith("  (lint: nan, forbidden-character)")
        assert report(listener) == "lint: error 2 (nan 2); warning 1 (forbidden-character 1)"


# Exit status.


@pytest.mark.parametrize(
    ("packets", "status", "said"),
    [
        ([FINE], 0, "lint: nothing found"),
        ([], 0, "lint: nothing found"),
        ([SPACED], 0, "lint: warning 1 (forbidden-character 1)"),
        ([FINE, OscMessage("/fine", "s", ("x",))], 0, "lint: info 1 (type-change 1)"),
        ([SPACED, ALIEN], 1, "lint: error 1 (malformed 1); warning 1 (forbidden-character 1)"),
    ],
)
def test_exit_status_is_1_for_errors_alone_when_a_signal_ends_it(
    packets: Sequence[OscMessage | bytes], status: int, said: str
) -> None:
    with running("listen", "0", "--lint") as listener:
        send(listener.ports()[0], *packets)
        assert listener.end(signal.SIGTERM) == status
        assert len(listener.lines) == len(packets)
        assert report(listener) == said


def test_signal_in_the_middle_of_traffic_still_brings_report_and_status() -> None:
    with running("listen", "0", "--lint", "--format", "jsonl") as listener:
        (port,) = listener.ports()
        send(port, *(OscMessage("/n", "if", (number, float("nan"))) for number in range(300)))
        wait_for(lambda: listener.lines)
        send(port, *(OscMessage("/n", "if", (number, float("nan"))) for number in range(300, 500)))
        assert listener.end(signal.SIGTERM) == 1
        assert findings(listener) == [["nan"]] * 500
        assert report(listener) == "lint: error 500 (nan 500)"


def test_rules_about_the_past_hold_across_batches() -> None:
    with running("listen", "0", "--lint", "--format", "jsonl") as listener:
        (port,) = listener.ports()
        for number in [*range(10), 12]:
            send(port, OscMessage("/count", "i", (number,)))
            least = min(number, 10) + 1
            wait_for(lambda least=least: len(listener.lines) == least)
        assert listener.end() == 0
        assert findings(listener) == [[]] * 10 + [["sequence-gap"]]


# Leaving out.


def test_muted_rules_are_neither_named_nor_counted_nor_fatal() -> None:
    with running("listen", "0", "--lint", "--mute", "nan", "--mute", "malformed", "--count", "3") as listener:
        send(listener.ports()[0], NAN, ALIEN, SPACED)
        assert listener.wait() == 0
        assert [line.rpartition("  ")[2] for line in listener.lines if "(lint: " in line] == [
            "(lint: forbidden-character)"
        ]
        assert report(listener) == "lint: warning 1 (forbidden-character 1)"


def test_all_rules_can_be_muted() -> None:
    muted = [word for rule in RULES for word in ("--mute", rule.id)]
    with running("listen", "0", "--lint", *muted, "--count", "1") as listener:
        send(listener.ports()[0], ALIEN)
        assert listener.wait() == 0
        assert report(listener) == "lint: nothing found"


def test_only_what_is_printed_is_counted() -> None:
    with running("listen", "0", "--lint", "--filter", "-error -/level", "--count", "2") as listener:
        send(listener.ports()[0], NAN, ALIEN, WHOLE, BROKEN)
        assert listener.wait() == 0
        assert report(listener) == "lint: warning 1 (type-flip 1)"
    with running("listen", "0", "--lint", "--count", "1") as listener:
        send(listener.ports()[0], FINE, NAN)
        assert listener.wait() == 0
        assert report(listener) == "lint: nothing found"


def test_filter_by_lint_knows_muted_rules_too() -> None:
    with running("listen", "0", "--lint", "--mute", "nan", "--filter", "lint:nan", "--count", "1") as listener:
        send(listener.ports()[0], FINE, NAN)
        assert listener.wait() == 0
        assert len(listener.lines) == 1
        assert report(listener) == "lint: nothing found"


def test_answers_of_ours_are_looked_at_like_any_other() -> None:
    with running("listen", "0", "--lint", "--reply", "/ping -> /level ,f nan") as listener:
        with talking_to(EndpointUrl("udp", "127.0.0.1", listener.ports()[0])) as talker:
            talker.send(OscMessage("/ping"))
            talker.receive()
        assert listener.end() == 1
        assert listener.lines[1].endswith(" /level ,f nan  (lint: nan)")


@pytest.mark.parametrize("rule", ["none", "NAN", "", "\n", "x" * 1000])
def test_unknown_rule_is_one_line_with_all_that_there_are(rule: str) -> None:
    done = run("listen", "0", "--lint", f"--mute={rule}")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("osc-workbench listen: There is no rule “")
    assert all(known.id in line for known in RULES)


def test_muting_without_lint_is_refused_with_a_remedy() -> None:
    done = run("listen", "0", "--mute", "nan")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "osc-workbench listen: --mute leaves rules of --lint out, which is missing. Add --lint.\n"
