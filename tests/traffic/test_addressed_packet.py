"""The bytes of a packet and where they went."""

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.addressed_packet import PLACEHOLDER, AddressedPacket, placeholder_remark
from osc_workbench.traffic.record import Peer

PEER = Peer("10.0.0.1", 7)
GOOD = AddressedPacket(encode_packet(OscMessage.of("/a", 1)), PEER)
BAD = AddressedPacket(b"\xff", None)


def test_exact_is_the_packet_only_where_it_gives_the_same_bytes_again() -> None:
    assert GOOD.exact == OscMessage.of("/a", 1)
    assert BAD.exact is None
    assert AddressedPacket(b"/a\0x,\0\0\0", PEER).exact is None
    assert AddressedPacket(b"/a\0\0,\0\0", PEER).exact is None


def test_target_is_the_peer_or_the_placeholder() -> None:
    assert (GOOD.target, BAD.target) == (PEER, PLACEHOLDER)
    assert placeholder_remark("//", [GOOD]) == []
    assert placeholder_remark("//", [GOOD, BAD, BAD]) == ["// 127.0.0.1:9000 is a placeholder: put in where to send."]


def test_remark_is_short_and_printable_whatever_the_bytes_are() -> None:
    for data in (b"", b"\xff" * 9000, encode_packet(OscMessage.of("/\n\x1b", "x" * 9000))):
        remark = AddressedPacket(data, None).remark
        assert 0 < len(remark) <= 161
        assert remark.isprintable()
