"""What scsynth and its clients really sent, once more over a socket: `listen` shows every datagram as written down."""

import json
from pathlib import Path
from typing import Any

from tests.doubles.program import run, running, wait_for
from tests.doubles.receiving import udp_socket

CAPTURES = Path(__file__).parent.parent / "data" / "scsynth"


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def as_written_down(packet: dict[str, Any]) -> list[Any]:
    """Return a packet of `listen` in the form the captures have."""
    if "elements" in packet:
        return ["#bundle", int(packet["time"], 16), [as_written_down(element) for element in packet["elements"]]]
    if packet["tags"] is None:
        return [packet["address"], None]
    return [packet["address"], "," + packet["tags"], [value_of(value) for value in packet["args"]]]


def value_of(value: Any) -> Any:
    return {"blob_hex": value["blob"]} if isinstance(value, dict) and "blob" in value else value


def listened(datagrams: list[bytes]) -> list[dict[str, Any]]:
    """Send datagrams to `listen`, never more at once than its buffer holds, and return its lines."""
    with running("listen", "0", "--format", "jsonl") as listener, udp_socket() as sender:
        (port,) = listener.ports()
        for number, data in enumerate(datagrams, 1):
            sender.sendto(data, ("127.0.0.1", port))
            if number % 50 == 0:
                wait_for(lambda count=number: len(listener.lines) == count)
        assert listener.end() == 0
        return [json.loads(line) for line in listener.lines]


def test_golden_samples_appear_as_written_down() -> None:
    samples = lines_of(CAPTURES / "golden_samples.jsonl")
    lines = listened([bytes.fromhex(sample["hex"]) for sample in samples])
    assert len(lines) == len(samples)
    for number, (sample, line) in enumerate(zip(samples, lines, strict=True), 1):
        assert line["number"] == number
        assert "packet" in line, (sample, line)
        # Where bytes stand behind an address without type tags, the captures guess that there are no arguments.
        expected = [sample["decoded"][0], None] if sample["decoded"][1:] == ["", []] else sample["decoded"]
        assert as_written_down(line["packet"]) == expected


def test_whole_conversations_go_through_unchanged() -> None:
    datagrams = [
        bytes.fromhex(line["hex"])
        for path in sorted(CAPTURES.glob("*.jsonl"))
        for line in lines_of(path)
        if path.name != "golden_samples.jsonl" and line.get("transport") != "tcp"
    ]
    lines = listened(datagrams)
    assert len(lines) == len(datagrams) > 500
    again = run("encode", stdin="".join(json.dumps(line) + "\n" for line in lines)).stdout.splitlines()
    assert [bytes.fromhex(line) for line in again] == datagrams
