"""Shell commands; that they send the right bytes is for tests/integration/test_code_forms_run.py."""

import re
import shlex

import pytest
from hypothesis import given, settings

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscMessage, OscPacket
from osc_workbench.traffic.addressed_packet import AddressedPacket
from osc_workbench.traffic.record import Peer
from osc_workbench.traffic.shell_code import oscsend_commands
from tests.doubles.copied_packets import EVERY_PACKET, EVERY_TYPE, HOSTILE, LONG, MALFORMED, encoded
from tests.osc.samples import packets

PEER = Peer("127.0.0.1", 9000)


def command(data: bytes, peer: Peer | None = PEER) -> str:
    return oscsend_commands([AddressedPacket(data, peer)])


@pytest.mark.parametrize(
    ("packet", "line"),
    [
        ("/a ,if 1 2.0", "oscsend 127.0.0.1 9000 /a if 1 2.0"),
        ("/a", "oscsend 127.0.0.1 9000 /a"),
        ('/a ,sS "two words" x', "oscsend 127.0.0.1 9000 /a sS 'two words' x"),
        ("/a ,TicmI true 1 'x' m\"00903c64\" infinitum", "oscsend 127.0.0.1 9000 /a TicmI 1 x 00903c64"),
        ('/a* ,s "it\'s"', "oscsend 127.0.0.1 9000 '/a*' s 'it'\"'\"'s'"),
    ],
)
def test_what_oscsend_can_send_is_one_line(packet: str, line: str) -> None:
    assert command(encoded(packet)) == line


@pytest.mark.parametrize(("languages", "packet"), EVERY_TYPE)
def test_what_oscsend_cannot_send_has_a_reason_and_is_sent_by_the_workbench(languages: str, packet: str) -> None:
    lines = command(encoded(packet)).split("\n")
    if "oscsend" in languages:
        assert len(lines) == 1
        return
    reason, line = lines
    assert re.fullmatch(r"# [A-Za-z].*\.", reason)
    assert shlex.split(line)[:3] == ["osc-workbench", "send", "udp://127.0.0.1:9000"]


@settings(max_examples=50)
@given(packets)
def test_the_words_of_a_command_of_the_workbench_are_the_packet(packet: OscPacket) -> None:
    data = encode_packet(packet)
    words = shlex.split(command(data).split("\n")[-1])
    if words[0] == "osc-workbench":
        assert encode_packet(parse_packet(words[3])) == data


def test_reasons_name_the_type_in_words() -> None:
    assert command(encoded('/a ,b x"00"')).startswith("# oscsend sends no arguments of type blob.\n")
    assert command(encoded("/a ,i? 1")).startswith("# oscsend sends no arguments of type unknown.\n")
    assert command(encoded("#bundle { /a }")).startswith("# oscsend sends no bundles.\n")


def test_malformed_and_odd_packets_are_sent_as_bytes() -> None:
    for data in [*MALFORMED, b"/a\0x,i\0\0\0\0\0\1"]:
        comment, line = command(data).split("\n")
        assert comment.startswith("# ")
        assert line.startswith(f"printf %s '{data.hex()}' | python3 -c ")


def test_a_hyphen_at_the_start_is_not_taken_for_an_option() -> None:
    data = encode_packet(OscMessage("-h", "b", (b"",)))
    assert shlex.split(command(data).split("\n")[1])[3] == ' -h ,b x""'


def test_nothing_that_is_no_printable_character_gets_to_the_terminal() -> None:
    for data in EVERY_PACKET + LONG:
        assert all(line.isprintable() for line in command(data).split("\n"))


def test_hostile_text_stays_inside_its_word() -> None:
    for data in HOSTILE:
        lines = command(data).split("\n")
        assert len(lines) <= 2
        words = shlex.split(lines[-1])
        assert words[0] in ("oscsend", "osc-workbench")
        assert (words[0] == "oscsend") == (len(lines) == 1)


def test_ipv6_is_left_to_the_workbench() -> None:
    assert command(encoded("/a"), Peer("::1", 7)).split("\n")[1] == "osc-workbench send 'udp://[::1]:7' '/a ,'"


def test_no_command_is_longer_than_the_system_takes() -> None:
    for data in LONG:
        line = command(data).split("\n")[-1]
        assert line.startswith("printf") or all(len(word.encode()) < 1 << 17 for word in shlex.split(line))
