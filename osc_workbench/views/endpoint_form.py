"""The fields that add an endpoint: kind, address, and the options that its kind has."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from osc_workbench.models.endpoint_form import FRAMING_LABELS, EndpointForm, EndpointKind
from osc_workbench.models.wishes import AddEndpoint
from osc_workbench.views.tool_tips import plain_tip

_ANY_INTERFACE = "Any interface"


class EndpointFormView(QWidget):
    """wish: AddEndpoint."""

    wish = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.address = QLineEdit()
        self.address.setPlaceholderText("127.0.0.1:9000")
        self.address.setAccessibleName("Address")
        self.address.setToolTip(
            "A port, host:port or a whole URL. 0.0.0.0 is all interfaces, 239.x.x.x a multicast group."
        )
        self.address.returnPressed.connect(self._on_add)
        self.address.textChanged.connect(self._show_options)
        self.add = QPushButton()
        self.add.clicked.connect(self._on_add)
        self.kind = _combo("Kind of endpoint", [(kind.label, kind) for kind in EndpointKind])
        self.kind.setToolTip("UDP and TCP server wait for others; TCP client connects to one and comes back to it")
        self.framing = _combo("Framing", [(label, framing) for framing, label in FRAMING_LABELS.items()])
        # Its longest entry must not make the panel wider.
        self.framing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.framing.setToolTip("How packets are told apart on TCP; detected from what comes first unless chosen")
        self.interface = _combo("Network interface", [(_ANY_INTERFACE, "")])
        self.interface.setToolTip("The network interface on which a multicast group is joined")
        self.broadcast = QCheckBox("Broadcast")
        self.broadcast.setToolTip("Allow sending to all machines of a network, e.g. to 255.255.255.255")
        for combo in (self.kind, self.framing, self.interface):
            combo.currentIndexChanged.connect(self._show_options)
        self.broadcast.toggled.connect(self._show_options)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.address, 1)
        first.addWidget(self.add)
        second.addWidget(self.kind)
        second.addWidget(self.framing, 1)
        second.addWidget(self.broadcast, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.interface)
        self._show_options()

    @property
    def form(self) -> EndpointForm:
        return EndpointForm(
            self.kind.currentData(),
            self.address.text() or self.address.placeholderText(),
            self.framing.currentData(),
            self.interface.currentData(),
            self.broadcast.isChecked(),
        )

    def set_interfaces(self, names: list[str]) -> None:
        """Offer these network interfaces; the one that was chosen stays if it is among them."""
        chosen = self.interface.currentData()
        self.interface.clear()
        self.interface.addItem(_ANY_INTERFACE, "")
        for name in names:
            self.interface.addItem(f"Interface {name}", name)
        self.interface.setCurrentIndex(max(0, self.interface.findData(chosen)))

    def _show_options(self) -> None:
        form = self.form
        is_udp = form.kind is EndpointKind.UDP
        self.framing.setVisible(not is_udp)
        self.broadcast.setVisible(is_udp)
        self.interface.setVisible(is_udp and form.is_multicast)
        self.add.setText(form.kind.verb)
        self.add.setToolTip(plain_tip(f"{form.kind.verb}: {form.url}"))

    def _on_add(self) -> None:
        form = self.form
        self.wish.emit(AddEndpoint(form.url, form.kind.role))


def _combo(name: str, entries: list[tuple[str, object]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    for label, value in entries:
        combo.addItem(label, value)
    return combo
