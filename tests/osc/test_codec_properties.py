"""What must hold for any bytes and any packet; example by example it is in test_codec."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from osc_workbench.osc.codec import BundleScan, decode_packet, encode_packet, examine_packet, scan_packet
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.osc.errors import DECODE_REASONS, ISSUE_REASONS, OscDecodeError
from osc_workbench.osc.header import MessageHeader
from osc_workbench.osc.json_form import packet_from_json, packet_to_json
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscMessage, OscPacket
from tests.osc.samples import REAL_PACKETS, has_nan, packets

INTERESTING = (0, 1, 4, 8, 0x2C, 0x2F, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xFF)
SIZES = [size.to_bytes(4, "big", signed=True) for size in (-(2**31), -4, -1, 0, 1, 3, 8, 2**16, 2**31 - 1)]


def mutate(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        if not changed:
            break
        place = dice.randrange(len(changed))
        match dice.randrange(6):
            case 0:
                del changed[place:]
            case 1:
                changed[place:place] = dice.randbytes(dice.choice((1, 4)))
            case 2:
                del changed[place : place + dice.choice((1, 4))]
            case 3:
                changed[place & -4 : (place & -4) + 4] = dice.choice(SIZES)
            case 4:
                changed[place] = dice.choice(INTERESTING)
            case _:
                changed[place] = dice.randrange(256)
    return bytes(changed)


Outcome = tuple[str, OscPacket | None, int, str]


def outcome(decode: Callable[[bytes], OscPacket], data: bytes) -> Outcome:
    """Return what decoding gives; packets also as text, because NaN is not equal to itself."""
    try:
        packet = decode(data)
    except OscDecodeError as error:
        return "", None, error.offset, error.code
    return repr(packet), None if has_nan(packet) else packet, -1, ""


def dissected(data: bytes) -> OscPacket:
    dissection = dissect_packet(data)
    if dissection.error is not None:
        raise dissection.error
    assert dissection.packet is not None
    return dissection.packet


def check_fields(fields: list[PacketField] | tuple[PacketField, ...], start: int, end: int) -> None:
    """Check that fields follow each other inside their parent."""
    for field in fields:
        assert start <= field.offset <= field.offset + field.size <= end
        check_fields(tuple(field.children), field.offset, field.offset + field.size)
        start = field.offset + field.size


def check_decoders_agree(data: bytes) -> None:
    exact = outcome(dissected, data)
    # The first calls learn, the later ones use what was learnt: headers after four sights, bundle layouts after two.
    for _ in range(6):
        assert outcome(decode_packet, data) == exact
        check_scan(data, exact)
    dissection = dissect_packet(data)
    if dissection.error is not None:
        assert dissection.error.code in DECODE_REASONS
        assert 0 <= dissection.error.offset <= len(data)
    for issue in dissection.issues:
        assert issue.code in ISSUE_REASONS
        assert 0 <= issue.offset <= len(data)
    if dissection.root is not None:
        check_fields((dissection.root,), 0, len(data))


def scanned(data: bytes) -> MessageHeader | BundleScan | OscDecodeError:
    try:
        return scan_packet(data)
    except OscDecodeError as error:
        return error


def check_scan(data: bytes, exact: Outcome) -> None:
    scan = scanned(data)
    if isinstance(scan, OscDecodeError):
        assert not exact[0]
        assert exact[2:] == (scan.offset, scan.code)
        return
    if isinstance(scan, MessageHeader):
        check_header(scan, data)
        assert exact[0] or (scan.end == -1 and not scan.fits(data))
        return
    # What scanning finds is what dissecting finds, as long as arguments fit, which scanning does not look at.
    found = [(header.address, offset, size) for header, offset, size in scan.messages]
    expected = [(message.address, offset, size) for message, offset, _, size in dissect_packet(data).messages]
    assert found[: len(expected)] == expected
    for header, offset, size in scan.messages:
        check_header(header, data[offset : offset + size])
    if not exact[0]:
        assert scan.error is not None or len(found) > len(expected)
    if scan.error is not None:
        assert exact[2:] == (scan.error.offset, scan.error.code)


def check_header(header: MessageHeader, message: bytes) -> None:
    assert message.startswith(header.raw)
    decoded = outcome(decode_packet, message)
    if decoded[0]:
        packet = decode_packet(message)
        assert isinstance(packet, OscMessage)
        assert (header.address, header.type_tags) == (packet.address, packet.type_tags)
    if header.signature is not None:
        clean = bool(decoded[0]) and not any(
            issue.code in ("excess-bytes", "short-padding") and issue.offset >= len(header.raw)
            for issue in examine_packet(message)[1]
        )
        assert header.fits(message) == clean


@given(packets, st.integers(0, 2**32), st.integers(1, 6))
def test_the_fast_path_and_the_dissection_agree_on_mutated_packets(packet: OscPacket, seed: int, count: int) -> None:
    data = encode_packet(packet)
    check_decoders_agree(data)
    dice = random.Random(seed)
    for _ in range(count):
        check_decoders_agree(mutate(data, dice))


@pytest.mark.parametrize("packet", REAL_PACKETS, ids=lambda packet: type(packet).__name__)
def test_the_fast_path_and_the_dissection_agree_on_mutated_real_packets(packet: OscPacket) -> None:
    data = encode_packet(packet)
    dice = random.Random(5)
    for _ in range(4):
        check_decoders_agree(data)
    for _ in range(400):
        check_decoders_agree(mutate(data, dice))


@pytest.mark.parametrize("packet", REAL_PACKETS, ids=lambda packet: type(packet).__name__)
def test_the_fast_path_and_the_dissection_agree_on_every_truncation(packet: OscPacket) -> None:
    data = encode_packet(packet)
    for end in range(len(data)):
        check_decoders_agree(data[:end])


@given(st.binary(max_size=80))
@example(b"")
@example(b"#")
@example(b"/")
@example(b"/\0\0\0,")
@example(b"#bundle\0\0\0\0\0\0\0\0\1\0\0\0\4#bun")
def test_nothing_but_a_decode_error_escapes_for_random_bytes(data: bytes) -> None:
    check_decoders_agree(data)


@given(
    st.lists(
        st.sampled_from([b"/a\0\0", b",i\0\0", b",[s]\0\0\0\0", b"#bundle\0", bytes(8), *SIZES, b"\xff"]), max_size=9
    )
)
def test_nothing_but_a_decode_error_escapes_for_osc_like_bytes(parts: list[bytes]) -> None:
    check_decoders_agree(b"".join(parts))


@given(packets)
def test_packets_survive_encoding_and_decoding(packet: OscPacket) -> None:
    data = encode_packet(packet)
    for _ in range(5):
        decoded = decode_packet(data)
        assert decoded == packet or has_nan(packet)
        assert encode_packet(decoded) == data
    assert examine_packet(data)[0] == packet or has_nan(packet)


@given(packets, st.integers(0, 2**32))
def test_mutated_packets_survive_notation_and_json(packet: OscPacket, seed: int) -> None:
    dice = random.Random(seed)
    data = encode_packet(packet)
    for candidate in (data, mutate(data, dice), mutate(data, dice)):
        try:
            decoded = decode_packet(candidate)
        except OscDecodeError:
            continue
        canonical = encode_packet(decoded)
        assert encode_packet(parse_packet(format_packet(decoded))) == canonical
        again = packet_from_json(json.loads(json.dumps(packet_to_json(decoded))))
        # JSON has one NaN only.
        assert encode_packet(again) == canonical or has_nan(decoded)


@given(packets)
def test_scanning_agrees_with_decoding(packet: OscPacket) -> None:
    data = encode_packet(packet)
    for _ in range(4):
        scan = scan_packet(data)
        if isinstance(scan, BundleScan):
            assert scan.error is None
            for header, offset, size in scan.messages:
                message = decode_packet(data[offset : offset + size])
                assert isinstance(message, OscMessage)
                assert (header.address, header.type_tags) == (message.address, message.type_tags)
        else:
            assert isinstance(packet, OscMessage)
            assert (scan.address, scan.type_tags) == (packet.address, packet.type_tags)
            assert scan.fits(data)
