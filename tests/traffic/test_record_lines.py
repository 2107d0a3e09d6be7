"""One packet as a line, for people and for programs."""

import json
from dataclasses import replace

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.record_lines import decode_to_json, json_line, text_line
from tests.doubles.stored import stored

URL = "udp://127.0.0.1:57120"
(RECORD,) = stored(encode_packet(OscMessage.of("/a", 1, "x y")))
(ALIEN,) = stored(b"\xff\xfeAlien\0\0\0")


def test_text_line_has_time_endpoint_direction_peer_and_packet() -> None:
    assert text_line(RECORD, URL) == f'2023-11-14T22:13:20.000000000Z {URL} <- 127.0.0.1:9000 /a ,is 1 "x y"'
    sent = replace(RECORD, direction=Direction.OUT, peer=Peer("::1", 7))
    assert f"{URL} -> [::1]:7 /a" in text_line(sent, URL)
    assert "(peer not kept)" in text_line(replace(RECORD, peer=None), URL)


def test_text_line_of_a_malformed_packet_has_reason_place_and_bytes() -> None:
    line = text_line(ALIEN, URL)
    assert "malformed: neither an OSC message nor a bundle starts here (at byte 0): fffe416c69656e000000" in line


def test_text_line_is_one_line_without_control_characters_whatever_comes() -> None:
    nasty = "\n\x1b[2J\r\u202e\x00".replace("\0", "") + "\udcff\u2028"
    for message in (OscMessage("/a", "s", (nasty,)), OscMessage("/" + nasty), OscMessage("/a", "sS", (nasty, nasty))):
        (record,) = stored(encode_packet(message))
        line = text_line(record, URL)
        assert line.isprintable()
        assert line.isascii()


def test_json_line_has_number_time_direction_endpoint_and_peer() -> None:
    assert json.loads(json_line(RECORD, URL)) == {
        "number": 1,
        "time": "2023-11-14T22:13:20.000000000Z",
        "direction": "in",
        "endpoint": URL,
        "peer": "127.0.0.1:9000",
        "packet": {"address": "/a", "tags": "is", "args": [1, "x y"]},
        "issues": [],
    }
    assert json.loads(json_line(replace(RECORD, peer=None), URL))["peer"] is None


def test_json_line_of_a_malformed_packet_has_error_and_bytes() -> None:
    line = json.loads(json_line(ALIEN, URL))
    assert line["error"] == {
        "code": "not-osc",
        "offset": 0,
        "reason": "neither an OSC message nor a bundle starts here",
    }
    assert bytes.fromhex(line["hex"]) == ALIEN.packet
    assert "packet" not in line


def test_json_line_of_a_bundle_row_is_the_whole_packet() -> None:
    bundle = OscBundle(TimeTag(1), [OscMessage("/x"), OscMessage("/y")])
    first, second = stored(encode_packet(bundle))
    assert json.loads(json_line(first, URL)) == json.loads(json_line(second, URL))
    assert json.loads(json_line(first, URL))["packet"]["time"] == "0x0000000000000001"


def test_issues_have_code_and_offset() -> None:
    answer = decode_to_json(b"/a\0\0")
    assert answer["packet"] == {"address": "/a", "tags": None, "args": [], "raw": ""}
    assert answer["issues"] == [{"code": "missing-type-tags", "offset": 4}]


def test_findings_stand_at_the_end_of_a_text_line_if_there_are_any() -> None:
    line = text_line(RECORD, URL)
    assert text_line(RECORD, URL, ()) == line
    assert text_line(RECORD, URL, ["nan"]) == f"{line}  (lint: nan)"
    assert text_line(RECORD, URL, ("nan", "late")) == f"{line}  (lint: nan, late)"
    assert text_line(ALIEN, URL, ("malformed",)).endswith("fffe416c69656e000000  (lint: malformed)")


def test_findings_are_a_list_in_a_json_line_if_anybody_looked() -> None:
    assert "lint" not in json.loads(json_line(RECORD, URL))
    assert json.loads(json_line(RECORD, URL, ()))["lint"] == []
    line = json.loads(json_line(RECORD, URL, ("nan", "late")))
    assert line.pop("lint") == ["nan", "late"]
    assert line == json.loads(json_line(RECORD, URL))
    assert json.loads(json_line(ALIEN, URL, ("malformed",)))["lint"] == ["malformed"]
