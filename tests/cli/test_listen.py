"""`listen`: one line a packet, everything counted, a clean end."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import PROGRAM, TIMEOUT, Running, run, running, wait_for
from tests.doubles.receiving import HOSTS, udp_socket

PAIR = encode_packet(OscBundle(TimeTag(1), [OscMessage("/x"), OscMessage("/y")]))


def message(number: int) -> bytes:
    return encode_packet(OscMessage("/n", "i", (number,)))


def send(port: int, *datagrams: bytes, host: str = "127.0.0.1") -> int:
    """Send and return the port they came from."""
    with udp_socket(host) as sender:
        for data in datagrams:
            sender.sendto(data, (host, port))
        source: int = sender.getsockname()[1]
        return source


def answers(listener: Running) -> list[Any]:
    return [json.loads(line) for line in listener.lines]


def counts(text: str) -> dict[str, int]:
    """Return the numbers of the summary."""
    summary = text.splitlines()[-1]
    found = re.fullmatch(
        r"received (\d+) packets \((\d+) bytes\) in [\d.]+ s, printed (\d+), malformed (\d+), "
        r"dropped by the kernel (\d+), discarded (\d+)",
        summary,
    )
    assert found, summary
    names = ("received", "bytes", "printed", "malformed", "dropped", "discarded")
    return dict(zip(names, map(int, found.groups()), strict=True))


@HOSTS
def test_json_line_of_a_message_has_everything(host: str) -> None:
    url = f"udp://[{host}]:0" if ":" in host else f"udp://{host}:0"
    with running("listen", url, "--format", "jsonl", "--count", "1") as listener:
        (port,) = listener.ports()
        before = time.time()
        source = send(port, message(7), host=host)
        assert listener.wait() == 0
        (line,) = answers(listener)
        stamp = line.pop("time")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp)
        assert abs(time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - before) < 5
        bracketed = f"[{host}]" if ":" in host else host
        assert line == {
            "number": 1,
            "direction": "in",
            "endpoint": f"udp://{bracketed}:{port}",
            "peer": f"{bracketed}:{source}",
            "packet": {"address": "/n", "tags": "i", "args": [7]},
            "issues": [],
        }
        assert listener.stderr.splitlines()[0] == f"ready udp://{bracketed}:{port}"
        assert counts(listener.stderr)["printed"] == 1


def test_text_line_has_time_endpoint_peer_and_notation() -> None:
    with running("listen", "0", "--count", "3") as listener:
        (port,) = listener.ports()
        source = send(port, message(7), PAIR, b"\xff\xfe\0\0")
        assert listener.wait() == 0
        url = re.escape(f"udp://127.0.0.1:{port}")
        peer = re.escape(f"127.0.0.1:{source}")
        first, second, third = listener.lines
        assert re.fullmatch(rf"\S+Z {url} <- {peer} /n ,i 7", first)
        assert second.endswith(" #bundle immediately { /x , ; /y , }")
        assert third.endswith("malformed: neither an OSC message nor a bundle starts here (at byte 0): fffe0000")


def test_bundle_is_one_line_and_numbers_count_packets() -> None:
    with running("listen", "0", "--format", "jsonl", "--count", "3") as listener:
        send(listener.ports()[0], message(0), PAIR, message(1))
        assert listener.wait() == 0
        lines = answers(listener)
        assert [line["number"] for line in lines] == [1, 2, 3]
        assert [element["address"] for element in lines[1]["packet"]["elements"]] == ["/x", "/y"]


def test_malformed_packets_have_error_and_hex_and_are_counted() -> None:
    with running("listen", "0", "--format", "jsonl", "--count", "3") as listener:
        send(listener.ports()[0], b"", message(1)[:-2], PAIR[:-1])
        assert listener.wait() == 0
        lines = answers(listener)
        assert [line["hex"] for line in lines] == ["", message(1)[:-2].hex(), PAIR[:-1].hex()]
        assert all("packet" not in line for line in lines)
        assert lines[0]["error"]["code"] == "empty"
        assert counts(listener.stderr)["malformed"] == 3


def test_several_urls_are_ready_one_after_the_other_and_told_apart() -> None:
    with running("listen", "0", "udp://localhost:0", "--format", "jsonl", "--count", "2") as listener:
        first, second = listener.ports(2)
        assert first != second
        send(first, message(1))
        send(second, message(2))
        assert listener.wait() == 0
        by_number = {line["packet"]["args"][0]: line["endpoint"] for line in answers(listener)}
        assert by_number == {1: f"udp://127.0.0.1:{first}", 2: f"udp://localhost:{second}"}


def test_options_may_stand_anywhere() -> None:
    with running("listen", "--format", "jsonl", "0", "--count", "1", "0") as listener:
        send(listener.ports(2)[1], message(1))
        assert listener.wait() == 0


# How it ends.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_it_cleanly_with_what_arrived_and_a_summary(number: int) -> None:
    with running("listen", "0", "--format", "jsonl") as listener:
        (port,) = listener.ports()
        send(port, *map(message, range(500)))
        # At once: what the kernel has accepted by now must be printed all the same.
        assert listener.end(number) == 0
        assert [line["packet"]["args"] for line in answers(listener)] == [[n] for n in range(500)]
        assert counts(listener.stderr)["received"] == 500


def test_for_ends_it_after_a_time() -> None:
    start = time.monotonic()
    with running("listen", "0", "--for", "0.3") as listener:
        assert listener.wait() == 0
        assert 0.3 <= time.monotonic() - start < 5
        assert counts(listener.stderr) == dict.fromkeys(
            ("received", "bytes", "printed", "malformed", "dropped", "discarded"), 0
        )


def test_count_that_was_not_reached_in_time_is_a_reservation() -> None:
    with running("listen", "0", "--for", "0.2", "--count", "2") as listener:
        send(listener.ports()[0], message(1))
        assert listener.wait() == 1
        assert len(listener.lines) == 1


def test_count_prints_no_more_than_that() -> None:
    with running("listen", "0", "--count", "2") as listener:
        send(listener.ports()[0], *map(message, range(50)))
        assert listener.wait() == 0
        assert len(listener.lines) == 2
        assert counts(listener.stderr)["printed"] == 2


def test_reader_that_has_enough_ends_it_quietly() -> None:
    with subprocess.Popen(
        [*PROGRAM, "listen", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = int(process.stderr.readline().rpartition(":")[2])
        send(port, message(1))
        assert process.stdout.readline().endswith("/n ,i 1\n")
        process.stdout.close()

        def ended() -> bool:
            send(port, message(2))
            return process.poll() is not None

        wait_for(ended)
        messages = process.stderr.read()
        assert process.returncode == 0
        assert "Traceback" not in messages
        assert counts(messages)["received"] >= 2


def test_reader_of_the_messages_that_went_away_changes_nothing() -> None:
    with subprocess.Popen(
        [*PROGRAM, "listen", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = int(process.stderr.readline().rpartition(":")[2])
        process.stderr.close()
        send(port, message(1))
        assert process.stdout.readline().endswith("/n ,i 1\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_closed_from_the_start_change_nothing(redirection: str, tmp_path: Path) -> None:
    stats = tmp_path / "stats"
    with udp_socket() as sock:
        port = sock.getsockname()[1]
    shell = ("sh", "-c", f'exec "$@" {redirection}', "sh")
    with running("listen", str(port), "--count", "1", "--stats", str(stats), prefix=shell) as listener:
        wait_for(stats.exists)
        send(port, message(1))
        assert listener.wait() == 0
        if redirection == "2>&-":
            # No message has strayed into the data.
            assert listener.stdout.endswith("/n ,i 1\n")
            assert len(listener.lines) == 1
    assert json.loads(stats.read_text())["received"] == 1


@HOSTS
def test_port_in_use_is_one_line_and_exit_2(host: str) -> None:
    with udp_socket(host) as holder:
        port = holder.getsockname()[1]
        done = run("listen", f"udp://[{host}]:{port}" if ":" in host else f"udp://{host}:{port}")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"osc-workbench listen: Port {port} is in use by ")
    assert line.endswith("Stop that program or choose another port.")


def test_second_copy_on_the_same_port_is_refused_and_the_first_goes_on() -> None:
    with running("listen", "0", "--count", "1") as first:
        (port,) = first.ports()
        assert run("listen", str(port)).returncode == 2
        send(port, message(1))
        assert first.wait() == 0


def test_few_descriptors_are_enough_and_too_few_are_explained() -> None:
    limit = ("sh", "-c", 'ulimit -n 64 && exec "$@"', "sh")
    with running("listen", "0", "--count", "1", prefix=limit) as listener:
        send(listener.ports()[0], message(1))
        assert listener.wait() == 0
    with running("listen", *["0"] * 80, prefix=limit) as listener:
        assert listener.wait() == 2
        assert listener.stderr.splitlines()[-1].startswith("osc-workbench listen: udp://127.0.0.1:0 cannot be opened")


# Statistics.


def test_statistics_are_written_replaced_and_final(tmp_path: Path) -> None:
    path = tmp_path / "stats.json"

    def received() -> int:
        # Whenever it is read, it is whole.
        count: int = json.loads(path.read_text())["received"]
        return count

    with running("listen", "0", "--stats", str(path)) as listener:
        (port,) = listener.ports()
        wait_for(path.exists)
        assert received() == 0
        send(port, message(1), b"\xff")
        wait_for(lambda: received() == 2)
        send(port, message(2))
        assert listener.end() == 0
    assert json.loads(path.read_text()) == {
        "received": 3,
        "bytes": 25,
        "malformed": 1,
        "dropped": 0,
        "discarded": 0,
        "sent": 0,
        "bad_frames": 0,
        "unanswered": 0,
        "printed": 3,
        "recorded": 0,
        "backlog": 0,
    }
    assert list(tmp_path.iterdir()) == [path]


def test_statistics_that_can_no_longer_be_written_do_not_end_the_listening(tmp_path: Path) -> None:
    directory = tmp_path / "gone"
    directory.mkdir()
    path = directory / "stats"
    with running("listen", "0", "--stats", str(path)) as listener:
        (port,) = listener.ports()
        wait_for(path.exists)
        path.unlink()
        directory.rmdir()
        wait_for(lambda: "statistics cannot be written" in listener.stderr)
        send(port, message(1))
        wait_for(lambda: len(listener.lines) == 1)
        assert listener.end() == 0
        assert listener.stderr.count("statistics cannot be written") == 1
        assert counts(listener.stderr)["received"] == 1


def test_statistics_onto_a_directory_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    done = run("listen", "0", "--stats", str(tmp_path / "directory"))
    assert done.returncode == 2
    assert "statistics cannot be written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


# Load.


def test_under_load_every_packet_is_printed_or_counted(tmp_path: Path) -> None:
    count, per_round = 20_000, 100
    stats = tmp_path / "stats"
    with running("listen", "0", "--format", "jsonl", "--stats", str(stats)) as listener:
        (port,) = listener.ports()
        with udp_socket() as sender:
            start = time.monotonic()
            for first in range(0, count, per_round):
                for number in range(first, first + per_round):
                    sender.sendto(message(number), ("127.0.0.1", port))
                # 20,000 a second.
                wait_for(lambda due=start + first / 20_000: time.monotonic() >= due)
        assert listener.end(signal.SIGTERM) == 0
        summary = counts(listener.stderr)
        assert summary["printed"] + summary["dropped"] + summary["discarded"] == count
        assert summary["printed"] == summary["received"]
        numbers = [line["packet"]["args"][0] for line in answers(listener)]
        assert len(numbers) == summary["printed"]
        assert numbers == sorted(numbers)
        # A machine that is busy may lose some, but not many.
        assert summary["printed"] > count // 2
    final = json.loads(stats.read_text())
    assert final["printed"] + final["dropped"] + final["discarded"] == count


def test_flood_keeps_memory_bounded() -> None:
    huge = encode_packet(OscMessage("/b", "b", (bytes(60_000),)))
    with running("listen", "0", "--format", "text") as listener:
        (port,) = listener.ports()
        listener_status = Path(f"/proc/{listener.process.pid}/status")
        with udp_socket() as sender:
            for number in range(600):
                sender.sendto(huge if number % 2 else b"/%030d\0,\0\0\0" % number, ("127.0.0.1", port))
        wait_for(lambda: len(listener.lines) > 10)
        resident = re.search(r"VmRSS:\s+(\d+) kB", listener_status.read_text())
        assert resident
        assert int(resident.group(1)) < 300 << 10
        assert listener.end() == 0
