"""Bytes that are copied as code: one packet of every type, and packets that try to break out of the code."""

import math
import struct

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag

# (what sclang, python-osc and oscsend can say by their own means, packet in the notation)
EVERY_TYPE = [
    ("sclang python oscsend", "/none"),
    ("sclang python oscsend", "/a ,iii 0 2147483647 -2147483648"),
    ("sclang python oscsend", "/a ,ffffff 2.0 -0.0 0.1 1e-45 1e20 3.4028235e38"),
    ("sclang python oscsend", "/a ,ff inf -inf"),
    ("python oscsend", "/a ,fd nan nan"),
    ("", "/a ,f nan:0x7fc00001"),
    ("", "/a ,d nan:0xfff8000000000000"),
    ("sclang python oscsend", '/a ,sss "" "hello world" "héllo ☃ 𝄞"'),
    ("sclang python", '/a ,b x"00ff807f"'),
    ("python", '/a ,b x"00ff80"'),
    ("", '/a ,b x""'),
    ("python oscsend", "/a ,hh 9223372036854775807 -1"),
    ("python oscsend", "/a ,dd 0.1 1e300"),
    ("", "/a ,t @0xe1f2a3b400000001"),
    ("oscsend", "/a ,S symbol"),
    ("oscsend", "/a ,ccc 'a' 32 39"),
    ("", "/a ,c 10"),
    ("python", "/a ,r #ff8000ff"),
    ("python oscsend", '/a ,m m"00903c64"'),
    ("sclang python oscsend", "/a ,TFN true false nil"),
    ("sclang oscsend", "/a ,I infinitum"),
    ("sclang python", "/a ,[i[fT]]s[] [1 [2.5 true]] x []"),
    ("sclang", '9 ,s "def"'),
    ("sclang python oscsend", "noslash ,i 1"),
    ("", "/a no-type-tags"),
    ("", '/a no-type-tags x"00000001"'),
    ("", '/a ,i 1 excess x"00000001"'),
    ("", '/a ,i? 1 excess x"00000001"'),
    ("", "/a ,i? 1"),
    ("sclang python", "#bundle immediately { /a ,i 1 ; /b , }"),
    ("sclang python", "#bundle immediately { }"),
    ("python", "#bundle immediately { /a ,i 1 ; #bundle immediately { /b ,f 2.0 } }"),
    ("python", "#bundle 0xe1f2a3b401234567 { #bundle 0xe1f2a3b401234568 { /b } ; #bundle 0x0000000000000000 { } }"),
    ("sclang", "#bundle immediately { 9 ,si x 1 }"),
]

# Text that would be code, or the end of a literal, in one of the languages.
HOSTILE_TEXTS = [
    "'; touch broken; '",
    '"; touch broken; "',
    "$(touch broken)`touch broken`${HOME}",
    "\\",
    "\\'\\\"\\\\",
    "a'b\"c",
    "!! !$ ~ * ? [a] {a,b} # & | > < ;",
    "-x",
    "--help",
    "*/ int x; /* // %s %n \\x41",
    "{x!r} {0} %(x)s",
    "two\nlines\r\ttab",
    "\x1b[201~touch broken\n\x07\x08",
    "\udcff\udc80",
    "\u202egnp.exe\u2028\u2029\x85",
    "'''\"\"\"",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+1",
    "; }",
]
HOSTILE = [
    *(encode_packet(OscMessage("/text", "s", (text,))) for text in HOSTILE_TEXTS),
    *(encode_packet(OscMessage(f"/{text}", "i", (1,))) for text in HOSTILE_TEXTS),
    *(encode_packet(OscMessage("/text", "Ss", (text, text))) for text in HOSTILE_TEXTS),
    *(encode_packet(OscMessage("-h", "s", (text,))) for text in HOSTILE_TEXTS[:3]),
    *(encode_packet(OscBundle(TimeTag(1), [OscMessage("/text", "s", (text,))])) for text in HOSTILE_TEXTS),
    b"/type/tags\0\0,\"';$(x)`\0\0\0",
]

MALFORMED = [
    b"",
    b"\0",
    b"/",
    b"#bundle\0",
    b"#bundle\0\0\0\0\0\0\0\0\1\0\0\0\x08/a\0\0",
    b"/a\0\0,i\0\0\0",
    b"/a\0\0,[[\0",
    b"/a\0x,\0\0\0",
    b"\xff\xfe'\"$(x)\n\\",
    b"',\");\n\0\0\0",
    struct.pack(">8sQ", b"#bundle", 1) + struct.pack(">i", -1),
    bytes(range(256)),
]


def encoded(text: str) -> bytes:
    """Return the bytes of a packet in the notation."""
    return encode_packet(parse_packet(text))


EVERY_PACKET = [*(encoded(text) for _, text in EVERY_TYPE), *HOSTILE, *MALFORMED]
# Too long for a call of sclang, a command of the shell or a line of its input.
LONG = [
    encode_packet(OscMessage("/long", "s", ("'" * 9_000,))),
    encode_packet(OscMessage("/long", "i" * 300, tuple(range(300)))),
    encode_packet(OscMessage("/long", "fb", (math.pi, bytes(60_000)))),
]
