"""Rows that leave the log: several are copied at once, and files are written while the window goes on."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from osc_workbench.app import log_copies
from osc_workbench.app.log_copies import save_rows
from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.export import FORMATS
from tests.doubles.log_user import URL, LogUser, faders
from tests.doubles.stored import put
from tests.doubles.traffic import numbered
from tests.doubles.waiting import until
from tests.doubles.window import Run


@pytest.fixture
def user(qtbot: QtBot, workbench: Workbench) -> LogUser:
    """Rows 0 to 9 are numbered, 10 to 12 are in a bundle, 13 is a fader."""
    user = LogUser(qtbot, workbench)
    user.receive(*numbered(10), OscBundle(TimeTag(1), numbered(3, 10)), *faders([0.5]))
    return user


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_several_rows_are_copied_one_line_a_packet(user: LogUser) -> None:
    user.select(1, 3, 10, 12)
    user.act("copy")
    lines = clipboard().split("\n")
    assert [line.partition(" <- ")[2] for line in lines[:2]] == ["127.0.0.1:50000 /n ,i 1", "127.0.0.1:50000 /n ,i 3"]
    assert "#bundle" in lines[2]
    assert len(lines) == 3
    assert user.hint == "Copied 3 packets as text."
    user.act("copy json")
    assert [json.loads(line)["number"] for line in clipboard().split("\n")] == [2, 4, 11]
    user.act("copy hex")
    assert clipboard().split("\n")[0] == "2f 6e 00 00 2c 69 00 00 00 00 00 01"


def test_what_is_selected_but_hidden_by_a_filter_is_not_copied(user: LogUser) -> None:
    user.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    user.filter("/fader")
    user.act("copy hex")
    assert clipboard() == encode_packet(faders([0.5])[0]).hex(" ")


def test_nothing_to_copy_or_save_is_said(user: LogUser) -> None:
    user.log.select(None)
    for action, words in (("copy", "Select a message first."), ("save selected", "There is nothing to save.")):
        user.act(action)
        assert user.hint == words
    assert not user.dialogs()


def test_more_than_a_clipboard_should_hold_is_said(user: LogUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_copies, "COPIED_ROWS_LIMIT", 5)
    user.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    user.act("copy hex")
    assert len(clipboard().split("\n")) == 5
    assert user.problem == "Only the first 5 rows were copied. Save them to a file instead."


@pytest.mark.parametrize(
    ("action", "name", "lines"),
    [
        ("save shown", "a.txt", 12),
        ("save selected", "b.jsonl", 2),
        ("save shown", "c.CSV", 15),
        ("save shown", "d", 12),
    ],
)
def test_rows_are_saved_as_the_dialog_says(
    run: Run, user: LogUser, tmp_path: Path, action: str, name: str, lines: int
) -> None:
    user.select(2, 4)

    async def save() -> None:
        user.workbench.actions[action].trigger()
        (dialog,) = user.dialogs()
        assert isinstance(dialog, QFileDialog)
        dialog.selectFile(str(tmp_path / name))
        dialog.accept()
        await until(lambda: user.hint.startswith("Wrote"))

    run(save())
    (path,) = tmp_path.glob(f"{name}*")
    assert path.suffix == (Path(name).suffix or ".txt")
    assert len(path.read_text().splitlines()) == lines


def test_a_suffix_follows_the_kind_of_file_that_is_chosen(user: LogUser) -> None:
    user.workbench.actions["save shown"].trigger()
    (dialog,) = user.dialogs()
    assert isinstance(dialog, QFileDialog)
    for form in FORMATS:
        dialog.selectNameFilter(f"{form.title} (*{form.suffix})")
        dialog.filterSelected.emit(dialog.selectedNameFilter())
        assert f".{dialog.defaultSuffix()}" == form.suffix
    dialog.reject()


@pytest.mark.parametrize("place", ["none/x.txt", ""], ids=["no such folder", "a folder"])
def test_a_place_that_cannot_be_written_is_said(run: Run, user: LogUser, tmp_path: Path, place: str) -> None:
    path = tmp_path / place

    async def save() -> None:
        await save_rows(user.workbench, iter(range(3)), path, FORMATS[0])

    run(save())
    assert user.problem.startswith(f"The messages cannot be written to {path}: ")
    assert user.hint == ""


def test_rows_that_are_forgotten_while_they_are_written_do_no_harm(
    run: Run, user: LogUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_copies, "_SLICE", 0.0)
    monkeypatch.setattr(log_copies, "_PORTION", 1)

    async def save_and_clear() -> None:
        saving = asyncio.ensure_future(save_rows(user.workbench, iter(range(14)), tmp_path / "x.csv", FORMATS[2]))
        await asyncio.sleep(0)
        user.act("clear")
        await saving

    run(save_and_clear())
    assert 1 < len((tmp_path / "x.csv").read_text().splitlines()) < 15


def test_the_window_goes_on_while_many_rows_are_written(run: Run, workbench: Workbench, tmp_path: Path) -> None:
    count = 10_000
    packets = [encode_packet(message) for message in numbered(1000)]
    turns = 0

    async def count_turns(is_done: Callable[[], bool]) -> None:
        nonlocal turns
        while not is_done():
            await asyncio.sleep(0)
            turns += 1

    async def save() -> None:
        workbench.session.add_endpoint(URL)
        for _ in range(count // len(packets)):
            put(workbench.session.store, packets)
        workbench.refresh()
        rows = partial(workbench.traffic_model.shown.rows_between, 0, count)
        saving = asyncio.ensure_future(save_rows(workbench, rows(), tmp_path / "x.csv", FORMATS[2]))
        await count_turns(saving.done)

    run(save())
    assert workbench.window.statusBar().currentMessage().startswith("Wrote 10,000 lines to ")
    # Some 8 ms each; the machine may be busy with other things, but it is not one long standstill.
    assert turns > 20
    with (tmp_path / "x.csv").open() as file:
        assert sum(1 for _ in file) == count + 1
