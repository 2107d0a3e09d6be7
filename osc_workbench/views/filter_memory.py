"""What the filter bar remembers: filters used lately, by keys and in a menu, and those saved under a name."""

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QLineEdit

from osc_workbench.models.filter_history import FilterHistory, Recall
from osc_workbench.views.filter_edit import FilterEdit
from osc_workbench.views.filter_icons import make_icon
from osc_workbench.views.filter_menus import HistoryMenu, SavedFiltersButton
from osc_workbench.views.theme import Colours

# A filter that stood for so long was meant, not just passed while typing.
_USED_AFTER_MS = 1000


class FilterMemory(QObject):
    """Up and Down in the line, the menu at its end, and the button beside it.

    chosen: a query to ask. past_newest: Down where nothing newer is left. history_changed: a FilterHistory.
    """

    chosen = Signal(str)
    past_newest = Signal()
    history_changed = Signal(object)

    def __init__(self, edit: FilterEdit, colours: Colours) -> None:
        super().__init__(edit)
        self._edit = edit
        self._history = FilterHistory()
        self._recall = Recall()
        self.used = QTimer(self, singleShot=True, interval=_USED_AFTER_MS)
        self.used.timeout.connect(self.note_used)
        self.action = edit.addAction(make_icon("history", colours.muted), QLineEdit.ActionPosition.TrailingPosition)
        self.action.setToolTip("Filters used lately (Up, Down)")
        self.action.triggered.connect(self._show_menu)
        self.menu = HistoryMenu(edit)
        self.saved = SavedFiltersButton(edit.text)
        for source in (self.menu, self.saved):
            source.chosen.connect(self._use)
        self.saved.history_changed.connect(self._change)
        edit.older_wished.connect(self._on_older)
        edit.newer_wished.connect(self._on_newer)

    def set_colours(self, colours: Colours) -> None:
        self.action.setIcon(make_icon("history", colours.muted))

    @property
    def history(self) -> FilterHistory:
        return self._history

    def set_history(self, history: FilterHistory) -> None:
        self._history = history
        self.saved.set_history(history)
        self.menu.show_history(history)

    def note_used(self) -> None:
        """Remember the filter that is typed, if it is one."""
        self._change(self._history.with_used(self._edit.text()))

    def _change(self, history: FilterHistory) -> None:
        if history != self._history:
            self.set_history(history)
            self.history_changed.emit(history)

    def _use(self, query: str) -> None:
        self.chosen.emit(query)
        self.note_used()

    def _show_menu(self) -> None:
        self.menu.popup(self._edit.mapToGlobal(QPoint(0, self._edit.height())))

    def _on_older(self) -> None:
        query = self._recall.older(self._edit.text(), self._history.queries)
        if query is not None:
            self.chosen.emit(query)

    def _on_newer(self) -> None:
        query = self._recall.newer(self._edit.text())
        if query is None:
            self.past_newest.emit()
        else:
            self.chosen.emit(query)
