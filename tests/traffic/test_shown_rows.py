"""All rows of the store, as rows that are shown."""

import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.shown_rows import AllRows, Change
from tests.doubles.traffic import HandFedStore, numbered


def never() -> bool:
    return False


def _receive(store: HandFedStore, *messages: OscMessage) -> None:
    # One at a time, so that a chunk holds no more than it is meant to.
    for message in messages:
        store.receive(message)


def test_rows_come_at_the_end_and_go_at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 4)
    store = HandFedStore(limit_rows=8)
    rows = AllRows(store)
    _receive(store, *numbered(6))
    assert rows.advance(never) == (0, 0, 6, range(0))
    _receive(store, *numbered(7))
    assert rows.advance(never) == (4, 0, 7, range(0))
    assert [rows.row_at(index) for index in range(len(rows))] == list(range(4, 13))
    assert list(rows.rows_between(0, 7)) == [4, 5, 6]
    assert [rows.index_of(row) for row in (3, 4, 12, 13)] == [None, 0, 8, None]
    assert [rows.place_of(row) for row in (-3, 3, 4, 12, 13, 99)] == [0, 0, 0, 8, 9, 9]
    assert (rows.progress, rows.repeats(0)) == (1.0, 1)


def test_rows_that_came_and_went_between_two_steps_were_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 4)
    store = HandFedStore(limit_rows=4)
    rows = AllRows(store)
    _receive(store, *numbered(3))
    rows.advance(never)
    _receive(store, *numbered(13))
    assert rows.advance(never) == (3, 0, 4, range(0))
    store.clear()
    assert rows.advance(never) == (4, 0, 0, range(0))
    assert len(rows) == 0
    with pytest.raises(IndexError):
        rows.row_at(0)


def test_change_of_nothing_is_none() -> None:
    assert not Change().is_any
    assert all(change.is_any for change in (Change(1), Change(0, 1), Change(0, 0, 1), Change(changed=range(1, 2))))
