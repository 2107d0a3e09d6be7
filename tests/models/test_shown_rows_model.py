import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from osc_workbench.models.traffic_columns import Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.shown_rows import AllRows, ShownRows
from tests.doubles.log_window import matched
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, numbered, url_of

CHUNK = 16
Kind = Callable[[HandFedStore], ShownRows]
KINDS: dict[str, Kind] = {
    "all": AllRows,
    "filtered": lambda store: matched(store, "/n"),
    "filtered in order": lambda store: matched(store, "changed"),
    "folded": lambda store: matched(store, "", True),
    "folded and filtered": lambda store: matched(store, "-/n", True),
    "latest": lambda store: LatestRows(store, None),
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


class Mirror:
    """What a view knows that believes every signal: the rows in order."""

    def __init__(self, model: TrafficModel) -> None:
        self._model = model
        self.signals: list[str] = []
        self.rows = self.read()
        model.rowsInserted.connect(self._on_inserted)
        model.rowsRemoved.connect(self._on_removed)
        model.modelReset.connect(self._on_reset)
        model.dataChanged.connect(self._on_changed)

    def read(self) -> list[int]:
        return [self._model.row_at(index) for index in range(self._model.rowCount())]

    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        assert first == 0 or first == len(self.rows)
        self.signals.append("above" if first == 0 and self.rows else "below")
        self.rows[first:first] = [self._model.row_at(index) for index in range(first, last + 1)]

    def _on_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.signals.append("gone")
        del self.rows[first : last + 1]

    def _on_reset(self) -> None:
        self.rows = self.read()

    def _on_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for index in range(first.row(), last.row() + 1):
            self.rows[index] = self._model.row_at(index)


def after(turns: int) -> Callable[[], bool]:
    """Be late after being asked so many times."""
    left = iter(range(turns))
    return lambda: next(left, None) is None


def some_packets(chance: random.Random) -> list[bytes | OscMessage | OscBundle]:
    packets: list[bytes | OscMessage | OscBundle] = []
    for _ in range(chance.randrange(7)):
        value = chance.randrange(3)
        message = OscMessage(chance.choice(["/n", "/a", "/b"]), "i", (value,))
        packets += chance.choice(
            [[message] * chance.randrange(1, 5), [OscBundle(TimeTag(1), (message, message))], [TRUNCATED_FLOAT]]
        )
    return packets


def feed(store: HandFedStore, count: int) -> None:
    """Receive numbered messages in pieces that fill chunks."""
    for first in range(0, count, CHUNK):
        store.receive(*numbered(CHUNK, first))


def shown_by_now(store: HandFedStore, kind: Kind) -> list[int]:
    """Return what is shown if all is looked at from the beginning."""
    rows = kind(store)
    rows.advance(lambda: False)
    return [rows.row_at(index) for index in range(len(rows))]


@pytest.mark.parametrize("seed", range(6))
def test_whoever_believes_the_signals_knows_the_rows(kind: Kind, seed: int) -> None:
    chance = random.Random(seed)
    store = HandFedStore(limit_rows=5 * CHUNK)
    model = TrafficModel(store, url_of)
    model.set_shown(kind(store))
    mirror = Mirror(model)
    for _ in range(60):
        action = chance.randrange(20)
        if action == 0:
            model.set_shown(kind(store))
        elif action == 1:
            store.clear()
        elif action in (2, 3, 4):
            model.set_paused(not model.is_paused)
        else:
            store.receive(*some_packets(chance))
        mirror.signals.clear()
        model.advance(after(chance.randrange(4)))
        assert mirror.rows == mirror.read()
        assert [model.index_of(row) for row in mirror.rows] == list(range(model.rowCount()))
        assert mirror.signals == [kind for kind in ("gone", "above", "below") if kind in mirror.signals]
    model.set_paused(False)
    model.advance()
    assert model.is_shown_complete
    if kind in (KINDS["all"], KINDS["filtered"], KINDS["latest"]):
        # With the others it matters what had been there before.
        assert set(mirror.rows) == set(shown_by_now(store, kind))


def test_the_model_keeps_qts_rules(qtbot: QtBot, qtmodeltester: ModelTester, kind: Kind) -> None:
    chance = random.Random(1)
    store = HandFedStore(limit_rows=CHUNK)
    feed(store, 2 * CHUNK)
    model = TrafficModel(store, url_of)
    model.set_shown(kind(store))
    qtmodeltester.check(model, force_py=True)
    for turn in range(12):
        store.receive(*some_packets(chance))
        model.advance(after(turn % 3))
        if turn % 4 == 3:
            model.set_paused(not model.is_paused)
        if turn == 7:
            model.set_shown(kind(store))
    store.clear()
    model.advance()
    assert model.rowCount() == 0


@pytest.fixture
def store() -> HandFedStore:
    return HandFedStore()


@pytest.fixture
def model(store: HandFedStore) -> TrafficModel:
    return TrafficModel(store, url_of)


def numbers(model: TrafficModel) -> list[str]:
    return [model.index(index, Column.ARGUMENTS).data() for index in range(model.rowCount())]


def test_older_matches_come_in_above(store: HandFedStore, model: TrafficModel) -> None:
    feed(store, 3 * CHUNK)
    model.set_shown(matched(store, "any<40"))
    mirror = Mirror(model)
    assert (model.rowCount(), model.is_shown_complete) == (0, False)
    model.advance(after(2))
    assert (model.rowCount(), mirror.signals) == (24, ["below"])
    model.advance()
    assert (mirror.rows, mirror.signals) == (list(range(40)), ["below", "above"])


def test_it_says_once_that_all_has_been_looked_at(store: HandFedStore, model: TrafficModel) -> None:
    told: list[int] = []
    model.completed.connect(lambda: told.append(model.rowCount()))
    feed(store, 3 * CHUNK)
    model.advance()
    assert told == []
    model.set_shown(matched(store, "any<2"))
    for _ in range(5):
        model.advance(after(1))
    assert told == [2]


def test_a_row_that_is_hidden_has_near_ones(store: HandFedStore, model: TrafficModel) -> None:
    store.receive(*numbered(30))
    model.set_shown(matched(store, "any=10 or any=20"))
    model.advance()
    assert [model.index_of(row) for row in (9, 10, 20)] == [None, 0, 1]
    assert [model.index_near(row) for row in (0, 10, 11, 25)] == [0, 0, 1, 1]
    assert [model.count_from(row) for row in (0, 10, 11, 25)] == [2, 2, 1, 0]
    model.set_shown(matched(store, "any=99"))
    assert model.index_near(0) is None


def test_a_folded_row_is_where_its_first_is(store: HandFedStore, model: TrafficModel) -> None:
    store.receive(OscMessage("/a"), *[OscMessage("/b")] * 5, OscMessage("/c"))
    model.set_shown(matched(store, "", True))
    assert [model.index_of(row) for row in range(7)] == [0, 1, 1, 1, 1, 1, 2]
    assert [model.repeats(index) for index in range(3)] == [1, 5, 1]


def test_only_the_latest_rows_of_addresses_have_places_of_their_own(store: HandFedStore, model: TrafficModel) -> None:
    store.receive(OscMessage("/a"), OscMessage("/b"), OscMessage("/a"))
    model.set_shown(LatestRows(store, None))
    assert model.is_latest
    assert [model.index_of(row) for row in range(3)] == [0, 1, 0]
    assert [model.repeats(index) for index in range(2)] == [2, 1]


# Pause.


def test_while_paused_nothing_comes_and_it_is_told_how_much_waits(store: HandFedStore, model: TrafficModel) -> None:
    told: list[int] = []
    model.held_back_changed.connect(lambda: told.append(model.held_back))
    model.apply_batch(store.receive(*numbered(5)))
    model.set_paused(True)
    model.set_paused(True)
    model.apply_batch(store.receive(*numbered(3)))
    model.apply_batch(store.receive(*numbered(2)))
    model.apply_batch(store.receive())
    assert (model.rowCount(), model.is_paused) == (5, True)
    assert told == [0, 3, 5]
    mirror = Mirror(model)
    model.set_paused(False)
    assert (mirror.signals, model.rowCount(), told) == (["below"], 10, [0, 3, 5, 0])


def test_while_paused_what_is_no_longer_kept_goes() -> None:
    store = HandFedStore(limit_rows=2 * CHUNK + 1)
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(*numbered(CHUNK)))
    model.apply_batch(store.receive(*numbered(8)))
    model.set_paused(True)
    mirror = Mirror(model)
    for _ in range(2):
        model.apply_batch(store.receive(*numbered(CHUNK)))
    assert (mirror.signals, mirror.rows) == (["gone"], list(range(CHUNK, CHUNK + 8)))
    for _ in range(4):
        model.apply_batch(store.receive(*numbered(CHUNK)))
    assert (mirror.rows, model.held_back) == ([], len(store))
    model.set_paused(False)
    assert mirror.rows == list(range(store.first_row, store.end_row))


def test_a_filter_works_while_paused(store: HandFedStore, model: TrafficModel) -> None:
    feed(store, 3 * CHUNK)
    model.advance()
    model.set_paused(True)
    feed(store, 3 * CHUNK)
    model.set_shown(matched(store, "any<3"))
    for _ in range(6):
        model.advance(after(1))
    assert numbers(model) == ["0", "1", "2"]
    model.set_paused(False)
    assert numbers(model) == ["0", "1", "2"] * 2


def test_a_count_stands_still_while_paused(store: HandFedStore, model: TrafficModel) -> None:
    model.set_shown(matched(store, "", True))
    model.apply_batch(store.receive(*[OscMessage("/a")] * 3))
    model.set_paused(True)
    model.apply_batch(store.receive(*[OscMessage("/a")] * 2))
    model.redraw()
    assert model.look(0).repeats == 3
    model.set_paused(False)
    assert model.look(0).repeats == 5


def test_latest_values_stand_still_while_paused() -> None:
    store = HandFedStore(limit_rows=2 * CHUNK + 1)
    model = TrafficModel(store, url_of)
    model.set_shown(LatestRows(store, None))
    feed(store, CHUNK)
    model.apply_batch(store.receive(OscMessage("/a", "i", (99,))))
    model.set_paused(True)
    for _ in range(2):
        model.apply_batch(store.receive(*[OscMessage("/a", "i", (5,))] * CHUNK))
        assert (numbers(model), model.is_complete) == (["15", "99"], True)
    model.redraw()
    assert (numbers(model), model.held_back) == (["(no longer kept)", "99"], 2 * CHUNK)
    model.set_paused(False)
    model.advance()
    assert (numbers(model), model.look(0).repeats) == (["5"], 2 * CHUNK + 1)


def test_clearing_empties_a_paused_table_of_latest_values(store: HandFedStore, model: TrafficModel) -> None:
    model.set_shown(LatestRows(store, None))
    model.apply_batch(store.receive(*numbered(3)))
    model.set_paused(True)
    store.clear()
    model.advance()
    assert model.rowCount() == 0
    model.apply_batch(store.receive(*numbered(2)))
    assert (model.rowCount(), model.held_back) == (0, 2)
    model.set_paused(False)
    model.advance()
    assert numbers(model) == ["1"]


def test_a_table_of_latest_values_fills_though_the_view_is_paused(store: HandFedStore, model: TrafficModel) -> None:
    feed(store, 5 * CHUNK)
    model.advance()
    model.set_paused(True)
    model.set_shown(LatestRows(store, None))
    while not model.is_complete:
        model.advance(after(0))
    assert numbers(model) == [str(5 * CHUNK - 1)]
