import pytest

from osc_workbench.models import next_match as module
from osc_workbench.models.next_match import next_match
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.shown_rows import AllRows, ShownRows
from tests.doubles.log_window import matched
from tests.doubles.traffic import HandFedStore, numbered


def looked_through(rows: ShownRows) -> ShownRows:
    rows.advance(lambda: False)
    return rows


def matches_of(store: HandFedStore, text: str) -> MatchedRows:
    rows = matched(store, text)
    rows.advance(lambda: False)
    return rows


def walk(shown: ShownRows, matches: MatchedRows | None, row: int, forward: bool) -> list[int]:
    """Return all rows that one comes by."""
    seen = []
    while (found := next_match(shown, matches, row, forward)) is not None:
        seen.append(found)
        row = found
    return seen


@pytest.fixture
def store() -> HandFedStore:
    store = HandFedStore()
    store.receive(*numbered(12))
    return store


@pytest.mark.parametrize("shown_text", ["", "any>=3", "any=5", "any<0"])
@pytest.mark.parametrize("match_text", ["any=2 or any=5 or any=9", "any<0", ""])
def test_one_comes_by_all_matches_that_are_shown(store: HandFedStore, shown_text: str, match_text: str) -> None:
    shown = looked_through(matched(store, shown_text))
    matches = matches_of(store, match_text)
    both = [row for row in range(12) if shown.index_of(row) is not None and row in matches]
    assert walk(shown, matches, -1, True) == both
    assert walk(shown, matches, 12, False) == both[::-1]


def test_without_matches_one_comes_by_all_that_is_shown(store: HandFedStore) -> None:
    shown = looked_through(matched(store, "any=3 or any=7"))
    assert walk(shown, None, -1, True) == [3, 7]
    assert walk(shown, None, 12, False) == [7, 3]
    assert walk(looked_through(AllRows(store)), None, 9, True) == [10, 11]


def test_repeats_that_are_folded_are_passed_over() -> None:
    store = HandFedStore()
    store.receive(*[OscMessage("/a")] * 3, OscMessage("/b"), *[OscMessage("/a")] * 3)
    shown = looked_through(matched(store, "", True))
    assert walk(shown, matches_of(store, "/a"), -1, True) == [0, 4]
    assert walk(shown, matches_of(store, "/a"), 7, False) == [4, 0]


def test_a_table_of_latest_values_is_walked_as_it_is_shown() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage(address) for address in ("/a", "/b", "/c", "/b", "/a")))
    shown = looked_through(LatestRows(store, None))
    assert walk(shown, None, -1, True) == [4, 3, 2]
    assert walk(shown, None, 99, False) == [2, 3, 4]
    assert walk(shown, matches_of(store, "/a or /c"), 4, True) == [2]


def test_rows_and_matches_that_never_meet_take_no_more_than_so_many_leaps(
    store: HandFedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LEAPS", 3)
    shown = looked_through(matched(store, "any=0 or any=2 or any=4 or any=6 or any=8"))
    assert next_match(shown, matches_of(store, "any=1 or any=3 or any=5 or any=7 or any=8"), -1, True) is None
