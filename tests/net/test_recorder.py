import io
from pathlib import Path

import dpkt
import numpy as np
import pytest

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.recorder import Recorder
from osc_workbench.net.url import EndpointUrl
from osc_workbench.session import Session
from osc_workbench.traffic.record import Direction, Peer

URL = EndpointUrl("udp", "127.0.0.1", 9000)
HERE = Peer("127.0.0.1", 9000)


def arrivals_of(*datagrams: bytes) -> Arrivals:
    times = np.arange(len(datagrams), dtype=np.int64)
    return Arrivals(1, Direction.IN, list(datagrams), times, [Peer("127.0.0.1", 5)] * len(datagrams))


def make_recorder(path: Path, problems: list[str] | None = None) -> Recorder:
    return Recorder(path, lambda _: URL, lambda _: HERE, Clock(), (problems if problems is not None else []).append)


def payloads(content: bytes) -> list[bytes]:
    return [bytes(dpkt.ip.IP(packet).data.data) for _, packet in dpkt.pcapng.Reader(io.BytesIO(content))]


def test_what_is_written_can_be_read_before_the_recording_ends(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path / "a.pcapng")
    recorder.write(arrivals_of(b"one", b"two", b"three"), 1, 3)
    recorder._flushed -= 2.0
    recorder.flush_if_due()
    assert payloads((tmp_path / "a.pcapng").read_bytes()) == [b"two", b"three"]
    assert recorder.recorded == 2
    recorder.close({1: 0})


def test_an_earlier_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(b"precious")
    with pytest.raises(EndpointError, match="exists already"):
        make_recorder(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["missing/a.pcapng", "."])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(EndpointError):
        make_recorder(tmp_path / name)


def test_a_full_disk_stops_recording_and_says_so(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    problems: list[str] = []
    recorder = make_recorder(tmp_path / "a.pcapng", problems)
    recorder._file.close()
    with Path("/dev/full").open("wb", buffering=0) as full:
        recorder._file = recorder._writer._file = full
        recorder.write(arrivals_of(b"one"), 0, 1)
        recorder.write(arrivals_of(b"two", b"three"), 0, 2)
        recorder.close({})
    assert len(problems) == 1
    assert "No space left" in problems[0]
    assert recorder.missed == 3


async def test_a_session_records_what_comes_and_goes(tmp_path: Path) -> None:
    session = Session()
    path = tmp_path / "a.pcapng"
    endpoint = session.add_endpoint(EndpointUrl("udp", "127.0.0.1", 0))
    await session.open_endpoint(endpoint)
    session.start_recording(path)
    await session.send(b"/out\0\0\0\0,\0\0\0", EndpointUrl("udp", "127.0.0.1", 9), endpoint)
    session.close()
    assert payloads(path.read_bytes()) == [b"/out\0\0\0\0,\0\0\0"]
