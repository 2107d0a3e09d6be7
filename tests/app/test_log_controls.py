"""What is stored, drawn and let in at all are three things; folded repeats, latest values, a cleared log."""

import asyncio
import socket

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from osc_workbench.app.workbench import Workbench
from osc_workbench.models.endpoint_form import EndpointKind
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.record import EndpointState
from tests.doubles.log_user import URL, LogUser, faders
from tests.doubles.stored import put
from tests.doubles.traffic import TRUNCATED_FLOAT, numbered
from tests.doubles.waiting import until
from tests.doubles.window import Run, listening, opened


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    return LogUser(qtbot, workbench)


def test_what_is_not_recorded_is_counted_and_said(user: LogUser) -> None:
    user.receive(*numbered(2))
    user.act("record")
    user.receive(*numbered(1500))
    assert len(user.rows()) == 2
    assert "not recording (1,500 passed by)" in user.status
    user.act("record")
    user.receive(*numbered(1))
    assert len(user.rows()) == 3
    assert "not recording" not in user.status


def test_space_lets_the_picture_stand_still_while_recording_goes_on(user: LogUser) -> None:
    user.receive(*numbered(3))
    user.press(Qt.Key.Key_Space)
    assert user.workbench.actions["pause"].isChecked()
    user.receive(*numbered(1200))
    assert len(user.rows()) == 3
    assert len(user.store) == 1203
    assert "view paused (1,200 held back)" in user.status
    assert user.log._pill.isVisible()
    assert "1,200 held back" in user.log._pill.text()
    user.click(user.log._pill)
    assert not user.workbench.actions["pause"].isChecked()
    assert len(user.rows()) == 1203
    assert "paused" not in user.status


def test_a_filter_can_be_changed_while_the_view_is_paused(user: LogUser) -> None:
    user.receive(*numbered(3))
    user.press(Qt.Key.Key_Space)
    user.receive(*numbered(2), *faders([1]))
    user.filter("/n")
    assert user.rows() == [0, 1, 2]
    user.press(Qt.Key.Key_Space)
    user.settle()
    assert user.rows() == [0, 1, 2, 3, 4]


def test_repeats_are_folded_into_one_row_with_a_count(user: LogUser) -> None:
    user.receive(*faders([1, 1, 1, 2, 1]))
    user.press("=")
    user.settle()
    assert user.column(Column.COUNT)[0].endswith("3")
    user.receive(*faders([1, 1]))
    assert [user.model.repeats(index) for index in range(user.model.rowCount())] == [3, 1, 3]
    user.press("=")
    user.settle()
    assert len(user.rows()) == 7


def test_the_latest_of_each_address_is_kept_up_to_date(user: LogUser) -> None:
    user.receive(*faders([1, 2], "/a"), *faders([3], "/b"))
    user.press("l")
    user.settle()
    assert user.column(Column.ARGUMENTS) == ["2.0", "3.0"]
    user.receive(*faders([4], "/a"), *faders([5], "/c"))
    assert sorted(zip(user.column(Column.ADDRESS), user.column(Column.ARGUMENTS), strict=True)) == [
        ("/a", "4.0"),
        ("/b", "3.0"),
        ("/c", "5.0"),
    ]
    user.filter("/a")
    assert user.column(Column.ARGUMENTS) == ["4.0"]


def test_clearing_forgets_what_lint_marks_and_statistics_know(user: LogUser) -> None:
    user.act("focus statistics")
    user.receive(*numbered(3), TRUNCATED_FLOAT)
    user.select(1)
    user.press("m")
    assert user.desk.feed.statistics.count == 4
    assert user.desk.lint_badge()
    user.press("z")
    user.settle()
    assert user.rows() == []
    assert len(user.desk.marks) == 0
    assert user.desk.feed.statistics.count == 0
    assert user.desk.statistics.addresses.flow_table.rows == ()
    assert user.desk.lint_badge() == ""
    user.receive(*numbered(1))
    assert user.rows() == [4]
    assert user.desk.feed.statistics.count == 1


@pytest.mark.parametrize("kind", [EndpointKind.UDP, EndpointKind.TCP_SERVER])
def test_sources_are_stopped_and_started_together(run: Run, workbench: Workbench, kind: EndpointKind) -> None:
    def states() -> list[EndpointState]:
        return [status.state for status in workbench.session.statuses()]

    async def stop_and_start() -> None:
        await opened(workbench, kind)
        await opened(workbench, kind)
        workbench.actions["stop sources"].trigger()
        assert states() == [EndpointState.CLOSED] * 2
        assert "sources stopped" in workbench.window._counts.text()
        workbench.actions["stop sources"].trigger()
        await until(lambda: states() == [EndpointState.OPEN] * 2)
        assert "sources stopped" not in workbench.window._counts.text()

    run(stop_and_start())


def test_sources_that_were_started_one_by_one_are_not_said_to_be_stopped(run: Run, workbench: Workbench) -> None:
    async def stop_and_start() -> None:
        status = await opened(workbench, EndpointKind.UDP)
        workbench.actions["stop sources"].trigger()
        await workbench.session.open_endpoint(status.endpoint_id)
        workbench.refresh()
        assert not workbench.actions["stop sources"].isChecked()
        assert "sources stopped" not in workbench.window._counts.text()

    run(stop_and_start())


def test_without_a_source_there_is_nothing_to_stop(user: LogUser) -> None:
    user.act("stop sources")
    assert not user.workbench.actions["stop sources"].isChecked()
    assert user.hint == "No source is open."


def test_live_traffic_goes_through_filter_fold_and_latest(run: Run, workbench: Workbench) -> None:
    model = workbench.traffic_model

    def send(sender: socket.socket, address: tuple[str, int], *values: int) -> None:
        for value in values:
            sender.sendto(encode_packet(OscMessage("/a", "i", (value,))), address)

    async def receive(sender: socket.socket) -> None:
        address = await listening(workbench)
        send(sender, address, *[7] * 50, 8)
        await until(lambda: model.rowCount() == 51)
        workbench.actions["fold"].trigger()
        await until(lambda: model.rowCount() == 2)
        send(sender, address, 8, 8, 9)
        await until(lambda: model.rowCount() == 3)
        assert [model.repeats(index) for index in range(3)] == [50, 3, 1]
        workbench.actions["fold"].trigger()
        workbench.actions["latest"].trigger()
        send(sender, address, 10)
        await until(lambda: model.rowCount() == 1 and model.look(0).cells[Column.ARGUMENTS] == "10")
        workbench.actions["latest"].trigger()
        workbench.desk.filter_bar.set_text("arg[0]>8")
        send(sender, address, 11)
        await until(lambda: model.rowCount() == 3)
        await until(lambda: workbench.desk.filter_bar.count.text() == "3 of 56")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        run(receive(sender))


def test_closing_while_a_filter_looks_for_matches_leaves_nothing_behind(run: Run, workbench: Workbench) -> None:
    packets = [encode_packet(message) for message in numbered(10_000)]

    async def close_while_looking() -> None:
        workbench.session.add_endpoint(URL)
        workbench.frame_clock.start()
        for _ in range(50):
            put(workbench.session.store, packets)
        workbench.desk.filter_bar.set_text("any~/q+z/ or changed")
        await asyncio.sleep(0)
        assert not workbench.desk.state.is_complete
        workbench.frame_clock.stop()

    run(close_while_looking())
    assert not workbench.frame_clock._timer.isActive()
    assert not workbench.faults.count
