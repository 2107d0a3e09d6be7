"""`decode` and `encode`: the JSON other programs rely on, both ways."""

import json
import math
import subprocess
from typing import Any

import pytest

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.notation import format_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.program import PROGRAM, TIMEOUT, run
from tests.osc.samples import EVERY_TAG, REAL_PACKETS

# (type tag, bytes of the argument in hex, the argument in JSON)
TAGS: list[tuple[str, str, Any]] = [
    ("i", "00000001", 1),
    ("i", "80000000", -(2**31)),
    ("h", "7fffffffffffffff", 2**63 - 1),
    ("f", "3f800000", 1.0),
    ("f", "3dcccccd", 0.10000000149011612),
    ("f", "7f800000", "inf"),
    ("f", "ff800000", "-inf"),
    ("f", "7fc00000", "nan"),
    ("f", "80000000", -0.0),
    ("d", "3fb999999999999a", 0.1),
    ("d", "7ff0000000000000", "inf"),
    ("d", "7ff8000000000000", "nan"),
    ("s", "68c3a900", "hé"),
    ("s", "00000000", ""),
    ("s", "ff2e2000", "\udcff. "),
    ("S", "73796d00", "sym"),
    ("b", "00000003616263" + "00", {"blob": "616263"}),
    ("b", "00000000", {"blob": ""}),
    ("t", "0000000000000001", {"time": "0x0000000000000001"}),
    ("t", "e1f2a3b400000000", {"time": "0xe1f2a3b400000000"}),
    ("r", "ff8000ff", {"rgba": "ff8000ff"}),
    ("m", "00903c64", {"midi": "00903c64"}),
    ("c", "00000061", {"char": 97}),
    ("c", "0001f600", {"char": 0x1F600}),
    ("T", "", True),
    ("F", "", False),
    ("N", "", None),
    ("I", "", {"infinitum": True}),
    ("[ii]", "0000000100000002", [1, 2]),
    ("[]", "", []),
    ("[[T]N]", "", [[True], None]),
]


def decode(*lines: str) -> list[Any]:
    done = run("decode", stdin="".join(line + "\n" for line in lines))
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def encode(*lines: str) -> list[str]:
    done = run("encode", stdin="".join(line + "\n" for line in lines))
    assert done.stderr == ""
    return done.stdout.splitlines()


def packet_of(tags: str, arguments: str) -> str:
    raw = b"," + tags.encode()
    return (b"/a\0\0" + raw + bytes(4 - len(raw) % 4)).hex() + arguments


def test_every_type_tag_has_its_json() -> None:
    answers = decode(*(packet_of(tags, arguments) for tags, arguments, _ in TAGS))
    for (tags, _, expected), answer in zip(TAGS, answers, strict=True):
        assert answer["packet"] == {"address": "/a", "tags": tags, "args": [expected]}
        assert repr(answer["packet"]["args"][0]) == repr(expected)
        codes = [issue["code"] for issue in answer["issues"]]
        assert codes == (["invalid-utf8"] if expected == "\udcff. " else [])


def test_json_of_decode_encodes_to_the_same_bytes() -> None:
    packets = [packet_of(tags, arguments) for tags, arguments, _ in TAGS]
    packets += [encode_packet(packet).hex() for packet in REAL_PACKETS]
    done = run("decode", stdin="\n".join(packets))
    assert encode(*done.stdout.splitlines()) == packets
    # The bare packet, without what decode has around it, is understood as well.
    assert encode(*(json.dumps(json.loads(line)["packet"]) for line in done.stdout.splitlines())) == packets


def test_output_is_ascii_so_that_every_reader_can_take_it() -> None:
    done = run("decode", stdin=packet_of("s", "68c3a900") + "\n")
    assert done.stdout.isascii()
    assert "\\u00e9" in done.stdout


def test_message_without_type_tags_has_null_and_raw() -> None:
    (answer,) = decode("2f6f6c640000000000000001")
    assert answer == {
        "packet": {"address": "/old", "tags": None, "args": [], "raw": "00000001"},
        "issues": [{"code": "missing-type-tags", "offset": 8}],
    }


def test_bytes_after_the_last_argument_are_excess() -> None:
    (answer,) = decode(packet_of("i", "00000001cafe0000"))
    assert answer["packet"] == {"address": "/a", "tags": "i", "args": [1], "excess": "cafe0000"}
    assert answer["issues"] == [{"code": "excess-bytes", "offset": 12}]


def test_unknown_type_tag_stops_the_arguments() -> None:
    (answer,) = decode(packet_of("i?f", "0000000100000002"))
    assert answer["packet"] == {"address": "/a", "tags": "i?f", "args": [1], "excess": "00000002"}
    assert [issue["code"] for issue in answer["issues"]] == ["unknown-type-tag"]


def test_command_number_is_a_number() -> None:
    (answer,) = decode(encode_packet(OscMessage(9, "s", ("def",))).hex())
    assert answer["packet"]["address"] == 9


def test_bundle_has_time_and_elements() -> None:
    inner = OscBundle(TimeTag(2**64 - 1), [])
    (answer,) = decode(encode_packet(OscBundle(TimeTag(1), [OscMessage("/x"), inner])).hex())
    assert answer["packet"] == {
        "time": "0x0000000000000001",
        "elements": [
            {"address": "/x", "tags": "", "args": []},
            {"time": "0xffffffffffffffff", "elements": []},
        ],
    }


@pytest.mark.parametrize(
    ("line", "code", "offset"),
    [
        ("", "empty", 0),
        ("ffff0000", "not-osc", 0),
        ("2f61", "unterminated", 0),
        (packet_of("i", "0000"), "truncated", 8),
        (packet_of("b", "7fffffff"), "blob-size", 8),
        (packet_of("b", "ffffffff"), "blob-size", 8),
        (packet_of("]", ""), "array", 5),
        ("2362756e646c6500" + "0000000000000001" + "fffffffc", "element-size", 16),
        ("2362756e646c6500" + "0000000000000001" + "00000000", "element-size", 16),
        ("2362756e", "truncated", 0),
        (packet_of("[" * 100 + "]" * 100, ""), "too-deep", 69),
    ],
)
def test_error_has_code_offset_and_reason(line: str, code: str, offset: int) -> None:
    (answer,) = decode(line)
    assert set(answer) == {"error"}
    assert (answer["error"]["code"], answer["error"]["offset"]) == (code, offset)
    assert answer["error"]["reason"]


@pytest.mark.parametrize("depth", [64, 65, 10_000])
def test_deep_bundles_are_answered_at_once(depth: int) -> None:
    data = b""
    for _ in range(depth):
        data = b"#bundle\0" + bytes(7) + b"\1" + (len(data).to_bytes(4, "big") + data if data else b"")
    (answer,) = decode(data.hex())
    assert ("packet" in answer) == (depth <= 64)
    if depth > 64:
        assert answer["error"]["code"] == "too-deep"


def test_line_that_is_no_hex_is_an_answer_and_a_reservation() -> None:
    done = run("decode", stdin=b"zz\n2f610000\n\xff\xfe\n\xc3\xa9\n2f6\n")
    codes = [json.loads(line).get("error", {}).get("code") for line in done.stdout.splitlines()]
    assert codes == ["not-hex", None, "not-hex", "not-hex", "not-hex"]
    assert (done.returncode, done.stderr) == (1, "")


def test_malformed_packets_are_answers_not_failures() -> None:
    assert run("decode", stdin="ffff0000\n").returncode == 0


def test_decode_accepts_blanks_capitals_and_a_missing_last_newline() -> None:
    done = run("decode", stdin="2F 61 00 00 2c 00 00 00\r\n2f6100002c000000")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == answers[1] == {"packet": {"address": "/a", "tags": "", "args": []}, "issues": []}


def test_empty_input_is_done() -> None:
    for command in ("decode", "encode"):
        done = run(command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("command", "question", "answer"),
    [("decode", b"2f6100002c000000\n", b'{"packet"'), ("encode", b"/a\n", b"2f6100002c000000")],
)
def test_answer_comes_before_the_next_question(command: str, question: bytes, answer: bytes) -> None:
    with subprocess.Popen([*PROGRAM, command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(5):
            process.stdin.write(question)
            process.stdin.flush()
            assert process.stdout.readline().startswith(answer)
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


# Encoding.


@pytest.mark.parametrize(
    ("line", "packet"),
    [
        ("", ""),
        ("/a", "2f6100002c000000"),
        ("/synth/1/freq ,f 440.0", "2f73796e74682f312f667265710000002c66000043dc0000"),
        ("/a 1", packet_of("i", "00000001")),
        ("/a 1.5", packet_of("f", "3fc00000")),
        ("/a 5000000000", packet_of("h", "000000012a05f200")),
        ('/a "x"', packet_of("s", "78000000")),
        ("/a true false nil infinitum", packet_of("TFNI", "")),
        ("/a [1 [2]]", packet_of("[i[i]]", "0000000100000002")),
        ('/a x"00ff"', packet_of("b", "0000000200ff0000")),
        ("#bundle immediately { /a }", "2362756e646c65000000000000000001000000082f6100002c000000"),
        ("9 ,s def", "000000092c73000064656600"),
        ('{"address": "/a", "args": [1, 2.5, "x", true, null]}', packet_of("ifsTN", "000000014020000078000000")),
        ('{"address": "/a", "tags": "f", "args": [1]}', packet_of("f", "3f800000")),
        ('{"address": "/a", "tags": "d", "args": ["-inf"]}', packet_of("d", "fff0000000000000")),
        ('{"address": "/a", "tags": "s", "args": ["\\udcff"]}', packet_of("s", "ff000000")),
        ('{"time": "0x1", "elements": []}', "2362756e646c65000000000000000001"),
    ],
)
def test_text_and_json_are_encoded(line: str, packet: str) -> None:
    assert encode(line) == [packet]


def test_bytes_that_are_not_utf8_go_through_as_they_are() -> None:
    assert run("encode", stdin=b'/a "\xff"\n').stdout == packet_of("s", "ff000000") + "\n"


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("/a ,i x", "notation", 7),
        ('/a "open', "notation", 4),
        ("{", "notation", 2),
        ("{]", "notation", 2),
        ("{}", "values", 1),
        ('{"address": "/a", "tags": "i", "args": [4294967296]}', "values", 1),
        ('{"address": "/a", "tags": "i", "args": []}', "values", 1),
        ('{"address": "/a", "tags": "f", "args": [1e39]}', "values", 1),
        ('{"address": "/a", "args": [{"blob": "x"}]}', "values", 1),
        ('{"address": "/a", "args": [{"what": 1}]}', "values", 1),
        ('{"address": "\\ud800"}', "values", 1),
        ('{"address": "/a", "args": ["\\ud800"]}', "values", 1),
        ('{"address": "/a\\u0000b"}', "values", 1),
        ('{"address": "/a", "args": ["a\\u0000b"]}', "values", 1),
        ('{"address": "/a", "args": ' + "[" * 200_000 + "]" * 200_000 + "}", "values", 1),
        ('{"address": "/a", "args": ' + "[" * 100 + "]" * 100 + "}", "values", 1),
        ('{"address": "/a", "args": [' + "9" * 100_000 + "]}", None, 1),
        ('{"time": "0x1", "elements": ' + '[{"time": "0x1", "elements": ' * 100 + "[]" + "}]" * 100 + "}", "values", 1),
        ("/a " + "[" * 10_000 + "]" * 10_000, "notation", None),
        ("#bundle { " * 100 + "}" * 100, "notation", None),
        ("/a " + "9" * 100_000, "notation", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_line_that_cannot_be_encoded_is_answered_with_the_place(
    line: str, code: str | None, column: int | None
) -> None:
    done = run("encode", stdin=f"{line}\n/a\n")
    first, second = done.stdout.splitlines()
    error = json.loads(first)["error"]
    assert set(error) == {"code", "column", "reason"}
    assert error["code"] in ("notation", "values")
    assert code is None or error["code"] == code
    assert column is None or error["column"] == column
    assert 0 < len(error["reason"]) < 1000
    assert second == "2f6100002c000000"
    assert (done.returncode, done.stderr) == (1, "")


def test_float_that_json_cannot_hold_is_a_word() -> None:
    message = OscMessage("/a", "fd", (math.nan, -math.inf))
    (answer,) = decode(encode_packet(message).hex())
    assert answer["packet"]["args"] == ["nan", "-inf"]


def test_text_of_every_argument_is_read_back() -> None:
    assert encode(format_packet(EVERY_TAG)) == [encode_packet(EVERY_TAG).hex()]
