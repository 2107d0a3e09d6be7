import pytest
from pytestqt.qtbot import QtBot

from tests.doubles.log_window import Log
from tests.doubles.traffic import numbered


@pytest.fixture
def log(qtbot: QtBot) -> Log:
    """A message log with 200 rows."""
    log = Log(qtbot)
    log.receive(*numbered(200))
    return log
