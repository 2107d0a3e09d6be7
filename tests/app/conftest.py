"""A workbench without a running program around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.app.faults import Faults
from osc_workbench.app.settings import Settings
from osc_workbench.app.workbench import Workbench
from osc_workbench.session import Session
from osc_workbench.views.theme import LIGHT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def workbench(qtbot: QtBot, qapp: QApplication, settings: Settings) -> Iterator[Workbench]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    workbench = Workbench(qapp, Session(), settings, Faults(), LIGHT)
    workbench.window.show()
    workbench.refresh()
    yield workbench
    workbench.close()
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)
