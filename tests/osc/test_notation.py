import math
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.errors import NotationError
from osc_workbench.osc.notation import format_address, format_arguments, format_packet, format_string, shortest_float32
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE, as_float32, has_nan, packets

FORMS: list[tuple[str, OscPacket]] = [
    ("/a ,", OscMessage("/a")),
    (
        '/synth/1/freq ,fis 440.0 7 "hello world"',
        OscMessage("/synth/1/freq", "fis", (440.0, 7, "hello world")),
    ),
    ("/a ,f 0.1", OscMessage("/a", "f", (as_float32(0.1),))),
    ("/a ,d 0.1", OscMessage("/a", "d", (0.1,))),
    ("/a ,ff inf -inf", OscMessage("/a", "ff", (math.inf, -math.inf))),
    ("/a ,i -7", OscMessage("/a", "i", (-7,))),
    ("/a ,h 9223372036854775807", OscMessage("/a", "h", (2**63 - 1,))),
    (r'/a ,s "say \"hi\"\n\t\\ \x01 é"', OscMessage("/a", "s", ('say "hi"\n\t\\ \x01 é',))),
    (r'/a ,s "\xff\u202e"', OscMessage("/a", "s", ("\udcff\u202e",))),
    ('/a ,b x"00ff10"', OscMessage("/a", "b", (b"\0\xff\x10",))),
    ("/a ,cc 'a' 10", OscMessage("/a", "cc", (97, 10))),
    ("/a ,t @0xe1f2a3b400000000", OscMessage("/a", "t", (TimeTag(0xE1F2A3B400000000),))),
    ("/a ,t @immediately", OscMessage("/a", "t", (TimeTag.IMMEDIATELY,))),
    ("/a ,r #ff8000ff", OscMessage("/a", "r", (Rgba(255, 128, 0, 255),))),
    ('/a ,m m"00903c64"', OscMessage("/a", "m", (MidiMessage(0, 0x90, 60, 100),))),
    ("/a ,TFNI true false nil infinitum", OscMessage("/a", "TFNI", (True, False, None, INFINITUM))),
    ("/a ,[ii[]]i [1 2 []] 3", OscMessage("/a", "[ii[]]i", ((1, 2, ()), 3))),
    ('9 ,s "def"', OscMessage(9, "s", ("def",))),
    ('"12" ,', OscMessage("12")),
    ('"/a b" ,', OscMessage("/a b")),
    ("/a no-type-tags", OscMessage("/a", None)),
    ('/a no-type-tags x"0001"', OscMessage("/a", None, (), b"\0\1")),
    ('/a ,i 1 excess x"0001"', OscMessage("/a", "i", (1,), b"\0\1")),
    ('/a ,i? 1 excess x"00000001"', OscMessage("/a", "i?", (1,), b"\0\0\0\1")),
    ("#bundle immediately { /a ,i 1 ; /b , }", OscBundle(TimeTag(1), [OscMessage("/a", "i", (1,)), OscMessage("/b")])),
    (
        "#bundle 0xe1f2a3b400000000 { #bundle immediately {  } }",
        OscBundle(TimeTag(0xE1F2A3B400000000), [OscBundle(TimeTag(1))]),
    ),
]


@pytest.mark.parametrize(("text", "packet"), FORMS)
def test_every_form_is_written_and_read(text: str, packet: OscPacket) -> None:
    assert format_packet(packet) == text
    assert parse_packet(text) == packet


@pytest.mark.parametrize(
    ("text", "tags", "arguments"),
    [
        ("/a 1 -2 +3 0x1f", "iiii", (1, -2, 3, 31)),
        ("/a 2147483648", "h", (2**31,)),
        ("/a -2147483648", "i", (-(2**31),)),
        ("/a 1.0 1e3 .5 inf", "ffff", (1.0, 1000.0, 0.5, math.inf)),
        ("/a \"text\" 'c'", "sc", ("text", 99)),
        ("/a true false nil infinitum", "TFNI", (True, False, None, INFINITUM)),
        ("/a [1 [2.0] []]", "[i[f][]]", ((1, (2.0,), ()),)),
        ('/a x"00" @immediately #01020304 m"01020304"', "btrm", (b"\0", TimeTag(1), (1, 2, 3, 4), (1, 2, 3, 4))),
    ],
)
def test_type_tags_are_inferred_from_literals(text: str, tags: str, arguments: tuple[object, ...]) -> None:
    assert parse_packet(text) == OscMessage("/a", tags, arguments)


def test_type_tags_guide_the_reading_of_literals() -> None:
    assert parse_packet("/a ,dfh 1 0x10 3") == OscMessage("/a", "dfh", (1.0, 16.0, 3))
    assert parse_packet("/a ,sSs freq 440 on") == OscMessage("/a", "sSs", ("freq", "440", "on"))
    assert parse_packet("/a ,TiN 5") == OscMessage("/a", "TiN", (True, 5, None))


def test_white_space_and_line_breaks_separate() -> None:
    assert parse_packet("  #bundle{/a 1\n;\t/b ,s x }  ") == OscBundle(
        TimeTag(1), [OscMessage("/a", "i", (1,)), OscMessage("/b", "s", ("x",))]
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        (",i 1", 1),
        ("/a ,i x", 7),
        ("/a ,i 99999999999", 7),
        ("/a ,h 9223372036854775808", 7),
        ("/a ,i 1" + "0" * 5000, 7),
        ('/a ,s "x', 7),
        ("/a 1 [2", 8),
        ("/a ,ii 1", 9),
        ("/a ,i 1 2", 9),
        ("/a ,[i] 1", 9),
        ("/a ,[i] [1 2]", 12),
        ("/a ,[i 1", 7),
        ("#bundle x { }", 9),
        ("#bundle 0x1 { }", 9),
        ("#bundle immediately /a", 21),
        ("#bundle immediately { /a /b }", 26),
        ("#bundle { /a ", 14),
        ("/a ,f 1e99", 7),
        ("/a ,d 1e999", 7),
        ("/a ,f nan:0x3f800000", 7),
        ("/a ,f nan:0x7fc0", 7),
        (r'/a "\q"', 5),
        (r'/a "\Uffffffff"', 5),
        ("/a ]", 4),
        ("/a foo", 4),
        ('/a ,b x"0"', 7),
        ('/a ,m m"00"', 7),
        ("/a ,r #123", 7),
        ("/a ,t @5", 7),
        ("/a 'xx'", 4),
        ("/a ,c ''", 7),
        ("300 ,", 1),
        ('"" ,', 1),
        ("/a ,é 1", 7),
        ("/a , extra", 6),
        ("/a ,i 1 }", 9),
        ("#bundle { " * 70, 641),
        ("/a " + "[" * 5000 + "]" * 5000, 1),
    ],
)
def test_mistakes_are_reported_with_their_column(text: str, column: int) -> None:
    with pytest.raises(NotationError) as caught:
        parse_packet(text)
    assert caught.value.column == column
    assert caught.value.reason


@given(packets)
def test_every_packet_survives_its_text_form(packet: OscPacket) -> None:
    again = parse_packet(format_packet(packet))
    # By bytes, so that NaN counts too.
    assert encode_packet(again) == encode_packet(packet)
    assert again == packet or has_nan(packet)


def parsed_or_error(text: str) -> OscPacket | NotationError:
    try:
        return parse_packet(text)
    except NotationError as error:
        return error


@given(st.text(max_size=40) | st.text("/a,i[]{};\"'x#@0e.-\\ bundleT", max_size=40))
def test_nothing_but_a_notation_error_escapes_for_any_text(text: str) -> None:
    parsed = parsed_or_error(text)
    if isinstance(parsed, NotationError):
        assert 1 <= parsed.column <= len(text) + 1
    else:
        assert encode_packet(parse_packet(format_packet(parsed))) == encode_packet(parsed)


@pytest.mark.parametrize("bits", ["7fc00000", "7fc00001", "ffc00000", "7fffffff"])
def test_bits_of_a_nan_survive_the_text_form(bits: str) -> None:
    message = OscMessage("/a", "f", struct.unpack(">f", bytes.fromhex(bits)))
    assert encode_packet(parse_packet(format_packet(message)))[-4:].hex() == bits
    assert (format_packet(message) == "/a ,f nan") == (bits == "7fc00000")


@given(st.floats(width=32, allow_nan=False))
def test_float32_is_written_with_the_fewest_digits_that_mean_it(value: float) -> None:
    text = shortest_float32(value)
    assert as_float32(float(text)) == value
    assert len(text.replace("e-", "").strip("-0.")) <= 19


def test_text_that_could_fool_a_terminal_is_escaped() -> None:
    assert format_string("\x1b[2J\u202e\x7f") == r'"\x1b[2J\u202e\x7f"'
    assert format_packet(OscMessage("/\x1b]0;x\a", "s", ("<b>",))) == r'"/\x1b]0;x\x07" ,s "<b>"'


def test_addresses_that_could_be_read_otherwise_are_quoted() -> None:
    for address in ("12", "a b", "/a;b", 'a"b', "{x}"):
        packet = OscMessage(address)
        assert parse_packet(format_packet(packet)) == packet
    assert format_address("/x{1,2}*[a-c]") == "/x{1,2}*[a-c]"


def test_long_arguments_can_be_cut() -> None:
    message = OscMessage("/a", "s" * 1000, ["word"] * 1000)
    text = format_arguments(message, limit=50)
    assert len(text) == 51
    assert text.endswith("…")


def test_parsing_takes_linear_time() -> None:
    def seconds(number: int) -> float:
        text = "/a " + "1 " * number + '"' + "x" * number + '"'
        start = time.perf_counter()
        parse_packet(text)
        return time.perf_counter() - start

    assert min(seconds(20_000) for _ in range(3)) < 40 * min(seconds(2000) for _ in range(3)) + 0.01


def test_every_tag_and_every_nesting_has_a_text_form() -> None:
    assert parse_packet(format_packet(EVERY_TAG)) == EVERY_TAG
    assert parse_packet(format_packet(NESTED_BUNDLE)) == NESTED_BUNDLE


@pytest.mark.parametrize("tag", ["f", "d"])
def test_a_hex_number_beyond_floats_is_refused(tag: str) -> None:
    with pytest.raises(NotationError, match="out of the range"):
        parse_packet(f"/a ,{tag} 0x{'f' * 400}")
