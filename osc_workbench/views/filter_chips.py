"""Chips that hide noise with one click: messages that come all the time and are seldom what is looked for."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from osc_workbench.models.filter_text import NoiseFilter
from osc_workbench.views.filter_icons import SIZE, make_icon
from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip

_SHOWN, _HIDDEN = "shown", "hidden"
_NO_EFFECT = "Nothing is hidden while matches are highlighted."


class FilterChips(QWidget):
    """One chip for each kind of noise; one that is pressed hides it, and says so by its sign and a line through it.

    changed: the noise that is hidden is another.
    """

    changed = Signal()

    def __init__(self, noise: Sequence[NoiseFilter], colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._noise = tuple(noise)
        self.buttons = {filter_.name: self._chip(filter_) for filter_ in self._noise}
        self._label = QLabel("Hide")
        self._label.setProperty("muted", True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self._label, *self.buttons.values()):
            layout.addWidget(part)
        self.set_colours(colours)

    def _chip(self, noise: NoiseFilter) -> QToolButton:
        button = QToolButton()
        button.setText(noise.name)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(SIZE, SIZE))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.toggled.connect(self._on_toggled)
        return button

    @property
    def hidden(self) -> tuple[NoiseFilter, ...]:
        """The noise that is hidden, unless highlighting suspends it."""
        return tuple(noise for noise in self._noise if self.buttons[noise.name].isChecked())

    def set_hidden(self, names: Iterable[str]) -> None:
        """Press these chips and no others; names that no chip has are ignored."""
        wanted = set(names)
        for name, button in self.buttons.items():
            button.setChecked(name in wanted)

    def set_effective(self, is_effective: bool) -> None:
        """Say whether what is pressed hides anything at the moment."""
        for button in self.buttons.values():
            button.setEnabled(is_effective)
        self._show_looks()

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._show_looks()

    def _show_looks(self) -> None:
        for noise in self._noise:
            self._show_look(noise, self.buttons[noise.name])

    def _show_look(self, noise: NoiseFilter, button: QToolButton) -> None:
        is_hidden = button.isChecked() and button.isEnabled()
        colours = self._colours
        colour = colours.selection_text if button.isChecked() else colours.muted
        button.setIcon(make_icon(_HIDDEN if is_hidden else _SHOWN, colour))
        font = button.font()
        font.setStrikeOut(is_hidden)
        button.setFont(font)
        tip = f"{noise.tip}." if button.isEnabled() else f"{noise.tip}. {_NO_EFFECT}"
        words = f"{'Hidden' if is_hidden else 'Hide'}: {tip}"
        button.setToolTip(plain_tip(words))
        button.setAccessibleName(f"Hide {noise.name}")
        button.setAccessibleDescription(words)

    def _on_toggled(self) -> None:
        self._show_looks()
        self.changed.emit()
