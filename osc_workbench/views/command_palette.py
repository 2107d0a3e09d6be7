"""The command palette: a field over the window in which any command is found by some letters of its name."""

from collections.abc import Callable, Iterator, Sequence

import shiboken6
from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAction, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from osc_workbench.models.palette_model import PaletteModel, PaletteRow, spoken_text, unavailable_text
from osc_workbench.views.elided_label import ElidedLabel
from osc_workbench.views.palette_delegate import PaletteDelegate, row_height
from osc_workbench.views.reachable_actions import ActionPlace, palette_entry

_WIDTH = 640
_MARGIN = 24
_VISIBLE_ROWS = 12
# No command has as long a name; what is pasted by mistake may be longer.
_TEXT_LIMIT = 100
# Colours of the application's palette: it lies over other views, so it needs a ground, and an edge that can be seen.
_STYLE = """
CommandPalette { background: palette(window); border: 1px solid palette(placeholder-text); border-radius: 4px; }
"""
# The keyboard goes elsewhere because the user wants it there, not because a menu or another window is shown.
_LEAVING = (
    Qt.FocusReason.MouseFocusReason,
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)


class CommandPalette(QFrame):
    """Hidden until `pop_up`; it lies over `window`, near its top.

    find_actions: called whenever it pops up, returns what can be done.
    The keys of the window's own shortcuts go to the field while it is shown.
    """

    def __init__(self, window: QWidget, find_actions: Callable[[], Sequence[ActionPlace]]) -> None:
        super().__init__(window)
        self._window = window
        self._find_actions = find_actions
        self._actions: tuple[QAction, ...] = ()
        self._homes: tuple[QWidget, ...] = ()
        self.model = PaletteModel(self)
        self.setStyleSheet(_STYLE)
        self.setAccessibleName("Command palette")
        self.edit = QLineEdit()
        self.edit.setMaxLength(_TEXT_LIMIT)
        self.edit.setPlaceholderText("Type some letters of a command")
        self.edit.setAccessibleName("Command")
        self.edit.installEventFilter(self)
        self.list = self._make_list()
        self.tip = ElidedLabel()
        self.tip.setProperty("muted", True)
        self.tip.setAccessibleName("What the command does")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        for part in (self.edit, self.list, self.tip):
            layout.addWidget(part)
        self.edit.textChanged.connect(self._on_text_changed)
        self.list.clicked.connect(self._on_clicked)
        self.list.selectionModel().currentChanged.connect(self._on_current_changed)
        self.hide()

    def _make_list(self) -> QListView:
        view = QListView()
        view.setModel(self.model)
        view.setItemDelegate(PaletteDelegate(view))
        self._row_height = row_height(view)
        view.setUniformItemSizes(True)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setAccessibleName("Commands")
        return view

    # Coming and going.

    def pop_up(self) -> None:
        """Show all that can be done now, and take the keyboard."""
        if not self.isVisible():
            self._homes = tuple(_with_parents(QApplication.focusWidget()))
        places = tuple(self._find_actions())
        self._actions = tuple(place.action for place in places)
        self.model.set_entries([palette_entry(place) for place in places])
        self.edit.clear()
        self._on_text_changed("")
        self.show()
        self.raise_()
        self._window.installEventFilter(self)
        self._window.activateWindow()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close and give the keyboard back to where it was."""
        home = next(filter(_can_have_keyboard, self._homes), None)
        if home is None:
            self.edit.clearFocus()
        else:
            home.activateWindow()
            home.setFocus(Qt.FocusReason.PopupFocusReason)
        self._close()

    def _close(self) -> None:
        self._homes = ()
        self._window.removeEventFilter(self)
        self.hide()

    def _place(self) -> None:
        """Lie near the top of the window, no larger than it and than the rows need."""
        rows = min(self.model.rowCount(), _VISIBLE_ROWS)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(rows * self._row_height)
        area = self._window.rect()
        height = min(self.sizeHint().height(), area.height() - 2 * _MARGIN)
        width = min(_WIDTH, area.width() - 2 * _MARGIN)
        top = min(3 * _MARGIN, area.height() - _MARGIN - height)
        self.setGeometry(QRect((area.width() - width) // 2, top, width, height))

    # What is typed and chosen.

    @property
    def current(self) -> PaletteRow | None:
        """The row that Enter would do."""
        number = self.list.currentIndex().row()
        return self.model.rows[number] if 0 <= number < len(self.model.rows) else None

    def _on_text_changed(self, text: str) -> None:
        self.model.set_text(text)
        self._select(0)
        self._place()
        if not self.model.rows:
            self._say(f"No command has these letters in this order: {text.strip()}")

    def _select(self, number: int) -> None:
        index = self.model.index(number)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def _on_current_changed(self, _current: QModelIndex) -> None:
        row = self.current
        if row is not None:
            entry = row.entry
            self._say(entry.tip or f"{entry.path}: {entry.title}" if entry.is_enabled else unavailable_text(entry))
            self.edit.setAccessibleDescription(spoken_text(entry))
            # The keyboard stays in the field, so that a screen reader does not hear of the list.
            QAccessible.updateAccessibility(QAccessibleEvent(self.edit, QAccessible.Event.DescriptionChanged))

    def _say(self, text: str) -> None:
        self.tip.show_text(text)

    def _on_clicked(self, _index: QModelIndex) -> None:
        self._trigger()

    def _trigger(self) -> None:
        """Do what is chosen, if that is possible, with the keyboard where it was before."""
        row = self.current
        if row is None:
            return
        action = self._actions[row.number]
        if not (shiboken6.isValid(action) and action.isEnabled()):
            self._say(unavailable_text(row.entry))
            return
        self.model.note_used(row.entry)
        self.dismiss()
        action.trigger()

    # Keys.

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that the field has no use for; none of them may reach the window."""
        count, page = self.model.rowCount(), max(1, self.list.height() // self._row_height)
        here = self.list.currentIndex().row()
        match event.key():
            case Qt.Key.Key_Escape:
                self.dismiss()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._trigger()
            case Qt.Key.Key_Up | Qt.Key.Key_Down if count:
                self._select((here + (1 if event.key() == Qt.Key.Key_Down else -1)) % count)
            case Qt.Key.Key_PageUp | Qt.Key.Key_PageDown if count:
                step = page if event.key() == Qt.Key.Key_PageDown else -page
                self._select(min(max(0, here + step), count - 1))

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802 Qt's name
        # While it is shown there is nowhere else to go; once hidden the keyboard must not stay.
        return self.isVisible() or super().focusNextPrevChild(is_next)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Resize:
            self._place()
        if watched is self.edit and isinstance(event, QFocusEvent):
            self._on_focus(event)
        return False

    def _on_focus(self, event: QFocusEvent) -> None:
        if event.type() is QEvent.Type.FocusOut and event.reason() in _LEAVING:
            self._close()


def _with_parents(widget: QWidget | None) -> Iterator[QWidget]:
    # The editor of a table's cell is closed when the keyboard leaves it; the table is still there.
    while widget is not None:
        yield widget
        widget = widget.parentWidget()


def _can_have_keyboard(widget: QWidget) -> bool:
    is_there = shiboken6.isValid(widget) and widget.isVisible() and widget.isEnabled()
    return is_there and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
