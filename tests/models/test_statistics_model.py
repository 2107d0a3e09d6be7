"""Tables of statistics: sorted, but calm; the rows with the most messages, and no more than can be read."""

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models import statistics_model
from osc_workbench.models.statistics_model import (
    FlowTable,
    ShareRole,
    WarningRole,
    make_address_table,
    make_peer_table,
    table_text,
)
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.tables import Link
from tests.doubles.counted import CountedLog, counting
from tests.doubles.traffic import PEER, url_of

HORIZONTAL = Qt.Orientation.Horizontal


class Table:
    """A table of addresses over a log."""

    def __init__(self) -> None:
        self.log = CountedLog()
        self.table = make_address_table()

    def receive(self, **counts: int) -> None:
        self.log.receive(*counting(**counts))

    def refresh(self, seconds: float = 1.0, *chosen: str) -> str:
        """Show the table some seconds later; return its addresses without their slashes."""
        self.log.wait(seconds)
        self.table.refresh(self.log.feed.statistics, self.log.now_ns, chosen)
        return self.names

    @property
    def names(self) -> str:
        return "".join(str(row.address)[1:] for row in self.table.rows)


@pytest.fixture
def shown() -> Table:
    return Table()


def column_of(table: FlowTable, title: str) -> int:
    return next(place for place, column in enumerate(table.columns) if column.title == title)


def cells(table: FlowTable, row: int) -> dict[str, str]:
    return {column.title: table.index(row, place).data() for place, column in enumerate(table.columns)}


def test_an_address_is_a_row_with_all_its_figures(shown: Table, qtmodeltester: ModelTester) -> None:
    shown.log.receive(shown.log.timed("/late", 5.0))
    shown.receive(a=3)
    shown.log.receive(OscMessage("/a", "f", (0.5,)))
    shown.refresh(0.0)
    qtmodeltester.check(shown.table)
    found = cells(shown.table, 0)
    assert float(found.pop("Gap ms")) == pytest.approx(1.0, rel=0.1)
    assert float(found.pop("99 % ms")) == pytest.approx(1.0, rel=0.1)
    assert found == {
        "Address": "/a",
        "Count": "4",
        "Rate /s": found["Rate /s"],
        "Share %": "80.0",
        "Types": "⚠ ,i ,f",
        "First number": "0 to 2",
        "Late ms": "",
        "Worst ms": "",
        "Drift ppm": "",
        "Bursts": "0",
    }
    late = cells(shown.table, 1)
    assert (late["Address"], late["Worst ms"], late["Gap ms"]) == ("/late", "5.00", "")
    assert float(late["Late ms"]) == pytest.approx(5.0, rel=0.2)


def test_shares_and_warnings_are_told_apart_from_texts(shown: Table) -> None:
    shown.receive(a=3, b=1)
    shown.log.receive(OscMessage("/a", "f", (float("nan"),)))
    shown.refresh()
    table = shown.table
    share, types, number = (column_of(table, title) for title in ("Share %", "Types", "First number"))
    assert [table.index(row, share).data(ShareRole) for row in (0, 1)] == [0.8, 0.2]
    assert table.index(0, types).data(ShareRole) is None
    for column in (types, number):
        assert [table.index(row, column).data(WarningRole) for row in (0, 1)] == [True, False]
    assert table.index(0, share).data(WarningRole) is None
    assert table.data(table.index(9, 9), ShareRole) is None


def test_those_with_the_most_messages_come_first(shown: Table) -> None:
    shown.receive(a=1, b=3, c=2)
    assert shown.refresh() == "bca"


def test_between_two_rearrangements_rows_stay_and_new_ones_come_last(shown: Table) -> None:
    shown.receive(a=2, b=1)
    assert shown.refresh() == "ab"
    assert shown.refresh(1.0) == "ab"
    shown.receive(b=9, c=20)
    assert shown.refresh(0.25) == "abc"
    assert cells(shown.table, 1)["Count"] == "10"
    assert shown.refresh(0.5) == "abc"
    assert shown.refresh(0.25) == "cba"


def test_a_table_that_is_touched_is_not_rearranged(shown: Table) -> None:
    shown.receive(a=2, b=1)
    shown.refresh()
    shown.receive(b=9)
    for _ in range(5):
        shown.table.touch()
        assert shown.refresh(0.5) == "ab"
    assert shown.refresh(1.0) == "ba"


def test_rows_that_count_equally_fast_do_not_change_places(shown: Table) -> None:
    shown.receive(a=100, b=100)
    shown.refresh()
    shown.receive(b=1)
    assert shown.refresh() == "ab"
    # Nothing more comes, so the order can be exact.
    assert shown.refresh() == "ba"


def test_the_selection_stays_with_its_row(shown: Table) -> None:
    shown.receive(a=2, b=1)
    shown.refresh()
    selection = QItemSelectionModel(shown.table)
    selection.select(shown.table.index(1, 0), QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.Select)
    shown.receive(b=9)
    assert shown.refresh() == "ba"
    assert [index.row() for index in selection.selectedRows()] == [0]


def test_a_click_on_a_title_sorts_at_once_and_another_one_the_other_way(shown: Table) -> None:
    shown.receive(b=3, a=2, c=1)
    shown.refresh()
    assert shown.table.headerData(1, HORIZONTAL) == "Count ▾"
    shown.table.sort_by(1)
    assert (shown.names, shown.table.headerData(1, HORIZONTAL)) == ("cab", "Count ▴")
    shown.table.sort_by(0)
    assert (shown.names, shown.table.headerData(0, HORIZONTAL)) == ("abc", "Address ▴")
    assert shown.table.headerData(1, HORIZONTAL) == "Count"
    number = column_of(shown.table, "First number")
    shown.log.receive(OscMessage("/text", "s", ("x",)))
    shown.refresh()
    shown.table.sort_by(number)
    assert shown.names.endswith("text")


def test_every_column_can_be_sorted_by(shown: Table) -> None:
    shown.receive(b=3, a=2)
    shown.log.receive(shown.log.timed("/late", 5.0), OscMessage("/x", "f", (float("inf"),)), b"junk")
    shown.refresh()
    for table in (shown.table, make_peer_table(url_of)):
        table.refresh(shown.log.feed.statistics, shown.log.now_ns)
        count = table.rowCount()
        for column in (*range(len(table.columns)), 0):
            table.sort_by(column)
            table.sort_by(column)
            assert table.rowCount() == count


def test_titles_say_what_they_mean() -> None:
    for table in (make_address_table(), make_peer_table(url_of)):
        tips = [table.headerData(column, HORIZONTAL, Qt.ItemDataRole.ToolTipRole) for column in range(11)]
        assert all(tips)
        assert table.headerData(99, HORIZONTAL) is None


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(statistics_model, "ROWS_LIMIT", 3)
    return 3


def test_only_those_with_the_most_messages_are_shown_and_it_is_said(shown: Table, limit: int) -> None:
    shown.receive(a=5, b=4, c=3)
    assert (shown.refresh(), shown.table.is_cut) == ("abc", False)
    assert shown.table.rest_text(shown.log.feed.statistics) == ""
    shown.receive(d=2)
    assert (shown.refresh(), shown.table.is_cut) == ("abc", True)
    assert shown.table.rest_text(shown.log.feed.statistics) == "only the 3 addresses with the most messages are shown"


def test_a_full_table_changes_its_rows_only_when_it_is_rearranged(shown: Table, limit: int) -> None:
    shown.receive(a=5, b=4, c=3, d=2)
    shown.refresh()
    shown.refresh()
    shown.receive(d=9)
    assert shown.refresh(0.25) == "abc"
    assert shown.refresh(1.0) == "dab"


def counts(table: FlowTable) -> list[int]:
    return [row.flow.count for row in table.rows]


def test_of_a_long_table_every_row_has_its_turn(shown: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_model, "PORTION", 2)
    names = "abcdefg"
    shown.receive(**dict.fromkeys(names, 1))
    lengths = [len(shown.refresh(0.1)) for _ in range(4)]
    assert lengths == [2, 4, 6, 7]
    shown.receive(**dict.fromkeys(names, 1))
    seen = []
    for _ in range(5):
        shown.refresh(0.1)
        seen.append(counts(shown.table).count(2))
    assert seen == [2, 4, 6, 7, 7]


def test_rows_on_which_somebody_looks_are_up_to_date(shown: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_model, "PORTION", 1)
    shown.receive(a=3, b=2, c=1)
    for _ in range(3):
        shown.refresh(0.1)
    for number in range(2, 6):
        shown.receive(b=1, c=1)
        shown.log.wait(0.1)
        shown.table.refresh(shown.log.feed.statistics, shown.log.now_ns, ["/b"], ["/c"])
        assert counts(shown.table)[1:] == [1 + number, number]


def test_a_chosen_row_is_shown_in_any_case(shown: Table, limit: int) -> None:
    shown.receive(a=5, b=4, c=3, d=2)
    assert shown.refresh(1.0, "/d") == "abcd"
    assert shown.refresh(1.0, "/d") == "abcd"
    assert shown.refresh(1.0, "/nowhere") == "abc"


def test_a_restart_shows_the_new_rows_at_once(shown: Table) -> None:
    shown.receive(a=5, b=4)
    shown.refresh()
    shown.log.feed.restart(None, shown.log.store.end_row, None)
    shown.receive(c=1, b=3)
    assert shown.refresh(0.1) == "bc"
    shown.log.feed.restart(None, shown.log.store.end_row, None)
    assert shown.refresh(0.1) == ""


def test_a_peer_is_a_row_for_each_way(qtmodeltester: ModelTester) -> None:
    log, table = CountedLog(), make_peer_table(url_of)
    log.receive(*counting(a=2))
    log.receive(*counting(a=1), peer=Peer("::1", 9), direction=Direction.OUT)
    table.refresh(log.feed.statistics, log.now_ns)
    qtmodeltester.check(table)
    first, second = cells(table, 0), cells(table, 1)
    assert (first["Peer"], first["Count"], first["Endpoint"]) == ("← 127.0.0.1:50000", "2", url_of(1))
    assert (second["Peer"], second["Share %"]) == ("→ [::1]:9", "33.3")
    assert table.source.query(table.rows[0], table.rows) == "(peer:127.0.0.1:50000 dir:in)"
    assert table.source.lines(table.rows[0])[0] == "← 127.0.0.1:50000"
    histograms = table.source.histograms(log.feed.statistics, Link(1, PEER, Direction.IN))
    assert histograms is not None
    assert histograms.gaps.counts.sum() == 1


def test_a_table_is_copied_as_cells_between_tabs(shown: Table) -> None:
    shown.receive(a=2)
    shown.log.receive(OscMessage("/x\ty", "i", (1,)))
    shown.refresh()
    lines = table_text(shown.table, [0, 1]).splitlines()
    assert [len(line.split("\t")) for line in lines] == [len(shown.table.columns)] * 3
    assert lines[0].startswith("Address\tCount\tRate /s\t")
    assert lines[1].startswith("/a\t2\t")
    assert lines[2].startswith('"/x\\ty"\t1\t')


def test_what_is_copied_is_no_formula(shown: Table) -> None:
    shown.log.receive(b"=cmd(A1)\0\0\0\0,\0\0\0", shown.log.timed("/a", -50.0))
    shown.refresh()
    texts = [table_text(shown.table, [row]).splitlines()[1] for row in range(shown.table.rowCount())]
    assert any(text.startswith("'=cmd(A1)\t") for text in texts)
    assert any("\t-50" in text for text in texts)
