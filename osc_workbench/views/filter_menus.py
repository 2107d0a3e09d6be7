"""The menus of a filter: filters used lately, and filters saved under a name."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from osc_workbench.models.filter_history import NAME_LIMIT, FilterHistory, SavedFilter, is_query
from osc_workbench.views.menu_title import menu_title
from osc_workbench.views.tool_tips import plain_tip

_SHOWN_LIMIT = 25
_NO_HISTORY, _NO_SAVED = "No filter has been used yet", "No filter is saved yet"


def _add_title(menu: QMenu, text: str) -> None:
    action = menu.addAction(text)
    action.setEnabled(False)


class HistoryMenu(QMenu):
    """The newest filters that were used. chosen: a query."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.show_history(FilterHistory())

    def show_history(self, history: FilterHistory) -> None:
        self.clear()
        for query in history.queries[:_SHOWN_LIMIT]:
            action = self.addAction(menu_title(query))
            action.setToolTip(plain_tip(query))
            action.triggered.connect(partial(self._choose, query))
        if not history.queries:
            _add_title(self, _NO_HISTORY)

    def _choose(self, query: str, _is_checked: bool = False) -> None:
        self.chosen.emit(query)


class SavedFiltersButton(QToolButton):
    """Saves the filter that is typed, and has those that were saved to use, rename and delete.

    typed_query: returns the filter that is typed.
    chosen: a query. history_changed: a FilterHistory. refused: why a name was not taken, a sentence.
    """

    chosen = Signal(str)
    history_changed = Signal(object)
    refused = Signal(str)

    def __init__(self, typed_query: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typed_query = typed_query
        self._history = FilterHistory()
        self.setText("Saved")
        self.setToolTip("Filters saved under a name")
        self.setAccessibleName("Saved filters")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill_menu)
        self._renaming, self._deleting = QMenu("Rename", menu), QMenu("Delete", menu)
        self.setMenu(menu)

    def set_history(self, history: FilterHistory) -> None:
        self._history = history

    def fill_menu(self) -> None:
        """Make the menu anew, for what is typed and saved now."""
        menu, rename, delete = self.menu(), self._renaming, self._deleting
        for part in (menu, rename, delete):
            part.clear()
        query = self._typed_query()
        save = menu.addAction("Save this filter…", self._ask_for_name)
        save.setEnabled(bool(query) and is_query(query))
        menu.addSeparator()
        saved = self._history.saved
        for kept in saved:
            self._add(menu, kept, partial(self._choose, kept.query))
        if saved:
            menu.addSeparator()
            menu.addMenu(rename)
            menu.addMenu(delete)
            for kept in saved:
                self._add(rename, kept, partial(self._ask_for_new_name, kept.name))
                self._add(delete, kept, partial(self._delete, kept.name))
        else:
            _add_title(menu, _NO_SAVED)

    def _add(self, menu: QMenu, kept: SavedFilter, slot: Callable[[], None]) -> QAction:
        action = menu.addAction(menu_title(kept.name))
        action.setToolTip(plain_tip(kept.query))
        action.triggered.connect(slot)
        return action

    def _choose(self, query: str, _is_checked: bool = False) -> None:
        self.chosen.emit(query)

    # Names.

    def _ask_for_name(self) -> None:
        query = self._typed_query()
        self._ask("Save filter", query[:NAME_LIMIT], partial(self._save, query))

    def _ask_for_new_name(self, name: str, _is_checked: bool = False) -> None:
        self._ask("Rename filter", name, partial(self._rename, name))

    def _ask(self, title: str, name: str, slot: Callable[[str], None]) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText("Name:")
        dialog.setTextValue(name)
        dialog.textValueSelected.connect(slot)
        dialog.open()

    def _save(self, query: str, name: str) -> None:
        self._change(lambda: self._history.with_saved(SavedFilter(name.strip(), query)), name)

    def _rename(self, old: str, new: str) -> None:
        self._change(lambda: self._history.renamed(old, new.strip()), new)

    def _delete(self, name: str, _is_checked: bool = False) -> None:
        self._change(lambda: self._history.without(name), name)

    def _change(self, change: Callable[[], FilterHistory], name: str) -> None:
        try:
            history = change()
        except ValueError as error:
            self.refused.emit(f"“{name:.40}” was not taken: {error}.")
            return
        self._history = history
        self.history_changed.emit(history)
