"""The newest row of each address, kept up to date while rows come and go."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.latest_rows import LatestRows
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.record import PacketRecord
from tests.doubles.queried_log import QueriedLog, packets_of_every_kind
from tests.doubles.query_texts import queries
from tests.doubles.shown import ShownList
from tests.doubles.traffic import TRUNCATED_FLOAT

CHUNK = 8
_PACKETS = packets_of_every_kind(60)


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)
        patch.setattr("osc_workbench.traffic.indexer.DATAGRAMS_OF_CALL", 1)
        yield


def never() -> bool:
    return False


def at_once() -> bool:
    return True


def _latest(log: QueriedLog, text: str = "") -> LatestRows:
    return LatestRows(log.store, parse_query(text).bind(log.context) if text else None)


def _message(address: str, value: int = 0) -> OscMessage:
    return OscMessage(address, "i", (value,))


def _shown(rows: LatestRows) -> list[tuple[int, int]]:
    return [(rows.row_at(index), rows.repeats(index)) for index in range(len(rows))]


class _SlowTable:
    """(row, count) by address, in the order in which addresses appeared."""

    def __init__(self) -> None:
        self.values: dict[str | int | None, tuple[int, int]] = {}

    def take(self, records: list[PacketRecord], first_row: int) -> None:
        for record in records:
            if not record.is_malformed and record.address is not None:
                _, count = self.values.get(record.address, (0, 0))
                self.values[record.address] = record.row, count + 1
        self.values = {address: value for address, value in self.values.items() if value[0] >= first_row}


_batches = st.lists(st.lists(st.sampled_from(_PACKETS), max_size=6) | st.just("clear"), max_size=8)


@given(_batches, queries() | st.just(""))
@settings(max_examples=40, deadline=None)
def test_values_are_those_that_the_obvious_way_finds_whatever_comes_and_goes(
    batches: list[list[bytes] | str], text: str
) -> None:
    log = QueriedLog(limit_rows=24)
    rows = _latest(log, text)
    shown = ShownList(rows)
    steps: list[tuple[int, int]] = []
    for batch in batches:
        if isinstance(batch, str):
            log.store.clear()
        for packet in batch if isinstance(batch, list) else [None]:
            if packet is not None:
                log.receive(packet, step_ns=200_000_000)
            shown.apply(rows.advance(never))
            steps.append((log.store.end_row, log.store.first_row))
    table = _SlowTable()
    matching, start = log.slowly_matching(text, kept_only=False), 0
    for end, first_row in steps:
        table.take([record for record in matching if start <= record.row < end], first_row)
        start = end
    assert _shown(rows) == list(table.values.values())


def test_addresses_stay_in_the_order_in_which_they_appeared() -> None:
    log = QueriedLog()
    rows = _latest(log)
    log.receive(_message("/b"), _message("/a"), _message("/b", 1))
    assert rows.advance(never) == (0, 0, 2, range(0))
    assert _shown(rows) == [(2, 2), (1, 1)]
    log.receive(_message("/a"), _message("/c"))
    assert rows.advance(never) == (0, 0, 1, range(2))
    assert _shown(rows) == [(2, 2), (3, 2), (4, 1)]
    assert not rows.advance(never).is_any


def test_address_whose_newest_row_is_gone_is_no_longer_shown_and_comes_back_at_the_end() -> None:
    log = QueriedLog(limit_rows=CHUNK)
    rows = _latest(log)
    log.receive(_message("/seldom"), _message("/often"))
    rows.advance(never)
    log.receive(*[_message("/often", value) for value in range(CHUNK)])
    rows.advance(never)
    log.receive(*[_message("/often", value) for value in range(CHUNK)])
    assert rows.advance(never) == (2, 0, 1, range(0))
    log.receive(_message("/seldom"))
    rows.advance(never)
    assert _shown(rows) == [(2 * CHUNK + 1, 2 * CHUNK + 1), (2 * CHUNK + 2, 1)]


def test_only_matching_rows_are_values() -> None:
    log = QueriedLog()
    log.receive(_message("/a", 5), _message("/a", 1), _message("/b", 2), TRUNCATED_FLOAT)
    rows = _latest(log, "arg[0]>1")
    rows.advance(never)
    assert _shown(rows) == [(0, 1), (2, 1)]
    assert [rows.newest_of(row) for row in range(5)] == [0, 0, 2, None, None]


def test_addresses_come_in_the_order_of_their_first_match() -> None:
    log = QueriedLog()
    log.receive(_message("/a", 1), _message("/b", 5), _message("/a", 5))
    rows = _latest(log, "arg[0]=5")
    rows.advance(never)
    assert _shown(rows) == [(1, 1), (2, 1)]


def test_malformed_message_is_no_value_even_if_its_address_could_be_read() -> None:
    log = QueriedLog()
    log.receive(OscMessage("/a", "s", ("x",)), b"/a\0\0,s\0\0open", _message("/b"))
    rows = _latest(log)
    rows.advance(never)
    assert _shown(rows) == [(0, 1), (2, 1)]


def test_cleared_log_has_no_values() -> None:
    log = QueriedLog()
    log.receive(_message("/a"))
    rows = _latest(log)
    rows.advance(never)
    log.store.clear()
    assert rows.advance(never).trimmed == 1
    assert (len(rows), rows.progress) == (0, 1.0)


def test_late_step_looks_at_one_piece_at_least() -> None:
    log = QueriedLog()
    log.receive(*[_message(f"/{value % 3}") for value in range(3 * CHUNK)])
    rows = _latest(log)
    assert rows.advance(at_once).appended == 3
    assert rows.progress == 1 / 3
    rows.advance(never)
    assert rows.progress == 1.0
    assert _shown(rows) == [(21, 8), (22, 8), (23, 8)]


def test_rows_are_found_where_they_are_shown() -> None:
    log = QueriedLog()
    log.receive(_message("/b"), _message("/a"), _message("/b"))
    rows = _latest(log)
    rows.advance(never)
    assert [rows.index_of(row) for row in range(4)] == [None, 1, 0, None]
    assert [rows.newest_of(row) for row in (-1, 0, 1, 2, 3)] == [None, 2, 1, 2, None]
    assert list(rows.rows_between(0, 2)) == [1]
    assert list(rows.rows_between(0, 3)) == [2, 1]
    for index in (-1, 2):
        with pytest.raises(IndexError):
            rows.row_at(index)


def test_too_many_addresses_are_forgotten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    log = QueriedLog()
    rows = _latest(log, "changed")
    monkeypatch.setattr("osc_workbench.traffic.address_slots._LIMIT", 4)
    for number in range(6):
        log.receive(_message(f"/{number}"))
        assert rows.advance(never).appended == 1
        log.store.clear()
    # Where it is not known what was before, it is the first.
    log.receive(_message("/0"))
    assert rows.advance(never).appended == 1
    log.receive(_message("/0"))
    assert rows.advance(never).appended == 0
    assert _shown(rows) == [(6, 1)]


def test_header_without_a_place_in_the_table_is_no_value() -> None:
    log = QueriedLog(headers=2)
    log.receive(*[_message(f"/{number}") for number in range(5)])
    rows = _latest(log)
    rows.advance(never)
    assert _shown(rows) == [(0, 1), (1, 1)]
    assert rows.newest_of(4) is None
