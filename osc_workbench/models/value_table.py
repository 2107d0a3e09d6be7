"""A Qt table over a tuple of values that is replaced as a whole, without losing the selection."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex


class Column(NamedTuple):
    """One column: its title, the text of a value in it, whether it holds numbers, and how wide its texts get."""

    title: str
    text: Callable[[Any], str]
    is_number: bool = False
    sample: str = ""


class ValueTable(QAbstractTableModel):
    """key: what makes a value the same one in the next tuple."""

    def __init__(
        self, columns: Sequence[Column], key: Callable[[Any], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Any] = []

    @property
    def rows(self) -> tuple[Any, ...]:
        return tuple(self._rows)

    def set_rows(self, rows: Sequence[Any], first_column: int = 0) -> None:
        """Show these values in this order; those that stay remain selected.

        first_column: the first one in which values that stay can differ from before.
        """
        wanted = [self._key(row) for row in rows]
        self._remove_all_but(set(wanted))
        self._arrange(wanted)
        known = {self._key(row) for row in self._rows}
        for run in _runs(key not in known for key in wanted):
            self.beginInsertRows(QModelIndex(), run.start, run.stop - 1)
            self._rows[run.start : run.start] = rows[run.start : run.stop]
            self.endInsertRows()
        changed = [index for index, (old, new) in enumerate(zip(self._rows, rows, strict=True)) if old != new]
        self._rows = list(rows)
        if changed:
            self.dataChanged.emit(self.index(changed[0], first_column), self.index(changed[-1], len(self.columns) - 1))

    def _remove_all_but(self, kept: set[Hashable]) -> None:
        for run in reversed(_runs(self._key(row) not in kept for row in self._rows)):
            self.beginRemoveRows(QModelIndex(), run.start, run.stop - 1)
            del self._rows[run.start : run.stop]
            self.endRemoveRows()

    def _arrange(self, wanted: Sequence[Hashable]) -> None:
        """Bring the rows into the order of these keys."""
        places = {key: place for place, key in enumerate(wanted)}
        order = sorted(range(len(self._rows)), key=lambda index: places[self._key(self._rows[index])])
        if order == list(range(len(order))):
            return
        self.layoutAboutToBeChanged.emit()
        moved = {old: new for new, old in enumerate(order)}
        self._rows = [self._rows[index] for index in order]
        before = self.persistentIndexList()
        after = [self.index(moved[index.row()], index.column()) for index in before]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self._rows[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section])
        return None


def _runs(is_meant: Iterable[bool]) -> list[range]:
    """Return the unbroken runs of places that are meant."""
    runs, start = [], 0
    for meant, group in groupby(is_meant):
        stop = start + sum(1 for _ in group)
        if meant:
            runs.append(range(start, stop))
        start = stop
    return runs


def _alignment(column: Column) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
