"""The menu of a cell of the log: what can be asked, shown and copied from here."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from osc_workbench.app import log_copies
from osc_workbench.app.action_row import connect_triggered
from osc_workbench.models.cell_queries import CellQuery, cell_queries
from osc_workbench.models.traffic_model import Column
from osc_workbench.traffic.code_forms import FORMS
from osc_workbench.traffic.colour_rules import COLOURS, ColourRule
from osc_workbench.views.colour_icon import colour_icon
from osc_workbench.views.menu_title import menu_title

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench

_ROW_ACTIONS = ("mark", "comment", "reference", "go to", None, "copy", "copy json")


def pop_up_cell_menu(workbench: "Workbench", row: int, column: int, position: QPoint) -> None:
    """Show the menu of one cell at a place on the screen."""
    if not workbench.session.store.first_row <= row < workbench.session.store.end_row:
        return
    record = workbench.session.store.record(row)
    menu = QMenu(workbench.window.log)
    menu.aboutToHide.connect(menu.deleteLater)
    queries = cell_queries(record, Column(column), workbench.url_of)
    if queries:
        ask = workbench.desk.filter_bar.add_term
        _add_queries(menu, "&Filter for", queries, partial(ask, exclude=False))
        _add_queries(menu, "E&xclude", queries, partial(ask, exclude=True))
        _add_colours(workbench, menu, queries[0])
        menu.addSeparator()
    for name in _ROW_ACTIONS:
        if name is None:
            menu.addSeparator()
        else:
            menu.addAction(workbench.actions[name])
    add_forms(workbench, menu.addMenu("Copy &as"))
    menu.addSeparator()
    menu.addAction(workbench.actions["save selected"])
    menu.popup(position)


def add_forms(workbench: "Workbench", menu: QMenu) -> None:
    """Add an action for each form in which packets can be copied."""
    for form in FORMS:
        action = menu.addAction(form.title)
        action.setToolTip(f"Copy the selected packets as {form.title}")
        connect_triggered(action, partial(log_copies.copy_as, workbench, form))


def _add_queries(menu: QMenu, title: str, queries: Sequence[CellQuery], ask: Callable[[str], None]) -> None:
    if len(queries) == 1:
        connect_triggered(menu.addAction(f"{title} {menu_title(queries[0].title)}"), partial(ask, queries[0].query))
        return
    choices = menu.addMenu(title)
    for query in queries:
        connect_triggered(choices.addAction(menu_title(query.title)), partial(ask, query.query))


def _add_colours(workbench: "Workbench", menu: QMenu, query: CellQuery) -> None:
    choices = menu.addMenu(f"C&olour {menu_title(query.title)}")
    for colour in COLOURS:
        action = choices.addAction(colour_icon(workbench.colours, colour), colour.capitalize())
        connect_triggered(action, partial(_add_rule, workbench, ColourRule(query.query, colour)))


def _add_rule(workbench: "Workbench", rule: ColourRule) -> None:
    # The newest wish counts most, so it comes first.
    others = (old for old in workbench.desk.state.colours.rules if old.query != rule.query)
    workbench.desk.set_colour_rules((rule, *others))
