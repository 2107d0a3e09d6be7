import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from osc_workbench.osc.pattern import AddressGlob, AddressPattern, has_wildcards, pattern_of

# (pattern, addresses it matches, addresses it does not match)
PATTERNS = [
    ("/a/b", ["/a/b"], ["/a", "/a/b/", "/a/bc", "a/b", "/A/b", ""]),
    ("/?", ["/a", "/é", "/\n", "/?"], ["/", "/ab", "//"]),
    ("/*", ["/", "/a", "/foo-bar", "/foo.bar", "/*"], ["/a/b", "a", "/a/"]),
    ("/a*", ["/a", "/ab", "/abc"], ["/b", "/a/b", "/ba"]),
    ("/a**b", ["/ab", "/axb"], ["/a/b"]),
    ("/*/*", ["/a/b", "//"], ["/a", "/a/b/c"]),
    ("/*x*y", ["/xy", "/axbxcy", "/xyxy"], ["/yx", "/x/y"]),
    ("/[a-c]x", ["/ax", "/bx", "/cx"], ["/dx", "/-x", "/x"]),
    ("/[!a-c]", ["/d", "/-", "/!"], ["/a", "//", "/"]),
    ("/[a-]", ["/a", "/-"], ["/b"]),
    ("/[-a]", ["/a", "/-"], ["/b"]),
    ("/[!-a]", ["/b"], ["/a", "/-"]),
    ("/[a!]", ["/a", "/!"], ["/b"]),
    ("/[z-a]", [], ["/a", "/m", "/z", "/-"]),
    ("/[z-ab]", ["/b"], ["/a", "/z", "/-"]),
    ("/[]a", [], ["/a", "/]a"]),
    ("/[!]", ["/a", "/!"], ["/", "//"]),
    ("/[+-9]", ["/+", "/.", "/0", "/9"], ["//"]),
    ("/[^a]", ["/^", "/a"], ["/b"]),
    (r"/[\w]", ["/\\", "/w"], ["/a"]),
    ("/[[]", ["/["], ["/]"]),
    ("/{a,bc}d", ["/ad", "/bcd"], ["/abcd", "/bd", "/d"]),
    ("/{foo,foobar}", ["/foo", "/foobar"], ["/foob"]),
    ("/{a,b}*", ["/a", "/b", "/ax"], ["/c", ""]),
    ("/x{,a}", ["/x", "/xa"], ["/xb"]),
    ("/{}", ["/"], ["/{}"]),
    ("/{a*,[b]}", ["/a*", "/[b]"], ["/ax", "/b"]),
    ("/{a,aa}{a,aa}", ["/aa", "/aaa", "/aaaa"], ["/a", "/aaaaa"]),
    ("/{ab,a}/{b,bc}", ["/ab/b", "/a/bc"], ["/a/c"]),
    ("/a]*", ["/a]", "/a]b"], ["/a"]),
    ("/a}b,c!-?", ["/a}b,c!-d"], ["/a}b,c!-"]),
    ("/a.b*", ["/a.b"], ["/axb"]),
    ("a*", ["a", "ab"], ["/a", "a/b"]),
    ("*/a", ["/a", "x/a"], ["a"]),
    ("/\udcff*", ["/\udcffx"], ["/x"]),
    ("/[\u3041-\u3096]*", ["/\u3042x"], ["/x"]),
    ("/x?", ["/x\n"], ["/x", "/xy\n", "/x\n\n"]),
    ("/[[a/b]]", [], ["/[a/b]", "/[[a/b]]", "/a"]),
    ("/{a/b,c}", [], ["/a/b", "/c", "/{a/b,c}"]),
]
LEVELS = [
    ("//foo", ["/foo", "/a/foo", "/a/b/foo", "//foo"], ["foo", "/foo/a", "/afoo", "/"]),
    ("/foo//bar", ["/foo/bar", "/foo/x/bar", "/foo/x/y/bar", "/foo//bar"], ["/x/foo/bar", "/foo/bar/x", "/foobar"]),
    ("/a//b//c", ["/a/b/c", "/a/x/b/y/z/c", "/a/b/b/c/c"], ["/a/c", "/a/c/b"]),
    ("/a///b", ["/a/b", "/a/x/b"], ["/a", "/b"]),
    ("//a*//[bc]", ["/ax/b", "/x/a/y/c"], ["/b", "/x/b"]),
    ("//a/b//c/d", ["/a/b/c/d", "/a/a/b/c/c/d", "/a/b/x/c/d"], ["/a/x/b/c/d", "/a/b/c/x/d"]),
    ("//", ["/", "/a/", "//"], ["/a", "", "/a/b"]),
    ("/a//", ["/a/", "/a/b/"], ["/a", "/a/b"]),
    ("foo//bar", ["foo/bar", "foo/x/bar"], ["/foo/bar"]),
]
GLOBS = [
    ("/a/*", ["/a/b"], ["/a/b/c", "/a"]),
    ("/a/**", ["/a/b", "/a/b/c", "/a/"], ["/a", "/ab", "/b/a"]),
    ("/a/**/b", ["/a/b", "/a/x/b", "/a/x/y/b"], ["/a/xb", "/ab", "/a/b/c"]),
    ("**", ["/a", "/", "a", "", "/a/b"], []),
    ("/**", ["/a", "/", "a", "/a/b"], []),
    ("**/b", ["b", "/b", "/a/b"], ["/ab", "/b/c"]),
    ("/**/**", ["/", "/a", "/a/b"], []),
    ("/a/**/**", ["/a/b", "/a/b/c"], ["/a"]),
    ("/a**b", ["/ab", "/a/b", "/axx/yyb"], ["/a", "/a/bc"]),
    ("/a/x**", ["/a/x", "/a/xy/z"], ["/a/y"]),
    ("/**x*/y", ["/x/y", "/a/b/xc/y"], ["/a/y"]),
    ("/[!a]?{b,c}", ["/xyb", "/xyc"], ["/ayb", "//yb"]),
    ("/a/***/b/**/***/b", ["/a//b//b", "/a/x/y/b/z/u/b"], ["/a/b/x/b", "/a/x/b/b"]),
    ("/a//b", ["/a//b"], ["/a/b", "/a/x/b"]),
    ("/a//*", ["/a//b"], ["/a/b", "/a/x/b"]),
]


@contextmanager
def in_seconds(limit: float) -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < limit


def check(pattern: AddressPattern | AddressGlob, matching: list[str], others: list[str]) -> None:
    # Often enough for both ways of matching.
    for _ in range(10):
        assert [address for address in matching if not pattern.matches(address)] == []
        assert [address for address in others if pattern.matches(address)] == []


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(("text", "matching", "others"), PATTERNS)
def test_pattern_follows_the_text(text: str, matching: list[str], others: list[str], version: str) -> None:
    check(AddressPattern(text, version), matching, others)


@pytest.mark.parametrize(("text", "matching", "others"), LEVELS)
def test_two_slashes_are_any_levels_anchored_at_both_ends(text: str, matching: list[str], others: list[str]) -> None:
    check(AddressPattern(text), matching, others)


@pytest.mark.parametrize(("text", "matching", "others"), GLOBS)
def test_glob_follows_its_rules(text: str, matching: list[str], others: list[str]) -> None:
    check(AddressGlob(text), matching, others)


def test_two_slashes_are_an_empty_part_in_version_1_0() -> None:
    check(AddressPattern("/a//b", "1.0"), ["/a//b"], ["/a/b", "/a/x/b"])
    check(AddressPattern("/a//?", "1.0"), ["/a//b"], ["/a/b", "/a/x/b"])


def test_unclosed_bracket_matches_nothing_and_says_where() -> None:
    pattern = AddressPattern("/ab//c[d/e]")
    assert pattern.fault == "the '[' in column 7 has no ']' before the next slash or the end"
    assert AddressGlob("/**/{a,b").fault == "the '{' in column 5 has no '}' before the next slash or the end"
    check(pattern, [], ["/ab//c[d/e]", "/ab/cd", "", "/"])
    check(AddressPattern("/[a"), [], ["/[a", "/a"])


def test_well_formed_text_has_no_fault() -> None:
    assert {AddressPattern(text).fault for text, matching, _ in PATTERNS if matching} == {""}


def test_literal_is_told_from_pattern() -> None:
    for text in ("/a/b", "", "/", "/a]b}c,!-", "a", "/é"):
        assert AddressPattern(text).is_literal
        assert AddressGlob(text).is_literal
        assert not has_wildcards(text)
    for text in ("/*", "/?", "/[a]", "/{a}", "/[", "/a*b"):
        assert not AddressPattern(text).is_literal
        assert not AddressGlob(text).is_literal
        assert has_wildcards(text)
    assert has_wildcards("/a//b")
    assert not AddressPattern("/a//b").is_literal
    assert AddressPattern("/a//b", "1.0").is_literal


def test_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no OSC version '2\.0'"):
        AddressPattern("/a", "2.0")


def test_pattern_is_a_value() -> None:
    pattern = AddressPattern("/a*")
    assert pattern == AddressPattern("/a*") != AddressPattern("/a*", "1.0")
    assert len({pattern, AddressPattern("/a*"), AddressGlob("/a*")}) == 2
    with pytest.raises(AttributeError):
        pattern.text = "/b"  # type: ignore[misc]  # the point of the test
    for _ in range(10):
        pattern.matches("/a")
    assert pickle.loads(pickle.dumps(pattern)).matches("/ab")


def test_patterns_used_lately_are_remembered_and_long_ones_are_not() -> None:
    assert pattern_of("/remember/*") is pattern_of("/remember/*")
    long = "/" + "?" * 5_000
    assert pattern_of(long) is not pattern_of(long)


HAN = [chr(0x4E00 + number) for number in range(15_000)]
HOSTILE = [
    ("/*a*a*a*a*b", "/" + "a" * 60_000),
    ("/a*" + "a*" * 30_000 + "b", "/" + "a" * 60_000),
    ("/" + "*a" * 400 + "b", "/" + "a" * 990),
    ("/" + "[a-z]*" * 10_000 + "0", "/" + "a" * 60_000),
    ("/" + "?*" * 30_000 + "b", "/" + "a" * 60_000),
    ("/" + "{a,aa}" * 10_000 + "b", "/" + "a" * 60_000),
    ("/" + "{a,aa}" * 100 + "b", "/" + "a" * 150),
    ("/" + "*{abc,b}*c" * 6_000, "/" + "abc" * 20_000 + "d"),
    ("/" + "{a,a}/" * 150, "/" + "a/" * 150 + "b"),
    ("/{" + "a," * 30_000 + "}", "/" + "a" * 60_000),
    ("//a" * 20_000 + "/b", "/a" * 30_000),
    ("//a" * 300 + "/b", "/a" * 490),
    ("//a*" * 15_000 + "/b", "/a" * 30_000),
    ("//" + "a/" * 30_000 + "b", "/a" * 30_000),
    ("/a" * 30_000 + "*", "/a" * 30_000 + "/"),
    ("/*" + "".join(HAN) + "x", "/" + "".join(HAN)),
    ("/" + "".join(f"*[{one}-\u9000]" for one in HAN[:7_000]) + "z", "/" + "x".join(HAN)),
    ("/" + "".join(f"*[!{one}x]" for one in HAN[:7_000]) + "z", "/" + "x".join(HAN)),
    ("/*" + "[" * 60_000, "/" + "[" * 60_000),
    ("/" * 60_000 + "a", "/" * 60_000 + "b"),
]


@pytest.mark.parametrize(("text", "address"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_pattern_ends_soon(text: str, address: str) -> None:
    with in_seconds(10):
        pattern = AddressPattern(text)
        assert not any(pattern.matches(address) for _ in range(10 if len(text) < 1_000 > len(address) else 1))


@pytest.mark.parametrize("text", ["/**a" * 15_000, "/**/a" * 12_000, "**a" * 20_000, "/" + "**/" * 20_000 + "b"])
def test_hostile_glob_ends_soon(text: str) -> None:
    with in_seconds(10):
        assert not AddressGlob(text).matches("/a" * 30_000 + "c")
