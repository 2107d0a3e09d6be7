"""The endpoint bar: one card for each endpoint, with its lamp, its rates and what went wrong."""

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.endpoint_model import Lamp, buffer_text, exposure_of, look_of
from osc_workbench.models.wishes import RemoveEndpoint, ShowPanel, StartEndpoint, StopEndpoint
from osc_workbench.traffic.record import EndpointStatus
from osc_workbench.views.endpoint_form import EndpointFormView
from osc_workbench.views.theme import Colours
from osc_workbench.views.tool_tips import plain_tip


class LampWidget(QWidget):
    """A lamp that differs in shape as well as in colour: ring, dotted ring, disc, bar, cross."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colours = colours
        self._lamp = Lamp.STOPPED
        self.setFixedSize(QSize(16, 16))

    def show_lamp(self, lamp: Lamp) -> None:
        if lamp is not self._lamp:
            self._lamp = lamp
            self.setToolTip(lamp.value.capitalize())
            self.setAccessibleName(f"State: {lamp.value}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(3, 3, 10, 10)
        if self._lamp is Lamp.ACTIVE:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.colours.good)
            painter.drawEllipse(box)
        elif self._lamp is Lamp.IDLE:
            painter.setPen(QPen(self.colours.good, 2))
            painter.drawEllipse(box)
        elif self._lamp is Lamp.WAITING:
            painter.setPen(QPen(self.colours.warning, 2, Qt.PenStyle.DotLine))
            painter.drawEllipse(box)
        elif self._lamp is Lamp.ERROR:
            painter.setPen(QPen(self.colours.error, 3))
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.topRight(), box.bottomLeft())
        else:
            painter.setPen(QPen(self.colours.muted, 3))
            painter.drawLine(QLineF(box.left(), box.center().y(), box.right(), box.center().y()))
        painter.end()


class EndpointCard(QFrame):
    """One endpoint.

    wish: StartEndpoint, StopEndpoint, RemoveEndpoint or ShowPanel.
    """

    wish = Signal(object)

    def __init__(self, endpoint_id: int, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._endpoint_id = endpoint_id
        self._can_start = False
        self.setProperty("card", True)
        self.lamp = LampWidget(colours)
        self._url = _label()
        self._url.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        font = self._url.font()
        font.setBold(True)
        self._url.setFont(font)
        self._toggle = QToolButton()
        self._toggle.clicked.connect(self._on_toggle)
        self._remove = QToolButton()
        self._remove.setText("✕")
        self._remove.clicked.connect(self._on_remove)
        self._kind, self._exposure = _label(muted=True), _label(muted=True)
        self._rates, self._totals = _label(muted=True), _label(muted=True)
        self._connections, self._pending = _link("Show the connections"), _link("Show the bundles that wait")
        self._connections.clicked.connect(self._show_connections)
        self._pending.clicked.connect(self._show_pending)
        self._warning, self._problem = _label(), _label()
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.lamp)
        top.addWidget(self._url, 1)
        top.addWidget(self._toggle)
        top.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 8)
        layout.setSpacing(2)
        layout.addLayout(top)
        for label in (self._kind, self._exposure, self._rates, self._totals):
            layout.addWidget(label)
        for link in (self._connections, self._pending):
            layout.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        for label in (self._warning, self._problem):
            layout.addWidget(label)
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        self.lamp.colours = colours
        self.lamp.update()
        self._warning.setStyleSheet(f"color: {colours.warning.name()};")
        self._exposure.setStyleSheet(f"color: {colours.warning.name()};")
        self._problem.setStyleSheet(f"color: {colours.error.name()};")

    def show_status(self, status: EndpointStatus, pending: str = "") -> None:
        """Show how the endpoint fares; `pending` says which bundles wait."""
        look = look_of(status)
        self.lamp.show_lamp(look.lamp)
        for label, text in (
            (self._url, look.url),
            (self._kind, look.kind),
            (self._exposure, exposure_of(status)),
            (self._rates, look.rates),
            (self._totals, look.totals),
            (self._connections, look.connections),
            (self._pending, pending),
            (self._warning, look.warning),
            (self._problem, look.problem),
        ):
            # Setting a text that is there already would lay the card out again, many times a second.
            if label.text() != text:
                label.setText(text)
                label.setVisible(bool(text))
        self._totals.setToolTip(plain_tip(buffer_text(status)))
        if look.can_start != self._can_start or not self._toggle.text():
            self._can_start = look.can_start
            self._toggle.setText("▶" if look.can_start else "■")
        self._toggle.setToolTip(plain_tip(f"{look.verb} {look.url}"))
        self._toggle.setAccessibleName(f"{look.verb} {look.url}")
        self._remove.setToolTip(plain_tip(f"Remove {look.url}; its messages stay in the log"))
        self._remove.setAccessibleName(f"Remove {look.url}")
        self.setAccessibleName(f"Endpoint {look.url}")
        self.setAccessibleDescription(f"{look.rates}. {look.totals}. {look.problem}")

    def _show_connections(self) -> None:
        self.wish.emit(ShowPanel("connections"))

    def _show_pending(self) -> None:
        self.wish.emit(ShowPanel("pending"))

    def _on_toggle(self) -> None:
        wish = StartEndpoint if self._can_start else StopEndpoint
        self.wish.emit(wish(self._endpoint_id))

    def _on_remove(self) -> None:
        self.wish.emit(RemoveEndpoint(self._endpoint_id))


class EndpointBar(QWidget):
    """All endpoints, and a field to add one.

    wish: that of the form and those of the cards.
    """

    wish = Signal(object)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._cards: dict[int, EndpointCard] = {}
        self.form = EndpointFormView()
        self.form.wish.connect(self.wish)
        self.form.address.textEdited.connect(self._forget_message)
        self._message = _label()
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.addStretch(1)
        inner = self._inner = QWidget()
        inner.setLayout(self._list)
        area = self._area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.form)
        layout.addWidget(self._message)
        layout.addWidget(area, 1)
        self.setMinimumWidth(250)
        self.set_colours(colours)

    def sizeHint(self) -> QSize:
        return QSize(310, 400)

    def set_colours(self, colours: Colours) -> None:
        self._colours = colours
        self._message.setStyleSheet(f"color: {colours.error.name()};")
        for card in self._cards.values():
            card.set_colours(colours)

    def show_statuses(
        self, statuses: tuple[EndpointStatus, ...], pending: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        """Show these endpoints, in this order of their numbers; `pending` says which bundles wait at which."""
        wanted = {status.endpoint_id for status in statuses}
        for endpoint_id in [known for known in self._cards if known not in wanted]:
            card = self._cards.pop(endpoint_id)
            self._list.removeWidget(card)
            card.deleteLater()
        for status in statuses:
            is_new = status.endpoint_id not in self._cards
            card = self._add_card(status.endpoint_id) if is_new else self._cards[status.endpoint_id]
            card.show_status(status, pending.get(status.endpoint_id, ""))
            if is_new:
                self._inner.adjustSize()
                self._area.ensureWidgetVisible(card)

    def show_message(self, text: str) -> None:
        """Say why an address could not be added; "" takes it away."""
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def clear_address(self) -> None:
        self.form.address.clear()

    def _forget_message(self) -> None:
        """What was said of an address is not about the one that is typed now."""
        self.show_message("")

    def _add_card(self, endpoint_id: int) -> EndpointCard:
        card = self._cards[endpoint_id] = EndpointCard(endpoint_id, self._colours)
        card.wish.connect(self.wish)
        self._list.insertWidget(self._list.count() - 1, card)
        return card


def _link(tip: str) -> QPushButton:
    """A line of a card that leads to a panel."""
    link = QPushButton()
    link.setProperty("link", True)
    link.setToolTip(tip)
    # A button is by itself never narrower than its text, and would push the card out of sight.
    link.setMinimumWidth(1)
    link.hide()
    return link


def _label(muted: bool = False) -> QLabel:
    label = QLabel()
    # Texts may contain what came from the network: never markup.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.hide()
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if muted:
        label.setProperty("muted", True)
    return label
