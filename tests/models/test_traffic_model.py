import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from osc_workbench.models.row_look import BundlePart, TimeMode
from osc_workbench.models.traffic_columns import Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction
from tests.doubles.log_window import matched
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, numbered, url_of

CHUNK = 256


class Changes:
    """The row changes a model announces, as ("in" or "out", first, last)."""

    def __init__(self, model: TrafficModel) -> None:
        self.seen: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(self._on_inserted)
        model.rowsRemoved.connect(self._on_removed)

    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.seen.append(("in", first, last))

    def _on_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.seen.append(("out", first, last))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)


@pytest.fixture
def store() -> HandFedStore:
    return HandFedStore()


@pytest.fixture
def model(store: HandFedStore) -> TrafficModel:
    return TrafficModel(store, url_of)


def cell(model: TrafficModel, row: int, column: Column) -> str:
    text: str = model.index(row, column).data()
    return text


def test_the_model_keeps_qts_rules(qtbot: QtBot, qtmodeltester: ModelTester, store: HandFedStore) -> None:
    model = TrafficModel(store, url_of)
    qtmodeltester.check(model)
    model.apply_batch(store.receive(*numbered(3), TRUNCATED_FLOAT, OscBundle(TimeTag(1), numbered(2))))
    qtmodeltester.check(model, force_py=True)


def test_a_batch_is_one_insertion(store: HandFedStore, model: TrafficModel) -> None:
    changes = Changes(model)
    model.apply_batch(store.receive(*numbered(5)))
    model.apply_batch(store.receive(*numbered(10_000)))
    assert changes.seen == [("in", 0, 4), ("in", 5, 10_004)]


def test_an_empty_batch_changes_nothing(store: HandFedStore, model: TrafficModel) -> None:
    changes = Changes(model)
    model.apply_batch(store.receive())
    assert changes.seen == []


@pytest.mark.usefixtures("small_chunks")
def test_a_trimmed_chunk_is_one_removal_before_the_insertion() -> None:
    store = HandFedStore(limit_rows=CHUNK)
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(*numbered(CHUNK)))
    model.apply_batch(store.receive(*numbered(CHUNK - 10)))
    changes = Changes(model)
    model.apply_batch(store.receive(*numbered(20)))
    assert [kind for kind, _, _ in changes.seen] == ["out", "in"]
    assert model.first_row == store.first_row > 0
    assert model.rowCount() == len(store)
    assert cell(model, 0, Column.NUMBER) == str(store.first_row + 1)


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_came_and_went_in_one_frame_are_never_announced() -> None:
    store = HandFedStore(limit_rows=1)
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(*numbered(5)))
    changes = Changes(model)
    model.apply_batch(store.receive(*numbered(3 * CHUNK)))
    assert changes.seen == [("out", 0, 4), ("in", 0, len(store) - 1)]
    assert model.first_row == store.first_row
    assert cell(model, model.rowCount() - 1, Column.ARGUMENTS) == str(3 * CHUNK - 1)


def test_after_clearing_the_numbers_go_on(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(5)))
    store.clear()
    model.apply_batch(store.batch(store.end_row))
    assert model.rowCount() == 0
    model.apply_batch(store.receive(*numbered(1)))
    assert cell(model, 0, Column.NUMBER) == "6"


def test_what_arrives_in_the_frame_of_clearing_is_shown(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(5)))
    store.receive(*numbered(2))
    store.clear()
    first_row = store.end_row
    store.receive(*numbered(1, first=77))
    model.apply_batch(store.batch(first_row))
    assert [cell(model, row, Column.ARGUMENTS) for row in range(model.rowCount())] == ["77"]


def test_a_row_says_all_about_its_message(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage("/synth/1/freq", "fs", (440.0, "a b"))))
    cells = model.look(0).cells
    assert cells[Column.NUMBER] == "1"
    assert cells[Column.DIRECTION] == "←"
    assert cells[Column.ENDPOINT] == "127.0.0.1:9000"
    assert cells[Column.PEER] == "127.0.0.1:50000"
    assert cells[Column.ADDRESS] == "/synth/1/freq"
    assert cells[Column.TYPE_TAGS] == ",fs"
    assert cells[Column.ARGUMENTS] == '440.0 "a b"'
    assert cells[Column.SIZE] == "28"


def test_a_sent_message_points_the_other_way(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(1), direction=Direction.OUT))
    look = model.look(0)
    assert (look.direction, look.cells[Column.DIRECTION]) == (Direction.OUT, "→")


def test_a_peer_that_found_no_place_is_said_so(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(1), peer=None))
    assert cell(model, 0, Column.PEER) == "(not kept)"


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (TRUNCATED_FLOAT, "malformed: the argument of type float32 needs 4 bytes, 2 are left (at byte 12)"),
        (b"GET / HTTP/1.1\r\n\r\n", "malformed: "),
        (b"", "malformed: the packet is empty (at byte 0)"),
        (b"#bundle\0" + bytes(7) + b"\1\xff\xff\xff\xfc", "malformed: "),
    ],
)
def test_a_malformed_packet_says_why_and_where(
    store: HandFedStore, model: TrafficModel, packet: bytes, text: str
) -> None:
    model.apply_batch(store.receive(packet))
    assert model.look(0).is_malformed
    assert cell(model, 0, Column.ARGUMENTS).startswith(text)


def test_an_integer_address_is_shown_with_the_name_of_its_command(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage(9, "s", ("default",)), OscMessage(200, "", ())))
    assert cell(model, 0, Column.ADDRESS) == "9 (/s_new)"
    assert cell(model, 1, Column.ADDRESS) == "200"


def test_an_empty_bundle_is_a_row(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscBundle(TimeTag.IMMEDIATELY)))
    look = model.look(0)
    assert (look.part, look.is_malformed, look.cells[Column.ADDRESS]) == (BundlePart.ONLY, False, "")
    assert look.cells[Column.ARGUMENTS] == "(empty bundle)"


def test_the_messages_of_a_bundle_know_their_part(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage("/a"), OscBundle(TimeTag(1), numbered(4)), OscMessage("/b")))
    parts = [model.look(row).part for row in range(model.rowCount())]
    first, middle, last = BundlePart.FIRST, BundlePart.MIDDLE, BundlePart.LAST
    assert parts == [BundlePart.NONE, first, middle, middle, last, BundlePart.NONE]


def test_huge_texts_are_elided(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(
        store.receive(OscMessage("/a" * 8000, "i" * 5000, tuple(range(5000))), OscMessage("/s", "s", ("x" * 60_000,)))
    )
    for row in range(2):
        assert max(map(len, model.look(row).cells)) < 500
        assert cell(model, row, Column.ARGUMENTS).endswith("…")
    assert cell(model, 0, Column.ADDRESS).endswith("…")


def test_a_message_without_type_tags_shows_its_bytes(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage("/old", None, (), b"\0\1\2\3")))
    assert cell(model, 0, Column.ARGUMENTS) == "(no type tags) 00 01 02 03"
    assert cell(model, 0, Column.TYPE_TAGS) == ""


def test_what_an_unknown_type_tag_hides_is_counted(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage("/unknown", "i?f", (1,), b"\0\0\0\1")))
    assert cell(model, 0, Column.ARGUMENTS) == "1 (not decoded: 4 bytes)"


def test_a_line_break_in_a_string_does_not_break_the_row(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(OscMessage("/a\nb", "s", ("one\ntwo\x1b[31m",))))
    assert all(text.isprintable() for text in model.look(0).cells)


def test_relative_times_count_from_the_first_message(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    model.set_time_mode(TimeMode.RELATIVE)
    assert [cell(model, row, Column.TIME) for row in range(3)] == ["+0.000000", "+0.001000", "+0.002000"]


def test_relative_times_count_from_the_reference_both_ways(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    model.set_time_mode(TimeMode.RELATIVE)
    model.set_reference(1)
    assert [cell(model, row, Column.TIME) for row in range(3)] == ["-0.001000", "+0.000000", "+0.001000"]


def test_time_deltas_count_from_the_row_before(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(2)))
    store.now_ns += 5_000_000
    model.apply_batch(store.receive(*numbered(1)))
    model.set_time_mode(TimeMode.DELTA)
    assert [cell(model, row, Column.TIME) for row in range(3)] == ["+0.000000", "+0.001000", "+0.006000"]


@pytest.mark.usefixtures("small_chunks")
def test_a_reference_that_is_no_longer_kept_still_counts() -> None:
    store = HandFedStore(limit_rows=1)
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(*numbered(1)))
    model.set_time_mode(TimeMode.RELATIVE)
    model.apply_batch(store.receive(*numbered(2 * CHUNK)))
    last = 2 * CHUNK
    assert cell(model, model.rowCount() - 1, Column.TIME) == f"+{last // 1000}.{last % 1000:03d}000"


def test_another_time_mode_redraws_the_time_column_only(qtbot: QtBot, store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.set_time_mode(TimeMode.DELTA)
    first, last, _ = changed.args
    assert (first.row(), first.column()) == (0, Column.TIME)
    assert (last.row(), last.column()) == (2, Column.TIME)


def test_every_column_has_a_title_and_a_tip(model: TrafficModel) -> None:
    for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
        texts = [model.headerData(column, Qt.Orientation.Horizontal, role) for column in Column]
        assert all(texts)
        assert len(set(texts)) == len(Column)


def test_looks_of_many_rows_are_not_all_kept(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(1500)))
    for row in range(1500):
        assert model.look(row).row == row
    assert len(model._looks) <= 1024


def test_a_row_that_is_not_kept_is_an_index_error(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(2)))
    for row in (-1, 2):
        with pytest.raises(IndexError):
            model.look(row)


def test_matches_of_a_highlight_are_marked_as_they_come(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(4)))
    model.set_highlight(matched(store, "any=1 or any=5"))
    assert not model.is_complete
    model.advance()
    model.apply_batch(store.receive(*numbered(4, 4)))
    assert [row for row in range(8) if model.look(row).is_match] == [1, 5]
    assert model.look(5).remarks == ("Matches what is highlighted",)
    model.set_highlight(None)
    assert model.is_complete
    assert not any(model.look(row).is_match for row in range(8))


def test_rows_are_redrawn_only_for_matches_found_among_old_ones(store: HandFedStore, model: TrafficModel) -> None:
    told: list[tuple[int, int]] = []
    model.apply_batch(store.receive(*numbered(4)))
    model.set_highlight(matched(store, "/n"))
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    model.advance()
    assert told == [(0, 3)]
    model.apply_batch(store.receive(*numbered(4)))
    assert told == [(0, 3)]


def test_the_next_match_is_highlighted_and_shown(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(10)))
    model.set_highlight(matched(store, "any>=4"))
    model.advance()
    assert (model.next_match(-1, True), model.next_match(9, True), model.next_match(4, False)) == (4, None, None)
    model.set_paused(True)
    model.apply_batch(store.receive(*numbered(10)))
    assert model.next_match(9, True) is None
    model.set_paused(False)
    assert model.next_match(9, True) == 14


def test_a_reference_that_is_not_kept_changes_nothing(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    before = model.reference_ns
    for row in (-1, 3):
        model.set_reference(row)
    assert model.reference_ns == before == store.time_at(0)


def test_a_record_is_that_of_the_row_shown(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    model.set_shown(matched(store, "any=2"))
    model.advance()
    assert (model.record_at(0), model.first_row) == (store.record(2), 2)
