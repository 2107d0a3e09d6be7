"""Rows of the log that leave the program: to the clipboard, or to a file."""

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from osc_workbench.models.endpoint_model import counted
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tasks import spawn
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.code_forms import FORMS, CodeForm, copy_text
from osc_workbench.traffic.export import FORMATS, ExportFormat, export_rows
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.record_lines import json_line, text_line

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench

# More would make the window stand still, and the clipboard of the whole desktop slow.
COPIED_ROWS_LIMIT = 10_000
# Rows that are written between two looks at the time; seconds of writing, and of leaving the event loop to the window.
_PORTION = 50
_SLICE, _PAUSE = 0.008, 0.002
_TABLE_SUFFIX = ".csv"
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def selected_records(workbench: "Workbench", limit: int) -> list[PacketRecord]:
    """Return the selected rows that are still kept, at most `limit`."""
    first_row, record = workbench.session.store.first_row, workbench.session.store.record
    return [record(row) for row in islice(workbench.window.log.selected_rows(), limit) if row >= first_row]


def packets_of(records: Iterable[PacketRecord]) -> list[PacketRecord]:
    """Return one record for each packet, in order."""
    packets: dict[int, PacketRecord] = {}
    for record in records:
        packets.setdefault(record.packet_number, record)
    return list(packets.values())


def copy_as(workbench: "Workbench", form: CodeForm) -> None:
    """Put the selected packets on the clipboard in one of the forms."""

    def text(records: Sequence[PacketRecord]) -> str:
        return copy_text([(record.packet, _target(workbench, record)) for record in records], form)

    _copy(workbench, text, form.title)


def copy_as_lines(workbench: "Workbench") -> None:
    """Copy what `listen` would print."""
    _copy(workbench, partial(_lines, workbench, text_line), "text")


def copy_as_json_lines(workbench: "Workbench") -> None:
    _copy(workbench, partial(_lines, workbench, json_line), "JSON lines")


def copy_as_hex(workbench: "Workbench") -> None:
    copy_as(workbench, next(form for form in FORMS if form.name == "hex"))


def _lines(workbench: "Workbench", line: Callable[[PacketRecord, str], str], records: Sequence[PacketRecord]) -> str:
    return "\n".join(line(record, workbench.url_of(record.endpoint_id)) for record in records)


def _copy(workbench: "Workbench", text: Callable[[Sequence[PacketRecord]], str], title: str) -> None:
    rows = selected_records(workbench, COPIED_ROWS_LIMIT + 1)
    if not rows:
        workbench.show_hint("Select a message first.")
        return
    packets = packets_of(rows[:COPIED_ROWS_LIMIT])
    QGuiApplication.clipboard().setText(text(packets))
    workbench.show_hint(f"Copied {counted(len(packets), 'packet')} as {title}.")
    if len(rows) > COPIED_ROWS_LIMIT:
        workbench.show_problem(f"Only the first {COPIED_ROWS_LIMIT:,} rows were copied. Save them to a file instead.")


def _target(workbench: "Workbench", record: PacketRecord) -> Peer | None:
    """Return where a packet went."""
    if record.direction is Direction.OUT:
        return record.peer
    try:
        url = EndpointUrl.parse(workbench.url_of(record.endpoint_id))
    except EndpointError:
        return None
    # An endpoint that listens everywhere is reached on this machine, too.
    return Peer(_LOOPBACK.get(url.host, url.host), url.port)


def save_shown(workbench: "Workbench") -> None:
    shown = workbench.traffic_model.shown
    store = workbench.session.store
    _ask_where(workbench, len(shown), partial(shown.rows_between, store.first_row, store.end_row))


def save_selected(workbench: "Workbench") -> None:
    log = workbench.window.log
    _ask_where(workbench, log.selected_count, log.selected_rows)


def _ask_where(workbench: "Workbench", count: int, rows: Callable[[], Iterator[int]]) -> None:
    if not count:
        workbench.show_hint("There is nothing to save.")
        return
    dialog = QFileDialog(workbench.window, f"Save {counted(count, 'message')}")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setNameFilters([f"{form.title} (*{form.suffix})" for form in FORMATS])
    # The dialog adds it to a bare name, and asks before an existing file is replaced.
    dialog.setDefaultSuffix(FORMATS[0].suffix)
    dialog.filterSelected.connect(partial(_choose_suffix, dialog))
    dialog.fileSelected.connect(partial(_save_chosen, workbench, dialog, rows))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _choose_suffix(dialog: QFileDialog, name_filter: str) -> None:
    dialog.setDefaultSuffix(_format_of(name_filter).suffix)


def _format_of(name_filter: str) -> ExportFormat:
    return next((form for form in FORMATS if f"*{form.suffix})" in name_filter), FORMATS[0])


def _save_chosen(workbench: "Workbench", dialog: QFileDialog, rows: Callable[[], Iterator[int]], name: str) -> None:
    path = Path(name)
    named = next((form for form in FORMATS if form.suffix == path.suffix.lower()), None)
    form = named or _format_of(dialog.selectedNameFilter())
    spawn(save_rows(workbench, rows(), path, form), f"save {path.name}")


async def save_rows(workbench: "Workbench", rows: Iterator[int], path: Path, form: ExportFormat) -> None:
    """Write rows to a file, a few at a time so that the window goes on; says how it ended."""
    store, time = workbench.session.store, workbench.session.clock.time
    records = (store.record(row) for row in rows if row >= store.first_row)
    count = 0
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            end = time() + _SLICE
            for portion in _portions(records):
                text = io.StringIO(newline="")
                written = export_rows(portion, text, form, workbench.url_of)
                # The head of a table stands there once.
                whole = text.getvalue()
                file.write(whole if not count or form.suffix != _TABLE_SUFFIX else whole.partition("\r\n")[2])
                count += written
                if time() >= end:
                    workbench.show_hint(f"Writing {path.name}: {count:,} lines…")
                    await asyncio.sleep(_PAUSE)
                    end = time() + _SLICE
    except OSError as error:
        workbench.show_problem(f"The messages cannot be written to {path}: {error.strerror}. Choose another place.")
        return
    workbench.show_hint(f"Wrote {count:,} lines to {path}.")


def _portions(records: Iterator[PacketRecord]) -> Iterator[list[PacketRecord]]:
    """Yield the records in portions that end where a packet ends."""
    portion: list[PacketRecord] = []
    for record in records:
        if len(portion) >= _PORTION and record.packet_number != portion[-1].packet_number:
            yield portion
            portion = []
        portion.append(record)
    if portion:
        yield portion
