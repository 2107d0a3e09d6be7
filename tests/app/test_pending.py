"""Bundles that wait, in the window, with real sockets."""

import socket
import time

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.waiting import until
from tests.doubles.window import Run, add_rule, card_of, cells, listening, receive, url_of

PING = OscMessage("/ping")
PONG = OscMessage("/pong", "i", (1,))
LATER = 50.0


def bundle_in(seconds: float, *messages: OscMessage) -> bytes:
    return encode_packet(OscBundle(TimeTag.from_unix_ns(time.time_ns() + round(seconds * 1e9)), messages))


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
