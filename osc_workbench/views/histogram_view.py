"""A small picture of a histogram, whose bars can be asked with the mouse and the keyboard."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from osc_workbench.models.histogram_picture import Bar, HistogramPicture, bar_text, make_picture, picture_text
from osc_workbench.traffic.log_histogram import Histogram
from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip

_BAR_WIDTH = 4
_SIDE, _GAP, _TICK = 6, 2, 3
# A bar that stands for a single value beside thousands can still be seen.
_LEAST_HEIGHT = 2


class HistogramView(QWidget):
    """title, name: what is shown, in the picture and for screen readers. hint: what is said while there is nothing."""

    def __init__(self, title: str, name: str, hint: str, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._hint = hint
        self._colours = colours
        self._histogram: Histogram | None = None
        self._picture: HistogramPicture | None = None
        # Where the keyboard is, in bins, so that it stays when bars come and go.
        self._position: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.show_histogram(None)

    def sizeHint(self) -> QSize:
        return QSize(260, 100)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 3 * self.fontMetrics().height() + 20)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self.update()

    @property
    def picture(self) -> HistogramPicture | None:
        return self._picture

    def show_histogram(self, histogram: Histogram | None) -> None:
        """None: there is none."""
        self._histogram = histogram if histogram is not None and histogram.counts.any() else None
        self._make_picture()

    def _make_picture(self) -> None:
        room = max(1, round(self._plot.width() / _BAR_WIDTH))
        self._picture = None if self._histogram is None else make_picture(self._histogram, room)
        self._say()

    def _say(self) -> None:
        """Tell screen readers what there is, and paint it."""
        bar = self._chosen
        if self._picture is None:
            text = self._hint
        else:
            text = picture_text(self._picture) if bar is None else bar_text(bar, self._picture.total)
        self.setAccessibleDescription(text)
        self.update()

    @property
    def _plot(self) -> QRectF:
        """Where the bars are."""
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(_SIDE, line + _GAP, -_SIDE, -line - _TICK - _GAP)

    def resizeEvent(self, event: QEvent) -> None:
        self._make_picture()

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot = self._plot
        painter.fillRect(plot, self._colours.base)
        painter.setPen(self._colours.text)
        painter.drawText(QPointF(plot.left(), self.fontMetrics().ascent()), self._title)
        if self._picture is None:
            painter.setPen(self._colours.muted)
            painter.drawText(plot, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._hint)
        else:
            self._paint_reading(painter, plot, self._picture)
            self._paint_ticks(painter, plot, self._picture)
            for bar in self._picture.bars:
                self._paint_bar(painter, plot, self._picture, bar)
        painter.setPen(QPen(self._colours.accent if self.hasFocus() else self._colours.border, 1))
        painter.drawRect(plot.adjusted(-1, -1, 0, 0))
        painter.end()

    def _paint_reading(self, painter: QPainter, plot: QRectF, picture: HistogramPicture) -> None:
        """Say at the right of the title what the chosen bar stands for, or how high the highest is."""
        bar = self._chosen
        text = f"up to {picture.highest:,}" if bar is None else bar_text(bar, picture.total)
        room = plot.width() - self.fontMetrics().horizontalAdvance(self._title) - 3 * _SIDE
        text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(self._colours.muted if bar is None else self._colours.text)
        left = plot.right() - self.fontMetrics().horizontalAdvance(text)
        painter.drawText(QPointF(left, self.fontMetrics().ascent()), text)

    def _paint_ticks(self, painter: QPainter, plot: QRectF, picture: HistogramPicture) -> None:
        painter.setPen(self._colours.border)
        for tick in picture.ticks:
            x = plot.left() + tick.position / picture.length * plot.width()
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom() + _TICK))
        painter.setPen(self._colours.muted)
        for left, label in self.labels():
            painter.drawText(QPointF(left, plot.bottom() + _TICK + self.fontMetrics().ascent()), label)

    def labels(self) -> list[tuple[float, str]]:
        """Return where labels of the axis begin; those that would touch a more important one are left out."""
        picture, plot = self._picture, self._plot
        if picture is None:
            return []
        placed: list[tuple[float, float, str]] = []
        for tick in sorted(picture.ticks, key=lambda tick: not tick.is_major):
            x = plot.left() + tick.position / picture.length * plot.width()
            width = self.fontMetrics().horizontalAdvance(tick.label)
            left = min(max(x - width / 2, 0.0), self.width() - width)
            if all(left >= stop + _SIDE or left + width + _SIDE <= start for start, stop, _ in placed):
                placed.append((left, left + width, tick.label))
        return [(left, label) for left, _, label in placed]

    def _paint_bar(self, painter: QPainter, plot: QRectF, picture: HistogramPicture, bar: Bar) -> None:
        if not bar.count:
            return
        scale = plot.width() / picture.length
        height = max(_LEAST_HEIGHT, bar.count / picture.highest * (plot.height() - _GAP))
        # Bars touch the next pixel, so that no gaps flicker between them.
        left, right = round(plot.left() + bar.start * scale), round(plot.left() + bar.stop * scale)
        area = QRectF(left, plot.bottom() - height, max(1, right - left - 1), height)
        colour = self._colours.text if bar is self._chosen else self._colours.accent
        painter.fillRect(area, colour)

    # Asking.

    @property
    def _chosen(self) -> Bar | None:
        if self._picture is None or self._position is None or not self.hasFocus():
            return None
        return self._picture.bar_at(self._position)

    def bar_near(self, x: float) -> Bar | None:
        """Return the bar at a place of the widget, None if there is none."""
        if self._picture is None:
            return None
        return self._picture.bar_at((x - self._plot.left()) / self._plot.width() * self._picture.length)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            bar = self.bar_near(event.pos().x())
            text = "" if bar is None or self._picture is None else bar_text(bar, self._picture.total)
            QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from bar to bar, past empty ones."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or self._picture is None:
            super().keyPressEvent(event)
            return
        filled = [bar for bar in self._picture.bars if bar.count][::step]
        here = self._position if self._position is not None else (-1 if step > 0 else self._picture.length)
        following = next((bar for bar in filled if (bar.start - here) * step > 0), None)
        if following is not None:
            self._position = following.start
            self._say()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._say()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._say()
