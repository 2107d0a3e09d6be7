"""Any query of any log, against an evaluator that is slow and obvious."""

from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.row_view import views_of
from tests.doubles.queried_log import LINKS, QueriedLog, packets_of_every_kind
from tests.doubles.query_texts import TEXTS_OF_TERMS, queries

_PACKETS = packets_of_every_kind()
# Clocks can go back.
_STEPS_NS = (1, 1_000_000, -300_000_000, 100_000_000, 400_000_000)
_batches = st.lists(
    st.tuples(
        st.lists(st.sampled_from(_PACKETS), max_size=25),
        st.integers(0, len(LINKS) - 1),
        st.sampled_from(_STEPS_NS),
    ),
    min_size=1,
    max_size=5,
)


def _log(batches: list[tuple[list[bytes], int, int]], headers: int = 1000) -> QueriedLog:
    log = QueriedLog(headers=headers)
    for packets, link, step_ns in batches:
        log.receive(*packets, link=link, step_ns=step_ns)
    for row in range(0, log.store.end_row, 4):
        log.marks.set(row, ("", "a note", "abc")[row % 3])
    return log


def _rows(text: str, log: QueriedLog) -> list[int]:
    return [record.row for record in log.slowly_matching(text)]


def test_every_term_gives_what_the_obvious_way_gives_for_packets_of_every_kind() -> None:
    packets = _PACKETS[::-1] + _PACKETS[::3]
    log = _log([(packets[number::5], number * 3 % len(LINKS), step) for number, step in enumerate((*_STEPS_NS, 1))])
    for text in TEXTS_OF_TERMS:
        assert log.matching(text) == _rows(text, log), text


def test_every_term_gives_the_same_where_no_header_finds_a_place_in_the_table() -> None:
    log = _log([(_PACKETS[::2], 0, 1_000_000), (_PACKETS[::5], 1, 1_000_000)], headers=4)
    assert sum(view.without_header.sum() for view in views_of(log.store, 0, log.store.end_row)) > 50
    for text in TEXTS_OF_TERMS:
        assert log.matching(text) == _rows(text, log), text


@given(_batches, st.lists(queries(), min_size=1, max_size=8), st.sampled_from([3, 1000]))
@settings(max_examples=70, deadline=None)
def test_any_query_gives_what_the_obvious_way_gives(
    batches: list[tuple[list[bytes], int, int]], texts: list[str], headers: int
) -> None:
    log = _log(batches, headers)
    for text in texts:
        assert log.matching(text) == _rows(text, log), text


@given(_batches, queries(), st.data())
@settings(max_examples=40, deadline=None)
def test_rows_that_are_asked_about_alone_match_as_among_others(
    batches: list[tuple[list[bytes], int, int]], text: str, data: st.DataObject
) -> None:
    query = parse_query(text)
    log = _log(batches)
    if query.needs_history or not log.records:
        return
    (view,) = views_of(log.store, 0, log.store.end_row)
    mask = query.bind(log.context).mask(view)
    places = sorted(data.draw(st.sets(st.integers(0, len(view) - 1))))
    some = view.take(view.local_rows[places])
    assert query.bind(log.context).mask(some).tolist() == mask[places].tolist()
