import pytest
from PySide6.QtCore import Qt

from osc_workbench.models.row_look import BundlePart, RowLook
from osc_workbench.models.traffic_columns import TIMES, Column
from osc_workbench.models.traffic_model import TrafficModel
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.record import Direction, PacketRecord
from tests.doubles.log_window import matched
from tests.doubles.traffic import HandFedStore, numbered, url_of


def colour_of(row: int) -> str | None:
    return "green" if row == 1 else None


def notes_of(record: PacketRecord) -> tuple[str, ...]:
    return ("a note of its own", "the address does not start with a slash") if record.row == 2 else ()


@pytest.fixture
def store() -> HandFedStore:
    return HandFedStore()


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def model(store: HandFedStore, marks: Marks) -> TrafficModel:
    return TrafficModel(store, url_of, marks, colour_of, notes_of)


def cells(model: TrafficModel, column: Column) -> list[str]:
    return [model.look(index).cells[column] for index in range(model.rowCount())]


def test_the_time_since_the_row_above_is_that_of_the_rows_shown(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(10)))
    assert cells(model, Column.DELTA)[:3] == ["-", "+0.001000", "+0.001000"]
    model.set_shown(matched(store, "any=2 or any=7 or any=8"))
    model.advance()
    assert cells(model, Column.DELTA) == ["-", "+0.005000", "+0.001000"]


def test_a_row_that_comes_to_stand_below_another_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", 4)
    store = HandFedStore(limit_rows=8)
    model = TrafficModel(store, url_of)
    for first in (0, 4, 8):
        model.apply_batch(store.receive(*numbered(4, first)))
    assert (store.first_row, cells(model, Column.DELTA)[:2]) == (4, ["-", "+0.001000"])
    model.set_shown(matched(store, "/n"))
    model.advance(iter([False, True]).__next__)
    assert cells(model, Column.DELTA) == ["-", *["+0.001000"] * 3]
    model.advance()
    assert cells(model, Column.DELTA) == ["-", *["+0.001000"] * 7]


def test_time_tags_are_shown_for_messages_of_bundles(store: HandFedStore, model: TrafficModel) -> None:
    later = TimeTag.from_unix_ns(store.now_ns + 200_000_000)
    model.apply_batch(store.receive(OscBundle(later, numbered(2)), *numbered(1)))
    assert cells(model, Column.TIME_TAG) == ["+0.200000 s", "+0.200000 s", ""]


def test_folded_rows_count_their_repeats(store: HandFedStore, model: TrafficModel) -> None:
    model.set_shown(matched(store, "", True))
    assert model.has_counts
    model.apply_batch(store.receive(*[OscMessage("/a")] * 12, OscMessage("/b")))
    assert cells(model, Column.COUNT) == [f"{TIMES}12", ""]
    model.apply_batch(store.receive(*[OscMessage("/b")] * 1999))
    assert cells(model, Column.COUNT) == [f"{TIMES}12", f"{TIMES}2,000"]


def test_the_latest_rows_count_their_messages(store: HandFedStore, model: TrafficModel) -> None:
    model.set_shown(LatestRows(store, None))
    model.apply_batch(store.receive(OscMessage("/a"), OscMessage("/b"), OscMessage("/a")))
    assert cells(model, Column.COUNT) == [f"{TIMES}2", ""]
    model.apply_batch(store.receive(OscMessage("/a"), OscMessage("/b")))
    assert cells(model, Column.COUNT) == [f"{TIMES}3", f"{TIMES}2"]


def test_messages_of_bundles_are_not_joined_where_they_do_not_stand_together(
    store: HandFedStore, model: TrafficModel
) -> None:
    model.set_shown(LatestRows(store, None))
    model.apply_batch(store.receive(OscBundle(TimeTag(1), [OscMessage("/a"), OscMessage("/b")]), OscMessage("/c")))
    parts = [model.look(index).part for index in range(3)]
    assert parts == [BundlePart.ONLY, BundlePart.ONLY, BundlePart.NONE]


def test_marks_and_comments_are_seen_at_once(store: HandFedStore, model: TrafficModel, marks: Marks) -> None:
    model.apply_batch(store.receive(*numbered(3)))
    assert not model.look(0).is_marked
    marks.set(0, "the first\none \x1b[31m")
    marks.set(2)
    looks = [model.look(index) for index in range(3)]
    assert [look.is_marked for look in looks] == [True, False, True]
    assert (looks[0].comment, looks[0].cells[Column.COMMENT]) == ("the first one �[31m",) * 2
    assert looks[0].remarks == ("Marked: the first one �[31m",)
    assert looks[2].remarks[-1] == "Marked"


def test_a_rule_gives_a_row_its_colour_and_says_so(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(2)))
    assert [model.look(index).colour for index in range(2)] == [None, "green"]
    assert model.look(1).remarks == ("Coloured green by a rule",)


def test_notes_of_others_join_our_own(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(*numbered(2), OscMessage("noslash")))
    assert model.look(2).notes == ("the address does not start with a slash", "a note of its own")


def test_remarks_are_in_the_tool_tips_of_number_and_arguments(
    store: HandFedStore, model: TrafficModel, marks: Marks
) -> None:
    model.apply_batch(store.receive(*numbered(1)))
    marks.set(0, "look here")
    for column, text in ((Column.NUMBER, "1"), (Column.ARGUMENTS, "0")):
        tip = model.index(0, column).data(Qt.ItemDataRole.ToolTipRole)
        assert tip == f"{text}\nMarked: look here"
    assert model.index(0, Column.ADDRESS).data(Qt.ItemDataRole.ToolTipRole) == "/n"


def test_a_look_is_a_value() -> None:
    look = RowLook(0, 0, ("1",), Direction.IN, BundlePart.NONE, False)
    assert look == RowLook(0, 0, ("1",), Direction.IN, BundlePart.NONE, False)
    assert look.remarks == ()


def odd(address: bytes = b"/odd\0abc") -> bytes:
    return address + b",i\0\0\0\0\0\1\0\0\0\2"


def test_an_odd_packet_carries_notes_and_shows_them_as_a_tip(store: HandFedStore) -> None:
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(OscMessage("/fine", "i", (1,)), odd()))
    assert model.look(0).notes == ()
    assert model.look(1).notes == ("padding bytes are not zero", "there are bytes after the last argument")
    tip = model.index(1, Column.ARGUMENTS).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.split("\n") == [model.look(1).cells[Column.ARGUMENTS], *model.look(1).notes]
    assert model.index(1, Column.ADDRESS).data(Qt.ItemDataRole.ToolTipRole) == "/odd"


def test_what_is_odd_about_a_bundle_stands_at_its_first_row(store: HandFedStore) -> None:
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(OscBundle(TimeTag(0), numbered(3))))
    assert [len(model.look(row).notes) for row in range(3)] == [1, 0, 0]


def test_huge_packets_are_not_examined_row_by_row(store: HandFedStore) -> None:
    model = TrafficModel(store, url_of)
    model.apply_batch(store.receive(OscMessage("noslash", "i" * 5000, tuple(range(5000))), OscMessage("noslash")))
    assert [len(model.look(row).notes) for row in range(2)] == [0, 1]


def test_options_of_an_endpoint_do_not_push_its_port_out_of_sight(store: HandFedStore) -> None:
    model = TrafficModel(store, lambda _: "tcp://127.0.0.1:9000?framing=slip")
    model.apply_batch(store.receive(*numbered(1)))
    assert model.look(0).cells[Column.ENDPOINT] == "tcp://127.0.0.1:9000"


def test_types_that_cannot_be_read_are_replaced(store: HandFedStore, model: TrafficModel) -> None:
    model.apply_batch(store.receive(b"/a\0\0,i\xff\n\0\0\0\0" + bytes(4)))
    assert cells(model, Column.TYPE_TAGS)[-1] == ",i��"
