"""The line under a filter: what is wrong with it, or that nothing matches and which term is to blame."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip

_SPACING = 8
_BARREN = "No message matches."


class FilterMessage(QWidget):
    """Empty while all is well. drop_wished: the term to leave out."""

    drop_wished = Signal(str)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._is_error = False
        self._term = ""
        self.label = _WrappedLabel()
        self.label.setAccessibleName("What the filter says")
        self.button = _ElidedButton()
        self.button.setProperty("link", True)
        self.button.clicked.connect(self._on_clicked)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_SPACING)
        self._row.addWidget(self.label)
        self._row.addWidget(self.button)
        self._row.addStretch(0)
        # Under each other they would take all height there is.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.show_error("")

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._show(self.label.text(), self._is_error)

    def show_error(self, text: str) -> None:
        """Say what is wrong; "" if nothing is."""
        self.button.hide()
        self._show(text, True)

    def show_barren(self, suggestion: tuple[str, str, int] | None) -> None:
        """Say that nothing matches. suggestion: (term, query without it, how many that matches)."""
        self._show(_BARREN, False)
        self.button.setVisible(suggestion is not None)
        if suggestion is not None:
            term, query, count = suggestion
            self._term = term
            self.button.show_text(f"Drop “{' '.join(term.split())}” ({count:,} match)")
            self.button.setToolTip(plain_tip(f"Leave out {term}\nand ask for {query or 'everything'}"))
        self._arrange()

    def _show(self, text: str, is_error: bool) -> None:
        self._is_error = is_error
        colour = self._colours.error if is_error else self._colours.warning
        self.label.setStyleSheet(f"color: {colour.name()};")
        self.label.setText(text)
        self.label.setWordWrap(is_error)
        self._row.setStretch(0, int(is_error))

    def _arrange(self) -> None:
        """Put the button under the sentence where it does not fit beside it."""
        wanted = self.fontMetrics().horizontalAdvance(_BARREN) + _SPACING + self.button.sizeHint().width()
        is_narrow = self.button.isVisibleTo(self) and wanted > self.width()
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(direction)
        self._row.setSpacing(0 if is_narrow else _SPACING)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _on_clicked(self) -> None:
        self.drop_wished.emit(self._term)


class _WrappedLabel(QLabel):
    """Takes what room there is, on more lines if need be; no window gets wider, and no wide one higher."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())


class _ElidedButton(QPushButton):
    """Shows the beginning of its text where the whole does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._elide()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._whole) + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        text = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width())
        self.setText(text.replace("&", "&&"))
