"""Rules that answer, made in the window, with real sockets."""

import socket
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.session import Session
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.theme import LIGHT
from tests.doubles.waiting import until
from tests.doubles.window import Run, add_rule, cells, listening, receive, url_of

PING = OscMessage("/ping")
PONG = OscMessage("/pong", "i", (1,))


def test_a_rule_made_in_the_window_answers_and_is_counted(run: Run, workbench: Workbench, peer: socket.socket) -> None:
    async def ask() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong ,i 1")
        for number in (1, 2):
            peer.sendto(encode_packet(PING), address)
            assert decode_packet(await receive(peer)) == PONG
            await until(lambda number=number: cells(workbench.responders.table)[0][3] == str(number))

    run(ask())
    assert cells(workbench.responders.table) == [["/ping", "/pong ,i 1", "the sender", "2"]]
    rows = [workbench.traffic_model.look(row).cells[5] for row in range(4)]
    assert rows == ["/ping", "/pong", "/ping", "/pong"]


def test_a_rule_answers_another_than_the_sender(run: Run, workbench: Workbench, peer: socket.socket) -> None:
    async def ask() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/**", "#bundle immediately { /seen ,T true }", url_of(peer))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(encode_packet(PING), address)
        assert isinstance(decode_packet(await receive(peer)), OscBundle)

    run(ask())


def test_a_rule_that_is_switched_off_or_removed_is_silent(
    qtbot: QtBot, run: Run, workbench: Workbench, peer: socket.socket
) -> None:
    model, table = workbench.responder_model, workbench.responders.table

    async def ask() -> None:
        address = await listening(workbench)
        for text in ("/first", "/second", "/third"):
            add_rule(workbench, "/ping", text)
        assert model.setData(model.index(1, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
        workbench.window.show_panel("responders")
        table.selectRow(0)
        qtbot.keyClick(table, Qt.Key.Key_Delete)
        peer.sendto(encode_packet(PING), address)
        assert decode_packet(await receive(peer)) == OscMessage("/third")
        await until(lambda: cells(table)[1][3] == "1")

    run(ask())
    assert [row[1:] for row in cells(table)] == [["/second", "the sender", "0"], ["/third", "the sender", "1"]]
    assert table.selected_rows() == []


def test_a_rule_with_a_target_that_is_none_is_refused_with_the_reason(run: Run, workbench: Workbench) -> None:
    async def add() -> None:
        add_rule(workbench, "/ping", "/pong", "nowhere")

    run(add())
    assert "'udp://nowhere' has no port" in workbench.responders.message.whole_text
    assert workbench.session.responders.rules == workbench.responder_model.rules == ()
    assert workbench.settings.responders() == ()
    assert workbench.responders.target.text() == "nowhere"


def test_a_rule_that_cannot_send_is_a_problem_and_not_the_end(
    run: Run, workbench: Workbench, peer: socket.socket
) -> None:
    async def ask() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong ,i 1", "tcp://127.0.0.1:9")
        add_rule(workbench, "/ping", "/pong ,i 1")
        peer.sendto(encode_packet(PING), address)
        assert decode_packet(await receive(peer)) == PONG
        await until(lambda: "tcp://127.0.0.1:9" in workbench.window._problem.whole_text)

    run(ask())


def test_rules_survive_a_restart(
    qapp: QApplication, run: Run, workbench: Workbench, settings: Settings, tmp_path: Path
) -> None:
    async def make_rules() -> None:
        add_rule(workbench, "/ping", "/pong ,i 1")
        add_rule(workbench, "/{a,b}/*", '/quoted ,s "x, y"', "udp://[::1]:9000")
        model = workbench.responder_model
        assert model.setData(model.index(0, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)

    run(make_rules())
    assert settings.save()
    again = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert again.responders() == (
        Responder("/ping", "/pong ,i 1", is_enabled=False),
        Responder("/{a,b}/*", '/quoted ,s "x, y"', "udp://[::1]:9000"),
    )
    other = Workbench(qapp, Session(), again, Faults(), LIGHT)
    try:
        other.session.set_responders(again.responders())
        other.refresh()
        assert [row[:3] for row in cells(other.responders.table)] == [
            ["/ping", "/pong ,i 1", "the sender"],
            ["/{a,b}/*", '/quoted ,s "x, y"', "udp://[::1]:9000"],
        ]
    finally:
        other.close()
