"""Patterns and globs against a matcher that tries everything, by both engines, and whole address spaces."""

from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.pattern import AddressGlob, AddressPattern
from osc_workbench.osc.pattern_matcher import MarkedText
from osc_workbench.osc.pattern_parts import CharacterClass
from osc_workbench.osc.space import AddressSpace
from tests.doubles.simple_matcher import glob_matches, pattern_matches

WALKS = 10
PIECES = [
    *"//aabb**?-,!]}",
    "//",
    "**",
    *("/**/", "/***/", "/a/"),
    *("[ab]", "[!a]", "[a-b]", "[b-a]", "[-a]", "[a-]", "[!-]", "[]", "[!]", "[+-9]", "[a!]", "[b-a]"),
    *("{a,b}", "{a,ab}", "{aa,a,}", "{,b}", "{}", "{a*,b}", "{-}"),
]
SPOILERS = ["[", "{", "[a", "{a,", "\n", "\udc80", "é"]
patterns = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
spoilt_patterns = st.lists(st.sampled_from(PIECES + SPOILERS), max_size=8).map("".join)
all_patterns = st.one_of(patterns, patterns.map("/{}".format), spoilt_patterns)
addresses = st.lists(st.sampled_from([*"//aaabbb-", "ab", "/a", "\n", "é", "]", "}"]), max_size=8).map("".join)
address_lists = st.lists(st.one_of(addresses, addresses.map("/{}".format)), min_size=1, max_size=6)
names = st.text("ab", min_size=1, max_size=3)
space_addresses = st.lists(names, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


def answers(pattern: AddressPattern | AddressGlob, texts: list[str]) -> list[bool]:
    """Return what both engines say, which must be the same."""
    walked = [pattern.matches(text) for text in texts]
    for _ in range(WALKS):
        pattern.matches("")
    assert [pattern.matches(text) for text in texts] == walked
    return walked


@given(all_patterns, address_lists, st.sampled_from(["1.0", "1.1"]))
def test_pattern_matches_what_trying_everything_finds(text: str, texts: list[str], version: str) -> None:
    expected = [pattern_matches(text, address, version) for address in texts]
    assert answers(AddressPattern(text, version), texts) == expected


@given(all_patterns, address_lists)
def test_glob_matches_what_trying_everything_finds(text: str, texts: list[str]) -> None:
    assert answers(AddressGlob(text), texts) == [glob_matches(text, address) for address in texts]


@given(all_patterns)
def test_pattern_with_a_fault_matches_nothing_and_names_its_column(text: str) -> None:
    for pattern in (AddressPattern(text), AddressPattern(text, "1.0"), AddressGlob(text)):
        if pattern.fault:
            column = int(pattern.fault.partition("column ")[2].split()[0])
            assert text[column - 1] in "[{"
            assert not any(answers(pattern, [text, "/a", ""]))


@given(all_patterns, st.lists(space_addresses, max_size=12))
def test_space_matches_what_going_through_all_addresses_finds(text: str, texts: list[str]) -> None:
    space: AddressSpace[int] = AddressSpace()
    for address in texts:
        space.create(address)
    if text != "/":
        assert [node.address for node in space.match(text)] == [a for a in space if pattern_matches(text, a)]


@given(patterns.filter(lambda text: text and "/" not in text), st.sets(names, min_size=8))
def test_space_matches_many_siblings(text: str, siblings: set[str]) -> None:
    space: AddressSpace[int] = AddressSpace()
    for name in siblings:
        space.create("/" + name)
    expected = [address for address in space if pattern_matches("/" + text, address)]
    for _ in range(2):
        assert [node.address for node in space.match("/" + text)] == expected


@given(st.text(min_size=1), st.data())
def test_marks_of_a_character_or_class_are_its_places(text: str, data: st.DataObject) -> None:
    # Long enough for every way of finding them.
    text = text * 40 + "".join(map(chr, range(0x100, data.draw(st.sampled_from([0x100, 0x300])))))
    marked = MarkedText(text)
    character = data.draw(st.sampled_from(text))
    first, last = data.draw(st.characters()), data.draw(st.characters())
    negated = data.draw(st.booleans())
    assert marked.marks(character) == sum(1 << place for place, one in enumerate(text) if one == character)
    inside = [(first <= one <= last) != negated for one in text]
    expected = sum(1 << place for place, is_inside in enumerate(inside) if is_inside)
    ranges = ((first, last),) if first <= last else ()
    assert marked.marks(CharacterClass(ranges, negated)) == expected
