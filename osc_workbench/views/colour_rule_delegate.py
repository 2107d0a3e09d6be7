"""The cells of the table of colour rules: swatches, and what one edits them with."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from osc_workbench.models.colour_rule_model import COLOUR, ColourRuleModel
from osc_workbench.traffic.colour_rules import COLOURS
from osc_workbench.views.colour_icon import colour_icon
from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_COMMITTING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class ColourRuleDelegate(QStyledItemDelegate):
    """query_typed: the text in a cell while it is being edited. A query that cannot be stays open to be mended."""

    query_typed = Signal(str)

    def __init__(self, model: ColourRuleModel, colours: Colours, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        self._icons: dict[str, QIcon] = {name: colour_icon(colours, name) for name in COLOURS}

    def fill(self, box: QComboBox) -> None:
        """Put all colours into a box, with the swatches of the theme; the chosen one stays chosen."""
        chosen = box.currentIndex()
        box.clear()
        for name, icon in self._icons.items():
            box.addItem(icon, name)
        box.setCurrentIndex(max(chosen, 0))

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if index.column() == COLOUR:
            option.icon = self._icons[index.data()]
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        if index.column() == COLOUR:
            box = QComboBox(parent)
            box.setAccessibleName("Colour of the rule")
            self.fill(box)
            box.activated.connect(self._on_chosen)
            # It is there to choose from; it must be in sight before it can drop down.
            QTimer.singleShot(0, box, box.showPopup)
            return box
        line = QLineEdit(parent)
        line.setAccessibleName("Query of the rule")
        line.textEdited.connect(self.query_typed)
        return line

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentText(index.data(Qt.ItemDataRole.EditRole))
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())
        else:
            super().setModelData(editor, model, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        editor.setGeometry(option.rect)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Keep an editor open whose query cannot be taken; the view says why."""
        if (
            isinstance(editor, QLineEdit)
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in _COMMITTING_KEYS
            and self._model.query_fault(editor.text())
        ):
            self.query_typed.emit(editor.text())
            return True
        return super().eventFilter(editor, event)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        QToolTip.showText(event.globalPos(), plain_tip(index.data(Qt.ItemDataRole.ToolTipRole) or ""), view)
        return True

    def _on_chosen(self) -> None:
        editor = self.sender()
        assert isinstance(editor, QComboBox)
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)
