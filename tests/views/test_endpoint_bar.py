from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.models.endpoint_model import Lamp
from osc_workbench.models.wishes import AddEndpoint, RemoveEndpoint, ShowPanel, StartEndpoint, StopEndpoint
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, EndpointStatus, Peer, Role
from osc_workbench.views.endpoint_bar import EndpointBar, EndpointCard, LampWidget
from osc_workbench.views.theme import DARK, LIGHT

OPEN = EndpointStatus(1, "udp://127.0.0.1:9000", EndpointState.OPEN)
FAILED = replace(OPEN, endpoint_id=2, state=EndpointState.FAILED, problem="Port taken.", remedy="Choose another.")


@pytest.fixture
def bar(qtbot: QtBot) -> EndpointBar:
    bar = EndpointBar(LIGHT)
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


@pytest.fixture
def wishes(bar: EndpointBar) -> list[object]:
    wishes: list[object] = []
    bar.wish.connect(wishes.append)
    return wishes


SERVER = EndpointStatus(
    3, "tcp://127.0.0.1:9001", EndpointState.OPEN, connections=(ConnectionStatus(Peer("127.0.0.1", 5), "slip"),)
)


def card(bar: EndpointBar, endpoint_id: int = 1) -> EndpointCard:
    return bar._cards[endpoint_id]


def test_return_asks_for_what_was_typed(qtbot: QtBot, bar: EndpointBar, wishes: list[object]) -> None:
    qtbot.keyClicks(bar.form.address, "0.0.0.0:8000")
    qtbot.keyClick(bar.form.address, Qt.Key.Key_Return)
    assert wishes == [AddEndpoint("udp://0.0.0.0:8000", Role.LISTEN)]


def test_an_empty_field_asks_for_the_address_it_suggests(qtbot: QtBot, bar: EndpointBar, wishes: list[object]) -> None:
    qtbot.keyClick(bar.form.address, Qt.Key.Key_Return)
    assert wishes == [AddEndpoint("udp://127.0.0.1:9000")]


def test_the_buttons_of_a_card_ask_for_what_can_be_done(qtbot: QtBot, bar: EndpointBar, wishes: list[object]) -> None:
    bar.show_statuses((OPEN, FAILED))
    for endpoint_id in (1, 2):
        qtbot.mouseClick(card(bar, endpoint_id)._toggle, Qt.MouseButton.LeftButton)
        qtbot.mouseClick(card(bar, endpoint_id)._remove, Qt.MouseButton.LeftButton)
    assert wishes == [StopEndpoint(1), RemoveEndpoint(1), StartEndpoint(2), RemoveEndpoint(2)]


def test_a_card_follows_its_endpoint(bar: EndpointBar) -> None:
    bar.show_statuses((OPEN,))
    assert card(bar).lamp._lamp is Lamp.IDLE
    bar.show_statuses((replace(OPEN, packets=5, packets_per_second=5.0),))
    assert card(bar).lamp._lamp is Lamp.ACTIVE
    assert card(bar)._totals.text() == "5 received · 0 dropped"
    bar.show_statuses((replace(FAILED, endpoint_id=1),))
    assert card(bar).lamp._lamp is Lamp.ERROR
    assert card(bar)._problem.isVisibleTo(card(bar))
    bar.show_statuses((OPEN,))
    assert not card(bar)._problem.isVisibleTo(card(bar))


def test_a_removed_endpoint_loses_its_card(bar: EndpointBar) -> None:
    bar.show_statuses((OPEN, FAILED))
    bar.show_statuses((FAILED,))
    assert list(bar._cards) == [2]
    bar.show_statuses(())
    assert not bar._cards


def test_loss_and_exposure_are_written_on_the_card(bar: EndpointBar) -> None:
    bar.show_statuses((replace(OPEN, url="udp://0.0.0.0:9000", dropped=3),))
    assert card(bar)._exposure.isVisibleTo(card(bar))
    assert card(bar)._warning.text().startswith("3 lost in the kernel")


def test_a_message_comes_and_goes(bar: EndpointBar) -> None:
    bar.show_message("This is no address.")
    assert bar._message.isVisible()
    bar.show_message("")
    assert not bar._message.isVisible()


def test_texts_are_never_markup(bar: EndpointBar) -> None:
    bar.show_statuses((replace(FAILED, endpoint_id=1, url="udp://<b>x</b>:1"),))
    labels = (card(bar)._url, card(bar)._problem, bar._message)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    assert "<b>" not in card(bar)._remove.toolTip()


def test_a_screen_reader_hears_name_and_state_of_an_endpoint(bar: EndpointBar) -> None:
    bar.show_statuses((FAILED,))
    failed = card(bar, 2)
    assert failed.accessibleName() == "Endpoint udp://127.0.0.1:9000"
    assert "Port taken. Choose another." in failed.accessibleDescription()
    assert failed.lamp.accessibleName() == "State: failed"
    assert failed._toggle.accessibleName() == "Start listening at udp://127.0.0.1:9000"


def test_a_long_address_does_not_widen_the_bar(bar: EndpointBar) -> None:
    width = bar.minimumSizeHint().width()
    bar.show_statuses((replace(OPEN, url="udp://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:57120"),))
    assert bar.minimumSizeHint().width() == width


def test_lamps_differ_in_shape_alone(qtbot: QtBot) -> None:
    lamp = LampWidget(LIGHT)
    qtbot.addWidget(lamp)
    shapes = set()
    for state in Lamp:
        lamp.show_lamp(state)
        image = lamp.grab().toImage()
        ground = image.pixel(0, 0)
        shapes.add(bytes(image.pixel(x, y) != ground for x in range(16) for y in range(16)))
    assert len(shapes) == len(Lamp)


def test_the_bar_can_be_painted_in_both_themes(qtbot: QtBot, bar: EndpointBar) -> None:
    bar.show_statuses((OPEN, FAILED))
    qtbot.waitUntil(card(bar).isVisible)
    before = bar.grab().toImage()
    bar.set_colours(DARK)
    assert bar.grab().toImage() != before


def test_a_card_leads_to_its_connections_and_bundles(qtbot: QtBot, bar: EndpointBar, wishes: list[object]) -> None:
    bar.show_statuses((SERVER,), {3: "1 bundle waits, next in 2.0 s"})
    links = card(bar, 3)._connections, card(bar, 3)._pending
    assert [link.text() for link in links] == ["1 connection", "1 bundle waits, next in 2.0 s"]
    for link in links:
        qtbot.waitUntil(link.isVisible)
        assert link.focusPolicy() & Qt.FocusPolicy.TabFocus
        qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert wishes == [ShowPanel("connections"), ShowPanel("pending")]


def test_a_card_without_connections_and_bundles_has_no_links(bar: EndpointBar) -> None:
    bar.show_statuses((replace(SERVER, endpoint_id=1),), {1: "1 bundle waits"})
    bar.show_statuses((OPEN,))
    assert not card(bar)._connections.isVisibleTo(card(bar))
    assert not card(bar)._pending.isVisibleTo(card(bar))


def test_a_long_line_about_bundles_does_not_widen_the_bar(bar: EndpointBar) -> None:
    width = bar.minimumSizeHint().width()
    bar.show_statuses((SERVER,), {3: "over 10,000 bundles wait, next in 99 min 59 s" + " and on" * 20})
    assert bar.minimumSizeHint().width() == width
    assert card(bar, 3).minimumSizeHint().width() <= bar.minimumWidth()
