"""Rules, bundles that wait and scripts in the window, with real sockets."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.models.endpoint_form import EndpointKind
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.session import Session
from osc_workbench.traffic.responder import Responder
from osc_workbench.views.theme import LIGHT
from tests.doubles.waiting import until
from tests.doubles.window import Run, add_rule, card_of, cells, opened, port_of, receive

PING = OscMessage("/ping")
PONG = OscMessage("/pong", "i", (1,))
LATER = 50.0


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    """A UDP socket that does not block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        yield peer


async def listening(workbench: Workbench) -> tuple[str, int]:
    return "127.0.0.1", port_of(workbench, await opened(workbench, EndpointKind.UDP))


def bundle_in(seconds: float, *messages: OscMessage) -> bytes:
    return encode_packet(OscBundle(TimeTag.from_unix_ns(time.time_ns() + round(seconds * 1e9)), messages))


def url_of(peer: socket.socket) -> str:
    return f"udp://127.0.0.1:{peer.getsockname()[1]}"


# Rules.


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


# Bundles that wait.


def test_a_bundle_that_waits_counts_down_and_can_be_cancelled(
    qtbot: QtBot, run: Run, workbench: Workbench, peer: socket.socket
) -> None:
    pending = workbench.pending

    async def wait_and_cancel() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong")
        peer.sendto(bundle_in(LATER, PING), address)
        await until(lambda: len(cells(pending.table)) == 1)
        due, sender, url, bundle = cells(pending.table)[0]
        assert LATER - 5 < float(due.removesuffix(" s")) <= LATER
        assert sender == url_of(peer).removeprefix("udp://")
        assert url == f"udp://127.0.0.1:{address[1]}"
        assert "/ping" in bundle
        # Nothing arrives meanwhile, and yet it counts.
        await until(lambda: cells(pending.table)[0][0] != due)
        card = card_of(workbench, 1)
        assert card._pending.text().startswith("1 bundle waits, next in 4")
        assert pending.summary.text() == "1 bundle waits"
        card._pending.click()
        await until(pending.table.hasFocus)
        pending.table.selectRow(0)
        qtbot.keyClick(pending.table, Qt.Key.Key_Delete)
        assert cells(pending.table) == []
        assert (pending.summary.text(), card._pending.text()) == ("", "")
        assert not pending.button.isEnabled()

    run(wait_and_cancel())
    assert workbench.session.pending_count == 0
    assert workbench.session.responders.counts() == (0,)


def test_a_bundle_runs_at_its_time_and_leaves_the_table(run: Run, workbench: Workbench, peer: socket.socket) -> None:
    async def wait() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong ,i 1")
        sent = time.monotonic()
        peer.sendto(bundle_in(0.6, PING), address)
        await until(lambda: len(cells(workbench.pending.table)) == 1)
        assert decode_packet(await receive(peer)) == PONG
        assert time.monotonic() - sent >= 0.6
        await until(lambda: cells(workbench.pending.table) == [])

    run(wait())


def test_an_earlier_bundle_comes_before_and_the_selection_stays(
    run: Run, workbench: Workbench, peer: socket.socket
) -> None:
    async def overtake() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/**", "/pong")
        table = workbench.pending.table
        peer.sendto(bundle_in(LATER, OscMessage("/late")), address)
        await until(lambda: len(cells(table)) == 1)
        table.selectRow(0)
        peer.sendto(bundle_in(LATER / 2, OscMessage("/early")), address)
        await until(lambda: len(cells(table)) == 2)
        assert ["/early" in row[3] for row in cells(table)] == [True, False]
        assert table.selected_rows() == [1]

    run(overtake())


def test_more_bundles_than_are_shown_are_counted_and_cancelled(
    run: Run, workbench: Workbench, peer: socket.socket
) -> None:
    async def flood() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong")
        for number in range(250):
            peer.sendto(bundle_in(LATER + number, PING), address)
        await until(lambda: workbench.pending.summary.text() == "250 bundles wait, the first 200 are shown")
        assert card_of(workbench, 1)._pending.text().startswith("over 200 bundles wait")
        workbench.pending.table.selectAll()
        workbench.pending.button.click()
        assert len(cells(workbench.pending.table)) == 50

    run(flood())


def test_bundles_that_wait_at_the_end_are_told(run: Run, workbench: Workbench, peer: socket.socket) -> None:
    async def leave() -> None:
        address = await listening(workbench)
        add_rule(workbench, "/ping", "/pong")
        peer.sendto(bundle_in(LATER, PING), address)
        await until(lambda: workbench.session.pending_count == 1)
        workbench.session.close()

    run(leave())
    assert "discarded" in workbench.window._problem.whole_text


# Scripts.

SCRIPT = """
@dispatcher.on("/echo")
def echo(context):
    return "/echoed", *context.arguments
"""


def rewrite(path: Path, text: str) -> None:
    """Change a file so that it is seen, however coarse the clock of the file system is."""
    path.write_text(text)
    later = time.time() + 10
    os.utime(path, (later, later))


def test_a_script_answers_and_its_mistake_is_shown_in_the_panel(
    run: Run, workbench: Workbench, peer: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    label = workbench.responders.script

    async def change() -> None:
        address = await listening(workbench)
        watching = workbench.session.start_script(path)
        try:
            workbench.refresh()
            assert label.whole_text == f"Script {path}: 1 handler."
            assert LIGHT.muted.name() in label.styleSheet()
            rewrite(path, SCRIPT + "\nnonsense(1)\n")
            await until(lambda: "NameError" in label.whole_text)
            assert "line 6" in label.whole_text
            assert LIGHT.error.name() in label.styleSheet()
            # The handlers of before stay.
            peer.sendto(encode_packet(OscMessage("/echo", "i", (7,))), address)
            assert decode_packet(await receive(peer)) == OscMessage("/echoed", "i", (7,))
            path.unlink()
            rewrite(path, SCRIPT.replace("/echo", "/other") + SCRIPT)
            await until(lambda: label.whole_text == f"Script {path}: 2 handlers.")
            assert LIGHT.muted.name() in label.styleSheet()
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    run(change())


def test_a_handler_that_fails_is_told_and_the_next_message_is_handled(
    run: Run, workbench: Workbench, peer: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT + '\n@dispatcher.on("/fail")\ndef fail(context):\n    raise ValueError("on purpose")\n')

    async def fail() -> None:
        address = await listening(workbench)
        watching = workbench.session.start_script(path)
        try:
            peer.sendto(encode_packet(OscMessage("/fail")), address)
            await until(lambda: "on purpose" in workbench.window._problem.whole_text)
            peer.sendto(encode_packet(OscMessage("/echo")), address)
            assert decode_packet(await receive(peer)) == OscMessage("/echoed")
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    run(fail())
