"""The message log as a Qt table over the store. Rows are made when they are looked at, a page at a time."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from osc_workbench.models.argument_text import describe_arguments, describe_issues, shown_address
from osc_workbench.traffic.record import Batch, Direction, PacketRecord
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.time_text import clock_time, duration

_Index = QModelIndex | QPersistentModelIndex
_KEPT_ROWS = 1024


class Column(enum.IntEnum):
    """What a column of the log shows."""

    NUMBER = 0
    TIME = 1
    DIRECTION = 2
    ENDPOINT = 3
    PEER = 4
    ADDRESS = 5
    TYPE_TAGS = 6
    ARGUMENTS = 7
    SIZE = 8


TITLES = {
    Column.NUMBER: "#",
    Column.TIME: "Time",
    Column.DIRECTION: "Dir",
    Column.ENDPOINT: "Endpoint",
    Column.PEER: "Peer",
    Column.ADDRESS: "Address",
    Column.TYPE_TAGS: "Types",
    Column.ARGUMENTS: "Arguments",
    Column.SIZE: "Size",
}

TIPS = {
    Column.NUMBER: "Number of the message since the start of the session",
    Column.TIME: "Time of arrival, as the kernel stamped it, or of sending",
    Column.DIRECTION: "← received, → sent",
    Column.ENDPOINT: "The endpoint of this program; UDP where nothing else is said",
    Column.PEER: "The other side",
    Column.ADDRESS: "OSC address; a command number of scsynth is shown with its name",
    Column.TYPE_TAGS: "OSC type tags",
    Column.ARGUMENTS: "The arguments, or why the packet could not be decoded",
    Column.SIZE: "Bytes of the message",
}

RIGHT_ALIGNED = (Column.NUMBER, Column.SIZE)


class TimeMode(enum.Enum):
    """How times are shown."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    DELTA = "delta"


class BundlePart(enum.Enum):
    """Where a row stands in its bundle, for the bracket beside the rows."""

    NONE = "none"
    ONLY = "only"
    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class RowLook:
    """What a row shows: one text a column, and what it means.

    notes: what is odd about the packet though it could be decoded, a sentence each.
    """

    row: int
    cells: tuple[str, ...]
    direction: Direction
    part: BundlePart
    is_malformed: bool
    notes: tuple[str, ...] = ()


class TrafficModel(QAbstractTableModel):
    """Rows of the store, oldest first; a model row is a store row less the oldest one that is kept.

    url_of: the URL of an endpoint by its number. unix_ns of the reference for relative times is that of the first row
    unless it is set.
    """

    time_mode_changed = Signal()

    def __init__(self, store: TrafficStore, url_of: Callable[[int], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._url_of = url_of
        self._first_row = store.first_row
        self._end_row = store.end_row
        self._looks: dict[int, RowLook] = {}
        self._time_mode = TimeMode.ABSOLUTE
        self._reference_ns: int | None = None

    # What is shown.

    @property
    def first_row(self) -> int:
        """The store row of model row 0."""
        return self._first_row

    @property
    def time_mode(self) -> TimeMode:
        return self._time_mode

    def set_time_mode(self, mode: TimeMode) -> None:
        self._time_mode = mode
        self._redraw_times()

    def set_reference(self, model_row: int | None) -> None:
        """Count relative times from this row on; None: from the first row that was seen."""
        self._reference_ns = None if model_row is None else self._store.time_at(self._first_row + model_row)
        self._redraw_times()

    def apply_batch(self, batch: Batch) -> None:
        """Show what a frame brought: one removal at the top, one insertion at the end."""
        trimmed = min(batch.trimmed_before, self._end_row) - self._first_row
        if trimmed > 0:
            self.beginRemoveRows(QModelIndex(), 0, trimmed - 1)
            self._first_row += trimmed
            self._looks.clear()
            self.endRemoveRows()
        if self._first_row < batch.trimmed_before:
            # Rows that came and went within the frame were never shown.
            self._first_row = self._end_row = batch.trimmed_before
        if batch.end_row > self._end_row:
            first = self._end_row - self._first_row
            self.beginInsertRows(QModelIndex(), first, batch.end_row - self._first_row - 1)
            if self._reference_ns is None:
                self._reference_ns = self._store.time_at(max(self._end_row, batch.trimmed_before))
            self._end_row = batch.end_row
            self.endInsertRows()

    def record_at(self, model_row: int) -> PacketRecord:
        """Return a row as a value. Raises IndexError if it is not kept."""
        return self._store.record(self._first_row + model_row)

    def look(self, model_row: int) -> RowLook:
        """Return what a row shows. Raises IndexError if it is not kept."""
        row = self._first_row + model_row
        look = self._looks.get(row)
        if look is None:
            if len(self._looks) >= _KEPT_ROWS:
                self._looks.clear()
            look = self._looks[row] = self._make_look(row)
        return look

    def _make_look(self, row: int) -> RowLook:
        record = self._store.record(row)
        cells = (
            str(row + 1),
            self._time_text(row, record.unix_ns),
            "←" if record.direction is Direction.IN else "→",
            # That it is UDP goes without saying; the port, which tells endpoints apart, needs the room.
            self._url_of(record.endpoint_id).removeprefix("udp://").partition("?")[0],
            "(not kept)" if record.peer is None else str(record.peer),
            shown_address(record),
            "" if record.type_tags is None else "," + record.type_tags[:64],
            describe_arguments(record),
            f"{record.size:,}",
        )
        return RowLook(row, cells, record.direction, _part_of(record), record.is_malformed, describe_issues(record))

    def _time_text(self, row: int, unix_ns: int) -> str:
        if self._time_mode is TimeMode.ABSOLUTE:
            return clock_time(unix_ns)
        if self._time_mode is TimeMode.RELATIVE:
            return duration(unix_ns - (self._reference_ns or unix_ns))
        before = self._store.time_at(row - 1) if row > self._store.first_row else unix_ns
        return duration(unix_ns - before)

    def _redraw_times(self) -> None:
        self._looks.clear()
        if self._end_row > self._first_row:
            first, last = self.index(0, Column.TIME), self.index(self.rowCount() - 1, Column.TIME)
            self.dataChanged.emit(first, last, [Qt.ItemDataRole.DisplayRole])
        self.time_mode_changed.emit()

    # The Qt side.

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else self._end_row - self._first_row

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(Column)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.look(index.row()).cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            look = self.look(index.row())
            notes = look.notes if index.column() == Column.ARGUMENTS else ()
            return "\n".join([look.cells[index.column()], *notes])
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in RIGHT_ALIGNED:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        column = Column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in RIGHT_ALIGNED else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


def _part_of(record: PacketRecord) -> BundlePart:
    if not record.is_bundle:
        return BundlePart.NONE
    if record.count == 1:
        return BundlePart.ONLY
    if record.position == 0:
        return BundlePart.FIRST
    return BundlePart.LAST if record.position == record.count - 1 else BundlePart.MIDDLE
