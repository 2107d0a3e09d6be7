import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.endpoint_form import EndpointKind
from osc_workbench.models.wishes import AddEndpoint
from osc_workbench.osc.framing import Framing
from osc_workbench.traffic.record import Role
from osc_workbench.views.endpoint_form import EndpointFormView


@pytest.fixture
def form(qtbot: QtBot) -> EndpointFormView:
    form = EndpointFormView()
    qtbot.addWidget(form)
    form.set_interfaces(["lo", "eth0"])
    with qtbot.waitExposed(form):
        form.show()
    return form


@pytest.fixture
def wishes(form: EndpointFormView) -> list[object]:
    wishes: list[object] = []
    form.wish.connect(wishes.append)
    return wishes


def choose(qtbot: QtBot, combo: QComboBox, text: str) -> None:
    """Choose an entry with the keyboard, as it can be without opening the list."""
    combo.setFocus()
    combo.setCurrentIndex(0)
    while combo.currentText() != text:
        before = combo.currentIndex()
        qtbot.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() != before, f"There is no {text}."


def type_address(qtbot: QtBot, form: EndpointFormView, text: str) -> None:
    form.address.clear()
    qtbot.keyClicks(form.address, text)


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("UDP", AddEndpoint("udp://127.0.0.1:8000", Role.LISTEN)),
        ("TCP server", AddEndpoint("tcp://127.0.0.1:8000", Role.LISTEN)),
        ("TCP client", AddEndpoint("tcp://127.0.0.1:8000", Role.CONNECT)),
    ],
)
def test_each_kind_is_added_with_return_and_with_the_button(
    qtbot: QtBot, form: EndpointFormView, wishes: list[object], kind: str, wish: AddEndpoint
) -> None:
    choose(qtbot, form.kind, kind)
    type_address(qtbot, form, "8000")
    qtbot.keyClick(form.address, Qt.Key.Key_Return)
    qtbot.mouseClick(form.add, Qt.MouseButton.LeftButton)
    assert wishes == [wish, wish]


def test_the_button_says_what_it_will_do(qtbot: QtBot, form: EndpointFormView) -> None:
    assert form.add.text() == "Listen"
    choose(qtbot, form.kind, "TCP client")
    assert form.add.text() == "Connect"
    type_address(qtbot, form, "studio:9000")
    assert "Connect: tcp://studio:9000" in form.add.toolTip()
    choose(qtbot, form.framing, "SLIP (OSC 1.1)")
    assert "Connect: tcp://studio:9000?framing=slip" in form.add.toolTip()
    type_address(qtbot, form, "<b>x")
    assert "<b>" not in form.add.toolTip()


@pytest.mark.parametrize(
    ("kind", "address", "options"),
    [
        ("UDP", "9000", {"broadcast"}),
        ("UDP", "239.1.2.3:9000", {"broadcast", "interface"}),
        ("UDP", "udp://[ff02::1]:9000", {"broadcast", "interface"}),
        ("TCP server", "9000", {"framing"}),
        ("TCP client", "239.1.2.3:9000", {"framing"}),
    ],
)
def test_only_options_that_count_are_shown(
    qtbot: QtBot, form: EndpointFormView, kind: str, address: str, options: set[str]
) -> None:
    choose(qtbot, form.kind, kind)
    type_address(qtbot, form, address)
    shown = {name for name in ("broadcast", "framing", "interface") if getattr(form, name).isVisible()}
    assert shown == options


def test_options_are_in_the_url_that_is_asked_for(qtbot: QtBot, form: EndpointFormView, wishes: list[object]) -> None:
    type_address(qtbot, form, "239.1.2.3:9000")
    qtbot.keyClick(form.broadcast, Qt.Key.Key_Space)
    choose(qtbot, form.interface, "Interface eth0")
    qtbot.keyClick(form.address, Qt.Key.Key_Return)
    choose(qtbot, form.kind, "TCP server")
    choose(qtbot, form.framing, "SLIP (OSC 1.1)")
    type_address(qtbot, form, "9000")
    qtbot.keyClick(form.address, Qt.Key.Key_Return)
    assert wishes == [
        AddEndpoint("udp://239.1.2.3:9000?interface=eth0&broadcast=yes"),
        AddEndpoint("tcp://127.0.0.1:9000?framing=slip"),
    ]


def test_an_option_that_is_hidden_does_not_count(qtbot: QtBot, form: EndpointFormView) -> None:
    choose(qtbot, form.kind, "TCP server")
    choose(qtbot, form.framing, "SLIP (OSC 1.1)")
    choose(qtbot, form.kind, "UDP")
    type_address(qtbot, form, "tcp://127.0.0.1:9000")
    assert form.form.url == "tcp://127.0.0.1:9000"


def test_interfaces_can_be_offered_again_without_losing_the_choice(qtbot: QtBot, form: EndpointFormView) -> None:
    choose(qtbot, form.interface, "Interface eth0")
    form.set_interfaces(["lo", "wlan0", "eth0"])
    assert form.interface.currentData() == "eth0"
    form.set_interfaces(["lo"])
    assert form.interface.currentData() == ""
    assert [form.interface.itemText(index) for index in range(form.interface.count())] == [
        "Any interface",
        "Interface lo",
    ]


def test_every_field_has_a_name_and_a_tip(form: EndpointFormView) -> None:
    for part in (form.address, form.kind, form.framing, form.interface):
        assert part.accessibleName()
    for part in (form.address, form.add, form.kind, form.framing, form.interface, form.broadcast):
        assert part.toolTip()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (EndpointKind.UDP, ["address", "add", "kind", "broadcast", "interface"]),
        (EndpointKind.TCP_SERVER, ["address", "add", "kind", "framing"]),
    ],
)
def test_tab_goes_through_the_fields_as_they_stand(
    qtbot: QtBot, form: EndpointFormView, kind: EndpointKind, names: list[str]
) -> None:
    form.kind.setCurrentIndex(form.kind.findData(kind))
    type_address(qtbot, form, "239.1.2.3:9000")
    form.address.setFocus()
    qtbot.waitUntil(form.address.hasFocus)
    seen: list[QWidget | None] = []
    for _ in names:
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen == [getattr(form, name) for name in names]


def test_the_kind_does_not_change_the_width(qtbot: QtBot, form: EndpointFormView) -> None:
    widths = set()
    for kind in EndpointKind:
        form.kind.setCurrentIndex(form.kind.findData(kind))
        form.framing.setCurrentIndex(form.framing.findData(Framing.LENGTH))
        widths.add(form.minimumSizeHint().width() <= 250 - 16)
    assert widths == {True}
