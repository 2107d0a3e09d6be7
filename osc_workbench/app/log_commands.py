"""What the actions of the message log do."""

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog

from osc_workbench.app.endpoint_commands import open_endpoint
from osc_workbench.models.wishes import (
    AddFilterTerm,
    JumpToFinding,
    SetColourRules,
    SetCountedRows,
    SetMutedRules,
    Wish,
)
from osc_workbench.net.tasks import spawn
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.traffic.marks import MARKS_LIMIT
from osc_workbench.traffic.record import EndpointState
from osc_workbench.traffic.time_conditions import parse_instant

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench

_TOO_MANY_MARKS = f"There are {MARKS_LIMIT:,} marks, which is the limit. A filter or a colour rule finds rows, too."


# Three controls: is it stored, is it drawn, does it come at all.


def set_storing(workbench: "Workbench", is_storing: bool) -> None:
    workbench.session.set_storing(is_storing)
    workbench.refresh()


def pause_view(workbench: "Workbench", is_paused: bool) -> None:
    workbench.traffic_model.set_paused(is_paused)
    workbench.refresh()


def stop_sources(workbench: "Workbench", stop: bool) -> None:
    """Close all endpoints that are open, or open those again that were closed so."""
    session = workbench.session
    if stop:
        open_now = [status.endpoint_id for status in session.statuses() if status.state is not EndpointState.CLOSED]
        workbench.stopped_sources = open_now
        if not open_now:
            workbench.actions["stop sources"].setChecked(False)
            workbench.show_hint("No source is open.")
            return
        for endpoint_id in open_now:
            session.close_endpoint(endpoint_id)
    else:
        here = {status.endpoint_id for status in session.statuses() if status.state is EndpointState.CLOSED}
        for endpoint_id in here.intersection(workbench.stopped_sources):
            spawn(open_endpoint(workbench, endpoint_id), f"open endpoint {endpoint_id}")
        workbench.stopped_sources = []
    workbench.refresh()


# What is shown.


def focus_filter(workbench: "Workbench") -> None:
    workbench.desk.filter_bar.focus_edit()


def clear_filter(workbench: "Workbench") -> None:
    workbench.desk.filter_bar.set_text("")


def fold_repeats(workbench: "Workbench", is_folded: bool) -> None:
    workbench.desk.state.set_folded(is_folded)
    workbench.refresh()


def show_latest(workbench: "Workbench", is_latest: bool) -> None:
    workbench.desk.state.set_latest(is_latest)
    workbench.refresh()


# Going somewhere.


def go_to(workbench: "Workbench", row: int | None, nothing: str) -> None:
    """Select a row, or say why there is none."""
    log = workbench.window.log
    if row is None:
        workbench.show_hint(nothing)
        return
    log.set_following(False)
    log.select(row)
    log.setFocus()


def _current_row(workbench: "Workbench", forward: bool) -> int:
    """Return where to search from: the selected row, or beyond the end from which one searches."""
    row = workbench.window.log.current_row
    if row is not None:
        return row
    return workbench.session.store.first_row - 1 if forward else workbench.session.store.end_row


def next_match(workbench: "Workbench", forward: bool = True) -> None:
    row = workbench.traffic_model.next_match(_current_row(workbench, forward), forward)
    go_to(workbench, row, f"No match {'below' if forward else 'above'}.")


def previous_match(workbench: "Workbench") -> None:
    next_match(workbench, False)


def next_finding(workbench: "Workbench", forward: bool = True) -> None:
    rules = [rule.id for rule in RULES if rule.id not in workbench.desk.muted]
    jump_to_finding(workbench, rules, forward)


def previous_finding(workbench: "Workbench") -> None:
    next_finding(workbench, False)


def jump_to_finding(workbench: "Workbench", rules: Sequence[str], forward: bool) -> None:
    """Select the next row, or the one before, that breaks one of these rules."""
    here = _current_row(workbench, forward)
    found = [workbench.session.lint.find(rule, here, forward) for rule in rules]
    rows = [row for row in found if row is not None]
    nothing = f"No finding of lint {'below' if forward else 'above'}."
    go_to(workbench, (min(rows) if forward else max(rows)) if rows else None, nothing)


def next_mark(workbench: "Workbench") -> None:
    go_to(workbench, workbench.desk.marks.next(_current_row(workbench, True)), "No mark below.")


def previous_mark(workbench: "Workbench") -> None:
    go_to(workbench, workbench.desk.marks.previous(_current_row(workbench, False)), "No mark above.")


def go_to_place(workbench: "Workbench", text: str) -> None:
    """Select a message by its number, or the first one at or after a time."""
    store = workbench.session.store
    if not len(store):
        return
    text = text.strip().replace(",", "")
    if text.isascii() and text.isdigit():
        row = min(max(int(text[:15]) - 1, store.first_row), store.end_row - 1)
        go_to(workbench, row, "")
        return
    instant = parse_instant(text.removesuffix("s").strip())
    if instant is None:
        workbench.show_problem(f"“{text:.40}” is neither a number nor a time such as 12.5 or 14:05:03.")
        return
    start = workbench.traffic_model.reference_ns
    row = store.row_at_time(instant.unix_ns(start if start is not None else store.time_at(store.first_row)))
    go_to(workbench, min(row, store.end_row - 1), "")


def ask_for_place(workbench: "Workbench") -> None:
    store = workbench.session.store
    if not len(store):
        return
    dialog = QInputDialog(workbench.window)
    dialog.setInputMode(QInputDialog.InputMode.TextInput)
    dialog.setWindowTitle("Go to message")
    dialog.setLabelText(
        f"Number, {store.first_row + 1:,} to {store.end_row:,}, or time:\n"
        "seconds as in 12.5, or by the clock as in 14:05:03"
    )
    dialog.setTextValue(str((workbench.window.log.current_row or store.first_row) + 1))
    dialog.textValueSelected.connect(partial(go_to_place, workbench))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


# Marks.


def toggle_marks(workbench: "Workbench") -> None:
    """Mark the selected rows; if all of them are marked, take the marks away."""
    marks = workbench.desk.marks
    rows = list(islice(workbench.window.log.selected_rows(), MARKS_LIMIT + 1))
    if all(row in marks for row in rows):
        for row in rows:
            marks.remove(row)
    elif not all(marks.set(row, marks.comment(row)) for row in rows):
        workbench.show_problem(_TOO_MANY_MARKS)
    workbench.desk.state.marks_changed()
    workbench.refresh()


def comment(workbench: "Workbench") -> None:
    row = workbench.window.log.current_row
    if row is None:
        workbench.show_hint("Select a message first.")
        return
    dialog = QInputDialog(workbench.window)
    dialog.setWindowTitle(f"Comment on message {row + 1:,}")
    dialog.setLabelText("Comment; the message is marked with it")
    dialog.setTextValue(workbench.desk.marks.comment(row))
    dialog.textValueSelected.connect(partial(set_comment, workbench, row))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def set_comment(workbench: "Workbench", row: int, text: str) -> None:
    """Mark a row with a comment."""
    if not workbench.desk.marks.set(row, " ".join(text.split())):
        workbench.show_problem(_TOO_MANY_MARKS)
    workbench.desk.state.marks_changed()
    workbench.refresh()


def clear_marks(workbench: "Workbench") -> None:
    workbench.desk.marks.clear()
    workbench.desk.state.marks_changed()
    workbench.refresh()


# Panels.


def focus_statistics(workbench: "Workbench") -> None:
    workbench.window.show_panel("statistics")


def focus_lint(workbench: "Workbench") -> None:
    workbench.window.show_panel("lint")


def focus_colours(workbench: "Workbench") -> None:
    workbench.window.show_panel("colours")


def grant(workbench: "Workbench", wish: Wish) -> None:
    """Do what a panel of the log asked for."""
    desk = workbench.desk
    match wish:
        case AddFilterTerm(query, exclude):
            desk.filter_bar.add_term(query, exclude)
        case SetCountedRows(which):
            desk.set_counted(which, workbench.window.log.selected_ranges())
        case JumpToFinding(rule_id, forward):
            jump_to_finding(workbench, [rule_id], forward)
        case SetMutedRules(ids):
            desk.set_muted(ids)
        case SetColourRules(rules):
            desk.set_colour_rules(rules)
