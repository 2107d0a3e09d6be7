"""Statements of sclang; that sclang sends the right bytes is for tests/integration/test_code_forms_run.py."""

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.addressed_packet import AddressedPacket
from osc_workbench.traffic.record import Peer
from osc_workbench.traffic.sclang_code import sclang_statements
from tests.doubles.copied_packets import EVERY_TYPE, LONG, MALFORMED, encoded

PEER = Peer("127.0.0.1", 57120)


def statement(data: bytes, peer: Peer | None = PEER) -> str:
    return sclang_statements([AddressedPacket(data, peer)])


@pytest.mark.parametrize(
    ("packet", "call"),
    [
        ("/a ,if 1 2.0", "sendMsg('/a', 1, 2.0)"),
        ("/a ,f 1e20", "sendMsg('/a', 1e20)"),
        ("/a", "sendMsg('/a')"),
        ('9 ,si "def" -1', 'sendMsg(9, "def", -1)'),
        ("noslash ,i 1", 'sendMsg("noslash", 1)'),
        ('"/it\'s" ,s "say \\"no\\" \\\\ \\n"', r'sendMsg("/it' + r"'" + r's", "say \"no\" \\ \n")'),
        ('/a ,b x"00ff807f"', "sendMsg('/a', Int8Array[0x00, 0xff, 0x80, 0x7f])"),
        ("/a ,TFNI[i]", "sendMsg('/a', $T, $F, $N, $I, $[, 1, $])"),
        ("#bundle immediately { /a ,i 1 ; /b }", "sendBundle(nil, ['/a', 1], ['/b'])"),
    ],
)
def test_what_sclang_can_say_is_a_call_with_its_values(packet: str, call: str) -> None:
    text = packet.replace(",TFNI[i]", ",TFNI[i] true false nil infinitum [1]")
    assert statement(encoded(text)) == f'NetAddr("127.0.0.1", 57120).{call};'


@pytest.mark.parametrize(("languages", "packet"), EVERY_TYPE)
def test_what_sclang_cannot_say_goes_as_bytes_beside_the_notation(languages: str, packet: str) -> None:
    text = statement(encoded(packet))
    assert ("sendRaw" not in text) == ("sclang" in languages)
    if "sendRaw" in text:
        assert text.startswith("// ")
        assert text.count("\n") == 1


def test_time_of_a_bundle_is_left_to_the_reader_with_a_comment() -> None:
    data = encode_packet(OscBundle(TimeTag(0xE1F2A3B400000000), [OscMessage("/a")]))
    assert statement(data) == (
        "// The time tag is 0xe1f2a3b400000000: in place of nil, give the seconds from now.\n"
        "NetAddr(\"127.0.0.1\", 57120).sendBundle(nil, ['/a']);"
    )


def test_text_without_escapes_in_sclang_goes_as_bytes() -> None:
    for text in ("\x1b[2J", "\udcff", "\u202e"):
        assert "sendRaw" in statement(encode_packet(OscMessage("/a", "s", (text,))))


def test_what_is_too_long_for_sclang_or_malformed_goes_as_bytes_with_a_short_comment() -> None:
    for data in LONG + MALFORMED:
        comment, _, code = statement(data).partition("\n")
        assert comment.startswith("// ")
        assert len(comment) < 200
        assert code == f'NetAddr("127.0.0.1", 57120).sendRaw(Int8Array[{", ".join(f"0x{byte:02x}" for byte in data)}]);'


def test_comment_says_that_ipv6_is_none_of_sclang() -> None:
    assert statement(encoded("/a"), Peer("::1", 7)).startswith("// sclang sends over IPv4 only")
