"""What a cell of the log offers to filter for, to exclude, or to colour by: queries that match the row itself."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from osc_workbench.models.argument_text import shown_address
from osc_workbench.models.flow_queries import NAME_LIMIT, address_query, can_be_typed, escaped
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.codec import decode_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.notation import format_address, format_argument, format_string
from osc_workbench.osc.packet import OscMessage
from osc_workbench.osc.pattern import has_wildcards
from osc_workbench.traffic.header_conditions import NO_TAGS
from osc_workbench.traffic.query_syntax import in_quotes, quoted
from osc_workbench.traffic.record import Direction, PacketRecord
from osc_workbench.traffic.text_match import encoded

# A menu has room for so many; what is further on can be typed.
_ARGUMENTS_LIMIT, _CONTAINERS_LIMIT = 8, 8
# Longer addresses and URLs are not offered; of longer texts the beginning is.
_TEXT_LIMIT, _TITLE_LIMIT = 100, 60
_NUMBERS, _TEXTS = "ihfd", "sS"
_CONSTANTS = {"T": "true", "F": "false", "N": "nil", "I": "infinitum"}
_KINDS = {"b": "blob", "t": "time", "m": "midi", "r": "colour", "[": "array"}
_SIGNS = {"=": "=", "≥": ">=", "≤": "<="}


class CellQuery(NamedTuple):
    """title: a few words for a menu, plain text."""

    title: str
    query: str


def cell_queries(record: PacketRecord, column: Column, url_of: Callable[[int], str]) -> list[CellQuery]:
    """Return what a cell offers; each query can be read and matches the record."""
    if column is Column.ENDPOINT:
        return list(_endpoint(record, url_of))
    find = _FINDERS.get(column)
    return list(dict.fromkeys(find(record))) if find else []


def _shortened(text: str) -> str:
    return text if len(text) <= _TITLE_LIMIT else text[: _TITLE_LIMIT - 1] + "…"


# Where it stands in the log, and how it came.


def _place(record: PacketRecord) -> Iterator[CellQuery]:
    number = record.row + 1
    yield CellQuery("From here on", f"number:{number}..")
    yield CellQuery("Up to here", f"number:..{number}")


def _bundle(record: PacketRecord) -> Iterator[CellQuery]:
    if record.is_bundle:
        yield CellQuery("In a bundle", "in:bundle")


def _direction(record: PacketRecord) -> Iterator[CellQuery]:
    yield CellQuery("Received" if record.direction is Direction.IN else "Sent", f"dir:{record.direction.value}")


def _endpoint(record: PacketRecord, url_of: Callable[[int], str]) -> Iterator[CellQuery]:
    url = url_of(record.endpoint_id)
    if 0 < len(url) <= NAME_LIMIT:
        yield CellQuery(_shortened(f"Endpoint {url}"), f"endpoint:{quoted(url)}")


def _peer(record: PacketRecord) -> Iterator[CellQuery]:
    peer = record.peer
    if peer is None:
        return
    yield CellQuery(f"Peer {peer}", f"peer:{quoted(str(peer))}")
    yield CellQuery(f"Host {peer.host}", f"peer:{quoted(peer.host)}")
    side, words = ("src", "Sent by") if record.direction is Direction.IN else ("dst", "Sent to")
    yield CellQuery(f"{words} {peer}", f"{side}:{quoted(str(peer))}")


def _size(record: PacketRecord) -> Iterator[CellQuery]:
    for words, sign in _SIGNS.items():
        yield CellQuery(f"Size {words} {record.size:,} bytes", f"size{sign}{record.size}")
    if record.is_bundle:
        size = len(record.packet)
        yield CellQuery(f"Packet = {size:,} bytes", f"packet={size}")


def _error() -> Iterator[CellQuery]:
    yield CellQuery("Malformed packets", "error")


# Address and types.


def _address(record: PacketRecord) -> Iterator[CellQuery]:
    address = record.address
    if record.is_malformed:
        yield from _error()
    elif isinstance(address, str) and not can_be_typed(address):
        yield _bytes(address)
    elif address is not None:
        query = address_query(address)
        if query:
            yield CellQuery(_shortened(f"Address {shown_address(record)}"), query)
        if isinstance(address, str) and len(address) <= NAME_LIMIT:
            for container in islice(_containers(address), _CONTAINERS_LIMIT):
                yield from _below(container)


def _bytes(text: str) -> CellQuery:
    data = encoded(text)[:_TEXT_LIMIT]
    return CellQuery(_shortened(f"Bytes {data.hex(' ')}"), f'bytes:"{data.hex(" ")}"')


def _containers(address: str) -> Iterator[str]:
    """Yield what holds an address, the nearest first."""
    container = address.rpartition("/")[0]
    while container:
        yield container
        container = container.rpartition("/")[0]


def _below(container: str) -> Iterator[CellQuery]:
    title = _shortened(f"All below {format_address(container)}")
    pattern = f"{container}/**"
    if not has_wildcards(container):
        is_bare = container.startswith("/") and quoted(pattern) == pattern
        yield CellQuery(title, pattern if is_bare else f"address:{quoted(pattern)}")
    elif container.isprintable():
        yield CellQuery(title, f"address~/^{escaped(container)}\\//")


def _type_tags(record: PacketRecord) -> Iterator[CellQuery]:
    tags = record.type_tags
    if record.is_malformed:
        yield from _error()
    elif record.address is None:
        return
    elif tags is None:
        yield CellQuery("Without type tags", f"type:{NO_TAGS}")
    elif not tags:
        yield CellQuery("Without arguments", 'type:""')
    elif not can_be_typed(tags):
        yield _bytes(tags)
    elif tags != NO_TAGS and len(tags) <= NAME_LIMIT:
        comma = "," if tags.startswith(",") else ""
        yield CellQuery(_shortened(f"Types ,{tags}"), f"type:{quoted(comma + tags)}")


# Arguments.


def _arguments(record: PacketRecord) -> Iterator[CellQuery]:
    if record.is_malformed:
        yield from _error()
        return
    if record.address is None:
        return
    try:
        message = decode_packet(record.message)
    except OscDecodeError:
        return
    if isinstance(message, OscMessage):
        if not message.type_tags:
            yield from _type_tags(record)
        for place, (tag, value) in enumerate(islice(_tagged(message), _ARGUMENTS_LIMIT)):
            yield from _argument(place, tag, value)


def _tagged(message: OscMessage) -> Iterator[tuple[str, Any]]:
    """Yield the arguments on the top level with their tags; an array has that of its bracket."""
    depth = 0
    values = iter(message.arguments)
    for tag in message.type_tags or "":
        if depth == 0:
            value = next(values, _NOTHING)
            if value is _NOTHING:
                return
            yield tag, value
        depth += {"[": 1, "]": -1}.get(tag, 0)


_NOTHING = object()


def _argument(place: int, tag: str, value: Any) -> Iterator[CellQuery]:
    name = f"Argument {place}"
    if tag in _NUMBERS:
        yield from _number(place, format_argument(tag, value))
    elif tag in _TEXTS and not can_be_typed(value):
        yield _bytes(value)
    elif tag in _TEXTS:
        beginning = value[:_TEXT_LIMIT]
        is_whole = beginning == value
        title = f"{name} {'=' if is_whole else 'contains'} {format_string(beginning)}"
        yield CellQuery(_shortened(title), f"arg[{place}]{'=' if is_whole else '~'}{in_quotes(beginning)}")
    elif tag in _CONSTANTS:
        yield CellQuery(f"{name} = {_CONSTANTS[tag]}", f"arg[{place}]={_CONSTANTS[tag]}")
    elif tag in _KINDS:
        yield CellQuery(f"Any argument of type {_KINDS[tag]}", f"has:{_KINDS[tag]}")


def _number(place: int, literal: str) -> Iterator[CellQuery]:
    if literal.startswith("nan"):
        yield CellQuery("Any argument is NaN", "has:nan")
        return
    for words, sign in _SIGNS.items():
        yield CellQuery(f"Argument {place} {words} {literal}", f"arg[{place}]{sign}{literal}")


_FINDERS: dict[Column, Callable[[PacketRecord], Iterator[CellQuery]]] = {
    Column.NUMBER: _place,
    Column.TIME: _place,
    Column.DELTA: _place,
    Column.TIME_TAG: _bundle,
    Column.DIRECTION: _direction,
    Column.PEER: _peer,
    Column.ADDRESS: _address,
    Column.TYPE_TAGS: _type_tags,
    Column.ARGUMENTS: _arguments,
    Column.SIZE: _size,
}
