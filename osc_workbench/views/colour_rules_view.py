"""Colour rules: a table to edit and put in order, and fields to add one."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.colour_rule_model import ColourRuleModel
from osc_workbench.models.wishes import SetColourRules
from osc_workbench.traffic.query import parse_query
from osc_workbench.views.colour_rule_delegate import ColourRuleDelegate
from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.theme import Colours
from osc_workbench.views.value_table_view import ValueTableView

_HINT = "The first rule that matches a message colours it. Malformed packets are red without a rule."


class ColourRulesView(QWidget):
    """wish: SetColourRules."""

    wish = Signal(object)

    def __init__(self, model: ColourRuleModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._colours = colours
        self.table = ValueTableView(
            model, "Colour rules", "No colour rules. Fill in below which messages get a colour, and press Add rule."
        )
        self._delegate = ColourRuleDelegate(model, colours, self)
        self.table.setItemDelegate(self._delegate)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.message = ElidedLabel()
        self.colour, self.query = QComboBox(), QLineEdit()
        self._make_fields()
        self.add = _button("Add rule", "Colour by this rule from now on", self._on_add)
        self.remove = _button("Remove", "Remove the selected rules (Delete)", self._on_remove)
        self.up = _button("Move up", "Let the selected rules go before the one above (Alt+Up)", self._on_up)
        self.down = _button("Move down", "Let the selected rules go after the one below (Alt+Down)", self._on_down)
        self._lay_out()
        self._connect()
        self.set_colours(colours)
        self._show_buttons()

    def _make_fields(self) -> None:
        self.colour.setAccessibleName("Colour")
        self.colour.setToolTip("The background that messages get")
        self._delegate.fill(self.colour)
        self.query.setAccessibleName("Query")
        self.query.setPlaceholderText("/synth/*/freq arg[0]>440")
        self.query.setToolTip("Which messages are coloured, in the language of the filter")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        for part in (self.colour, self.query, self.add, self.remove, self.up, self.down):
            row.addWidget(part, 1 if part is self.query else 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.message)
        layout.addLayout(row)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.query.returnPressed.connect(self._on_add)
        self.query.textEdited.connect(self._show_typed)
        self._delegate.query_typed.connect(self._show_typed)
        self._delegate.closeEditor.connect(self._on_editor_closed)
        self.table.delete_pressed.connect(self._on_remove)
        for keys, slot in (("Alt+Up", self._on_up), ("Alt+Down", self._on_down)):
            # PySide takes no heed of a context beside a slot.
            shortcut = QShortcut(QKeySequence(keys), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(slot)
        selection = self.table.selectionModel()
        for changed in (self._model.rowsInserted, self._model.rowsRemoved, self._model.layoutChanged):
            changed.connect(self._show_buttons)
        selection.selectionChanged.connect(self._show_buttons)
        selection.selectionChanged.connect(self._show_hint)
        self._model.rules_changed.connect(self._on_rules_changed)
        self._model.refused.connect(self._show_fault)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._delegate.set_colours(colours)
        self._delegate.fill(self.colour)
        self.table.viewport().update()
        self._show_hint()

    # The line below the table.

    def _show_hint(self) -> None:
        self._show_line(_HINT, is_fault=False)

    def _show_fault(self, fault: str) -> None:
        """Say why a rule was not taken; "" is for one that was."""
        self._show_line(fault or _HINT, is_fault=bool(fault))

    def _show_typed(self, query: str) -> None:
        """Say what a query means, or what is wrong with it."""
        fault = self._model.query_fault(query)
        if fault and query.strip():
            self._show_fault(fault)
        else:
            self._show_line(parse_query(query).explain() if query.strip() else _HINT, is_fault=False)

    def _show_line(self, text: str, is_fault: bool) -> None:
        colour = self._colours.error if is_fault else self._colours.muted
        self.message.setStyleSheet(f"color: {colour.name()};")
        self.message.show_text(text)

    def _on_editor_closed(self, _editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """After Escape, what was wrong with the text matters no longer."""
        if hint is QAbstractItemDelegate.EndEditHint.RevertModelCache:
            self._show_hint()

    # What the user does.

    def _on_add(self) -> None:
        if self._model.add(self.query.text(), self.colour.currentText()):
            self.query.clear()
            self.colour.setCurrentText(self._model.free_colour)
            self.query.setFocus()

    def _on_remove(self) -> None:
        self._model.remove(self.table.selected_rows())

    def _on_up(self) -> None:
        self._model.move(self.table.selected_rows(), -1)

    def _on_down(self) -> None:
        self._model.move(self.table.selected_rows(), 1)

    def _on_rules_changed(self, rules: object) -> None:
        self.wish.emit(SetColourRules(rules))  # type: ignore[arg-type]  # a signal carries objects

    def _show_buttons(self) -> None:
        selected = self.table.selected_rows()
        self.remove.setEnabled(bool(selected))
        self.up.setEnabled(self._model.can_move(selected, -1))
        self.down.setEnabled(self._model.can_move(selected, 1))


def _button(text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(slot)
    return button
