"""Completion in the line of the filter: asks what could stand there, and puts in what is chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from osc_workbench.traffic.query_completion import Completion, complete
from osc_workbench.views.completion_popup import CompletionPopup
from osc_workbench.views.filter_edit import FilterEdit
from osc_workbench.views.text_places import character_place, qt_place

# After these there is more to complete.
_OPEN_ENDS = ("/", ":", '/"')
# After these a new word begins, of which nothing is known yet.
_WORD_ENDS = "()-! "

Source = Callable[[], Sequence[str]]


class FilterCompleter(QObject):
    """It offers something while one types, and everything on Alt+Down."""

    def __init__(self, edit: FilterEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self._addresses: Source = tuple
        self._endpoints: Source = tuple
        self._is_completing = False
        self.popup = CompletionPopup(edit)
        self.popup.chosen.connect(self._complete)
        edit.textEdited.connect(self._on_edited)
        edit.completion_wished.connect(self._offer)

    def set_sources(self, addresses: Source, endpoints: Source) -> None:
        self._addresses, self._endpoints = addresses, endpoints

    def replace_text(self, text: str) -> None:
        """Put in a text of which no part is to be completed; it can be undone."""
        self._put_in(0, len(self._edit.text()), text)

    def _put_in(self, start: int, end: int, text: str) -> None:
        # Qt takes what is put in like this for typing, which makes it undoable, but must not offer more.
        self._is_completing = True
        whole = self._edit.text()
        first = qt_place(whole, start)
        self._edit.setSelection(first, qt_place(whole, end) - first)
        self._edit.insert(text)
        self._is_completing = False
        self.popup.hide()

    def _offer(self) -> None:
        text = self._edit.text()
        cursor = character_place(text, self._edit.cursorPosition())
        self.popup.offer(complete(text, cursor, self._addresses(), self._endpoints()))

    def _on_edited(self, text: str) -> None:
        if self._is_completing:
            return
        before = text[: character_place(text, self._edit.cursorPosition())]
        if before and before[-1] not in _WORD_ENDS:
            self._offer()
        else:
            self.popup.hide()

    def _complete(self, completion: Completion) -> None:
        self._put_in(completion.start, completion.end, completion.text)
        if completion.text.endswith(_OPEN_ENDS):
            self._offer()
