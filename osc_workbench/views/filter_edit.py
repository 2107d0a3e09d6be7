"""The line in which a filter is typed: its frame and a sign say how it fares, a wavy line where it is wrong."""

import enum
from typing import cast

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QTextLayout, QTextLine, QTextOption
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame, QToolButton, QWidget

from osc_workbench.views.filter_icons import make_icon
from osc_workbench.views.text_places import qt_place
from osc_workbench.views.theme import Colours, data_font
from osc_workbench.views.tool_tips import plain_tip

# With the keyboard the frame is twice as wide, and the room within less by as much.
_STYLE = """
FilterEdit {{ border: 1px solid {colour}; padding: 3px 4px; }}
FilterEdit:focus {{ border: 2px solid {focused}; padding: 2px 3px; }}
"""
# How far the rectangle of the cursor stands out to the left of the place it marks.
# Source: Qt 6.11, QWidgetLineControl::rectForPos.
_CURSOR_MARGIN = 5
_WAVE_STEP, _WAVE_HEIGHT = 2, 2
# One point more than the frame, which can have the same colour.
_PROGRESS_HEIGHT = 3
# What the window might want them for has to wait.
_OWN_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EditState(enum.Enum):
    """How a filter fares. BARREN: it can be read but matches nothing."""

    EMPTY = "empty"
    VALID = "valid"
    INVALID = "invalid"
    BARREN = "barren"


class FilterEdit(QLineEdit):
    """Reads nothing itself: whoever does says how it fares.

    escaped, confirmed, older_wished, newer_wished: Escape, Enter, Up and Down, unless a list of completions takes them.
    completion_wished: Alt+Down.
    """

    escaped = Signal()
    confirmed = Signal()
    older_wished = Signal()
    newer_wished = Signal()
    completion_wished = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._state = EditState.EMPTY
        self._fault: tuple[int, int] | None = None
        self._progress = 1.0
        self.setFont(data_font())
        self.setClearButtonEnabled(True)
        self.sign = self.addAction(make_icon("valid", colours.good), QLineEdit.ActionPosition.TrailingPosition)
        self.sign.setEnabled(False)
        self._show_look()

    @property
    def state(self) -> EditState:
        return self._state

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._show_look()

    def show_state(self, state: EditState, words: str, fault: tuple[int, int] | None = None) -> None:
        """Show how the text fares. words: for the tool tip. fault: start and end of what is wrong, in characters."""
        if state is not self._state:
            self._state = state
            self._show_look()
        self._fault = fault
        self.setToolTip(plain_tip(words))
        self.sign.setToolTip(plain_tip(words))
        self.setAccessibleDescription(words)
        self.update()

    def show_progress(self, progress: float) -> None:
        """Show how much has been looked at, 0 to 1."""
        if progress != self._progress:
            self._progress = progress
            self.update()

    def _show_look(self) -> None:
        colours, state = self._colours, self._state
        colour = {
            EditState.EMPTY: colours.border,
            EditState.VALID: colours.good,
            EditState.INVALID: colours.error,
            EditState.BARREN: colours.warning,
        }[state]
        focused = colours.accent if state is EditState.EMPTY else colour
        self.setStyleSheet(_STYLE.format(colour=colour.name(), focused=focused.name()))
        self.sign.setVisible(state is not EditState.EMPTY)
        if state is not EditState.EMPTY:
            self.sign.setIcon(make_icon(state.value, colour))

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self._progress < 1:
            width = round(max(0.0, self._progress) * self.width())
            painter.fillRect(0, self.height() - _PROGRESS_HEIGHT, width, _PROGRESS_HEIGHT, self._colours.accent)
        area = self.fault_area()
        if area.width() > 0:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._colours.error, 1.4))
            painter.drawPolyline(_wave(area))
        painter.end()

    def fault_area(self) -> QRectF:
        """Return where the wavy line runs; it is empty if there is none, or none in sight."""
        if self._fault is None:
            return QRectF()
        text = self.text()
        start, end = (qt_place(text, place) for place in self._fault)
        # What is missing at the end has no characters of its own, but is shown as wide as one.
        layout = _laid_out(text + " ", self)
        line = layout.lineAt(0)
        here = self.cursorRect()
        origin = here.left() + _CURSOR_MARGIN - _x_at(line, self.cursorPosition())
        left, right = (origin + _x_at(line, place) for place in (start, max(end, start + 1)))
        return QRectF(left, here.bottom() - _WAVE_HEIGHT, right - left, _WAVE_HEIGHT) & QRectF(self.text_area())

    def text_area(self) -> QRect:
        """Return where the text can be seen: neither under the frame nor under the signs at the right."""
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        area = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        signs = [button.x() for button in self.findChildren(QToolButton) if button.isVisible()]
        area.setRight(min([area.right(), *signs]))
        return area

    # Keys.

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.key() in _OWN_KEYS or _is_completion_key(event))
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        signal = self._keys().get(event.key()) if plain else None
        if signal is not None:
            signal.emit()
        elif _is_completion_key(event):
            self.completion_wished.emit()
        else:
            super().keyPressEvent(event)

    def _keys(self) -> dict[int, SignalInstance]:
        return {
            Qt.Key.Key_Escape: self.escaped,
            Qt.Key.Key_Return: self.confirmed,
            Qt.Key.Key_Enter: self.confirmed,
            Qt.Key.Key_Up: self.older_wished,
            Qt.Key.Key_Down: self.newer_wished,
        }


def _is_completion_key(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_Down and event.modifiers() == Qt.KeyboardModifier.AltModifier


def _laid_out(text: str, edit: QLineEdit) -> QTextLayout:
    layout = QTextLayout(text, edit.font())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return layout


def _x_at(line: QTextLine, place: int) -> float:
    # The stubs do not know that it returns a pair.
    x, _ = cast("tuple[float, int]", line.cursorToX(place))
    return x


def _wave(area: QRectF) -> list[QPointF]:
    count = int(area.width() / _WAVE_STEP) + 1
    heights = (area.bottom(), area.top())
    return [QPointF(area.left() + step * _WAVE_STEP, heights[step % 2]) for step in range(count)]
