"""The list under a field of what could be typed there."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from osc_workbench.models.completion_model import CompletionModel, CompletionRole
from osc_workbench.traffic.query_completion import Completion

_Index = QModelIndex | QPersistentModelIndex
_VISIBLE_ROWS = 10
_PADDING, _GAP, _MARGIN = 8, 20, 4
_WIDTH, _LEAST_WIDTH = 720, 420
# The longest name that does not push what is said about it away.
_TEXT_SHARE = 0.6
_STYLE = """
CompletionPopup { background: palette(base); border: 1px solid palette(placeholder-text); border-radius: 3px; }
"""


class CompletionPopup(QFrame):
    """Lies over the window of a field, which keeps the keyboard.

    Up and Down choose, Tab takes what is chosen or the first, Enter only what is chosen, Escape closes: nothing is
    taken that was not asked for, however fast one types.
    chosen: a Completion.
    """

    chosen = Signal(object)

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self.model = CompletionModel(self)
        self.setStyleSheet(_STYLE)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Delegate(self.list, QApplication.font()))
        self.list.setFont(edit.font())
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Completions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        self.list.clicked.connect(self._on_clicked)
        edit.installEventFilter(self)
        self.hide()

    @property
    def current(self) -> Completion | None:
        index = self.list.currentIndex()
        return index.data(CompletionRole) if index.isValid() else None

    def offer(self, completions: Sequence[Completion]) -> None:
        """Show these, none of them chosen; nothing is shown if there are none."""
        self.model.set_completions(completions)
        if completions:
            self._place()
            self.show()
            self.raise_()
        else:
            self.hide()

    def _place(self) -> None:
        """Lie under the field, no larger than the window and than the rows need."""
        window = self._edit.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        corner = self._edit.mapTo(window, QPoint(0, self._edit.height() + 1))
        rows = min(self.model.rowCount(), _VISIBLE_ROWS)
        height = min(rows * row_height(self.list) + 2, window.height() - corner.y() - _MARGIN)
        room = window.width() - 2 * _MARGIN
        width = min(_WIDTH, max(room + _MARGIN - corner.x(), min(_LEAST_WIDTH, room)))
        left = max(_MARGIN, min(corner.x(), window.width() - width - _MARGIN))
        self.setGeometry(QRect(left, corner.y(), width, max(height, 0)))

    # Keys.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.isVisible():
            return False
        if event.type() in _ENDS:
            self.hide()
        elif isinstance(event, QKeyEvent) and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            if event.type() is QEvent.Type.ShortcutOverride and event.key() in _KEYS:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                return self._take_key(event.key())
        return False

    def _take_key(self, key: int) -> bool:
        """Do what a key means here; False if the field should have it."""
        if key in _STEPS:
            self._step(_STEPS[key])
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key == Qt.Key.Key_Tab:
            self._take(self.current or self.model.completions[0])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self._take(self.current)
        else:
            if key in _LEAVING_KEYS:
                self.hide()
            return False
        return True

    def _step(self, step: int) -> None:
        """Choose another row; beyond either end none is chosen, so that one comes back to what was typed."""
        index, count = self.list.currentIndex(), self.model.rowCount()
        place = index.row() if index.isValid() else (-1 if step > 0 else count)
        moved = place + step
        if abs(step) > 1:
            moved = min(max(moved, 0), count - 1)
        self.list.setCurrentIndex(self.model.index(moved) if 0 <= moved < count else QModelIndex())
        if 0 <= moved < count:
            self.list.scrollTo(self.model.index(moved))

    def _on_clicked(self, index: QModelIndex) -> None:
        self._take(index.data(CompletionRole))

    def _take(self, completion: Completion) -> None:
        self.hide()
        self.chosen.emit(completion)


_STEPS: dict[int, int] = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: _VISIBLE_ROWS - 1,
    Qt.Key.Key_PageUp: 1 - _VISIBLE_ROWS,
}
# The cursor leaves the word that is completed; Enter means what was typed.
_LEAVING_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)
_ENDS = (
    QEvent.Type.FocusOut,
    QEvent.Type.Hide,
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.MouseButtonPress,
)
_KEYS = (*_STEPS, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def row_height(view: QListView) -> int:
    """Return the height of a row in pixels."""
    return view.fontMetrics().height() + 6


class _Delegate(QStyledItemDelegate):
    """Text at the left, beside it what it is about; each is cut off where the room ends."""

    def __init__(self, view: QListView, words_font: QFont) -> None:
        super().__init__(view)
        self._view = view
        self._words_font = words_font

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, row_height(self._view))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        completion: Completion = index.data(CompletionRole)
        palette = option.palette
        text, muted = palette.text().color(), palette.placeholderText().color()
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, palette.highlight())
            text = muted = palette.highlightedText().color()
        area = option.rect.adjusted(_PADDING, 0, -_PADDING, 0)
        metrics = QFontMetrics(option.font)
        share = area.width() if not completion.help else int(area.width() * _TEXT_SHARE)
        name = metrics.elidedText(completion.text, Qt.TextElideMode.ElideMiddle, share)
        painter.setFont(option.font)
        painter.setPen(text)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(area, int(flags), name)
        area.setLeft(area.left() + max(metrics.horizontalAdvance(name), area.width() // 5) + _GAP)
        # Names are in the font of data, words in that of the window.
        painter.setFont(self._words_font)
        metrics = QFontMetrics(self._words_font)
        about = metrics.elidedText(completion.help, Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(muted)
        painter.drawText(area, int(flags), about)
        painter.restore()
