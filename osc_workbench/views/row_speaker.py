"""What a screen reader hears of the row that is selected in the log."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from osc_workbench.models.row_selection import RowSelection
from osc_workbench.models.traffic_columns import NAMES, Column
from osc_workbench.models.traffic_model import TrafficModel


class RowSpeaker(QObject):
    """Keeps the accessible description of a widget at the current row."""

    def __init__(self, model: TrafficModel, selection: RowSelection, widget: QWidget) -> None:
        super().__init__(widget)
        self._model = model
        self._selection = selection
        self._widget = widget
        self._place: int | None = None
        selection.current_changed.connect(self._on_current_changed)

    def _on_current_changed(self) -> None:
        index = self._selection.current_index
        # In a table of latest values the row changes with each message, of which nobody can hear as many.
        if index is not None and self._model.is_latest and index == self._place:
            return
        self._place = index
        self._widget.setAccessibleDescription("" if index is None else self._words(index))
        QAccessible.updateAccessibility(QAccessibleEvent(self._widget, QAccessible.Event.DescriptionChanged))

    def _words(self, index: int) -> str:
        look = self._model.look(index)
        cells = [
            f"{NAMES[column]} {look.cells[column]}"
            for column in Column
            if look.cells[column] and column is not Column.COMMENT
        ]
        return ", ".join([*cells, *look.remarks])
