"""One packet as a Qt tree: bundle, messages, address, arguments, each with the bytes it stands for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from osc_workbench.models.field_text import describe_field
from osc_workbench.osc.dissection import Dissection, PacketField, dissect_packet
from osc_workbench.traffic.record import PacketRecord

_Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Field", "Type", "Value", "Bytes")
# A packet can hold tens of thousands of arguments; the tree takes them in portions.
_PORTION = 256
MeaningRole = Qt.ItemDataRole.UserRole + 1


@dataclass(slots=True, eq=False)
class _Node:
    """A line of the tree. meaning: "", "error" or "issue"."""

    name: str
    type_text: str
    value: str
    offset: int
    size: int
    meaning: str = ""
    parent: "_Node | None" = None
    row: int = 0
    fields: tuple[PacketField, ...] = ()
    children: list["_Node"] = field(default_factory=list)

    def add(self, child: "_Node") -> None:
        child.parent, child.row = self, len(self.children)
        self.children.append(child)


class PacketModel(QAbstractItemModel):
    """The dissection of the record that was set last, and its bytes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = _Node("", "", "", 0, 0)
        self._record: PacketRecord | None = None
        self._dissection: Dissection | None = None

    @property
    def data_bytes(self) -> bytes:
        """The bytes of the packet, b"" when there is none."""
        return self._record.packet if self._record else b""

    @property
    def record(self) -> PacketRecord | None:
        return self._record

    @property
    def error_offset(self) -> int | None:
        """Where decoding stopped, None if it did not."""
        error = self._dissection.error if self._dissection else None
        return error.offset if error else None

    def set_record(self, record: PacketRecord | None) -> None:
        self.beginResetModel()
        self._record = record
        self._dissection = dissect_packet(record.packet) if record else None
        self._root = _Node("", "", "", 0, 0)
        if record and self._dissection:
            self._fill(record, self._dissection)
        self.endResetModel()

    def _fill(self, record: PacketRecord, dissection: Dissection) -> None:
        error = dissection.error
        if error is not None:
            self._root.add(_Node("Malformed", error.code, error.reason, error.offset, 1, "error"))
        for issue in dissection.issues:
            self._root.add(_Node("Note", issue.code, issue.reason, issue.offset, 1, "issue"))
        if record.is_truncated:
            self._root.add(_Node("Cut", "", "the system cut this datagram: it was too long", 0, 0, "error"))
        if dissection.root is not None:
            self._root.add(self._node(dissection.root, record.unix_ns, 0))

    def _node(self, packet_field: PacketField, unix_ns: int, number: int) -> _Node:
        name, type_text, value = describe_field(packet_field, unix_ns, number)
        fields = tuple(packet_field.children)
        return _Node(name, type_text, value, packet_field.offset, packet_field.size, "", fields=fields)

    # Bytes and lines.

    def extent(self, index: _Index) -> tuple[int, int]:
        """Return offset and size of what a line stands for."""
        node = self._node_at(index)
        return node.offset, node.size

    def index_at(self, offset: int) -> QModelIndex:
        """Return the innermost line that holds this byte."""
        node, index = self._root, QModelIndex()
        while True:
            place = self._child_at(node, index, offset)
            if place is None:
                return index
            node = node.children[place]
            index = self.createIndex(place, 0, node)

    def _child_at(self, node: _Node, index: QModelIndex, offset: int) -> int | None:
        for place, packet_field in enumerate(node.fields):
            if packet_field.offset <= offset < packet_field.offset + packet_field.size:
                while len(node.children) <= place:
                    self.fetchMore(index)
                return place
        for child in node.children:
            if not child.meaning and child.offset <= offset < child.offset + child.size:
                return child.row
        return None

    # The Qt side.

    def _node_at(self, index: _Index) -> _Node:
        node: _Node = index.internalPointer() if index.isValid() else self._root
        return node

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._node_at(parent).children[row])

    def parent(self, index: _Index = QModelIndex()) -> Any:  # noqa: B008  # also QObject.parent()
        node = self._node_at(index).parent if index.isValid() else None
        return QModelIndex() if node is None or node is self._root else self.createIndex(node.row, 0, node)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.column() > 0 else len(self._node_at(parent).children)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return len(COLUMNS)

    def hasChildren(self, parent: _Index = QModelIndex()) -> bool:  # noqa: B008
        node = self._node_at(parent)
        return parent.column() <= 0 and bool(node.children or node.fields)

    def canFetchMore(self, parent: _Index) -> bool:
        node = self._node_at(parent)
        return len(node.children) < len(node.fields)

    def fetchMore(self, parent: _Index) -> None:
        node = self._node_at(parent)
        first = len(node.children)
        end = min(first + _PORTION, len(node.fields))
        if first >= end or self._record is None:
            return
        self.beginInsertRows(parent, first, end - 1)
        # Arguments are numbered from one; what stands before them is not counted.
        skipped = next((n for n, child in enumerate(node.fields) if child.kind in ("argument", "array")), 0)
        for place in range(first, end):
            node.add(self._node(node.fields[place], self._record.unix_ns, place - skipped + 1))
        self.endInsertRows()

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self._node_at(index)
        if role == MeaningRole:
            return node.meaning
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return _TEXTS[index.column()](node)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None


def _bytes_text(node: _Node) -> str:
    if not node.size:
        return ""
    return f"{node.offset}" if node.size == 1 else f"{node.offset} to {node.offset + node.size - 1}"


_TEXTS: tuple[Callable[[_Node], str], ...] = (
    lambda node: node.name,
    lambda node: node.type_text,
    lambda node: node.value,
    _bytes_text,
)
