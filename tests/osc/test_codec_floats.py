"""Bits of floats: what survives decoding, and the one thing that may not."""

import math

import pytest

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscMessage


@pytest.mark.parametrize("bits", ["7f800000", "ff800000", "7fc00000", "ffc00000", "7fc00001", "80000000", "00000001"])
def test_special_float32_bits_survive(bits: str) -> None:
    wire = b"/a\0\0,f\0\0" + bytes.fromhex(bits)
    assert encode_packet(decode_packet(wire)) == wire


@pytest.mark.parametrize("bits", ["7ff0000000000000", "fff8000000000000", "7ff8000000000001", "7ff0000000000001"])
def test_special_float64_bits_survive(bits: str) -> None:
    wire = b"/a\0\0,d\0\0" + bytes.fromhex(bits)
    assert encode_packet(decode_packet(wire)) == wire


def test_a_signalling_float32_nan_may_become_quiet() -> None:
    # To widen it to Python's float64 the processor sets the top bit of the fraction; CPython before 3.14 has no way
    # round that. The rest of the payload stays, and raw bytes (recordings, proxy, replay) are never touched.
    wire = b"/a\0\0,f\0\0" + bytes.fromhex("7f800001")
    message = decode_packet(wire)
    assert isinstance(message, OscMessage)
    (value,) = message.arguments
    assert math.isnan(value)
    assert encode_packet(decode_packet(wire))[-4:].hex() in ("7fc00001", "7f800001")
