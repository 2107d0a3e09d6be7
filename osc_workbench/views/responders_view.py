"""Rules that answer: a table to edit, and fields to add one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.responder_model import TO_SENDER, ResponderModel
from osc_workbench.models.wishes import SetResponders
from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.theme import Colours
from osc_workbench.views.value_table_view import ValueTableView


class RespondersView(QWidget):
    """wish: SetResponders."""

    wish = Signal(object)

    def __init__(self, model: ResponderModel, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.table = ValueTableView(
            model,
            "Rules that answer",
            "No rules. Fill in below what arrives and what is sent then, and press Add rule.",
        )
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.pattern = _field("When this arrives", "/ping", "An address, or a pattern: * in one level, ** across")
        self.text = _field("Send", "/pong ,i 1", "A message or bundle as text: address, type tags, arguments")
        self.target = _field("To", TO_SENDER, "Where it goes: empty for the sender, or udp://host:port")
        self.add = QPushButton("Add rule")
        self.add.setToolTip("Answer by this rule from now on")
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Remove the selected rules (Delete)")
        self.message, self.script = ElidedLabel(), ElidedLabel()
        fields = QGridLayout()
        fields.setHorizontalSpacing(6)
        for column, (label, field, stretch) in enumerate(
            (("When", self.pattern, 3), ("send", self.text, 5), ("to", self.target, 3))
        ):
            fields.addWidget(QLabel(label), 0, 2 * column)
            fields.addWidget(field, 0, 2 * column + 1)
            fields.setColumnStretch(2 * column + 1, stretch)
            field.returnPressed.connect(self._on_add)
            field.textEdited.connect(self._forget_message)
        fields.addWidget(self.add, 0, 6)
        fields.addWidget(self.remove, 0, 7)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.script)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.message)
        layout.addLayout(fields)
        self.script.hide()
        self.message.hide()
        self.add.clicked.connect(self._on_add)
        self.remove.clicked.connect(self._on_remove)
        self.setFocusProxy(self.table)
        self.table.delete_pressed.connect(self._on_remove)
        self.table.selectionModel().selectionChanged.connect(self._show_button)
        self.table.selectionModel().selectionChanged.connect(self._forget_message)
        model.rules_changed.connect(self._on_rules_changed)
        model.refused.connect(self.show_message)
        self._show_button()
        self._is_problem = False
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.message.setStyleSheet(f"color: {colours.error.name()};")
        script = colours.error if self._is_problem else colours.muted
        self.script.setStyleSheet(f"color: {script.name()};")

    def show_message(self, text: str) -> None:
        """Say why a rule was not taken; "" takes it away."""
        self.message.show_text(text)
        self.message.setVisible(bool(text))

    def _forget_message(self) -> None:
        """What was said of one rule is not about what the user does now."""
        self.show_message("")

    def show_script(self, text: str, is_problem: bool) -> None:
        """Say what a script does, or what is wrong with it; "" takes it away."""
        if text == self.script.whole_text:
            return
        self._is_problem = is_problem
        self.set_colours(self._colours)
        self.script.show_text(text)
        self.script.setVisible(bool(text))

    def _on_add(self) -> None:
        added = self._model.add(
            self.pattern.text(),
            self.text.text(),
            self.target.text(),
        )
        if added:
            for field in (self.pattern, self.text, self.target):
                field.clear()
            self.pattern.setFocus()

    def _on_remove(self) -> None:
        self._model.remove(self.table.selected_rows())

    def _on_rules_changed(self, rules: object) -> None:
        self.wish.emit(SetResponders(rules))  # type: ignore[arg-type]  # a signal carries objects

    def _show_button(self) -> None:
        self.remove.setEnabled(self.table.selectionModel().hasSelection())


def _field(name: str, placeholder: str, tip: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(placeholder)
    field.setToolTip(tip)
    return field
