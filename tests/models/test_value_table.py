from collections.abc import Sequence
from typing import NamedTuple

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.value_table import Column, ValueTable

Signals = list[tuple[object, ...]]


class Row(NamedTuple):
    name: str
    count: int = 0


COLUMNS = (Column("Name", lambda row: row.name, sample="wide"), Column("Count", lambda row: str(row.count), True))


@pytest.fixture
def table(qtmodeltester: ModelTester) -> ValueTable:
    table = ValueTable(COLUMNS, lambda row: row.name)
    table.set_rows(rows_of("abcd"))
    qtmodeltester.check(table)
    return table


def rows_of(names: str, count: int = 0) -> list[Row]:
    return [Row(name, count) for name in names]


def signals_of(table: ValueTable) -> Signals:
    """Return a list that fills with what the table says of its changes."""
    seen: Signals = []
    table.rowsInserted.connect(lambda _, first, last: seen.append(("inserted", first, last)))
    table.rowsRemoved.connect(lambda _, first, last: seen.append(("removed", first, last)))
    table.dataChanged.connect(
        lambda first, last: seen.append(("changed", first.row(), first.column(), last.row(), last.column()))
    )
    table.layoutChanged.connect(lambda: seen.append(("arranged",)))
    table.modelReset.connect(lambda: seen.append(("reset",)))
    return seen


@pytest.mark.parametrize(
    ("rows", "signals"),
    [
        (rows_of("abcd"), []),
        (rows_of("abcdef"), [("inserted", 4, 5)]),
        (rows_of("xyabcd"), [("inserted", 0, 1)]),
        (rows_of("axbcyzd"), [("inserted", 1, 1), ("inserted", 4, 5)]),
        (rows_of("abc"), [("removed", 3, 3)]),
        (rows_of("ad"), [("removed", 1, 2)]),
        (rows_of("bd"), [("removed", 2, 2), ("removed", 0, 0)]),
        ([], [("removed", 0, 3)]),
        (rows_of("xy"), [("removed", 0, 3), ("inserted", 0, 1)]),
        (rows_of("xbcd"), [("removed", 0, 0), ("inserted", 0, 0)]),
        (rows_of("dcba"), [("arranged",)]),
        (rows_of("dxa"), [("removed", 1, 2), ("arranged",), ("inserted", 1, 1)]),
        ([Row("a"), Row("b", 1), Row("c", 1), Row("d")], [("changed", 1, 0, 2, 1)]),
        ([Row("a", 1), Row("b"), Row("c"), Row("d", 1), Row("e", 1)], [("inserted", 4, 4), ("changed", 0, 0, 3, 1)]),
        ([Row("b", 1)], [("removed", 2, 3), ("removed", 0, 0), ("changed", 0, 0, 0, 1)]),
    ],
)
def test_a_change_is_told_exactly(table: ValueTable, rows: Sequence[Row], signals: Signals) -> None:
    seen = signals_of(table)
    table.set_rows(rows)
    assert seen == signals
    assert table.rows == tuple(rows)


def test_a_change_is_told_from_the_first_column_that_can_differ(table: ValueTable) -> None:
    seen = signals_of(table)
    table.set_rows(rows_of("abcd", 1), 1)
    assert seen == [("changed", 0, 1, 3, 1)]


@pytest.mark.parametrize(
    ("names", "place"), [("abcd", 1), ("bcd", 0), ("xyabcd", 3), ("dcba", 2), ("cxb", 2), ("acd", -1), ("", -1)]
)
def test_a_persistent_index_stays_with_its_value(table: ValueTable, names: str, place: int) -> None:
    index = QPersistentModelIndex(table.index(1, 1))
    table.set_rows(rows_of(names, 5))
    assert index.row() == place
    if index.isValid():
        assert (index.column(), index.data()) == (1, "5")
        assert table.rows[index.row()].name == "b"


@pytest.mark.parametrize(("names", "selected"), [("xabcd", "bc"), ("dcxba", "cb"), ("acd", "c"), ("xyz", "")])
def test_the_selection_stays_with_its_values(table: ValueTable, names: str, selected: str) -> None:
    selection = QItemSelectionModel(table)
    for row in (1, 2):
        selection.select(
            table.index(row, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        )
    table.set_rows(rows_of(names, 1))
    assert [table.rows[row].name for row in sorted(index.row() for index in selection.selectedRows())] == list(selected)


@pytest.mark.parametrize("names", ["abcdef", "xaby", "dcba", "", "ca"])
def test_it_is_a_sound_model_after_every_change(table: ValueTable, qtmodeltester: ModelTester, names: str) -> None:
    # The tester stays connected and looks at each change as it is made.
    qtmodeltester.check(table)
    for wanted in (names, "abcd", "badc", names):
        table.set_rows(rows_of(wanted))
        assert "".join(row.name for row in table.rows) == wanted


def test_a_thousand_rows_go_in_one_signal(table: ValueTable) -> None:
    table.set_rows([Row(str(number)) for number in range(1000)])
    seen = signals_of(table)
    table.set_rows([])
    assert seen == [("removed", 0, 999)]


def test_cells_and_headers_have_text_and_alignment(table: ValueTable) -> None:
    right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    align, horizontal = Qt.ItemDataRole.TextAlignmentRole, Qt.Orientation.Horizontal
    assert [table.index(0, column).data() for column in (0, 1)] == ["a", "0"]
    assert [table.headerData(column, horizontal) for column in (0, 1)] == ["Name", "Count"]
    assert table.index(0, 1).data(align) == table.headerData(1, horizontal, align) == right
    assert table.index(0, 0).data(align) != right
    assert table.headerData(2, horizontal) is None
    assert table.headerData(0, Qt.Orientation.Vertical) is None
    assert table.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert table.data(QModelIndex()) is None
