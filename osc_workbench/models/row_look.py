"""What a row of the message log shows, and how that is made of a record."""

import enum
from collections.abc import Callable
from typing import NamedTuple

from osc_workbench.models.argument_text import describe_arguments, describe_issues, printable, shown_address
from osc_workbench.models.time_tag_text import time_tag_text
from osc_workbench.models.traffic_columns import TIMES, Column
from osc_workbench.traffic.marks import Marks
from osc_workbench.traffic.record import Direction, PacketRecord
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.time_text import clock_time, duration

_COMMENT_LIMIT, _TAGS_LIMIT = 400, 64
_ABSENT = "-"


class TimeMode(enum.Enum):
    """How times are shown."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    DELTA = "delta"


class BundlePart(enum.Enum):
    """Where a row stands in its bundle, for the bracket beside the rows."""

    NONE = "none"
    ONLY = "only"
    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


class RowLook(NamedTuple):
    """What a row shows: one text a column, and what it means.

    unix_ns: time of arrival or sending.
    notes: what is odd about the packet though it could be decoded, a sentence each.
    repeats: how many messages it stands for. colour: name of the colour that a rule gives it.
    is_match: whether it is one of those that are highlighted.
    """

    row: int
    unix_ns: int
    cells: tuple[str, ...]
    direction: Direction
    part: BundlePart
    is_malformed: bool
    notes: tuple[str, ...] = ()
    repeats: int = 1
    is_marked: bool = False
    comment: str = ""
    colour: str | None = None
    is_match: bool = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is not in the cells, a sentence each."""
        marked = f"Marked: {self.comment}" if self.comment else "Marked"
        remarks = (
            (marked, self.is_marked),
            (f"Coloured {self.colour} by a rule", self.colour is not None),
            ("Matches what is highlighted", self.is_match),
        )
        return (*self.notes, *(text for text, holds in remarks if holds))


class LookMaker:
    """Makes looks of rows of a store.

    url_of: the URL of an endpoint by its number. colour_of: the colour of a row, if a rule gives it one.
    notes_of: what else is odd about a record. reference_ns: what relative times count from, ns since the Unix epoch.
    """

    def __init__(
        self,
        store: TrafficStore,
        url_of: Callable[[int], str],
        marks: Marks,
        colour_of: Callable[[int], str | None],
        notes_of: Callable[[PacketRecord], tuple[str, ...]],
    ) -> None:
        self._store = store
        self._url_of = url_of
        self._marks = marks
        self._colour_of = colour_of
        self._notes_of = notes_of
        self.time_mode = TimeMode.ABSOLUTE
        self.reference_ns: int | None = None

    def look(self, row: int, above_ns: int | None, repeats: int, is_match: bool, is_latest: bool = False) -> RowLook:
        """Return what a row shows. above_ns: the time of the row above it. is_latest: in a table of latest values."""
        if row < self._store.first_row:
            return _look_of_nothing(row)
        record = self._store.record(row)
        is_marked = row in self._marks
        comment = _on_one_line(self._marks.comment(row)) if is_marked else ""
        notes, more = describe_issues(record), self._notes_of(record)
        return RowLook(
            row,
            record.unix_ns,
            self._cells(record, above_ns, repeats, comment),
            record.direction,
            # In such a table the messages of a bundle do not stand together.
            BundlePart.ONLY if is_latest and record.is_bundle else _part_of(record),
            record.is_malformed,
            tuple(dict.fromkeys((*notes, *more))) if more else notes,
            repeats,
            is_marked,
            comment,
            self._colour_of(row),
            is_match,
        )

    def _cells(self, record: PacketRecord, above_ns: int | None, repeats: int, comment: str) -> tuple[str, ...]:
        return (
            str(record.row + 1),
            self._time_text(record.row, record.unix_ns),
            "←" if record.direction is Direction.IN else "→",
            # That it is UDP goes without saying; the port, which tells endpoints apart, needs the room.
            self._url_of(record.endpoint_id).removeprefix("udp://").partition("?")[0],
            "(not kept)" if record.peer is None else str(record.peer),
            shown_address(record),
            "" if record.type_tags is None else "," + printable(record.type_tags[:_TAGS_LIMIT]),
            describe_arguments(record),
            f"{record.size:,}",
            _ABSENT if above_ns is None else duration(record.unix_ns - above_ns),
            time_tag_text(record),
            f"{TIMES}{repeats:,}" if repeats > 1 else "",
            comment,
        )

    def _time_text(self, row: int, unix_ns: int) -> str:
        if self.time_mode is TimeMode.ABSOLUTE:
            return clock_time(unix_ns)
        if self.time_mode is TimeMode.RELATIVE:
            return duration(unix_ns - (self.reference_ns or unix_ns))
        before = self._store.time_at(row - 1) if row > self._store.first_row else unix_ns
        return duration(unix_ns - before)


def _look_of_nothing(row: int) -> RowLook:
    """Return the look of a row that is shown while the picture stands still, but is no longer kept."""
    cells = [""] * len(Column)
    cells[Column.NUMBER], cells[Column.ARGUMENTS] = str(row + 1), "(no longer kept)"
    return RowLook(row, 0, tuple(cells), Direction.IN, BundlePart.NONE, False)


def _part_of(record: PacketRecord) -> BundlePart:
    if not record.is_bundle:
        return BundlePart.NONE
    if record.count == 1:
        return BundlePart.ONLY
    if record.position == 0:
        return BundlePart.FIRST
    return BundlePart.LAST if record.position == record.count - 1 else BundlePart.MIDDLE


def _on_one_line(comment: str) -> str:
    # Comments come with recordings, too.
    return printable(" ".join(comment[:_COMMENT_LIMIT].split()))
