"""`listen --filter`: what a query matches is printed and counted, and nothing else."""

import json
import signal
import time

import pytest

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import Running, run, running, wait_for
from tests.doubles.receiving import udp_socket
from tests.doubles.talking import talking_to

NAN = float("nan")
LATE = TimeTag.from_unix_ns(time.time_ns()) - 60.0
ALIEN = b"\xff\xfeAlien"
FADER, TEXT, SILENCE = (
    OscMessage("/fader/1", "f", (0.75,)),
    OscMessage("/say", "s", ("hello",)),
    OscMessage("/level", "f", (NAN,)),
)
COMMAND = OscMessage(15, "isf", (1000, "freq", 440.0))
PAIR = OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/x", "i", (1,)), OscMessage("/y", "i", (2,))])
BEHIND = OscBundle(LATE, [OscMessage("/z", "i", (3,))])
MIXED = (FADER, TEXT, SILENCE, COMMAND, PAIR, BEHIND, ALIEN)


def data_of(packet: OscMessage | OscBundle | bytes) -> bytes:
    return packet if isinstance(packet, bytes) else encode_packet(packet)


def send(port: int, *packets: OscMessage | OscBundle | bytes) -> int:
    """Send and return the port they came from."""
    with udp_socket() as sender:
        for packet in packets:
            sender.sendto(data_of(packet), ("127.0.0.1", port))
        source: int = sender.getsockname()[1]
        return source


def numbers(listener: Running) -> list[int]:
    return [json.loads(line)["number"] for line in listener.lines]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("/fader/*", [1]),
        ("fade", [1]),
        ("address~/^.l/", [3]),
        ("type:f", [1, 3]),
        ("n_set", [4]),
        ("/n_set arg[2]>400", [4]),
        ("arg[0]>0.5", [1, 4, 5, 6]),
        ('any~"ELL"', [2]),
        ("has:nan", [3]),
        ("lint:nan or lint:late", [3, 6]),
        ("lint:error", [3, 7]),
        ("in:bundle", [5, 6]),
        ("late>1s", [6]),
        ("error", [7]),
        ("not error -in:bundle -/level", [1, 2, 4]),
        ("dir:out", []),
        ("src:127.0.0.1 number:1..2", [1, 2]),
        ('bytes:"41 6c ?? 65"', [7]),
        (" ", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_only_packets_with_a_matching_message_are_printed(query: str, expected: list[int]) -> None:
    with running("listen", "0", "--format", "jsonl", "--filter", query) as listener:
        send(listener.ports()[0], *MIXED)
        assert listener.end(signal.SIGTERM) == 0
        assert numbers(listener) == expected
        summary = listener.stderr.splitlines()[-1]
        assert "received 7 packets" in summary
        assert f", printed {len(expected)}, malformed 1," in summary


def test_text_lines_are_filtered_as_json_is_and_a_bundle_is_printed_whole_and_once() -> None:
    with running("listen", "0", "--filter", "arg[0]>=1", "--count", "2") as listener:
        source = send(listener.ports()[0], FADER, PAIR, TEXT, COMMAND)
        assert listener.wait() == 0
        bundle, command = listener.lines
        assert bundle.endswith(f" <- 127.0.0.1:{source} #bundle immediately {{ /x ,i 1 ; /y ,i 2 }}")
        assert command.endswith(f' <- 127.0.0.1:{source} 15 ,isf 1000 "freq" 440.0')


def test_bundle_is_printed_if_only_its_last_message_matches() -> None:
    with running("listen", "0", "--filter", "/y", "--count", "1") as listener:
        send(listener.ports()[0], FADER, PAIR)
        assert listener.wait() == 0
        assert len(listener.lines) == 1
        assert "/x ,i 1 ; /y ,i 2" in listener.lines[0]


def test_where_it_came_from_and_where_it_arrived_can_be_asked() -> None:
    with running("listen", "0", "tcp://127.0.0.1:0", "--format", "jsonl", "--filter", "endpoint:tcp") as listener:
        udp, tcp = listener.ports(2)
        send(udp, FADER)
        with talking_to(EndpointUrl("tcp", "127.0.0.1", tcp)) as talker:
            talker.send(TEXT)
            wait_for(lambda: listener.lines)
        assert listener.end() == 0
        (line,) = listener.lines
        assert json.loads(line)["packet"]["address"] == "/say"
    with udp_socket() as one, udp_socket() as other:
        source = one.getsockname()[1]
        with running("listen", "0", "--format", "jsonl", "--filter", f"src:{source}", "--count", "1") as listener:
            address = ("127.0.0.1", listener.ports()[0])
            other.sendto(data_of(FADER), address)
            one.sendto(data_of(TEXT), address)
            assert listener.wait() == 0
            assert json.loads(listener.lines[0])["peer"] == f"127.0.0.1:{source}"


# Counting.


def test_count_is_of_what_matches() -> None:
    with running("listen", "0", "--filter", "arg[0]>=5", "--count", "3", "--format", "jsonl") as listener:
        send(listener.ports()[0], *(OscMessage("/n", "i", (number,)) for number in range(50)))
        assert listener.wait() == 0
        assert numbers(listener) == [6, 7, 8]


def test_count_that_too_few_match_is_a_reservation() -> None:
    with running("listen", "0", "--filter", "/n arg[0]>=4", "--count", "2", "--for", "0.3") as listener:
        send(listener.ports()[0], *(OscMessage("/n", "i", (number,)) for number in range(5)))
        assert listener.wait() == 1
        assert len(listener.lines) == 1


def test_answers_pass_the_filter_like_any_other_but_are_not_counted() -> None:
    options = ("--reply", "/ping -> /pong ,i 1", "--filter", "dir:out or /stop", "--count", "1")
    with running("listen", "0", *options) as listener:
        with talking_to(EndpointUrl("udp", "127.0.0.1", listener.ports()[0])) as talker:
            for _ in range(2):
                talker.send(OscMessage("/ping"))
                assert talker.receive() == OscMessage.of("/pong", 1)
            talker.send(OscMessage("/stop"))
        assert listener.wait() == 0
        assert [line.rpartition("127.0.0.1:")[2].split(" ", 1)[1] for line in listener.lines] == [
            "/pong ,i 1",
            "/pong ,i 1",
            "/stop ,",
        ]


# The past.


def test_changes_are_told_across_batches() -> None:
    with running("listen", "0", "--filter", "changed", "--format", "jsonl") as listener:
        (port,) = listener.ports()
        for count, packets in enumerate(
            (
                [OscMessage("/a", "i", (1,)), OscMessage("/b", "i", (1,))],
                [OscMessage("/a", "i", (1,)), OscMessage("/b", "i", (2,))],
                [OscMessage("/b", "i", (2,)), OscMessage("/a", "i", (3,)), OscMessage("/a", "i", (3,))],
            )
        ):
            send(port, *packets)
            # One more line at least than before: the batch has been looked at.
            wait_for(lambda least=count + 2: len(listener.lines) >= least)
        assert listener.end() == 0
        assert numbers(listener) == [1, 2, 4, 6]


def rated_over_three_batches() -> tuple[float, list[int]]:
    """Return how long the sending took, and which packets passed: numbers 3, 6 and 9 are the ends of batches."""
    with running("listen", "0", "--filter", "rate>3 or /go", "--format", "jsonl") as listener:
        (port,) = listener.ports()
        start = time.monotonic()
        for batch in range(3):
            send(port, OscMessage("/a", "i", (batch,)), OscMessage("/a", "i", (-batch,)), OscMessage(f"/go/{batch}"))
            wait_for(lambda least=batch + 1: sum("/go/" in line for line in listener.lines) == least)
        seconds = time.monotonic() - start
        assert listener.end() == 0
        return seconds, numbers(listener)


def test_rates_are_counted_across_batches() -> None:
    # A machine that is busy may need more than the second it is about.
    for _ in range(5):
        seconds, passed = rated_over_three_batches()
        if seconds < 1:
            break
    # Numbers 1, 2 and 4 are three of /a, so the next is one too many.
    assert passed == [3, 5, 6, 7, 8, 9]


# Mistakes.


@pytest.mark.parametrize(
    ("query", "message", "mark"),
    [
        ("arg[0]>", "Column 1: Something is missing after “arg[0]>”.", "^^^^^^^"),
        ("/a addr:/x", "Column 4: There is no term “addr”.", "   ^^^^"),
        ("/a (b", "Column 4: This bracket is not closed.", "   ^"),
        ("a or", "Column 5: Something must follow “or”.", "    ^"),
        ("größe\x1b nope:3", "Column 8: There is no term “nope”.", "       ^^^^"),
        ("lint:nothing", "Column 6: There is no rule of lint called “nothing”.", "     ^^^^^^^"),
        ("x" * 10_001, "Column 10001: A query can have 10,000 characters.", " " * 10_000 + "^"),
    ],
)
def test_filter_that_cannot_be_read_is_shown_with_the_place(query: str, message: str, mark: str) -> None:
    done = run("listen", "0", "--filter", query)
    assert (done.returncode, done.stdout) == (2, "")
    first, shown, marks = done.stderr.splitlines()
    assert first.startswith(f"osc-workbench listen: The filter cannot be read. {message}")
    assert shown == "  " + query.replace("\x1b", "?")
    assert marks == "  " + mark


def test_filter_that_begins_with_a_minus_follows_an_equals_sign() -> None:
    with running("listen", "0", "--filter=-/fader/*", "--count", "1") as listener:
        send(listener.ports()[0], FADER, TEXT)
        assert listener.wait() == 0
        assert "/say" in listener.lines[0]
    assert "--filter=QUERY" in run("listen", "--help").stdout


# Load.


def test_flood_of_50000_a_second_is_printed_or_counted() -> None:
    count, per_round = 20_000, 250
    with running("listen", "0", "--format", "jsonl", "--lint", "--filter", "arg[0]>=18000 or rate<2") as listener:
        (port,) = listener.ports()
        with udp_socket() as sender:
            start = time.monotonic()
            for first in range(0, count, per_round):
                for number in range(first, first + per_round):
                    sender.sendto(b"/n\0\0,i\0\0" + number.to_bytes(4), ("127.0.0.1", port))
                wait_for(lambda due=start + first / 50_000: time.monotonic() >= due)
        assert listener.end(signal.SIGTERM) == 0
        summary, lint = listener.stderr.splitlines()[-2:]
        words = summary.replace("dropped by the kernel", "dropped").split(", ")
        parts = {name: int(number) for name, number in (word.split(" ") for word in words[1:])}
        received = int(summary.split()[1])
        assert received + parts["dropped"] + parts["discarded"] == count
        assert parts["printed"] == len(listener.lines)
        arrived = [json.loads(line)["packet"]["args"][0] for line in listener.lines]
        assert arrived == sorted(arrived)
        assert arrived[0] == 0
        assert all(number >= 18_000 for number in arrived[1:])
        assert lint.startswith("lint: ")
