"""Queries of every kind: all terms with all their signs, joined in every way."""

from hypothesis import strategies as st

TEXTS_OF_TERMS = [
    "/a", "/b/*", "/*/freq", "/b/{freq,amp}", "/synth/[1-2]/freq", "//freq", "/**", "/b/**", "freq", '"fre"', '""',
    "s_new", "9", "é", "odd", "/b/?*", "//", "B", "address:/a", "address:9", "address:/s_new", "address=/b/freq",
    "address~b", 'address~"/B"', "address~/^.a/", "address~/q$/", "address:/b/*", "type:f", "type:if", "type:none",
    "type:", "type:,", "type:*f", "type:?", "type:s*", "type=[if]s", "type:?f", "type:*", "type:F", "type:,f",
    "dir:in", "dir:out", "src:127.0.0.1", "src:9000", "src:127.0.0.1:50000", "src:192.168.*", "dst:57120",
    "dst:[::1]:57120", "peer:fe80::1", "peer:*:9000", "src:?27.*", "dst:*", "peer:[fe80::1]:57120", "dst:::1",
    "endpoint:udp", "endpoint:slip", "endpoint:9?00", "endpoint:TCP", "arg[0]>0.5", "arg[0]=0.1", "arg[0]!=5",
    "arg[1]<=5", "any>1e6", "any=5", "any==5", "any>=7.25", "any<-5", "any=9007199254740993", "any>9007199254740992",
    "any=0x5", "any=inf", "any<inf", "any>-inf", "any>=1e39", "any>1e39", "any<1e39", "any<=-1e39", "any<=1e39",
    "any!=1e39", "any=-inf", "arg=5.0", "any>4.5", "any<4.5", "any>=1e300", "any>99999999999999999999",
    "any<=99999999999999999999", "any!=99999999999999999999", "any=9.3e18", "any=1e-40", "any<1e-46", "any<=0",
    "any!=0.1", "arg[0]~world", 'any~"o w"', "arg~WORLD", "arg[2]~x", "any~é", 'any~"say \\"x"', 'any~""',
    "arg[1]~/^w/", "any~/[0-9]/", "arg[0]~/l+o/", 'any~"Hello Worldd"', 'any~"a longer text than twelve"',
    'arg[0]="world"', 'arg[0]!="world"', "any=world", 'any="5"', 'any=""', 'any="say \\"x\\""', 'any="café"',
    "any=true", "any!=true", "arg[0]=false", "any=nil", "any=infinitum", "arg[2]!=nil", 'any="true"', "has:nan",
    "has:inf", "has:denormal", "has:int", "has:float", "has:text", "has:blob", "has:time", "has:bool", "has:nil",
    "has:midi", "has:colour", "has:array", "late>5ms", "late<5ms", "late>=0s", "late=7ms", "late!=7ms", "early>1s",
    "early<1s", "early>=10s", "late>-1s", "late>1h", "early>1us", "early<=10min", "size>20", "size=16", "size!=16",
    "size<=0", "size>=24", "packet>40", "packet<20", "packet!=16", "size>0x10", "size>12.5", "rate>1", "rate>2",
    "rate=1", "rate<3", "rate>=4", "rate!=2", "changed", "error", "lint", "lint:nan", "lint:error", "lint:info",
    "lint:warning", "lint=late", "in:bundle", "marked", "comment~note", "comment:ABC", "t:0", "t:0..0.05", "t:0.01..",
    "t:..0.02", "t>0.01", "t<0.02", "t>=0.02", "t<=0.02", "t=0.003", "t:1", "t:-1..0.5", "t>-1", "t<0", "number:1..5",
    "number:3", "number:10..", "number:..7", "number>20", "number<4", "number>=20", "number<=4", "number:1,0",
    "bytes:2f", 'bytes:"2f 62"', 'bytes:"??66"', 'bytes:"00 2c"', 'bytes:"\\"world\\""', 'bytes:"66 00 ?? ??"',
    "bytes:0000", 'bytes:"2c 66 00 00 40"', 'bytes:"?? ?? 2c"', "bytes:40a0",
]  # fmt: skip

_JOINERS = st.sampled_from([" ", " and ", " & ", " or ", " | ", " AND ", "  OR "])
_NEGATIONS = st.sampled_from(["-", "!", "not ", "NOT ", "- "])


def queries() -> st.SearchStrategy[str]:
    """Return texts that are queries."""
    terms = st.sampled_from(TEXTS_OF_TERMS)
    return st.recursive(
        terms,
        lambda parts: (
            st.builds("({}{}{})".format, parts, _JOINERS, parts)
            | st.builds("{}{}{}".format, parts, _JOINERS, parts)
            | st.builds("{}({})".format, _NEGATIONS, parts)
            | st.builds("{}{}".format, _NEGATIONS, terms)
        ),
        max_leaves=5,
    )
