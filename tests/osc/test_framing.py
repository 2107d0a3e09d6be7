"""Packets in streams: both framings and their recognition, example by example; cut at every place."""

import itertools
import tracemalloc

import pytest
from pythonosc import slip as peer_slip

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.framing import FRAME_LIMIT, Framer, Framing, make_framer, recognise_framing
from tests.osc.samples import REAL_PACKETS

A, B = b"/a\0\0,\0\0\0", b"/b\0\0,i\0\0\xc0\xdb\xdc\xdd"
BUNDLE = b"#bundle\0\0\0\0\0\0\0\0\1"
PACKETS = [A, B, BUNDLE, *(encode_packet(packet) for packet in REAL_PACKETS)]
NOISE = b"\xfe\xed"

Seen = tuple[list[bytes], int, int, str, str, Framing]


def seen_in(framing: Framing, *chunks: bytes, limit: int = FRAME_LIMIT) -> Seen:
    """Return all that a framer tells about a stream that arrives in these chunks."""
    framer = make_framer(framing, limit)
    for chunk in chunks:
        framer.receive_data(chunk)
    return framer.take_packets(), framer.bad, framer.pending, framer.closed, framer.hint, framer.framing


def in_bytes(stream: bytes) -> list[bytes]:
    return [stream[place : place + 1] for place in range(len(stream))]


def packets_in(framing: Framing, *chunks: bytes, limit: int = FRAME_LIMIT) -> list[bytes]:
    return seen_in(framing, *chunks, limit=limit)[0]


def framed(framing: Framing, *packets: bytes) -> bytes:
    framer = make_framer(framing)
    return b"".join(framer.frame(packet) for packet in packets)


def slip(*frames: bytes) -> bytes:
    """Return a stream of these frames as they are, an END before, after and between."""
    return b"\xc0" + b"\xc0".join(frames) + b"\xc0"


# Every place to cut.

STREAMS = {
    "length prefixes": framed(Framing.LENGTH, *PACKETS[:5]),
    "a length prefix and half a packet": framed(Framing.LENGTH, A, B)[:-3],
    "a length of zero": framed(Framing.LENGTH, A) + bytes(4) + framed(Framing.LENGTH, B),
    "a length that cannot be": framed(Framing.LENGTH, A) + b"\xff\xff\xff\xfc" + framed(Framing.LENGTH, B),
    "a length that cannot be at the start": b"\x7f\xff\xff\xff" + A,
    "SLIP, ENDs at both sides": framed(Framing.SLIP, *PACKETS[:5]),
    "SLIP, one END between frames": slip(A, BUNDLE, A),
    "SLIP that starts with a packet": A + b"\xc0" + BUNDLE + b"\xc0",
    "SLIP that starts with a bundle": BUNDLE + b"\xc0" + A + b"\xc0",
    "SLIP that starts with many ENDs": b"\xc0" * 9 + A + b"\xc0" * 9 + BUNDLE + b"\xc0",
    "SLIP and half a packet": framed(Framing.SLIP, A, B)[:-3],
    "SLIP after noise": NOISE + slip(A, b"x"),
    "SLIP after noise that ends like a prefix": NOISE + b"\xc0\xc0" + A + b"\xc0",
    "SLIP with bad escapes": slip(b"\xdb\xdb", A, b"/\xdb", A, b"\xdbx", A, b"\xdb\xdc\xdb\xdd"),
    "SLIP with half an escape at the end": slip(A) + b"/a\xdb",
    "noise": NOISE * 5,
    "too little to tell": NOISE,
}
EVERY_STREAM = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
EVERY_FRAMING = pytest.mark.parametrize("framing", Framing)
BOTH_FRAMINGS = pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.SLIP])


@EVERY_FRAMING
@EVERY_STREAM
def test_every_place_to_cut_a_stream_gives_the_same(stream: bytes, framing: Framing) -> None:
    whole = seen_in(framing, stream)
    for place in range(len(stream) + 1):
        assert seen_in(framing, stream[:place], stream[place:]) == whole


@EVERY_FRAMING
@EVERY_STREAM
def test_every_pair_of_cuts_in_the_first_bytes_gives_the_same(stream: bytes, framing: Framing) -> None:
    whole = seen_in(framing, stream)
    for first, second in itertools.combinations(range(12), 2):
        assert seen_in(framing, stream[:first], stream[first:second], stream[second:]) == whole


@EVERY_FRAMING
@EVERY_STREAM
def test_byte_by_byte_gives_the_same(stream: bytes, framing: Framing) -> None:
    assert seen_in(framing, *in_bytes(stream), b"") == seen_in(framing, stream)


@EVERY_FRAMING
@EVERY_STREAM
def test_what_is_known_after_each_byte_does_not_depend_on_how_it_came(stream: bytes, framing: Framing) -> None:
    framer = make_framer(framing)
    packets: list[bytes] = []
    for size, byte in enumerate(in_bytes(stream), 1):
        framer.receive_data(byte)
        packets += framer.take_packets()
        told = framer.bad, framer.pending, framer.closed, framer.hint, framer.framing
        assert (packets, *told) == seen_in(framing, stream[:size])


@EVERY_STREAM
def test_auto_gives_what_the_recognised_framing_gives(stream: bytes) -> None:
    recognised = recognise_framing(stream)
    if recognised is not Framing.AUTO:
        assert seen_in(Framing.AUTO, stream) == seen_in(recognised, stream)


# What both framings do.


@BOTH_FRAMINGS
def test_packets_come_back_from_their_frames(framing: Framing) -> None:
    stream = framed(framing, *PACKETS)
    assert seen_in(framing, stream) == (PACKETS, 0, 0, "", "", framing)
    assert seen_in(Framing.AUTO, stream) == (PACKETS, 0, 0, "", "", framing)


@BOTH_FRAMINGS
def test_every_byte_value_comes_back(framing: Framing) -> None:
    packets = [bytes(range(256)), *(bytes([value]) for value in range(256))]
    assert packets_in(framing, framed(framing, *packets)) == packets


@BOTH_FRAMINGS
def test_packets_are_taken_one_by_one_or_all_at_once(framing: Framing) -> None:
    framer = make_framer(framing)
    assert framer.next_packet() is None
    assert framer.take_packets() == []
    framer.receive_data(framed(framing, A, B, A, BUNDLE))
    assert (framer.next_packet(), framer.next_packet()) == (A, B)
    assert framer.take_packets() == [A, BUNDLE]
    assert framer.next_packet() is None


@BOTH_FRAMINGS
def test_packets_are_bytes_of_their_own(framing: Framing) -> None:
    stream = framed(framing, A, B)
    for chunks in ([stream], in_bytes(stream)):
        assert [type(packet) for packet in packets_in(framing, *chunks)] == [bytes, bytes]


@BOTH_FRAMINGS
def test_unfinished_packet_at_the_end_is_told_and_not_delivered(framing: Framing) -> None:
    framer = make_framer(framing)
    assert framer.end_of_stream() == ""
    framer.receive_data(framed(framing, A))
    assert framer.end_of_stream() == ""
    unfinished = framed(framing, A)[:-1]
    framer.receive_data(unfinished)
    waiting = len(unfinished.lstrip(b"\xc0"))
    assert framer.pending == waiting
    assert framer.end_of_stream() == f"the stream ended inside a packet: {waiting} bytes are left over"
    assert framer.take_packets() == [A]


@BOTH_FRAMINGS
def test_packet_of_the_limit_passes_and_a_larger_one_does_not(framing: Framing) -> None:
    limit = 64
    for size, is_accepted in ((limit, True), (limit + 1, False)):
        # In SLIP it is the packet that counts, not its escapes.
        for packet in (b"/" * size, b"\xc0" * size, b"\xdb" * size):
            stream = framed(framing, A, packet, B)
            for chunks in ([stream], in_bytes(stream), [stream[:40], stream[40:]]):
                packets, bad, _, closed, _, _ = seen_in(framing, *chunks, limit=limit)
                if is_accepted:
                    assert (packets, bad, closed) == ([A, packet, B], 0, "")
                elif framing is Framing.SLIP:
                    assert (packets, bad, closed) == ([A, B], 1, "")
                else:
                    assert packets == [A]
                    assert closed == "a length prefix announces 65 bytes, and 1 to 64 are possible"


def test_limit_is_sixteen_mebibytes() -> None:
    packet = b"/" * FRAME_LIMIT
    for framing in (Framing.LENGTH, Framing.SLIP, Framing.AUTO):
        assert packets_in(framing, framed(framing, packet)) == [packet]
    assert packets_in(Framing.SLIP, framed(Framing.SLIP, packet + b"x", A)) == [A]


# Length prefixes.


@pytest.mark.parametrize(
    ("prefix", "size"),
    [
        ("ffffffff", -1),
        ("fffffffc", -4),
        ("80000000", -(2**31)),
        ("7fffffff", 2**31 - 1),
        ("7ffffffc", 2**31 - 4),
        ("01000001", FRAME_LIMIT + 1),
    ],
)
def test_length_that_cannot_be_closes_the_stream_with_the_size(prefix: str, size: int) -> None:
    framer = make_framer(Framing.LENGTH)
    framer.receive_data(framed(Framing.LENGTH, A) + bytes.fromhex(prefix)[:3])
    assert framer.closed == ""
    framer.receive_data(bytes.fromhex(prefix)[3:])
    assert framer.closed == f"a length prefix announces {size} bytes, and 1 to {FRAME_LIMIT} are possible"
    framer.receive_data(framed(Framing.LENGTH, B))
    assert (framer.pending, framer.bad, framer.hint, framer.end_of_stream()) == (0, 0, "", "")
    assert framer.take_packets() == [A]


def test_length_that_is_announced_is_not_allocated() -> None:
    framer = make_framer(Framing.LENGTH)
    with Memory() as memory:
        framer.receive_data(FRAME_LIMIT.to_bytes(4, "big") + A)
        assert framer.pending == 4 + len(A)
        framer.receive_data(b"")
    assert memory.peak < 10_000


def test_length_of_zero_is_bad_and_reading_goes_on() -> None:
    stream = bytes(8) + framed(Framing.LENGTH, A) + bytes(4) + framed(Framing.LENGTH, B)
    assert seen_in(Framing.LENGTH, stream) == ([A, B], 3, 0, "", "", Framing.LENGTH)


@pytest.mark.parametrize("stream", [framed(Framing.SLIP, A), A + b"\xc0", BUNDLE + b"\xc0"], ids=["END", "/", "#"])
def test_slip_in_a_length_stream_closes_it_with_a_hint(stream: bytes) -> None:
    packets, _, pending, closed, hint, _ = seen_in(Framing.LENGTH, stream)
    assert (packets, pending) == ([], 0)
    assert hint == "this looks like SLIP (OSC 1.1); try framing=slip"
    assert closed.startswith("a length prefix announces ")
    assert closed.endswith(hint)


# SLIP.


@pytest.mark.parametrize(
    ("stream", "packets"),
    [
        (b"", []),
        (b"\xc0", []),
        (b"\xc0" * 1000, []),
        (A, []),
        (A + b"\xc0", [A]),
        (b"\xc0" + A + b"\xc0", [A]),
        (slip(A, A), [A, A]),
        (slip(A) + slip(A), [A, A]),
        (b"\xc0\xc0\xc0" + slip(A, b"", b"", A) + b"\xc0\xc0", [A, A]),
        (slip(b"/\xdb\xdc\xdb\xdd"), [b"/\xc0\xdb"]),
        (slip(b"\xdb\xdd\xdc"), [b"\xdb\xdc"]),
        (slip(b"\xdb\xdd\xdd", b"\xdb\xdd\xdb\xdc"), [b"\xdb\xdd", b"\xdb\xc0"]),
        (slip(b"\xdc\xdd"), [b"\xdc\xdd"]),
        (slip(b"noise", A), [b"noise", A]),
    ],
    ids=str,
)
def test_frames_are_what_ends_separate(stream: bytes, packets: list[bytes]) -> None:
    assert packets_in(Framing.SLIP, stream) == packets
    assert packets_in(Framing.SLIP, *in_bytes(stream)) == packets


@pytest.mark.parametrize(
    "frame", [b"\xdb", b"/\xdb", b"\xdb\xdb", b"\xdb\xdb\xdc", b"\xdb\xdb\xdd", b"/\xdbx/", b"\xdb\xdc\xdb", b"\xdb\0"]
)
def test_bad_escape_costs_its_frame_alone(frame: bytes) -> None:
    stream = slip(A, frame, b"x", frame, frame, A)
    for chunks in ([stream], in_bytes(stream)):
        assert seen_in(Framing.SLIP, *chunks) == ([A, b"x", A], 3, 0, "", "", Framing.SLIP)


def test_bad_frame_is_counted_once_and_let_go_before_its_end() -> None:
    framer = make_framer(Framing.SLIP)
    framer.receive_data(b"/a\xdb")
    assert (framer.bad, framer.pending) == (0, 3)
    framer.receive_data(b"x")
    assert (framer.bad, framer.pending) == (1, 0)
    framer.receive_data(b"more \xdb of it\xdb")
    assert (framer.bad, framer.pending, framer.end_of_stream()) == (1, 0, "")
    framer.receive_data(b"\xc0" + A + b"\xc0")
    assert (framer.bad, framer.take_packets()) == (1, [A])


def test_frame_without_end_is_one_bad_frame_however_long() -> None:
    framer = make_framer(Framing.SLIP, limit=1000)
    for _ in range(50):
        framer.receive_data(b"x" * 999)
    assert (framer.bad, framer.pending) == (1, 0)
    framer.receive_data(b"\xc0" + A + b"\xc0")
    assert (framer.bad, framer.take_packets()) == (1, [A])


@pytest.mark.parametrize("byte", [b"x", b"\xdb", b"\xc0", b"\xdb\xdc"], ids=["text", "ESC", "END", "escapes"])
@pytest.mark.parametrize("portion", [64 << 10, 1 << 20])
def test_sixty_four_mebibytes_of_anything_stay_within_the_limit(byte: bytes, portion: int) -> None:
    limit = 100_000
    chunk = byte * (portion // len(byte))
    framer = make_framer(Framing.SLIP, limit)
    with Memory() as memory:
        for _ in range((64 << 20) // portion):
            framer.receive_data(chunk)
    # The frame, the part it grows by, and a list of as many empty frames as a piece has bytes, 8 bytes each.
    assert memory.peak < 16 * limit
    assert memory.left < 2 * limit
    assert framer.take_packets() == []


@BOTH_FRAMINGS
def test_taken_packets_leave_no_memory_behind(framing: Framing) -> None:
    stream = framed(framing, *[b"/" * 1000] * 100)
    framer = make_framer(framing)
    with Memory() as memory:
        for _ in range(100):
            framer.receive_data(stream[:-7])
            framer.take_packets()
            framer.receive_data(stream[-7:])
            framer.take_packets()
    assert memory.left < 5000


def test_length_prefixes_in_a_slip_stream_give_a_hint() -> None:
    for packet in (A, BUNDLE, A * 24):
        hint = seen_in(Framing.SLIP, framed(Framing.LENGTH, packet))[4]
        assert hint == "this looks like length prefixes (OSC 1.0); try framing=length"


@pytest.mark.parametrize("stream", [b"\0\xc0" + A, b"\0\0\0\x09,s\0\0def\0\xc0", slip(bytes(4) + A), NOISE + slip(A)])
def test_slip_with_zeros_or_noise_at_the_start_gives_no_hint(stream: bytes) -> None:
    assert seen_in(Framing.SLIP, stream)[4] == ""


@pytest.mark.parametrize("packet", [*PACKETS, bytes(range(256)), b"\xc0\xdb\xdc\xdd" * 3, b"\xdb\xdc", b"\xdb\xdd"])
def test_slip_frames_are_those_of_python_osc(packet: bytes) -> None:
    assert framed(Framing.SLIP, packet) == peer_slip.encode(packet)
    assert packets_in(Framing.SLIP, peer_slip.encode(packet)) == [packet]


def test_short_frames_are_judged_like_python_osc_judges_them() -> None:
    for size in range(1, 6):
        for letters in itertools.product(b"\xdb\xdc\xdd/", repeat=size):
            frame = bytes(letters)
            packets, bad, *_ = seen_in(Framing.SLIP, b"\xc0" + frame + b"\xc0")
            assert (not bad) == peer_slip.is_valid(frame)
            assert packets == ([] if bad else [peer_slip.decode(frame)])


# Recognition.


@pytest.mark.parametrize(
    ("start", "framing"),
    [
        (b"", Framing.AUTO),
        (b"\0", Framing.LENGTH),
        (b"\0\0\0\x08/a\0\0", Framing.LENGTH),
        (b"\0\0\0\xc0/a\0\0", Framing.LENGTH),
        (b"\x01\0\0\0/", Framing.LENGTH),
        (b"\x01\0\0\0", Framing.AUTO),
        (b"\x7f\xff\xff\xff/", Framing.LENGTH),
        (b"\xff\xff\xff\xff#", Framing.LENGTH),
        (b"\xc0", Framing.SLIP),
        (b"\xc0\xc0\xc0", Framing.SLIP),
        (b"/", Framing.SLIP),
        (b"#", Framing.SLIP),
        (b"\xfe\xed", Framing.AUTO),
        (b"\xfe\xed\xc0", Framing.SLIP),
        (b"\xfe\xed\xc0\xc0/", Framing.SLIP),
        (b"\xfe\xed\xfe\xed\xc0", Framing.SLIP),
        (b"\xfe\xed\xfe\xed\xfe", Framing.SLIP),
        (b"GET / HTTP/1.1", Framing.LENGTH),
        (b"SSH-2.0", Framing.SLIP),
    ],
    ids=str,
)
def test_framing_is_recognised_by_the_first_bytes(start: bytes, framing: Framing) -> None:
    assert recognise_framing(start) is framing
    assert seen_in(Framing.AUTO, *in_bytes(start))[5] is framing


def test_other_kinds_of_traffic_close_an_automatic_stream_or_are_noise() -> None:
    assert seen_in(Framing.AUTO, b"GET / HTTP/1.1\r\n\r\n")[3].startswith("a length prefix announces 1195725856 bytes")
    assert seen_in(Framing.AUTO, b"\x7f\xff\xff\xff/a")[3].startswith("a length prefix announces 2147483647 bytes")
    packets, _, pending, closed, _, framing = seen_in(Framing.AUTO, b"SSH-2.0-x\r\n")
    assert (packets, pending, closed, framing) == ([], 11, "", Framing.SLIP)


def test_undecided_bytes_are_pending() -> None:
    framer = make_framer(Framing.AUTO)
    framer.receive_data(NOISE)
    assert (framer.framing, framer.pending, framer.next_packet()) == (Framing.AUTO, 2, None)
    assert framer.end_of_stream() == "the stream ended inside a packet: 2 bytes are left over"
    framer.receive_data(slip(A))
    assert (framer.framing, framer.pending) == (Framing.SLIP, 0)
    assert [framer.next_packet(), framer.next_packet(), framer.next_packet()] == [NOISE, A, None]


def test_answers_are_framed_as_the_other_side_speaks() -> None:
    def answer_after(start: bytes) -> bytes:
        framer: Framer = make_framer(Framing.AUTO)
        framer.receive_data(start)
        return framer.frame(A)

    assert answer_after(b"") == answer_after(NOISE) == answer_after(b"\0") == framed(Framing.LENGTH, A)
    assert answer_after(b"\xc0") == answer_after(b"/") == framed(Framing.SLIP, A)


class Memory:
    """What the block allocated, in bytes: at most, and still at its end."""

    def __enter__(self) -> "Memory":
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.left, self.peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
