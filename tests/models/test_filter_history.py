import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.models.filter_history import (
    HISTORY_LIMIT,
    NAME_LIMIT,
    SAVED_LIMIT,
    FilterHistory,
    Recall,
    SavedFilter,
)
from osc_workbench.traffic.query_syntax import QueryError

JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(["queries", "saved", "name", "query", "x"]), children, max_size=4)
    ),
    max_leaves=12,
)


def test_the_query_used_last_comes_first_and_only_once() -> None:
    history = FilterHistory().with_used("/a").with_used("/b").with_used(" /a ")
    assert history.queries == ("/a", "/b")


@pytest.mark.parametrize("text", ["", "  ", "arg[0]>", "(", "x" * 20_000])
def test_what_is_no_query_is_not_kept(text: str) -> None:
    assert FilterHistory().with_used(text) == FilterHistory()


def test_only_the_last_hundred_are_kept() -> None:
    history = FilterHistory()
    for number in range(HISTORY_LIMIT + 5):
        history = history.with_used(f"/{number}")
    assert len(history.queries) == HISTORY_LIMIT == 100
    assert history.queries[0] == "/104"


def test_saved_filters_are_in_order_and_one_name_has_one_query() -> None:
    history = FilterHistory().with_saved(SavedFilter("late", "late>5ms")).with_saved(SavedFilter("Errors", "error"))
    history = history.with_saved(SavedFilter("late", "late>1s"))
    assert [(kept.name, kept.query) for kept in history.saved] == [("Errors", "error"), ("late", "late>1s")]
    assert history.find("late") == SavedFilter("late", "late>1s")
    assert history.without("late").find("late") is None


def test_a_saved_filter_can_be_renamed_but_not_to_a_name_that_is_taken() -> None:
    history = FilterHistory().with_saved(SavedFilter("a", "/a")).with_saved(SavedFilter("b", "/b"))
    assert history.renamed("a", "c").find("c") == SavedFilter("c", "/a")
    assert history.renamed("a", "a") == history.renamed("none", "c") == history
    with pytest.raises(ValueError, match="“b” already"):
        history.renamed("a", "b")
    with pytest.raises(ValueError):
        history.renamed("a", " ")


@pytest.mark.parametrize("name", ["", "  ", "x" * (NAME_LIMIT + 1)])
def test_a_saved_filter_has_a_name_of_some_length(name: str) -> None:
    with pytest.raises(ValueError):
        SavedFilter(name, "/a")


def test_a_saved_filter_has_a_query_that_can_be_read() -> None:
    with pytest.raises(QueryError):
        SavedFilter("a", "arg[0]>")


def test_too_many_saved_filters_are_refused() -> None:
    history = FilterHistory()
    for number in range(SAVED_LIMIT):
        history = history.with_saved(SavedFilter(f"{number}", "/a"))
    with pytest.raises(ValueError, match="delete one"):
        history.with_saved(SavedFilter("one more", "/a"))
    assert len(history.with_saved(SavedFilter("5", "/b")).saved) == SAVED_LIMIT


def test_what_was_written_comes_back() -> None:
    history = FilterHistory().with_used("/a").with_used('"ü "').with_saved(SavedFilter("a", "/a or /b"))
    assert FilterHistory.from_json(json.loads(json.dumps(history.to_json()))) == history


@settings(max_examples=60)
@given(value=JUNK)
def test_junk_is_left_out(value: Any) -> None:
    history = FilterHistory.from_json(value)
    assert FilterHistory.from_json(history.to_json()) == history


def test_good_entries_survive_between_bad_ones() -> None:
    value = {
        "queries": ["/a", 7, "(", None, "/b", "/a"],
        "saved": [{"name": "x", "query": "("}, {"name": 5, "query": "/a"}, 7, {"name": "y", "query": "/a", "more": 1}],
    }
    assert FilterHistory.from_json(value) == FilterHistory(("/a", "/b"), (SavedFilter("y", "/a"),))


def test_recall_goes_back_and_forth_and_ends_where_it_began() -> None:
    recall = Recall()
    queries = ("new", "old")
    assert recall.older("", queries) == "new"
    assert recall.older("new", ("another", *queries)) == "old"
    assert recall.older("old", queries) is None
    assert recall.newer("old") == "new"
    assert recall.newer("new") == ""
    assert recall.newer("") is None


def test_recall_leaves_a_text_of_the_users_own_alone() -> None:
    recall = Recall()
    assert recall.older("mine", ("new",)) is None
    assert recall.newer("mine") is None
    assert recall.older("", ("new",)) == "new"
    assert recall.older("new, changed", ("new", "old")) is None
    assert recall.older("", ()) is None
