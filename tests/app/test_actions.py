import pytest
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from osc_workbench.app import log_commands
from osc_workbench.app.actions import ACTIONS
from osc_workbench.app.workbench import Workbench
from osc_workbench.models.traffic_model import Column, TimeMode
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Batch
from osc_workbench.views.theme import DARK
from tests.doubles.stored import put
from tests.doubles.traffic import TRUNCATED_FLOAT, numbered

NAMES = [row.name for row in ACTIONS]


def fill(workbench: Workbench) -> None:
    """Let packets of every kind arrive without a socket."""
    workbench._urls[1] = "udp://127.0.0.1:9000"
    packets: list[OscMessage | OscBundle] = [*numbered(40), OscBundle(TimeTag(1), numbered(3))]
    put(workbench.session.store, [*map(encode_packet, packets), TRUNCATED_FLOAT])
    workbench.refresh()


def dialogs(workbench: Workbench) -> list[QDialog]:
    return [dialog for dialog in workbench.window.findChildren(QDialog) if dialog.isVisible()]


def close_dialogs(workbench: Workbench) -> None:
    for dialog in dialogs(workbench):
        dialog.done(0)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_every_action_has_a_tip_a_menu_and_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for row in ACTIONS:
        assert row.tip
        assert row.menu
        assert not row.tip.endswith(".")


def test_shortcuts_are_unique_and_known_to_qt() -> None:
    keys = [QKeySequence(row.shortcut).toString() for row in ACTIONS if row.shortcut]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_letters_to_press_are_unique_in_each_menu(workbench: Workbench) -> None:
    for menu in workbench.window.menuBar().findChildren(QMenu):
        texts = [action.text() for action in menu.actions() if "&" in action.text()]
        letters = [text[text.index("&") + 1].lower() for text in texts]
        assert len(set(letters)) == len(letters), texts
    titles = [action.text() for action in workbench.window.menuBar().actions()]
    assert titles == ["&File", "&Edit", "&View", "L&og", "&Layout", "&Help"]


@pytest.mark.parametrize("selected", [None, 0, -1], ids=["nothing selected", "first", "malformed"])
@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_every_command_runs(
    qtbot: QtBot, workbench: Workbench, filled: bool, selected: int | None, expected_errors: list[str]
) -> None:
    if filled:
        fill(workbench)
        if selected is not None:
            workbench.window.log.select(range(workbench.session.store.end_row)[selected])
    for row in ACTIONS:
        action = workbench.actions[row.name]
        with qtbot.captureExceptions() as exceptions:
            action.trigger()
            if row.checked is not None:
                action.trigger()
        assert not exceptions, row.name
        close_dialogs(workbench)
    assert not workbench.faults.count


def test_a_packet_is_copied_in_three_forms(qtbot: QtBot, workbench: Workbench) -> None:
    fill(workbench)
    workbench.window.log.select(7)
    workbench.actions["copy"].trigger()
    assert clipboard().endswith("udp://127.0.0.1:9000 <- 127.0.0.1:9000 /n ,i 7")
    workbench.actions["copy json"].trigger()
    assert '"packet": {"address": "/n", "tags": "i", "args": [7]}' in clipboard()
    workbench.actions["copy hex"].trigger()
    assert clipboard() == "2f 6e 00 00 2c 69 00 00 00 00 00 07"


def test_a_malformed_packet_can_be_copied(workbench: Workbench) -> None:
    fill(workbench)
    workbench.window.log.select(workbench.session.store.end_row - 1)
    for name in ("copy", "copy json"):
        workbench.actions[name].trigger()
        assert TRUNCATED_FLOAT.hex() in clipboard()


def test_following_is_switched_from_both_sides(workbench: Workbench) -> None:
    fill(workbench)
    follow = workbench.actions["follow"]
    follow.trigger()
    assert not workbench.window.log.is_following
    workbench.window.log.follow()
    assert follow.isChecked()
    workbench.window.log.verticalScrollBar().setValue(0)
    assert follow.isChecked() is workbench.window.log.is_following


def test_clearing_forgets_messages_selection_and_detail(workbench: Workbench) -> None:
    fill(workbench)
    workbench.window.log.select(3)
    assert workbench.packet_model.record is not None
    workbench.actions["clear"].trigger()
    assert workbench.traffic_model.rowCount() == 0
    assert workbench.window.log.current_row is None
    assert workbench.packet_model.record is None


def test_a_time_reference_switches_to_relative_times(workbench: Workbench) -> None:
    fill(workbench)
    workbench.window.log.select(5)
    workbench.actions["reference"].trigger()
    assert workbench.traffic_model.time_mode is TimeMode.RELATIVE
    assert workbench.actions["relative times"].isChecked()
    assert workbench.traffic_model.look(5).cells[Column.TIME] == "+0.000000"


@pytest.mark.parametrize(
    ("text", "row"),
    [("13", 12), ("0", 0), ("1", 0), ("10,000", 43), ("0.00001", 10), ("99999999", 43)],
)
def test_a_message_can_be_gone_to_by_number_or_time(workbench: Workbench, text: str, row: int) -> None:
    fill(workbench)
    workbench.actions["go to"].trigger()
    (dialog,) = dialogs(workbench)
    assert isinstance(dialog, QInputDialog)
    dialog.setTextValue(text)
    dialog.accept()
    assert workbench.window.log.current_row == row
    assert not workbench.window.log.is_following


def test_what_is_no_place_is_said(workbench: Workbench) -> None:
    fill(workbench)
    log_commands.go_to_place(workbench, "tomorrow")
    assert "“tomorrow” is neither a number nor a time such as" in workbench.faults.kept[-1].summary
    assert workbench.window.log.current_row is None


def test_the_messages_gone_before_the_dialog_is_answered_do_no_harm(workbench: Workbench) -> None:
    fill(workbench)
    workbench.actions["go to"].trigger()
    workbench.actions["clear"].trigger()
    dialogs(workbench)[0].accept()
    assert workbench.window.log.current_row is None


def test_problems_are_listed(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.faults.report("The first <b>problem</b>.", "all about it")
    workbench.actions["problems"].trigger()
    (box,) = dialogs(workbench)
    assert isinstance(box, QMessageBox)
    assert "The first <b>problem</b>." in box.text()
    assert box.detailedText() == "all about it"
    close_dialogs(workbench)


def test_a_theme_reaches_the_panels(workbench: Workbench) -> None:
    workbench.responders.show_message("It is wrong.")
    workbench.actions["dark theme"].trigger()
    assert DARK.error.name() in workbench.responders.message.styleSheet()


def test_a_theme_is_remembered(qapp: QApplication, workbench: Workbench) -> None:
    workbench.actions["dark theme"].trigger()
    assert workbench.settings.theme == "dark"
    assert not workbench.actions["light theme"].isChecked()


def test_the_keyboard_can_be_sent_to_each_part(qtbot: QtBot, workbench: Workbench) -> None:
    fill(workbench)
    workbench.window.log.select(1)
    for name, part in (
        ("focus endpoints", workbench.window.endpoints.form.address),
        ("focus packet", workbench.window.packet.tree),
        ("focus responders", workbench.responders.table),
        ("focus connections", workbench.connections.table),
        ("focus pending", workbench.pending.table),
        ("focus packet", workbench.window.packet.tree),
        ("focus log", workbench.window.log),
    ):
        workbench.actions[name].trigger()
        qtbot.waitUntil(part.hasFocus)


def test_a_hidden_panel_is_shown_when_the_keyboard_goes_there(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.window.endpoint_dock.hide()
    workbench.actions["listen"].trigger()
    assert workbench.window.endpoint_dock.isVisible()


def test_typing_a_letter_in_the_address_is_no_shortcut(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.actions["listen"].trigger()
    qtbot.waitUntil(workbench.window.endpoints.form.address.hasFocus)
    qtbot.keyClicks(workbench.window.endpoints.form.address, "ff")
    assert workbench.window.endpoints.form.address.text() == "ff"
    assert workbench.actions["follow"].isChecked()


def test_a_fault_is_shown_in_the_status_bar(qtbot: QtBot, workbench: Workbench) -> None:
    workbench.faults.report("It went wrong.")
    assert workbench.window._problem.whole_text == "It went wrong.   (Help, Problems)"


def test_counts_tell_what_is_kept(workbench: Workbench) -> None:
    fill(workbench)
    assert workbench.window._counts.text().startswith("0 packets/s   ·   44 of at most ")


def test_an_empty_batch_is_taken(workbench: Workbench) -> None:
    workbench.traffic_model.apply_batch(Batch(0, 0, 0, ()))
    assert workbench.traffic_model.rowCount() == 0
