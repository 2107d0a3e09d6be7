"""Rows of the log written to a file: as text or JSON a line a packet, as CSV a row a message."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TextIO

from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.dissection import BUNDLE_HEADER_SIZE, BUNDLE_MARK
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.notation import (
    format_address,
    format_arguments,
    format_packet,
    format_string,
    format_time_tag,
)
from osc_workbench.osc.packet import OscBundle
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import PacketRecord
from osc_workbench.traffic.record_lines import json_line, text_line
from osc_workbench.traffic.time_text import rfc3339

_UrlOf = Callable[[int], str]
# Rows of one packet stand together.
_Packets = Iterator[Iterator[PacketRecord]]

CSV_COLUMNS = (
    "number",
    "time",
    "direction",
    "endpoint",
    "peer",
    "address",
    "types",
    "arguments",
    "size",
    "time_tag",
)
# A spreadsheet takes cells that begin like this for formulas.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class ExportFormat(NamedTuple):
    """One format of files.

    suffix: of the file name, with the dot. title: for a file dialog.
    write: takes the packets, each as its rows; returns how many lines or rows it wrote.
    """

    name: str
    suffix: str
    title: str
    write: Callable[[_Packets, TextIO, _UrlOf], int]


def export_rows(records: Iterable[PacketRecord], file: TextIO, format: ExportFormat, url_of: _UrlOf) -> int:
    """Write records in the order they come, and return how many lines or rows there are, without the head of CSV.

    file: opened as UTF-8 and with newline="", because lines of CSV end as RFC 4180 says.
    url_of: from the id of an endpoint to its URL.
    """
    runs = groupby(records, key=attrgetter("packet_number"))
    return format.write((rows for _, rows in runs), file, url_of)


def _line_writer(line: Callable[[PacketRecord, str], str]) -> Callable[[_Packets, TextIO, _UrlOf], int]:
    def write(packets: _Packets, file: TextIO, url_of: _UrlOf) -> int:
        count = 0
        for rows in packets:
            record = next(rows)
            file.write(line(record, url_of(record.endpoint_id)) + "\n")
            count += 1
        return count

    return write


def _write_csv(packets: _Packets, file: TextIO, url_of: _UrlOf) -> int:
    """Write one row a message, with texts in the notation.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front, unless it is a plain number: those
    are the cells that begin with `=`, `+`, `-`, `@`, a tab or a carriage return.
    Source: RFC 4180.
    """
    writer = csv.writer(file)
    writer.writerow(CSV_COLUMNS)
    count = 0
    for rows in packets:
        time_tags: dict[int, int] | None = None
        for record in rows:
            if time_tags is None:
                time_tags = _time_tags(record.packet) if record.is_bundle else {}
            writer.writerow(
                map(harmless_cell, _cells(record, url_of(record.endpoint_id), time_tags.get(record.offset)))
            )
            count += 1
    return count


def _cells(record: PacketRecord, endpoint: str, time_tag: int | None) -> tuple[str, ...]:
    return (
        str(record.packet_number + 1),
        rfc3339(record.unix_ns),
        record.direction.value,
        endpoint,
        "" if record.peer is None else str(record.peer),
        *_content(record),
        str(record.size or len(record.packet)),
        "" if time_tag is None else format_time_tag(TimeTag(time_tag)),
    )


def _content(record: PacketRecord) -> tuple[str, str, str]:
    """Return address, type tags and arguments; where there is no message, the last says what there is."""
    # A row without bytes of its own stands for what could not be read of a bundle, or for a bundle with nothing in it.
    data = record.message or record.packet
    try:
        packet = decode_packet(data)
    except OscDecodeError as error:
        address = "" if record.address is None else format_address(record.address)
        return address, _type_tags(record.type_tags or ""), f"malformed: {error}: {data.hex()}"
    if isinstance(packet, OscBundle):
        return "", "", format_packet(packet)
    address = format_address(packet.address)
    if packet.type_tags is None:
        return address, "", f'no-type-tags x"{packet.excess.hex()}"'
    arguments = [format_arguments(packet)] if packet.arguments else []
    arguments += [f'excess x"{packet.excess.hex()}"'] if packet.excess else []
    return address, _type_tags(packet.type_tags), " ".join(arguments)


def _type_tags(type_tags: str) -> str:
    return type_tags if type_tags.isprintable() else format_string(type_tags)


def harmless_cell(text: str) -> str:
    """Return the text of a cell so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text


def _time_tags(packet: bytes) -> dict[int, int]:
    """Return the time tag of the bundle that holds the element at each offset, and at 0 that of the packet itself.

    Goes by the sizes alone, so that it also finds its way in a bundle of which something cannot be read.
    """
    found: dict[int, int] = {}
    bundles = [(0, len(packet))]
    while bundles:
        start, end = bundles.pop()
        position = start + BUNDLE_HEADER_SIZE
        if not packet.startswith(BUNDLE_MARK, start) or position > end:
            continue
        time_tag = int.from_bytes(packet[start + 8 : position], "big")
        found.setdefault(start, time_tag)
        while position + 4 <= end:
            size = int.from_bytes(packet[position : position + 4], "big")
            position += 4
            found[position] = time_tag
            bundles.append((position, min(position + size, end)))
            position += size
    return found


FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat("text", ".txt", "Text, a line a packet", _line_writer(text_line)),
    ExportFormat("jsonl", ".jsonl", "JSON, a line a packet", _line_writer(json_line)),
    ExportFormat("csv", ".csv", "CSV, a row a message", _write_csv),
)
