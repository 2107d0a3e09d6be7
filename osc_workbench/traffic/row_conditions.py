"""Conditions on a row's circumstances: where it came from, when, how large it is, whether it is marked."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from osc_workbench.traffic.number_comparison import compare, sign_words
from osc_workbench.traffic.query_context import LinkValues, Mask, QueryContext, Test
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.row_view import RowView
from osc_workbench.traffic.tables import Link
from osc_workbench.traffic.text_match import compile_wildcards, encoded
from osc_workbench.traffic.time_text import duration_words


@dataclass(frozen=True, slots=True)
class GoesWay:
    """The direction."""

    direction: Direction
    needs_history = False

    def explain(self) -> str:
        return "it came in" if self.direction is Direction.IN else "it went out"

    def bind(self, context: QueryContext) -> Test:
        return LinkValues(context, lambda link: link.direction is self.direction)


@dataclass(frozen=True, slots=True)
class IsBetween:
    """Host and port of a side: "source", "target" or "peer". host: with `*` and `?`, "" for any; port: None for any."""

    side: str
    host: str
    port: int | None
    needs_history = False

    def explain(self) -> str:
        names = {"source": "it was sent by", "target": "it was sent to", "peer": "the other side is"}
        port = "" if self.port is None else f"port {self.port}"
        return f"{names[self.side]} {' '.join(part for part in (self.host, port) if part)}"

    def bind(self, context: QueryContext) -> Test:
        is_host = compile_wildcards(self.host or "*")

        def fits(link: Link) -> bool:
            peer = self._address(link, context.url_of)
            if peer is None or (self.port is not None and peer.port != self.port):
                return False
            return is_host(encoded(peer.host))

        return LinkValues(context, fits)

    def _address(self, link: Link, url_of: Callable[[int], str]) -> Peer | None:
        is_peer = self.side == "peer" or (self.side == "source") == (link.direction is Direction.IN)
        return link.peer if is_peer else _local(url_of(link.endpoint_id))


def _local(url: str) -> Peer | None:
    """Return host and port of an endpoint's URL, None for a text that is none."""
    host, colon, port = url.partition("://")[2].partition("?")[0].rpartition(":")
    return Peer(host.strip("[]"), int(port)) if colon and port.isdigit() else None


@dataclass(frozen=True, slots=True)
class EndpointIs:
    """A part of an endpoint's URL, with `*` and `?`."""

    text: str
    needs_history = False

    def explain(self) -> str:
        return f"the endpoint's URL contains “{self.text}”"

    def bind(self, context: QueryContext) -> Test:
        fits = compile_wildcards(f"*{self.text}*")
        return LinkValues(context, lambda link: fits(encoded(context.url_of(link.endpoint_id))))


@dataclass(frozen=True, slots=True)
class SizeIs:
    """Bytes of the message, or of the whole packet."""

    of_packet: bool
    sign: str
    number: int | float
    needs_history = False

    def explain(self) -> str:
        return f"the {'packet' if self.of_packet else 'message'}'s size {sign_words(self.sign)} {self.number} bytes"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        return compare(view.packet_sizes if self.of_packet else view.message_sizes, self.sign, self.number)


@dataclass(frozen=True, slots=True)
class LatenessIs:
    """How long after the time tag of its bundle a message came, or before it; only those with such a time match."""

    sign: str
    nanoseconds: int
    early: bool = False
    needs_history = False

    def explain(self) -> str:
        side = "before" if self.early else "after"
        return f"it came {_amount(self.sign, self.nanoseconds)} {side} its time tag"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        late, timed = view.lateness()
        return timed & compare(-late if self.early else late, self.sign, self.nanoseconds)


def _amount(sign: str, nanoseconds: int) -> str:
    words = {
        "=": "exactly",
        "!=": "not exactly",
        "<": "less than",
        "<=": "at most",
        ">": "more than",
        ">=": "at least",
    }
    return f"{words[sign]} {duration_words(nanoseconds)}"


@dataclass(frozen=True, slots=True)
class HasBits:
    """One of some bits of a column is set: of the row's "flags" or of lint's "findings". words: for people."""

    column: str
    bits: int
    words: str
    needs_history = False

    def explain(self) -> str:
        return self.words

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        column = view.flags if self.column == "flags" else view.findings
        mask: Mask = (column & column.dtype.type(self.bits)).astype(np.bool_)
        return mask


@dataclass(frozen=True, slots=True)
class IsMarked:
    """A mark of the user; with a text, one whose comment contains it, in any case."""

    text: str = ""
    needs_history = False

    def explain(self) -> str:
        return f"it has a comment that contains “{self.text}”" if self.text else "it is marked"

    def bind(self, context: QueryContext) -> Test:
        return _Marked(context, self.text.lower())


class _Marked:
    def __init__(self, context: QueryContext, text: str) -> None:
        self._marks = context.marks
        self._text = text

    def mask(self, view: RowView) -> Mask:
        rows = view.rows
        marked = self._marks.between(int(rows[0]), int(rows[-1]) + 1) if len(rows) else []
        fitting = [row for row in marked if self._text in self._marks.comment(row).lower()]
        return np.isin(rows, np.array(fitting, np.int64))


@dataclass(frozen=True, slots=True)
class NumberIs:
    """Numbers of messages, from 1 as the log shows them; last: None for no end."""

    first: int
    last: int | None
    needs_history = False

    def explain(self) -> str:
        if self.first == self.last:
            return f"its number is {self.first}"
        return f"its number is {self.first} {'or more' if self.last is None else f'to {self.last}'}"

    def bind(self, _context: QueryContext) -> Test:
        return self

    def mask(self, view: RowView) -> Mask:
        numbers = view.rows + 1
        mask: Mask = numbers >= self.first
        return mask if self.last is None else mask & (numbers <= self.last)
