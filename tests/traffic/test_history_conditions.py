"""Terms about earlier messages, over chunks, trims and long messages."""

from collections.abc import Iterator

import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.row_view import views_of
from tests.doubles.queried_log import QueriedLog

CHUNK = 8


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)
    monkeypatch.setattr("osc_workbench.traffic.indexer.DATAGRAMS_OF_CALL", 1)


class Asked:
    """A query that is asked of each row when it comes."""

    def __init__(self, text: str, limit_rows: int = 1000) -> None:
        self.log = QueriedLog(limit_rows=limit_rows)
        self._bound = parse_query(text).bind(self.log.context)

    def matches(self, *messages: OscMessage, step_ns: int = 1_000_000) -> list[bool]:
        return [match for message in messages for match in self._one(message, step_ns)]

    def _one(self, message: OscMessage, step_ns: int) -> Iterator[bool]:
        first_row = self.log.store.end_row
        self.log.receive(message, step_ns=step_ns)
        for view in views_of(self.log.store, first_row, self.log.store.end_row):
            yield from self._bound.mask(view).tolist()


def _text(text: str, address: str = "/a") -> OscMessage:
    return OscMessage(address, "s", (text,))


def test_message_of_another_chunk_is_compared_too() -> None:
    asked = Asked("changed")
    others = [_text(str(number), "/other") for number in range(3 * CHUNK)]
    assert asked.matches(_text("x"), *others, _text("x"), _text("y")) == [True, *[True] * len(others), False, True]


def test_message_that_is_gone_is_still_the_one_before() -> None:
    asked = Asked("changed", limit_rows=CHUNK)
    asked.matches(_text("x"), *[_text("z", "/other")] * (4 * CHUNK))
    assert asked.log.store.first_row > 0
    assert asked.matches(_text("x"), _text("y")) == [False, True]
    asked.log.store.clear()
    assert asked.matches(_text("y"), _text("x")) == [False, True]


@pytest.mark.parametrize("size", [40, 60, 64, 256, 257, 5000])
def test_long_messages_are_compared_to_their_last_byte(size: int) -> None:
    asked = Asked("changed")
    long, other = "x" * size, "x" * (size - 1) + "y"
    for _ in range(2):
        assert asked.matches(_text(long), _text(long), _text(other), _text(other)) == [True, False, True, False]
        asked.matches(*[_text("z", "/other")] * CHUNK)
        assert asked.matches(_text(other), _text(long), _text(other)) == [False, True, True]
        asked.matches(_text("to begin again"))


def test_messages_of_odd_sizes_are_compared_to_their_last_byte() -> None:
    asked = Asked("changed")
    messages = [OscMessage("/a", "i", (1,), excess) for excess in (b"", b"\1", b"\1", b"\2", b"\1\2\3", b"\1\2\4")]
    assert asked.matches(*messages) == [True, True, False, True, True, True]


def test_other_type_tags_are_a_change() -> None:
    asked = Asked("changed")
    assert asked.matches(OscMessage("/a", "T", (True,)), OscMessage("/a", "F", (False,))) == [True, True]
    assert asked.matches(OscMessage("/a", "F", (False,))) == [False]


def test_rate_is_that_of_less_than_a_second() -> None:
    asked = Asked("rate=2")
    assert asked.matches(*[_text("x")] * 4, step_ns=1_000_000_000) == [False] * 4
    assert asked.matches(*[_text("x")] * 4, step_ns=999_999_999) == [False, True, True, True]


def test_rate_of_rows_that_are_asked_about_together_is_the_same() -> None:
    for step_ns, matching in ((999_999_999, [1, 2]), (1_000_000_000, [])):
        log = QueriedLog()
        log.receive(*[_text("x")] * 3, step_ns=step_ns)
        assert log.matching("rate=2") == matching


def test_rate_goes_on_where_a_clock_goes_back() -> None:
    asked = Asked("rate>=3")
    assert asked.matches(_text("x"), _text("x")) == [False, False]
    asked.log.now_ns -= 3_600_000_000_000
    assert asked.matches(_text("x"), _text("x")) == [True, True]
    asked.log.now_ns += 7_200_000_000_000
    assert asked.matches(_text("x"), _text("x")) == [False, False]


@pytest.mark.parametrize("text", ["changed", "rate=1"])
def test_addresses_that_have_become_too_many_are_forgotten(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(text)
    assert asked.matches(_text("x"), _text("x")) == [True, False]
    with monkeypatch.context() as patch:
        patch.setattr("osc_workbench.traffic.address_slots._LIMIT", 3)
        for number in range(4):
            asked.log.store.clear()
            asked.matches(_text("x", f"/{number}"))
    assert asked.matches(_text("x"), _text("x")) == [True, False]
