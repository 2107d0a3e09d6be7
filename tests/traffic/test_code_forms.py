"""The table of forms, and what they share: any bytes become text, and many packets one text."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.json_form import packet_from_json
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.traffic.addressed_packet import PLACEHOLDER
from osc_workbench.traffic.code_forms import FORMS, CodeForm, copy_text
from osc_workbench.traffic.record import Peer
from tests.doubles.copied_packets import EVERY_PACKET, EVERY_TYPE, LONG, MALFORMED, encoded

PEER = Peer("192.168.0.7", 57120)
BY_NAME = {form.name: form for form in FORMS}
EACH_FORM = pytest.mark.parametrize("form", FORMS, ids=list(BY_NAME))
# Languages in which a packet is told where to go.
SENDING = ("sclang", "python-osc", "oscsend")


def test_forms_have_names_and_titles_of_their_own() -> None:
    assert list(BY_NAME) == ["notation", "JSON", "sclang", "python-osc", "oscsend", "hex", "C array"]
    assert len({form.title for form in FORMS}) == len(FORMS)


@EACH_FORM
def test_any_bytes_become_text_without_control_characters(form: CodeForm) -> None:
    for data in EVERY_PACKET + LONG:
        text = form.text(data, PEER)
        assert all(line.isprintable() for line in text.split("\n")), text
        text.encode()


@EACH_FORM
@given(data=st.binary(max_size=60) | st.binary(max_size=40).map(lambda raw: b"/a\0\0,bsd\0\0\0\0" + raw))
def test_random_bytes_never_raise(form: CodeForm, data: bytes) -> None:
    assert isinstance(form.text(data, None), str)


@EACH_FORM
def test_many_packets_are_one_text_and_one_packet_is_as_it_is_alone(form: CodeForm) -> None:
    everything = [(data, PEER) for data in EVERY_PACKET]
    assert copy_text([], form) == ""
    assert all(copy_text([pair], form) == form.text(*pair) for pair in everything)
    assert copy_text(everything, form).count("\n") >= len(everything) - 1


@pytest.mark.parametrize("name", SENDING)
def test_where_nobody_knows_the_target_a_placeholder_stands_and_is_named_once(name: str) -> None:
    text = copy_text([(data, None) for data in EVERY_PACKET], BY_NAME[name])
    assert text.count("placeholder") == 1
    assert PLACEHOLDER.host in text
    assert str(PLACEHOLDER.port) in text
    assert "placeholder" not in copy_text([(data, PEER) for data in EVERY_PACKET], BY_NAME[name])


@pytest.mark.parametrize("name", SENDING)
def test_each_packet_goes_where_it_went(name: str) -> None:
    data = encoded("/a 1")
    text = copy_text([(data, Peer("10.0.0.1", 7001)), (data, Peer("10.0.0.2", 7002)), (data, None)], BY_NAME[name])
    ports = [port for port in re.findall(r"\b\d{4}\b", text) if port != "9000"]
    assert ports == ["7001", "7002"]


@pytest.mark.parametrize(("_", "packet"), EVERY_TYPE)
def test_notation_and_json_give_the_packet_back(_: str, packet: str) -> None:
    data = encoded(packet)
    assert encode_packet(parse_packet(BY_NAME["notation"].text(data, None))) == data
    if "nan:" not in packet:
        # JSON has one NaN only.
        assert encode_packet(packet_from_json(json.loads(BY_NAME["JSON"].text(data, None)))) == data


def test_json_of_a_malformed_packet_has_the_error_and_the_bytes() -> None:
    lines = copy_text([(data, PEER) for data in MALFORMED], BY_NAME["JSON"]).split("\n")
    answers = [json.loads(line) for line in lines]
    assert [bytes.fromhex(answer["hex"]) for answer in answers if "error" in answer] == [
        data for data, answer in zip(MALFORMED, answers, strict=True) if "error" in answer
    ]
    assert answers[0]["error"] == {"code": "empty", "offset": 0, "reason": "the packet is empty"}


def test_notation_of_a_malformed_packet_has_the_reason_and_the_bytes() -> None:
    text = BY_NAME["notation"].text(b"\xff\xfeAlien\0\0\0", None)
    assert text == "malformed: neither an OSC message nor a bundle starts here (at byte 0): fffe416c69656e000000"
    assert BY_NAME["notation"].text(b"", None) == "malformed: the packet is empty (at byte 0)"


def test_hex_is_spaced_a_line_each() -> None:
    assert copy_text([(b"/a\0\0", PEER), (b"", PEER), (b"\xff", None)], BY_NAME["hex"]) == "2f 61 00 00\n\nff"


def test_c_array_has_twelve_bytes_a_line() -> None:
    assert BY_NAME["C array"].text(encoded("/a 1.5 2"), None) == (
        "const unsigned char osc_packet[16] = {\n"
        "    0x2f, 0x61, 0x00, 0x00, 0x2c, 0x66, 0x69, 0x00, 0x3f, 0xc0, 0x00, 0x00,\n"
        "    0x00, 0x00, 0x00, 0x02\n"
        "};"
    )


def test_c_arrays_are_numbered_and_hold_the_bytes() -> None:
    text = copy_text([(data, None) for data in EVERY_PACKET], BY_NAME["C array"])
    arrays = re.findall(r"const unsigned char osc_packet_(\d+)\[(\d+)\] = \{([^}]*)\};", text)
    assert [(int(number), int(size)) for number, size, _ in arrays] == [
        (number, len(data)) for number, data in enumerate(EVERY_PACKET, 1) if data
    ]
    assert [bytes(int(byte, 16) for byte in body.split(",")) for _, _, body in arrays] == list(
        filter(None, EVERY_PACKET)
    )
    assert BY_NAME["C array"].text(b"", None) == "/* osc_packet would be empty, which arrays of C cannot be. */"
