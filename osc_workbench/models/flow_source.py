"""Where the rows of a table of statistics come from: the same questions, asked of addresses or of peers."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from osc_workbench.models.flow_queries import address_query, peer_query
from osc_workbench.models.statistics_text import address_lines, peer_lines
from osc_workbench.traffic.flow_counts import FlowHistograms
from osc_workbench.traffic.statistics import OtherStatistics, TrafficStatistics


class FlowSource(NamedTuple):
    """what: a row and several, in words. key: what a row is known by.

    top: keys of so many rows, those with the most messages first. some: rows by their keys, at a time in ns. others:
    what has no row. histograms: by key. lines: all figures of a row in words. query: that finds its messages, "" if
    there is none; the rows are those from which it must be told.
    """

    what: tuple[str, str]
    key: Callable[[Any], Hashable]
    top: Callable[[TrafficStatistics, int], Sequence[Any]]
    some: Callable[[TrafficStatistics, Iterable[Any], int], Sequence[Any]]
    others: Callable[[TrafficStatistics], OtherStatistics]
    histograms: Callable[[TrafficStatistics, Any], FlowHistograms | None]
    lines: Callable[[Any], tuple[str, ...]]
    query: Callable[[Any, Sequence[Any]], str]


ADDRESSES = FlowSource(
    what=("address", "addresses"),
    key=lambda row: row.address,
    top=TrafficStatistics.top_addresses,
    some=TrafficStatistics.addresses_of,
    others=lambda statistics: statistics.other_addresses,
    histograms=TrafficStatistics.address_histograms,
    lines=address_lines,
    query=lambda row, _rows: address_query(row.address),
)


def peer_source(url_of: Callable[[int], str]) -> FlowSource:
    """url_of: the URL of an endpoint by its number."""
    return FlowSource(
        what=("peer", "peers"),
        key=lambda row: row.link,
        top=TrafficStatistics.top_peers,
        some=TrafficStatistics.peers_of,
        others=lambda statistics: statistics.other_peers,
        histograms=TrafficStatistics.peer_histograms,
        lines=lambda row: peer_lines(row, url_of),
        query=lambda row, rows: peer_query(row.link, [other.link for other in rows], url_of),
    )
