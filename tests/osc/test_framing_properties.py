"""What must hold for any packets in any stream however it is cut; example by example it is in test_framing."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pythonosc import slip as peer_slip

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.framing import FRAME_LIMIT, Framing, make_framer
from tests.osc.samples import packets as osc_packets

# Bytes that mean something are more frequent than chance would have them.
_bytes = st.lists(
    st.sampled_from([b"\xc0", b"\xdb", b"\xdb\xdc", b"\xdb\xdd", b"\xdc", b"/", b"#", b"\0", b"\0\0\0\4", b"x"]),
    max_size=24,
).map(b"".join)
_streams = _bytes | st.binary(max_size=40)
_packets = st.lists(st.one_of(osc_packets.map(encode_packet), _streams.filter(len)), max_size=6)
_cuts = st.lists(st.integers(0, 400), max_size=8)
_framings = st.sampled_from([Framing.LENGTH, Framing.SLIP])


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(stream) + 1) for place in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(places)]


def in_bytes(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


def read(framing: Framing, chunks: list[bytes], limit: int = FRAME_LIMIT) -> tuple[Any, ...]:
    framer = make_framer(framing, limit)
    for chunk in chunks:
        framer.receive_data(chunk)
    return framer.take_packets(), framer.bad, framer.pending, framer.closed, framer.hint, framer.framing


def read_slip_slowly(stream: bytes, limit: int) -> tuple[list[bytes], int, int]:
    """Return packets, bad frames and pending bytes, one byte after the other as RFC 1055 has it."""
    packets, bad = [], 0
    frame, size, is_escaped, is_bad = bytearray(), 0, False, False
    for byte in stream:
        if byte == 0xC0:
            bad += is_escaped and not is_bad
            if frame and not is_escaped and not is_bad:
                packets.append(bytes(frame))
            frame, size, is_escaped, is_bad = bytearray(), 0, False, False
        elif not is_bad:
            size += 1
            plain = {0xDC: 0xC0, 0xDD: 0xDB}.get(byte, -1) if is_escaped else byte
            is_escaped = byte == 0xDB and not is_escaped
            if plain < 0 or (len(frame) == limit and not is_escaped):
                bad, is_bad, is_escaped = bad + 1, True, False
            elif not is_escaped:
                frame.append(plain)
    return packets, bad, 0 if is_bad else size


@given(_packets, _framings, _cuts)
def test_packets_survive_framing_and_any_cuts(packets: list[bytes], framing: Framing, cuts: list[int]) -> None:
    stream = b"".join(map(make_framer(framing).frame, packets))
    for chunks in ([stream], cut(stream, cuts), in_bytes(stream)):
        assert read(framing, chunks) == (packets, 0, 0, "", "", framing)


@given(osc_packets, _packets, _framings, _cuts)
def test_framing_is_recognised_whatever_the_cuts(
    first: Any, others: list[bytes], framing: Framing, cuts: list[int]
) -> None:
    packets = [encode_packet(first), *others]
    stream = b"".join(map(make_framer(framing).frame, packets))
    for chunks in ([stream], cut(stream, cuts), in_bytes(stream)):
        assert read(Framing.AUTO, chunks) == (packets, 0, 0, "", "", framing)


@given(st.lists(st.tuples(_streams.filter(len), st.integers(1, 3)), max_size=6), st.integers(0, 2), _cuts)
def test_any_run_of_ends_separates_frames(frames: list[tuple[bytes, int]], ends: int, cuts: list[int]) -> None:
    stream = b"\xc0" * ends + b"".join(
        peer_slip.encode(packet).strip(b"\xc0") + b"\xc0" * count for packet, count in frames
    )
    assert read(Framing.SLIP, cut(stream, cuts))[0] == [packet for packet, _ in frames]


@given(_streams, _cuts, st.sampled_from(list(Framing)), st.sampled_from([1, 3, 8, FRAME_LIMIT]))
def test_any_cuts_of_any_stream_give_the_same(stream: bytes, cuts: list[int], framing: Framing, limit: int) -> None:
    whole = read(framing, [stream], limit)
    assert read(framing, cut(stream, cuts), limit) == whole
    assert read(framing, in_bytes(stream), limit) == whole


@given(_streams, st.sampled_from([1, 3, 8, FRAME_LIMIT]))
def test_slip_is_read_as_byte_after_byte_would_be(stream: bytes, limit: int) -> None:
    assert read(Framing.SLIP, [stream], limit)[:3] == read_slip_slowly(stream, limit)


@given(_streams, _packets, _cuts)
def test_packets_after_an_end_are_read_whatever_came_before(
    noise: bytes, packets: list[bytes], cuts: list[int]
) -> None:
    stream = noise + b"\xc0" + b"".join(map(make_framer(Framing.SLIP).frame, packets))
    found = read(Framing.SLIP, cut(stream, cuts))[0]
    assert found[len(found) - len(packets) :] == packets


@given(_streams.map(lambda frame: frame.replace(b"\xc0", b"")).filter(len))
def test_one_frame_is_judged_as_by_python_osc(frame: bytes) -> None:
    packets, bad, *_ = read(Framing.SLIP, [frame + b"\xc0"])
    expected = [peer_slip.decode(frame)] if peer_slip.is_valid(frame) else []
    assert (packets, bad) == (expected, not expected)


@given(_streams, st.sampled_from(list(Framing)), st.sampled_from([1, 8]))
def test_no_packet_is_larger_than_the_limit(stream: bytes, framing: Framing, limit: int) -> None:
    assert all(0 < len(packet) <= limit for packet in read(framing, [stream], limit)[0])
