"""The wire log: what every sink keeps, and what happens when a disk does not."""

import io
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import dpkt
import pytest

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.wire_files import (
    FileSink,
    HexSink,
    JsonSink,
    PcapngSink,
    RawSink,
    TextSink,
    read_raw,
    stamped_path,
)
from osc_workbench.net.wire_log import DirectionFilter, RingSink, WireLog, WireRecord
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import Direction, Peer
from tests.doubles.fake_clock import FakeClock

PEER = Peer("127.0.0.1", 6102)
PEER_6 = Peer("fe80::1%2", 6102)
START_NS = 1_700_000_000_000_000_000
PACKET = encode_packet(OscMessage.of("/a", 1, "x y"))
NASTY = [b"", b"\n", b"\nRx ('127.0.0.1', 6102) 0 3:\n", b"\0\xff" * 9, PACKET, b"\n" * 40]
FULL = Path("/dev/full")
needs_full_disk = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")

MakeSink = Callable[[Path, list[str]], FileSink]
FILE_SINKS = pytest.mark.parametrize(
    "make",
    [
        lambda path, problems, **more: RawSink(path, problems.append, **more),
        lambda path, problems, **more: HexSink(path, problems.append, **more),
        lambda path, problems, **more: TextSink(path, problems.append, **more),
        lambda path, problems, **more: JsonSink(path, problems.append, **more),
        lambda path, problems, **more: PcapngSink(path, Peer("127.0.0.1", 9), problems.append, **more),
    ],
    ids=["raw", "hex", "text", "json", "pcapng"],
)


def records_of(*datagrams: bytes) -> list[WireRecord]:
    """Records in alternating directions, a nanosecond apart."""
    directions = (Direction.IN, Direction.OUT)
    return [WireRecord(directions[index % 2], data, PEER, START_NS + index) for index, data in enumerate(datagrams)]


def write_all(sink: FileSink, records: list[WireRecord]) -> None:
    for record in records:
        sink.write(record)
    sink.close()


def refuse(problem: str) -> None:
    pytest.fail(problem)


# The log.


def test_every_sink_gets_every_record_and_directions_are_counted() -> None:
    first, second = RingSink(), RingSink()
    log = WireLog(first, second, clock=FakeClock())
    log.write(Direction.IN, b"a", PEER, 5)
    log.write(Direction.OUT, b"", PEER)
    log.write(Direction.IN, b"c", PEER_6)
    assert first.records == second.records
    assert first.records == (
        WireRecord(Direction.IN, b"a", PEER, 5),
        WireRecord(Direction.OUT, b"", PEER, START_NS),
        WireRecord(Direction.IN, b"c", PEER_6, START_NS),
    )
    assert log.counts == {Direction.IN: 2, Direction.OUT: 1}


def test_a_log_without_sinks_counts() -> None:
    with WireLog(clock=FakeClock()) as log:
        log.write(Direction.OUT, b"a", PEER)
        log.flush()
    assert log.counts == {Direction.IN: 0, Direction.OUT: 1}


def test_each_direction_can_have_a_file_of_its_own(tmp_path: Path) -> None:
    files = {Direction.IN: tmp_path / "rig.rx.log", Direction.OUT: tmp_path / "rig.tx.log"}
    sinks = [DirectionFilter(RawSink(path, refuse), direction) for direction, path in files.items()]
    records = records_of(*NASTY)
    with WireLog(*sinks, clock=FakeClock()) as log:
        for record in records:
            log.write(record.direction, record.data, record.peer, record.unix_ns)
        log.flush()
    for direction, path in files.items():
        assert list(read_raw(path.read_bytes())) == [record for record in records if record.direction is direction]


@FILE_SINKS
def test_closing_twice_is_no_error_and_what_comes_later_is_counted(make: MakeSink, tmp_path: Path) -> None:
    path, problems = tmp_path / "a.log", []
    sink = make(path, problems)
    with WireLog(sink, clock=FakeClock()) as log:
        log.write(Direction.IN, PACKET, PEER)
    content = path.read_bytes()
    log.close()
    log.flush()
    log.write(Direction.IN, PACKET, PEER)
    assert (sink.missed, problems, path.read_bytes()) == (1, [], content)


# Memory.


def test_a_ring_keeps_the_newest_records_and_counts_the_others() -> None:
    ring = RingSink(limit_records=2)
    records = records_of(b"a", b"b", b"c")
    for record in records:
        ring.write(record)
    ring.flush()
    ring.close()
    assert ring.records == tuple(records[1:])
    assert ring.discarded == 1


def test_a_ring_never_holds_more_bytes_than_its_limit() -> None:
    ring = RingSink(limit_bytes=10)
    records = records_of(b"12345", b"12345", b"1", b"12345678901")
    for record in records[:2]:
        ring.write(record)
    assert ring.records == tuple(records[:2])
    ring.write(records[2])
    assert ring.records == tuple(records[1:3])
    ring.write(records[3])
    assert ring.records == ()
    assert ring.discarded == 4


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1, 5)])
def test_a_ring_without_room_is_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        RingSink(*limits)


# The raw format.


def test_a_raw_record_looks_like_that_of_hio_with_time_and_length(tmp_path: Path) -> None:
    write_all(RawSink(tmp_path / "a.log", refuse), records_of(b"one", b"three"))
    assert (tmp_path / "a.log").read_bytes() == (
        b"\nRx ('127.0.0.1', 6102) 1700000000000000000 3:\none\n"
        b"\nTx ('127.0.0.1', 6102) 1700000000000000001 5:\nthree\n"
    )


def test_raw_records_are_read_back_exactly_whatever_their_bytes(tmp_path: Path) -> None:
    generator = random.Random(4)
    records = records_of(*NASTY, *(generator.randbytes(generator.randrange(80)) for _ in range(200)))
    records += [WireRecord(Direction.IN, b"x", Peer(host, 0), -5) for host in ("fe80::1%2", "a'b\"\\\n", "ü\udcff\0")]
    write_all(RawSink(tmp_path / "a.log", refuse), records)
    assert list(read_raw((tmp_path / "a.log").read_bytes())) == records


def test_a_raw_log_that_was_cut_anywhere_gives_its_whole_records_and_the_place(tmp_path: Path) -> None:
    path, records, ends = tmp_path / "a.log", records_of(*NASTY), [0]
    sink = RawSink(path, refuse)
    for record in records:
        sink.write(record)
        ends.append(path.stat().st_size)
    sink.close()
    content = path.read_bytes()
    for size in sorted(set(range(len(content))) - set(ends)):
        end = max(end for end in ends if end <= size)
        reader = read_raw(content[:size])
        assert [next(reader) for _ in range(ends.index(end))] == records[: ends.index(end)]
        with pytest.raises(ValueError, match=rf"No whole record begins at byte {end}\."):
            next(reader)


@pytest.mark.parametrize("content", [b"x", b"\nRx ('a', 1) 0 99999999999999999999:\n", bytes(range(256))])
def test_what_is_no_raw_log_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="byte 0"):
        list(read_raw(content))


# Text, JSON and pcapng.


def test_hex_has_sixteen_bytes_a_line_with_offset_and_characters(tmp_path: Path) -> None:
    write_all(HexSink(tmp_path / "a.hex", refuse), records_of(PACKET + b"\xff", b""))
    assert (tmp_path / "a.hex").read_text().splitlines() == [
        "2023-11-14T22:13:20.000000000Z <- 127.0.0.1:6102 17 bytes",
        "  00000000  2f 61 00 00 2c 69 73 00 00 00 00 01 78 20 79 00  |/a..,is.....x y.|",
        "  00000010  ff                                               |.|",
        "2023-11-14T22:13:20.000000001Z -> 127.0.0.1:6102 0 bytes",
    ]


def test_text_has_a_line_for_each_packet_in_the_notation(tmp_path: Path) -> None:
    write_all(TextSink(tmp_path / "a.txt", refuse, endpoint="rig"), records_of(PACKET, b"\xff\xfe"))
    first, second = (tmp_path / "a.txt").read_text().splitlines()
    assert first == '2023-11-14T22:13:20.000000000Z rig <- 127.0.0.1:6102 /a ,is 1 "x y"'
    assert second.startswith("2023-11-14T22:13:20.000000001Z rig -> 127.0.0.1:6102 malformed: ")
    assert second.endswith(": fffe")


@pytest.mark.parametrize("kind", [TextSink, JsonSink])
def test_lines_stay_lines_whatever_arrives(kind: type[TextSink], tmp_path: Path) -> None:
    generator = random.Random(5)
    datagrams = [*NASTY, *(PACKET[:4] + generator.randbytes(12) for _ in range(200))]
    write_all(kind(tmp_path / "a.txt", refuse), records_of(*datagrams))
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert len(lines) == len(datagrams)
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_json_has_an_object_for_each_packet(tmp_path: Path) -> None:
    write_all(JsonSink(tmp_path / "a.jsonl", refuse, endpoint="rig"), records_of(PACKET, b"\xff"))
    first, second = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert (first["number"], first["direction"], first["endpoint"], first["peer"]) == (1, "in", "rig", "127.0.0.1:6102")
    assert first["packet"]["address"] == "/a"
    assert (second["number"], second["hex"]) == (2, "ff")


@pytest.mark.parametrize(("here", "peer"), [(Peer("127.0.0.1", 9), PEER), (Peer("::1", 9), PEER_6)])
def test_pcapng_holds_datagrams_with_time_and_direction(here: Peer, peer: Peer, tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    records = [WireRecord(record.direction, record.data, peer, record.unix_ns) for record in records_of(PACKET, b"x")]
    write_all(PcapngSink(path, here, refuse), records)
    packets = list(dpkt.pcapng.Reader(io.BytesIO(path.read_bytes())))
    read = dpkt.ip6.IP6 if ":" in here.host else dpkt.ip.IP
    datagrams = [read(packet).data for _, packet in packets]
    assert [bytes(datagram.data) for datagram in datagrams] == [PACKET, b"x"]
    assert [(datagram.sport, datagram.dport) for datagram in datagrams] == [(6102, 9), (9, 6102)]
    assert float(packets[0][0]) == pytest.approx(START_NS / 1e9, abs=1e-6)


def test_a_peer_that_pcapng_cannot_name_costs_that_record_alone(tmp_path: Path) -> None:
    problems: list[str] = []
    sink = PcapngSink(tmp_path / "a.pcapng", Peer("127.0.0.1", 9), problems.append)
    nameless = WireRecord(Direction.IN, b"x", Peer("rig.local", 5), START_NS)
    write_all(sink, [nameless, nameless, *records_of(PACKET)])
    assert sink.missed == 2
    assert len(problems) == 1
    assert "rig.local:5" in problems[0]
    assert len(list(dpkt.pcapng.Reader(io.BytesIO((tmp_path / "a.pcapng").read_bytes())))) == 1


# Files.


@FILE_SINKS
def test_missing_folders_are_made_and_each_record_is_in_the_file_at_once(make: MakeSink, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.log"
    sink = make(path, [])
    before = path.stat().st_size
    sink.write(*records_of(PACKET))
    assert path.stat().st_size > before
    sink.close()


@FILE_SINKS
def test_an_existing_file_is_never_overwritten(make: MakeSink, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"precious")
    with pytest.raises(EndpointError, match=r"exists already\. .*recordings are not overwritten"):
        make(path, [])
    assert path.read_bytes() == b"precious"


def test_a_file_is_continued_if_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    records = records_of(*NASTY)
    write_all(RawSink(path, refuse), records[:2])
    write_all(RawSink(path, refuse, append=True), records[2:])
    assert list(read_raw(path.read_bytes())) == records


@FILE_SINKS
@pytest.mark.parametrize("name", ["file/a.log", "file/deeper/a.log", "a\0b", "n" * 300])
def test_a_place_that_cannot_be_written_is_refused_with_path_and_reason(
    make: MakeSink, name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EndpointError, match=r"cannot be written: .+\.$") as caught:
        make(tmp_path / name, [])
    assert str(tmp_path) in str(caught.value)
    assert "None" not in str(caught.value)


@needs_full_disk
@FILE_SINKS
def test_a_full_disk_stops_that_sink_alone_and_is_reported_once(make: MakeSink) -> None:
    problems: list[str] = []
    sink, ring = make(FULL, problems, append=True), RingSink()  # type: ignore[call-arg] # lambdas pass it on
    with WireLog(sink, ring, clock=FakeClock()) as log:
        for _ in range(3):
            log.write(Direction.OUT, PACKET, PEER)
    assert sink.missed == 3
    assert len(ring.records) == 3
    assert len(problems) == 1
    assert "/dev/full stopped: No space left on device" in problems[0]


def test_a_disk_that_fails_at_the_flush_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    problems: list[str] = []
    sink = RawSink(tmp_path / "a.log", problems.append)
    monkeypatch.setattr(os, "fsync", fail)
    sink.flush()
    sink.flush()
    sink.close()
    assert problems == [f"The log {sink.path} stopped: Input/output error. What was written so far can be read."]


def test_a_device_has_nothing_to_flush() -> None:
    sink = RawSink(Path(os.devnull), refuse, append=True)
    write_all(sink, records_of(PACKET))
    assert sink.missed == 0


def test_a_stamped_path_has_the_time_in_utc_and_keeps_the_suffix(tmp_path: Path) -> None:
    clock = FakeClock()
    assert stamped_path(tmp_path, "rig.hex", clock) == tmp_path / "rig.20231114T221320.000000Z.hex"
    clock.advance(0.5)
    assert stamped_path(tmp_path, "rig.rx.log", clock) == tmp_path / "rig.rx.20231114T221320.500000Z.log"
    assert stamped_path(tmp_path, "rig", clock) == tmp_path / "rig.20231114T221320.500000Z"
