import random

import pytest

from osc_workbench.models.row_selection import RowSelection
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.shown_rows import AllRows, ShownRows
from tests.doubles.log_window import matched
from tests.doubles.traffic import HandFedStore, numbered, url_of

CHUNK = 16


class Picked:
    """A selection in a model, and what it has told."""

    def __init__(self, limit_rows: int = 1000, count: int = 20) -> None:
        self.store = HandFedStore(limit_rows)
        self.model = TrafficModel(self.store, url_of)
        self.selection = RowSelection(self.model)
        self.current: list[int | None] = []
        self.changes = 0
        self.selection.current_changed.connect(self.current.append)
        self.selection.selection_changed.connect(self._count)
        self.receive(*numbered(count))

    def _count(self) -> None:
        self.changes += 1

    def receive(self, *packets: OscMessage) -> None:
        self.model.apply_batch(self.store.receive(*packets))

    def show(self, rows: ShownRows) -> None:
        self.model.set_shown(rows)
        self.model.advance()

    def filter(self, text: str) -> None:
        self.show(matched(self.store, text))

    @property
    def rows(self) -> list[int]:
        rows = list(self.selection.rows())
        assert len(rows) == self.selection.count
        shown = [self.model.row_at(index) for index in range(self.model.rowCount())]
        assert rows == [row for index, row in enumerate(shown) if self.selection.is_selected(index, row)]
        return rows


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)


@pytest.fixture
def picked() -> Picked:
    return Picked()


def test_at_first_nothing_is_selected(picked: Picked) -> None:
    assert (picked.rows, picked.selection.current, picked.selection.current_index) == ([], None, None)


def test_one_row_is_selected_alone(picked: Picked) -> None:
    picked.selection.select(3)
    picked.selection.select(5)
    picked.selection.select(5)
    assert (picked.rows, picked.current, picked.changes) == ([5], [3, 5], 2)


def test_a_range_goes_from_the_row_selected_last_to_either_side(picked: Picked) -> None:
    picked.selection.select(5)
    picked.selection.extend_to(8)
    assert (picked.rows, picked.selection.current) == ([5, 6, 7, 8], 8)
    picked.selection.extend_to(3)
    assert (picked.rows, picked.selection.current) == ([3, 4, 5], 3)


def test_a_range_begins_where_it_ends_if_nothing_is_selected(picked: Picked) -> None:
    picked.selection.extend_to(4)
    assert picked.rows == [4]


def test_rows_are_added_and_taken_out_one_by_one(picked: Picked) -> None:
    picked.selection.select(2)
    picked.selection.toggle(9)
    picked.selection.toggle(2)
    assert (picked.rows, picked.selection.current) == ([9], 2)


def test_all_that_is_shown_can_be_selected(picked: Picked) -> None:
    picked.filter("any>15")
    picked.selection.select_all()
    assert (picked.rows, picked.selection.current) == ([16, 17, 18, 19], 19)
    picked.receive(*numbered(1, 99))
    assert picked.selection.count == 4


def test_all_of_nothing_is_nothing() -> None:
    picked = Picked(count=0)
    picked.selection.select_all()
    assert (picked.rows, picked.current) == ([], [])


def test_a_row_of_many_can_become_current(picked: Picked) -> None:
    picked.selection.select(2)
    picked.selection.extend_to(6)
    picked.selection.move_to(4)
    assert (picked.rows, picked.selection.current) == ([2, 3, 4, 5, 6], 4)


def test_only_selected_rows_that_are_shown_count(picked: Picked) -> None:
    picked.selection.select(2)
    picked.selection.extend_to(6)
    picked.filter("any>3 any<6")
    assert picked.rows == [4, 5]
    picked.show(AllRows(picked.store))
    assert picked.rows == [2, 3, 4, 5, 6]


def test_a_hidden_row_is_replaced_by_the_next_until_it_is_shown_again(picked: Picked) -> None:
    picked.selection.choose(5)
    picked.filter("any=2 or any=9 or any=12")
    assert (picked.rows, picked.selection.current) == ([9], 9)
    picked.filter("any=2")
    assert picked.rows == [2]
    picked.filter("any=99")
    assert (picked.rows, picked.selection.current) == ([], None)
    picked.filter("")
    assert (picked.rows, picked.current) == ([5], [5, 9, 2, None, 5])


def test_a_row_that_is_found_late_is_not_replaced_meanwhile() -> None:
    picked = Picked(count=CHUNK)
    for _ in range(3):
        picked.receive(*numbered(CHUNK))
    picked.selection.choose(3)
    picked.model.set_shown(matched(picked.store, "any<4"))
    asked = iter([False, False])
    picked.model.advance(lambda: next(asked, True))
    assert (picked.model.rowCount(), picked.current) == (8, [3])
    picked.model.advance()
    assert (picked.rows, picked.current) == ([3], [3])


def test_a_row_is_chosen_by_its_number_or_the_nearest(picked: Picked) -> None:
    picked.filter("any=2 or any=9")
    picked.selection.choose(9)
    picked.selection.choose(5)
    picked.selection.choose(15)
    picked.selection.choose(None)
    assert (picked.current, picked.rows) == ([9, None], [])


def test_what_is_no_longer_kept_is_let_go() -> None:
    picked = Picked(limit_rows=CHUNK + 1, count=CHUNK)
    picked.receive(*numbered(8))
    picked.selection.select(10)
    picked.selection.extend_to(20)
    picked.receive(*numbered(CHUNK))
    assert (picked.store.first_row, picked.rows) == (CHUNK, [16, 17, 18, 19, 20])
    picked.store.clear()
    picked.model.advance()
    assert (picked.rows, picked.current) == ([], [10, 20, None])


def test_in_a_table_of_latest_values_the_address_stays_selected() -> None:
    picked = Picked(count=0)
    a, b, c = (OscMessage(address) for address in ("/a", "/b", "/c"))
    picked.receive(a, b, c)
    picked.selection.choose(1)
    picked.receive(b)
    picked.show(LatestRows(picked.store, None))
    assert (picked.rows, picked.selection.current_index) == ([3], 1)
    picked.receive(a, b)
    assert (picked.rows, picked.current) == ([5], [1, 3, 5])
    picked.selection.extend_to(2)
    picked.receive(c, b)
    assert (picked.rows, picked.selection.current) == ([7, 6], 6)
    picked.show(AllRows(picked.store))
    assert (picked.rows, picked.selection.current) == ([6], 6)


def test_an_address_stays_selected_when_others_lose_their_last_row() -> None:
    picked = Picked(limit_rows=CHUNK, count=0)
    picked.show(LatestRows(picked.store, None))
    picked.receive(*[OscMessage("/gone")] * CHUNK)
    picked.receive(OscMessage("/a"))
    picked.receive(OscMessage("/b"))
    picked.selection.select(2)
    picked.receive(*[OscMessage("/b")] * (CHUNK - 2))
    assert (picked.model.rowCount(), picked.selection.current_index) == (2, 1)
    picked.store.clear()
    picked.model.advance()
    assert (picked.rows, picked.selection.current) == ([], None)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_selection_is_of_rows_that_are_there(seed: int) -> None:
    chance = random.Random(seed)
    picked = Picked(limit_rows=3 * CHUNK)
    selection, model = picked.selection, picked.model
    for _ in range(80):
        index = chance.randrange(model.rowCount()) if model.rowCount() else None
        action = chance.randrange(12)
        if action < 3 and index is not None:
            chance.choice([selection.select, selection.toggle, selection.extend_to, selection.move_to])(index)
        elif action == 3:
            selection.choose(chance.choice([None, chance.randrange(picked.store.end_row + 5)]))
        elif action == 4:
            store = picked.store
            rows = [AllRows(store), LatestRows(store, None), matched(store, "any>9"), matched(store, "any<9", True)]
            model.set_shown(chance.choice(rows))
        elif action == 5:
            model.set_paused(not model.is_paused)
        else:
            picked.receive(*[OscMessage(f"/{chance.randrange(4)}", "i", (chance.randrange(20),))] * chance.randrange(9))
        picked.rows  # noqa: B018  # It checks itself.
        if selection.current is not None and model.is_shown_complete and not (model.is_paused and model.is_latest):
            assert selection.current_index is not None
