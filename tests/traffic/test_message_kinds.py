"""Kinds of messages stay within their bounds, and what is beyond is counted all the same."""

import gc
import tracemalloc

import numpy as np
import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic import message_kinds
from osc_workbench.traffic.message_kinds import ADDRESSES_LIMIT, MessageKinds
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.statistics import TrafficStatistics
from tests.doubles.traffic import HandFedStore


def _taken(store: HandFedStore, **limits: int) -> MessageKinds:
    kinds = MessageKinds(store.headers, **limits)
    for view in views_of(store, 0, store.end_row):
        kinds.take(view)
    return kinds


def test_type_tags_beyond_the_limit_are_counted_together() -> None:
    store = HandFedStore()
    store.receive(*(OscMessage("/a", "i" * count, (1,) * count) for count in (1, 1, 2, 3, 4, 2)))
    store.receive(OscMessage("/b", "i", (1,)))
    kinds = _taken(store, kinds_limit=2)
    slots = np.array([1, 2])
    assert [kinds.addresses[slot] for slot in slots.tolist()] == ["/a", "/b"]
    assert kinds.type_tags(slots) == [(("i", 2), ("ii", 2)), ()]
    assert kinds.other_type_tags(slots) == [2, 1]


def test_addresses_and_type_tags_that_are_too_long_together_share_a_place() -> None:
    store = HandFedStore()
    store.receive(OscMessage("/" + "a" * 900, "i", (1,)), OscMessage("/" + "b" * 900, "i", (1,)))
    store.receive(OscMessage("/c", "T" * 900, (True,) * 900), OscMessage("/c", "i", (1,)))
    kinds = _taken(store, names_bytes_limit=1200)
    assert kinds.addresses == [None, "/" + "a" * 900, "/c"]
    assert kinds.other_addresses == 1
    assert kinds.type_tags(np.array([2])) == [(("i", 1),)]
    assert kinds.other_type_tags(np.array([2])) == [1]


def test_counting_other_addresses_ends_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_kinds, "COUNTED_OTHERS_LIMIT", 30)
    store = HandFedStore()
    store.receive(*(OscMessage(f"/{number}", "", ()) for number in range(100)))
    kinds = _taken(store, limit=10)
    assert kinds.other_addresses == 30
    assert kinds.counts[kinds.others] == 90


def test_full_statistics_take_the_memory_they_state() -> None:
    count = 2000
    store = HandFedStore()
    store.receive(*(OscMessage(f"/some/address/{number}", "fi", (0.5, 1)) for number in range(count)))
    gc.collect()
    tracemalloc.start()
    try:
        statistics = TrafficStatistics(store)
        # Pages of columns that are not touched yet are counted here as well.
        columns, _ = tracemalloc.get_traced_memory()
        for view in views_of(store, 0, store.end_row):
            statistics.take(view)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert columns + (used - columns) / count * ADDRESSES_LIMIT < 100 << 20
