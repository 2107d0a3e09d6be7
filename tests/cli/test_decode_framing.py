"""`decode --framing`: streams as lists of hex chunks, and the JSON other programs rely on."""

import json
import subprocess
from typing import Any

import pytest

from tests.doubles.program import PROGRAM, TIMEOUT, run

A, B = "2f610000" + "2c000000", "2f620000" + "2c690000" + "c0dbdcdd"
B_IN_SLIP = "2f620000" + "2c690000" + "dbdcdbdddcdd"
LENGTH_STREAM = "00000008" + A + "0000000c" + B
SLIP_STREAM = "c0" + A + "c0c0" + B_IN_SLIP + "c0"
BOTH_PACKETS = {"packets": [A, B], "bad": 0, "pending": 0, "closed": False}


def in_bytes(stream: str) -> list[str]:
    return [stream[place : place + 2] for place in range(0, len(stream), 2)]


def decode(framing: str, *streams: list[str]) -> list[Any]:
    done = run("decode", "--framing", framing, stdin="".join(json.dumps(stream) + "\n" for stream in streams))
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("framing", "stream"),
    [("length", LENGTH_STREAM), ("slip", SLIP_STREAM), ("auto", LENGTH_STREAM), ("auto", SLIP_STREAM)],
)
def test_every_place_to_cut_gives_the_same_packets(framing: str, stream: str) -> None:
    cuts = [[stream[:place], stream[place:]] for place in range(0, len(stream) + 1, 2)]
    streams = [[stream], in_bytes(stream), *cuts]
    assert decode(framing, *streams) == [BOTH_PACKETS] * len(streams)


def test_each_line_is_a_stream_of_its_own() -> None:
    assert decode("auto", [SLIP_STREAM[:20]], [LENGTH_STREAM], [], [SLIP_STREAM]) == [
        {"packets": [A], "bad": 0, "pending": 0, "closed": False},
        BOTH_PACKETS,
        {"packets": [], "bad": 0, "pending": 0, "closed": False},
        BOTH_PACKETS,
    ]


def test_bad_escapes_are_counted_and_the_unfinished_rest_is_pending() -> None:
    (answer,) = decode("slip", ["c0" + A + "c02fdb", "2fc0" + A, "c0" + A[:6]])
    assert answer == {"packets": [A, A], "bad": 1, "pending": 3, "closed": False}


def test_absurd_length_closes_the_stream_and_is_an_answer_not_a_failure() -> None:
    for framing in ("length", "auto"):
        (answer,) = decode(framing, ["00000008" + A, "7fffffff", LENGTH_STREAM])
        assert answer == {"packets": [A], "bad": 0, "pending": 0, "closed": True}


def test_slip_is_not_guessed_where_lengths_were_asked_for() -> None:
    (answer,) = decode("length", [SLIP_STREAM])
    assert answer == {"packets": [], "bad": 0, "pending": 0, "closed": True}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"c0",
        b"{}",
        b"null",
        b'"c0"',
        b"[1]",
        b"[null]",
        b'["c"]',
        b'["zz"]',
        b'["c0", ["c0"]]',
        b'["c0"',
        b"\xff\xfe",
        b'["\xc3\xa9"]',
        b"[" * 200_000 + b"]" * 200_000,
        b"[" + b"9" * 10_000 + b"]",
    ],
    ids=lambda line: repr(line[:12]),
)
def test_line_that_is_no_list_of_chunks_is_an_answer_and_a_reservation(line: bytes) -> None:
    done = run("decode", "--framing", "slip", stdin=line + b"\n" + json.dumps([SLIP_STREAM]).encode())
    first, second = map(json.loads, done.stdout.splitlines())
    assert set(first) == {"error"}
    assert (first["error"]["code"], first["error"]["offset"]) == ("not-chunks", 0)
    assert first["error"]["reason"] == "the line is not a JSON list of chunks in hex"
    assert second == BOTH_PACKETS
    assert (done.returncode, done.stderr) == (1, "")


def test_answer_comes_before_the_next_stream() -> None:
    command = [*PROGRAM, "decode", "--framing", "auto"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(5):
            process.stdin.write(json.dumps([SLIP_STREAM]).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == BOTH_PACKETS
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


def test_unknown_framing_is_refused_with_those_there_are() -> None:
    done = run("decode", "--framing", "cobs")
    assert done.returncode == 2
    assert "'length', 'slip', 'auto'" in done.stderr
    assert done.stdout == ""


def test_without_framing_lines_are_packets() -> None:
    done = run("decode", stdin=A + "\n")
    assert json.loads(done.stdout) == {"packet": {"address": "/a", "tags": "", "args": []}, "issues": []}
