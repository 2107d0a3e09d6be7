"""The bar under the bytes of a packet: what to find, how often it is there, and from hit to hit."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QToolButton, QWidget

from osc_workbench.osc.errors import NotationError
from osc_workbench.traffic.byte_pattern import BytePattern, parse_byte_pattern
from osc_workbench.views.theme import Colours, data_font

_HINT = 'Hex such as 2f 66, ?? for any byte, "text", or a number: i:440, h:440, f:0.5, d:0.5'
_WIDEST_COUNT = "888 of 888"


class HexFindBar(QWidget):
    """Reads the pattern; whoever searches says what was found.

    pattern_changed: a BytePattern; None while the text is none. next_wished, previous_wished: another hit.
    """

    pattern_changed = Signal(object)
    next_wished = Signal()
    previous_wished = Signal()
    close_wished = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pattern: BytePattern | None = None
        self._error = ""
        self.field = QLineEdit()
        self.field.setFont(data_font())
        self.field.setPlaceholderText("Find bytes")
        self.field.setAccessibleName("Find bytes")
        self.field.setAccessibleDescription(_HINT)
        self.field.setClearButtonEnabled(True)
        self.count, self.message = _label(), _label()
        self.count.setMinimumWidth(self.fontMetrics().horizontalAdvance(_WIDEST_COUNT))
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.message.setWordWrap(True)
        # A long word must not make the pane wider.
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.previous = _button("▲", "Previous hit", "Shift+Enter, Shift+F3")
        self.next = _button("▼", "Next hit", "Enter, F3")
        self.close_button = _button("✕", "Close the find bar", "Esc")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 4, 0, 2)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(2)
        for column, part in enumerate((self.field, self.count, self.previous, self.next, self.close_button)):
            layout.addWidget(part, 0, column)
        layout.addWidget(self.message, 1, 0, 1, 5)
        layout.setColumnStretch(0, 1)
        self.field.textChanged.connect(self._read_pattern)
        self.previous.clicked.connect(self.previous_wished)
        self.next.clicked.connect(self.next_wished)
        self.close_button.clicked.connect(self.close_wished)
        self.set_colours(colours)
        self.show_count("", False)

    @property
    def pattern(self) -> BytePattern | None:
        return self._pattern

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._show_message()

    def start(self) -> None:
        """Move the keyboard here; what is typed replaces the text."""
        self.field.setFocus()
        self.field.selectAll()

    def show_count(self, text: str, has_hits: bool) -> None:
        self.count.setText(text)
        for button in (self.previous, self.next):
            button.setEnabled(has_hits)

    def _read_pattern(self, text: str) -> None:
        self._pattern, self._error = None, ""
        if text.strip():
            try:
                self._pattern = parse_byte_pattern(text)
            except NotationError as error:
                self._error = f"Column {error.column}: {error.reason}."
        self._show_message()
        self.pattern_changed.emit(self._pattern)

    def _show_message(self) -> None:
        colour = self._colours.error if self._error else self._colours.muted
        self.message.setStyleSheet(f"color: {colour.name()};")
        self.message.setText(self._error or _HINT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.field.hasFocus():
            is_back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.previous_wished if is_back else self.next_wished).emit()
        else:
            super().keyPressEvent(event)


def _label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _button(text: str, name: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(name)
    button.setToolTip(f"{name} ({keys})")
    return button
