"""The bytes of a packet and the bar that finds in them; what is looked for stays from packet to packet."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from osc_workbench.models.byte_search import ByteSearch, search_bytes
from osc_workbench.views.hex_find_bar import HexFindBar
from osc_workbench.views.hex_view import HexView
from osc_workbench.views.theme import Colours


class HexPane(QWidget):
    """hit_shown: offset of the hit that is looked at now; comes before it is marked.

    find_actions: their shortcuts hold wherever they are added. close_action: enabled while the bar is there.
    """

    hit_shown = Signal(int)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = b""
        self._search = ByteSearch()
        self.bytes = HexView(colours)
        self.find_bar = HexFindBar(colours)
        self.find_bar.hide()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.bytes, 1)
        self._layout.addWidget(self.find_bar)
        self.find_actions = (
            self._action("&Find bytes…", "Ctrl+F", "Find bytes in the packets that are selected", self.open_find),
            self._action("&Next hit", "F3", "Go to the next place of the bytes that were found", self.show_next),
            self._action("&Previous hit", "Shift+F3", "Go to the place before", self.show_previous),
        )
        self.close_action = self._action("&Close find bar", "Esc", "Find no more bytes", self.close_find)
        self.close_action.setEnabled(False)
        self.bytes.addActions(self.find_actions)
        self.bytes.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.find_bar.pattern_changed.connect(self._search_from_cursor)
        self.find_bar.next_wished.connect(self.show_next)
        self.find_bar.previous_wished.connect(self.show_previous)
        self.find_bar.close_wished.connect(self.close_find)

    def _action(self, text: str, keys: str, tip: str, slot: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        # The same keys may do something else in another part of the window.
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(f"{tip} ({keys})")
        action.setStatusTip(tip)
        action.triggered.connect(slot)
        return action

    def set_colours(self, colours: Colours) -> None:
        self.bytes.set_colours(colours)
        self.find_bar.set_colours(colours)

    def show_bytes(self, data: bytes, error_offset: int | None) -> None:
        """Show another packet; `search_within` then marks the hits in it."""
        self._data = data
        self._search = ByteSearch()
        self.bytes.set_bytes(data, error_offset)

    # Finding.

    def open_find(self) -> None:
        """Show the bar and move the keyboard to it."""
        if self.find_bar.isHidden():
            self.find_bar.show()
            # The bar takes room from the bytes; what is brought into sight must know how much is left.
            self._layout.activate()
            self.close_action.setEnabled(True)
            self._search_from_cursor()
        self.find_bar.start()

    def close_find(self) -> None:
        """Hide the bar and the hits; the pattern is there again when the bar is."""
        focused = QApplication.focusWidget()
        has_keyboard = focused is not None and self.find_bar.isAncestorOf(focused)
        self.find_bar.hide()
        self.close_action.setEnabled(False)
        self._show(ByteSearch())
        if has_keyboard:
            self.bytes.setFocus()

    def show_next(self) -> None:
        """Go to the next hit, from the last to the first; open the bar if it is not there."""
        if self.find_bar.isHidden():
            self.open_find()
            return
        offset = self.bytes.current_offset
        self._show(self._search.at_or_after(offset + 1 if self._is_on_hit() else offset))

    def show_previous(self) -> None:
        """Go to the hit before, from the first to the last; open the bar if it is not there."""
        if self.find_bar.isHidden():
            self.open_find()
            return
        self._show(self._search.before(self.bytes.current_offset))

    def _is_on_hit(self) -> bool:
        """Tell whether nothing else has been selected since the last hit was shown."""
        hit = self._search.current_hit
        return hit is not None and hit.start == self.bytes.current_offset

    def search_within(self, extent: range) -> None:
        """Mark the hits in all bytes and look at the first in this part of them, if the bar is there."""
        if not self.find_bar.isHidden():
            self._show(self._found().within(extent))

    def _search_from_cursor(self) -> None:
        self._show(self._found().at_or_after(self.bytes.current_offset))

    def _found(self) -> ByteSearch:
        pattern = self.find_bar.pattern
        return ByteSearch() if pattern is None else search_bytes(pattern, self._data)

    def _show(self, search: ByteSearch) -> None:
        self._search = search
        hit = search.current_hit
        if hit is not None:
            self.hit_shown.emit(hit.start)
        self.bytes.set_hits(search.hits, search.length, hit)
        self.find_bar.show_count(search.count_text if self.find_bar.pattern else "", bool(search.hits))
