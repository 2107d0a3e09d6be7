"""Cells that show their whole text as a tool tip where it is cut off."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from osc_workbench.views.tool_tips import plain_tip


class TipDelegate(QStyledItemDelegate):
    """The text may come from the network."""

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        text = index.data()
        fits = not text or self.sizeHint(option, index).width() <= view.visualRect(index).width()
        QToolTip.showText(event.globalPos(), "" if fits else plain_tip(text), view)
        return True
