"""The filter bar on top of the log: what is asked, how it fares, and what is hidden."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from osc_workbench.models.filter_history import FilterHistory, is_query
from osc_workbench.models.filter_text import read_filter, read_noise, with_term, without_term
from osc_workbench.models.wishes import SetFilter
from osc_workbench.traffic.query_syntax import QueryError
from osc_workbench.views.filter_chips import FilterChips
from osc_workbench.views.filter_completer import FilterCompleter, Source
from osc_workbench.views.filter_edit import EditState, FilterEdit
from osc_workbench.views.filter_help import FilterHelp
from osc_workbench.views.filter_memory import FilterMemory
from osc_workbench.views.filter_message import FilterMessage
from osc_workbench.views.resources import resource_path
from osc_workbench.views.theme import Colours

_PLACEHOLDER = "Filter, e.g. /synth/*/freq arg[0]>440 -type:s"


class FilterBar(QWidget):
    """wish: SetFilter, whenever what is asked is another query that can be read.

    left: the keyboard should go to the log. history_changed: a FilterHistory. hidden_changed: names of the noise that
    is hidden, a tuple.
    """

    wish = Signal(object)
    left = Signal()
    history_changed = Signal(object)
    hidden_changed = Signal(object)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading = read_filter("")
        self._readable_text = ""
        self._asked = SetFilter("")
        self._help: FilterHelp | None = None
        self._make_parts(colours)
        self._lay_out()
        self._connect()
        self.set_colours(colours)
        self._read()

    def _make_parts(self, colours: Colours) -> None:
        self.shows = _mode_button("Show matches", "Show only the messages that match")
        self.highlights = _mode_button("Highlight", "Show all messages, with those marked that match")
        self.shows.setChecked(True)
        self._modes = QButtonGroup(self)
        for button in (self.shows, self.highlights):
            self._modes.addButton(button)
        self.edit = FilterEdit(colours)
        self.edit.setPlaceholderText(_PLACEHOLDER)
        self.edit.setAccessibleName("Filter")
        self.memory = FilterMemory(self.edit, colours)
        self.completer = FilterCompleter(self.edit)
        self.explain = QToolButton()
        self.explain.setText("?")
        self.explain.setToolTip("What this filter means, and all that can be asked")
        self.explain.setAccessibleName("Explain the filter")
        noise = read_noise(resource_path("filters", "noise.json").read_text("utf-8"))
        self.chips = FilterChips(noise, colours)
        self.message = FilterMessage(colours)
        self.count = QLabel()
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.count.setAccessibleName("Messages that match")

    def _lay_out(self) -> None:
        modes, first, second = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        modes.setSpacing(0)
        modes.addWidget(self.shows)
        modes.addWidget(self.highlights)
        first.setSpacing(6)
        first.addLayout(modes)
        first.addWidget(self.edit, 1)
        first.addWidget(self.memory.saved)
        first.addWidget(self.explain)
        second.setSpacing(12)
        second.addWidget(self.chips)
        second.addWidget(self.message, 1)
        second.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)

    def _connect(self) -> None:
        self.edit.textChanged.connect(self._read)
        self.edit.escaped.connect(self._on_escaped)
        self.edit.confirmed.connect(self._on_confirmed)
        memory = self.memory
        memory.chosen.connect(self.set_text)
        memory.past_newest.connect(self.left)
        memory.history_changed.connect(self.history_changed)
        memory.saved.refused.connect(self.message.show_error)
        self.message.drop_wished.connect(self._drop)
        self.highlights.toggled.connect(self._on_mode)
        self.chips.changed.connect(self._on_chips)
        self.explain.clicked.connect(self._explain)

    # What is asked.

    @property
    def text(self) -> str:
        """What is typed, which may be no query yet."""
        return self.edit.text()

    @property
    def is_highlighting(self) -> bool:
        return self.highlights.isChecked()

    def set_highlighting(self, is_highlighting: bool) -> None:
        """Mark matches instead of hiding the others, or the other way round."""
        (self.highlights if is_highlighting else self.shows).setChecked(True)

    def set_text(self, text: str) -> None:
        """Ask for another filter, as if it were typed; it can be undone like that, too."""
        if text != self.text:
            self.completer.replace_text(text)
        self.completer.popup.hide()

    def add_term(self, query: str, exclude: bool = False) -> None:
        """Ask for what matches this query, too, or for what does not."""
        base = self.text if is_query(self.text) else self._readable_text
        try:
            self.set_text(with_term(base, query, exclude))
        except QueryError as error:
            self.message.show_error(str(error))

    def focus_edit(self) -> None:
        """Move the keyboard here; what is typed replaces the filter."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def _read(self) -> None:
        hidden = () if self.is_highlighting else self.chips.hidden
        reading = self._reading = read_filter(self.text, hidden)
        self.message.show_error(reading.message)
        self.memory.used.stop()
        if reading.message:
            words = f"{reading.message}\nThe log still shows what was asked before."
            self.edit.show_state(EditState.INVALID, words, reading.fault)
        else:
            self._readable_text = self.text
            self.edit.show_state(self._fine_state, reading.meaning)
            self._ask(SetFilter(reading.query, self.is_highlighting))
            self.memory.used.start()
        if self._help is not None:
            self._help.show_meaning(reading.message or reading.meaning)

    @property
    def _fine_state(self) -> EditState:
        return EditState.VALID if self.text.strip() else EditState.EMPTY

    def _ask(self, wish: SetFilter) -> None:
        if wish != self._asked:
            self._asked = wish
            self.wish.emit(wish)

    def _on_mode(self) -> None:
        self.chips.set_effective(not self.is_highlighting)
        self._read()

    def _on_chips(self) -> None:
        self._read()
        self.hidden_changed.emit(self.hidden_noise)

    # What was found.

    def show_result(self, shown: int, total: int, progress: float) -> None:
        """Say how many of all messages match. progress: how much has been looked at, 0 to 1."""
        asks = bool(self._reading.query or self._reading.message)
        text = f"{shown:,} of {total:,}" if asks or shown != total else f"{total:,} messages"
        self.count.setText(f"{text}   {int(progress * 100)} %" if asks and progress < 1 else text)
        # It may become wider, but not narrower: what stands beside it would dance.
        self.count.setMinimumWidth(max(self.count.minimumWidth(), self.count.sizeHint().width()))
        self.edit.show_progress(progress if asks else 1.0)
        is_barren = asks and total > 0 and shown == 0 and progress >= 1
        if not self._reading.message and is_barren != (self.edit.state is EditState.BARREN):
            if is_barren:
                self.show_empty(None)
            else:
                self.edit.show_state(self._fine_state, self._reading.meaning)
                self.message.show_error("")

    def show_empty(self, suggestion: tuple[str, str, int] | None) -> None:
        """Say that nothing matches. suggestion: (term, query without it, how many messages that matches)."""
        if not self._reading.message and self._reading.query:
            self.edit.show_state(EditState.BARREN, f"No message matches.\n{self._reading.meaning}")
            self.message.show_barren(suggestion)

    def _drop(self, term: str) -> None:
        text, hidden = without_term(self.text, term, self.chips.hidden)
        self.chips.set_hidden([noise.name for noise in hidden])
        self.set_text(text)

    # Noise and history.

    @property
    def hidden_noise(self) -> tuple[str, ...]:
        """The names of the chips that are pressed."""
        return tuple(noise.name for noise in self.chips.hidden)

    def set_hidden_noise(self, names: Sequence[str]) -> None:
        self.chips.set_hidden(names)

    @property
    def history(self) -> FilterHistory:
        return self.memory.history

    def set_history(self, history: FilterHistory) -> None:
        """Offer these filters of before."""
        self.memory.set_history(history)

    def set_sources(self, addresses: Source, endpoints: Source) -> None:
        """Complete with these: what returns the addresses seen so far, in any order, and the URLs of endpoints."""
        self.completer.set_sources(addresses, endpoints)

    # Keys.

    def _on_escaped(self) -> None:
        if self.text:
            self.set_text("")
        else:
            self.left.emit()

    def _on_confirmed(self) -> None:
        if not self._reading.message:
            self.memory.note_used()
            self.left.emit()

    # Looks.

    def set_colours(self, colours: Colours) -> None:
        for part in (self.edit, self.memory, self.chips, self.message):
            part.set_colours(colours)

    def _explain(self) -> None:
        if self._help is None:
            self._help = FilterHelp(self)
            self._help.example_chosen.connect(self.set_text)
        self._help.show_meaning(self._reading.message or self._reading.meaning)
        self._help.show()
        self._help.raise_()
        self._help.activateWindow()


def _mode_button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    return button
