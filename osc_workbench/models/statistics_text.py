"""What statistics say in words: an address, its types and numbers, and all figures of one address or peer."""

from collections.abc import Callable, Iterator

from osc_workbench.models.argument_text import address_text, printable
from osc_workbench.models.endpoint_model import counted, size_text
from osc_workbench.models.figure_text import (
    late_text,
    number_text,
    percent_text,
    rate_text,
    seconds_text,
    significant,
)
from osc_workbench.traffic.argument_ranges import ArgumentRange
from osc_workbench.traffic.flow_counts import FlowStatistics
from osc_workbench.traffic.lateness import LatenessStatistics
from osc_workbench.traffic.record import Direction
from osc_workbench.traffic.statistics import AddressStatistics, OtherStatistics, PeerStatistics
from osc_workbench.traffic.statistics_feed import StatisticsFeed
from osc_workbench.traffic.tables import Link
from osc_workbench.traffic.time_text import clock_time

NO_ADDRESS = "(no address)"
WARNING = "⚠"
# Type tag strings may be as long as a datagram, and as many.
_TAGS_LENGTH, _TAGS_SHOWN, _TAGS_LISTED = 32, 3, 20


def name_text(address: str | int | None) -> str:
    return NO_ADDRESS if address is None else address_text(address)


def peer_text(link: Link) -> str:
    """Return the other side, with an arrow that says which way."""
    arrow = "←" if link.direction is Direction.IN else "→"
    return f"{arrow} {'(not kept)' if link.peer is None else link.peer}"


# Types.


def has_type_change(found: AddressStatistics) -> bool:
    """Tell whether messages of an address differ in their types; true and false are one type."""
    kinds = {None if tags is None else tags.replace("F", "T") for tags, _ in found.type_tags}
    return len(kinds) > 1 or (bool(kinds) and found.other_type_tags > 0)


def types_text(found: AddressStatistics) -> str:
    """Return the most frequent type tags, marked where there are different ones."""
    names = [_tags_text(tags) for tags, _ in found.type_tags[:_TAGS_SHOWN]]
    more = ["…"] if len(found.type_tags) > _TAGS_SHOWN or found.other_type_tags else []
    return " ".join([WARNING] * has_type_change(found) + names + more)


def _tags_text(tags: str | None) -> str:
    if tags is None:
        return "none"
    return f",{printable(tags[:_TAGS_LENGTH])}{'…' if len(tags) > _TAGS_LENGTH else ''}"


# Numbers.


def first_range_text(found: AddressStatistics) -> str:
    """Return from where to where the first argument goes that is a number, marked if it is NaN at times."""
    mark = f"{WARNING} " if has_nan(found) else ""
    return mark + range_text(found.arguments[0]) if found.arguments else ""


def has_nan(found: AddressStatistics) -> bool:
    """Tell whether the first argument that is a number was none at times."""
    return bool(found.arguments) and found.arguments[0].nan_count > 0


def range_text(numbers: ArgumentRange) -> str:
    if numbers.minimum is None or numbers.maximum is None:
        return "NaN"
    text = number_text(numbers.minimum)
    if numbers.maximum != numbers.minimum:
        text += f" to {number_text(numbers.maximum)}"
    return text


def drift_text(lateness: LatenessStatistics | None) -> str:
    """Return how fast the sender's clock runs away, in ppm; "" if that is not known."""
    if lateness is None or lateness.drift_ppm is None:
        return ""
    if not is_certain(lateness):
        return "≈ 0"
    return f"{lateness.drift_ppm:+,.1f}" if abs(lateness.drift_ppm) < 1000 else f"{lateness.drift_ppm:+,.0f}"


def is_certain(lateness: LatenessStatistics) -> bool:
    """Tell whether the drift is larger than its error."""
    return lateness.drift_ppm is not None and abs(lateness.drift_ppm) > (lateness.drift_error_ppm or 0)


def counted_text(feed: StatisticsFeed) -> str:
    """Say what is counted."""
    text = counted(feed.statistics.count, "message")
    if feed.query is not None and not feed.query.query.is_empty:
        verb = "matches" if feed.statistics.count == 1 else "match"
        text += f" of {feed.looked_at:,} {verb} the filter"
    return f"{text}, {feed.missed:,} were gone before they were counted" if feed.missed else text


def rest_text(what: tuple[str, str], limit: int | None, others: OtherStatistics) -> str:
    """Say what a table does not show, "" if it shows all.

    what: a row and several, in words. limit: how many rows there are if there could be more. others: what has no row.
    """
    one, many = what
    parts = [] if limit is None else [f"only the {limit:,} {many} with the most messages are shown"]
    if others.count:
        members = f"{others.members:,} {one if others.members == 1 else many}"
        parts.append(f"{counted(others.count, 'message')} of {members} beyond the limit")
    return ", ".join(parts)


# All figures, a line each.


def address_lines(found: AddressStatistics) -> tuple[str, ...]:
    return (name_text(found.address), *_flow_lines(found.flow), *_type_lines(found), *_range_lines(found))


def peer_lines(found: PeerStatistics, url_of: Callable[[int], str]) -> tuple[str, ...]:
    way = "Received by" if found.link.direction is Direction.IN else "Sent from"
    return (peer_text(found.link), f"{way} {url_of(found.link.endpoint_id)}", *_flow_lines(found.flow))


def _flow_lines(flow: FlowStatistics) -> Iterator[str]:
    yield f"{counted(flow.count, 'message')}, {percent_text(flow.share)} % of all"
    if flow.malformed:
        yield f"Malformed: {flow.malformed:,}"
    yield f"Rate: {rate_text(flow.rate_hz)} a second now, {rate_text(flow.mean_rate_hz)} on average"
    yield f"Size: {size_text(flow.size_bytes)}, {significant(flow.size_bytes / flow.count)} bytes each"
    yield f"First at {clock_time(flow.first_ns)[:-3]}, last at {clock_time(flow.last_ns)[:-3]}"
    if flow.median_gap is not None and flow.gap_percentile_99 is not None:
        median, most = seconds_text(flow.median_gap), seconds_text(flow.gap_percentile_99)
        yield f"Time between messages: median about {median}, 99 % under {most}"
    yield f"Bursts: {flow.bursts:,}; at most {counted(flow.largest_window, 'message')} in 0.1 s"
    if flow.lateness is not None:
        yield from _lateness_lines(flow.lateness)


def _lateness_lines(lateness: LatenessStatistics) -> Iterator[str]:
    yield f"Time tags: {counted(lateness.samples, 'message')}, median {late_text(lateness.median)}"
    yield f"From {late_text(lateness.worst_early)} to {late_text(lateness.worst_late)}"
    if lateness.drift_ppm is None or lateness.drift_error_ppm is None:
        yield "Drift of the sender's clock: not known before 10 messages and 10 s"
        return
    error = significant(lateness.drift_error_ppm)
    if is_certain(lateness):
        way = "fast" if lateness.drift_ppm > 0 else "slow"
        yield f"Drift of the sender's clock: {significant(abs(lateness.drift_ppm))} ppm {way}, ± {error} ppm"
    else:
        yield f"Drift of the sender's clock: none that could be seen, ± {error} ppm"


def _type_lines(found: AddressStatistics) -> Iterator[str]:
    if not found.type_tags:
        return
    yield f"{WARNING} Types differ:" if has_type_change(found) else "Types:"
    for tags, count in found.type_tags[:_TAGS_LISTED]:
        yield f"  {_tags_text(tags)}  {count:,}"
    rest = found.other_type_tags + sum(count for _, count in found.type_tags[_TAGS_LISTED:])
    if rest:
        yield f"  others  {rest:,}"


def _range_lines(found: AddressStatistics) -> Iterator[str]:
    if found.arguments:
        yield "Numbers by argument, counted from 0:"
    for numbers in found.arguments:
        nan = f", {WARNING} {numbers.nan_count:,} times NaN" if numbers.nan_count else ""
        yield f"  arg[{numbers.place}]  {range_text(numbers)}{nan}"
