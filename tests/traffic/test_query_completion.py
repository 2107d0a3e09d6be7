import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_completion import COMPLETION_LIMIT, complete
from osc_workbench.traffic.query_terms import TERMS

ADDRESSES = [
    "/synth/2/freq",
    "/synth/1/freq",
    "/synth/1/env/attack",
    "/Other/synth",
    "/a b/c",
    "/x[1]",
    "noslash",
]
ENDPOINTS = ["udp://127.0.0.1:9000", "tcp://[::1]:9001?framing=slip"]


def texts(text: str, cursor: int | None = None, addresses: list[str] = ADDRESSES) -> list[str]:
    cursor = len(text) if cursor is None else cursor
    return [completion.text for completion in complete(text, cursor, addresses, ENDPOINTS)]


def completed(text: str, cursor: int | None = None) -> str:
    """Return the text with the first completion in it."""
    first = complete(text, len(text) if cursor is None else cursor, ADDRESSES, ENDPOINTS)[0]
    return text[: first.start] + first.text + text[first.end :]


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("ty", "type:"),
        ("TY", "type:"),
        ("-ch", "-changed"),
        ("(/a or !er", "(/a or !error"),
        ("ar", "arg[0]>"),
        ("com", "comment~"),
        ("dir:o", "dir:out"),
        ("has:na", "has:nan"),
        ("lint:type-f", "lint:type-flip"),
        ("in:", "in:bundle"),
        ("endpoint:tcp", "endpoint:tcp://[::1]:9001?framing=slip"),
        ("endpoint:9000", "endpoint:udp://127.0.0.1:9000"),
        ("type:f -/syn", "type:f -/synth/"),
        ("address:/syn", "address:/synth/"),
    ],
)
def test_a_word_that_is_begun_is_completed(typed: str, whole: str) -> None:
    assert completed(typed) == whole


def test_every_term_is_offered_where_nothing_is_typed() -> None:
    offered = {completion.text: completion.help for completion in complete("/a ", 3, ADDRESSES, ENDPOINTS)}
    for term in TERMS:
        found = [about for text, about in offered.items() if text.startswith(term.code)]
        assert any(term.example in about and term.help in about for about in found)


def test_a_term_that_stands_alone_or_takes_a_value_is_offered_both_ways() -> None:
    assert texts("lin") == ["lint", "lint:"]


@pytest.mark.parametrize(("term", "count"), [("type:", 4), ("dir:", 2), ("has:", 13), ("in:", 1)])
def test_values_of_a_term_are_offered_behind_its_sign(term: str, count: int) -> None:
    offered = texts(term)
    assert len(offered) == count
    for value in offered:
        parse_query(term + value)


def test_rules_of_lint_are_offered_with_their_titles() -> None:
    offered = {completion.text: completion.help for completion in complete("lint:", 5, (), ())}
    assert offered["nan"] == "Not a number (NaN)"
    assert "warning" in offered


def test_addresses_are_offered_level_by_level_and_then_whole() -> None:
    whole = ["/synth/1/env/attack", "/synth/1/freq", "/synth/2/freq"]
    assert texts("/synth/") == ["/synth/1/", "/synth/2/", *whole]
    assert texts("/syn") == ["/synth/", *whole, "/Other/synth"]
    assert [completion.help for completion in complete("/syn", 4, ADDRESSES, ())][:2] == ["3 addresses below", ""]


def test_behind_a_pattern_the_names_of_all_that_it_matches_are_offered() -> None:
    assert texts("/synth/*/") == ["/synth/*/env/", "/synth/*/freq"]
    assert texts("/synth/{1,3}/f") == ["/synth/{1,3}/freq"]
    assert texts("/synth/[!1]/") == ["/synth/[!1]/freq"]
    assert texts("/nothing/*/") == []


def test_an_address_stands_in_quotes_where_it_needs_them() -> None:
    assert texts("/a") == ['"/a b/"', '"/a b/c"', "/synth/1/env/attack"]
    assert texts("/x") == ['"/x[1]"']
    assert texts('"/a b/') == ['"/a b/c"']
    assert completed('type:f "/a ') == 'type:f "/a b/"'
    assert texts('address:"/a b/') == ['"/a b/c"']


def test_the_whole_word_is_replaced_wherever_the_cursor_stands_in_it() -> None:
    assert completed("/synxyz type:f", 4) == "/synth/ type:f"
    assert completed("type:xf", 5) == "type:i"
    assert completed("ty:f x", 2) == "type:f x"


def test_what_is_there_already_is_not_offered() -> None:
    assert texts("type:f") == []
    assert texts("changed") == []
    assert texts("/synth/2/freq") == []


@pytest.mark.parametrize("text", ["arg[0]>", "late>5", "nothing:", "number:1", "foo", "address~/ab", "dir=o", "in: x"])
def test_where_nothing_is_known_nothing_is_offered(text: str) -> None:
    assert texts(text) == []


def test_addresses_that_no_line_can_hold_are_left_out() -> None:
    assert texts("/b", addresses=["/b\udcff", "/b\nc", "/bc"]) == ["/bc"]


def test_there_are_never_too_many() -> None:
    many = [f"/mixer/{number % 7}/channel/{number}" for number in range(2_000)]
    assert len(texts("/", addresses=many)) == COMPLETION_LIMIT
    assert len(texts("/mixer/*/*/", addresses=many)) == COMPLETION_LIMIT
    assert texts("/mixer/", addresses=many)[:8] == [*(f"/mixer/{number}/" for number in range(7)), many[0]]


@settings(max_examples=60)
@given(
    text=st.text('ab:/"\\ ()-!~=[0]*{,typeadrsnint\n😀', max_size=20),
    data=st.data(),
    addresses=st.lists(st.text('/ab "\\*[]{😀', max_size=8).map(lambda name: "/" + name), max_size=5),
)
def test_any_text_can_be_completed_at_any_place(text: str, data: st.DataObject, addresses: list[str]) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    for completion in complete(text, cursor, addresses, ENDPOINTS):
        assert 0 <= completion.start <= cursor
        assert completion.start <= completion.end <= len(text)
        assert completion.text.isprintable()
        assert completion.text != text[completion.start : completion.end]


@settings(max_examples=60)
@given(address=st.text('/ab "\\*[]{}?()ü', max_size=8).map(lambda name: "/" + name))
def test_an_address_that_was_chosen_reads_as_what_it_is(address: str) -> None:
    found = [parse_query(text).conditions[0].explain() for text in texts("/", addresses=[address])]
    levels = [
        address[:place] for place in range(2, len(address) + 1) if place == len(address) or address[place - 1] == "/"
    ]
    assert all(words in [f"the address contains “{level}”" for level in levels] for words in found)
    # What is typed already is not offered again.
    assert found or address == "/"
