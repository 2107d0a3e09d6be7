"""The packet detail: the decoded tree beside the bytes; selecting in one marks the same bytes in the other."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedLayout,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from osc_workbench.models.packet_model import MeaningRole, PacketModel
from osc_workbench.views.hex_pane import HexPane
from osc_workbench.views.theme import Colours, data_font
from osc_workbench.views.tip_delegate import TipDelegate

# Deeper levels and longer lists are opened by hand.
_OPEN_DEPTH = 2


class _MeaningDelegate(TipDelegate):
    """Colours errors and notes."""

    def __init__(self, colours: Colours, parent: QWidget) -> None:
        super().__init__(parent)
        self.colours = colours

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        meaning = index.sibling(index.row(), 0).data(MeaningRole)
        colour = {"error": self.colours.error, "issue": self.colours.warning}.get(meaning)
        if colour is None and index.column() in (1, 3):
            colour = self.colours.muted
        if colour is not None:
            option.palette.setBrush(QPalette.ColorRole.Text, QBrush(colour))


class PacketView(QWidget):
    """Shows what a PacketModel holds."""

    def __init__(self, model: PacketModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.tree = self._make_tree(model)
        self._delegate = _MeaningDelegate(colours, self)
        self.tree.setItemDelegate(self._delegate)
        self.pane = HexPane(colours)
        self.bytes = self.pane.bytes
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.pane)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(1, False)
        hint = QLabel("Select a message to see how it is made.")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setProperty("muted", True)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(hint)
        self._layout.addWidget(self.splitter)
        self.tree.selectionModel().currentChanged.connect(self._mark_field)
        self.bytes.byte_selected.connect(self._select_byte)
        self.pane.hit_shown.connect(self._select_byte)
        # One finds from the tree as well.
        self.addActions([*self.pane.find_actions, self.pane.close_action])
        self._enable_finding()
        model.modelReset.connect(self._show_packet)

    def _make_tree(self, model: PacketModel) -> QTreeView:
        tree = QTreeView()
        tree.setModel(model)
        tree.setUniformRowHeights(True)
        tree.setIndentation(14)
        tree.setAlternatingRowColors(True)
        tree.setFont(data_font())
        tree.setAccessibleName("Fields of the packet")
        tree.setProperty("pane", True)
        tree.header().setHighlightSections(False)
        header = tree.header()
        header.setStretchLastSection(False)
        for column in (0, 1, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        # Looking at every line of a large packet to find the widest would take seconds.
        header.setResizeContentsPrecision(64)
        return tree

    def set_colours(self, colours: Colours) -> None:
        self._delegate.colours = colours
        self.pane.set_colours(colours)
        self.tree.viewport().update()

    def _show_packet(self) -> None:
        self._layout.setCurrentIndex(1 if self._model.record else 0)
        self.pane.show_bytes(self._model.data_bytes, self._model.error_offset)
        self._enable_finding()
        self._open_top()
        record = self._model.record
        if record is not None and record.is_bundle and record.size:
            self._select_message(record.offset)
            self.pane.search_within(range(record.offset, record.offset + record.size))
        else:
            self.pane.search_within(range(len(self._model.data_bytes)))

    def _enable_finding(self) -> None:
        for action in self.pane.find_actions:
            action.setEnabled(self._model.record is not None)

    def _open_top(self) -> None:
        self.tree.expandToDepth(_OPEN_DEPTH - 1)

    def _select_message(self, offset: int) -> None:
        """Show where in its bundle the selected message stands."""
        index = self._model.index_at(offset)
        if index.isValid() and index.parent().isValid():
            self.tree.setCurrentIndex(index.parent())
            self.tree.expand(index.parent())
            self.tree.scrollTo(index.parent(), QTreeView.ScrollHint.PositionAtCenter)

    def _mark_field(self, current: QModelIndex) -> None:
        if current.isValid():
            self.bytes.mark(*self._model.extent(current))

    def _select_byte(self, offset: int) -> None:
        index = self._model.index_at(offset)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)
        else:
            self.bytes.mark(offset, 1)
