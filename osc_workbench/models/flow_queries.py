"""Queries that find the messages of an address or a peer, as far as a query can say that exactly."""

import re
from collections.abc import Callable, Iterable

from osc_workbench.osc.pattern import has_wildcards
from osc_workbench.traffic.query_syntax import quoted
from osc_workbench.traffic.tables import Link

# Malformed packets and empty bundles: whatever is not found by its address.
NO_ADDRESS_QUERY = '-address~""'
# Longer names make a filter that nobody can read.
NAME_LIMIT = 1_000


def address_query(address: str | int | None) -> str:
    """Return a query for this address and no other, "" if there is none."""
    if address is None:
        return NO_ADDRESS_QUERY
    if isinstance(address, int):
        return f"address:{address}"
    if len(address) > NAME_LIMIT or not can_be_typed(address):
        return ""
    # In an empty text there is nothing to find, and `**` is one of ours.
    if address and not has_wildcards(address):
        return f"address:{quoted(address)}"
    # An expression is text without control characters.
    return f"address~/^{escaped(address)}$/" if address.isprintable() else ""


def can_be_typed(text: str) -> bool:
    """Tell whether a field of Qt can hold a text; it loses bytes that were no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def escaped(text: str) -> str:
    """Return what finds just this text between the slashes of an expression."""
    return re.escape(text).replace("/", "\\/")


def peer_query(link: Link, others: Iterable[Link], url_of: Callable[[int], str]) -> str:
    """Return a query for one way between an endpoint and a peer, "" if the peer is not known.

    others: links from which it must be told; if another endpoint has the same peer, the query names the endpoint.
    """
    if link.peer is None:
        return ""
    parts = [f"peer:{quoted(str(link.peer))}", f"dir:{link.direction.value}"]
    same = (other for other in others if other[1:] == link[1:] and other.endpoint_id != link.endpoint_id)
    if next(same, None) is not None:
        parts.append(f"endpoint:{quoted(url_of(link.endpoint_id))}")
    return f"({' '.join(parts)})"
