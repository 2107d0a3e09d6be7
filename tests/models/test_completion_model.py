from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.completion_model import CompletionModel, CompletionRole
from osc_workbench.traffic.query_completion import Completion

FIRST, SECOND = Completion("type:", 0, 2, "The type tag string."), Completion("/a&<b>", 0, 0, "")


def test_each_completion_is_a_row(qtmodeltester: ModelTester) -> None:
    model = CompletionModel()
    qtmodeltester.check(model)
    model.set_completions([FIRST, SECOND])
    qtmodeltester.check(model)
    assert model.completions == (FIRST, SECOND)
    assert [model.index(row).data() for row in range(model.rowCount())] == ["type:", "/a&<b>"]
    assert model.index(0).data(CompletionRole) == FIRST
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "type:, The type tag string."
    model.set_completions([])
    assert model.rowCount() == 0
