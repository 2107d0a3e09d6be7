import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.models.filter_text import (
    NoiseFilter,
    conjunction,
    read_filter,
    read_noise,
    with_term,
    without_noise,
    without_term,
)
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.query_syntax import LENGTH_LIMIT, QueryError
from osc_workbench.traffic.row_view import views_of
from osc_workbench.views.resources import resource_path
from tests.doubles.traffic import HandFedStore

STATUS = NoiseFilter("status", "address:/status or address:/status.reply", "Status.")
CLOCKS = NoiseFilter("clocks", "address~/clock/", "Clocks.")
SHIPPED = read_noise(resource_path("filters", "noise.json").read_text("utf-8"))
# Texts that become something else when another one follows or precedes them.
AWKWARD = [
    "address~/foo",
    'arg[0]~/a"b c"',
    "arg~/a",
    "arg",
    "x or y",
    "=5",
    "~x",
    "type:",
    "-a",
    "not b",
    '"quoted ) text"',
    "t:1..2",
    "a b",
]


def matched(query: str, addresses: list[str]) -> list[str]:
    store = HandFedStore()
    store.receive(*(OscMessage(address) for address in addresses))
    (view,) = views_of(store, 0, store.end_row)
    mask = parse_query(query).bind(QueryContext(store)).mask(view)
    return [address for address, is_matched in zip(addresses, mask.tolist(), strict=True) if is_matched]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", "-(address:/status or address:/status.reply)"),
        ("  /a  ", "/a -(address:/status or address:/status.reply)"),
        ("/a or /b", "(/a or /b) -(address:/status or address:/status.reply)"),
    ],
)
def test_noise_is_left_out_of_whatever_is_asked(text: str, query: str) -> None:
    assert without_noise(text, [STATUS]) == query
    assert without_noise(text, []) == text.strip()


@pytest.mark.parametrize("first", AWKWARD)
@pytest.mark.parametrize("second", [*AWKWARD, CLOCKS.term])
def test_two_queries_keep_their_meaning_when_they_are_joined(first: str, second: str) -> None:
    second = f"({second})" if " or " in second else second
    joined = parse_query(conjunction(first, second))
    meanings = [condition.explain() for query in (first, second) for condition in parse_query(query).conditions]
    assert sorted(condition.explain() for condition in joined.conditions) == sorted(meanings)


def test_queries_that_are_too_long_together_are_refused() -> None:
    with pytest.raises(QueryError):
        conjunction("x" * LENGTH_LIMIT, "/a")


@pytest.mark.parametrize(
    ("text", "query", "exclude", "joined"),
    [
        ("", "/a", False, "/a"),
        ("", "/a", True, "-/a"),
        ("/a", "type:f", False, "/a type:f"),
        ("/a or /b", "type:f", True, "(/a or /b) -type:f"),
        ("/a", "type:f or type:i", False, "/a (type:f or type:i)"),
        ("/a", "type:f dir:in", True, "/a -(type:f dir:in)"),
        ("/a type:f", "type:f", False, "/a type:f"),
        ("type:f", "type:f", False, "type:f"),
        ("/a -type:f", "type:f", True, "/a -type:f"),
    ],
)
def test_a_term_joins_what_is_there(text: str, query: str, exclude: bool, joined: str) -> None:
    assert with_term(text, query, exclude) == joined


@settings(max_examples=60)
@given(text=st.sampled_from(["", *AWKWARD, "/a", "type:f /b"]), names=st.sets(st.sampled_from(SHIPPED)))
def test_each_term_of_a_filter_can_be_taken_out_again(text: str, names: set[NoiseFilter]) -> None:
    hidden = [noise for noise in SHIPPED if noise in names]
    whole = without_noise(text, hidden)
    for term, rest in parse_query(whole).without_terms():
        left, kept = without_term(text, term, hidden)
        again = parse_query(without_noise(left, kept))
        expected = sorted(condition.explain() for condition in parse_query(rest).conditions)
        assert sorted(condition.explain() for condition in again.conditions) == expected


def test_a_filter_is_read_with_its_meaning() -> None:
    reading = read_filter(" type:f ", [STATUS, CLOCKS])
    assert reading.query == without_noise("type:f", [STATUS, CLOCKS])
    assert reading.meaning == "Messages where the type tags are “,f”. Hidden: status, clocks."
    assert (reading.message, reading.fault) == ("", None)
    assert read_filter("").meaning == "Every message."


def test_what_is_wrong_is_said_with_its_place() -> None:
    reading = read_filter("/a arg[0]>", [STATUS])
    assert reading.message.startswith("Column 4: Something is missing after “arg[0]>”. Expected a number")
    assert reading.fault == (3, 10)
    assert reading.query == ""


def test_a_filter_that_leaves_no_room_for_noise_says_so() -> None:
    reading = read_filter("x" * LENGTH_LIMIT, [STATUS])
    assert reading.message.startswith("This cannot be asked while noise is hidden:")
    assert reading.fault is None
    assert read_filter("x" * LENGTH_LIMIT).message == ""


def test_shipped_noise_can_be_read_and_says_what_it_is() -> None:
    assert [noise.name for noise in SHIPPED] == ["status", "clocks", "meters"]
    for noise in SHIPPED:
        parse_query(noise.query)
        assert noise.tip[0].isupper() or noise.tip.startswith("/")
        assert not noise.tip.endswith(".")


@pytest.mark.parametrize(
    ("name", "noise", "others"),
    [
        ("status", ["/status", "/status.reply"], ["/statuses", "/a/status", "/status/x"]),
        (
            "clocks",
            ["/clock", "/midi/clock", "/Beat/str", "/midiclock", "/live/beat", "/x/MTC", "/tick/1"],
            ["/clockwork", "/timer", "/beatles", "/x/offbeat"],
        ),
        (
            "meters",
            ["/meters/1", "/track/1/vu", "/live/track/get/output_meter_level", "/vu1", "/RMS"],
            ["/parameter/1", "/diameter", "/vulcan", "/forms", "/mixer/level"],
        ),
    ],
)
def test_shipped_noise_is_what_it_says_and_no_more(name: str, noise: list[str], others: list[str]) -> None:
    (filter_,) = (filter_ for filter_ in SHIPPED if filter_.name == name)
    assert matched(filter_.query, noise + others) == noise
