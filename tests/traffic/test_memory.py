"""What is kept stays under a stated bound, whatever senders invent."""

import gc
import tracemalloc

from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import HEADERS_LIMIT, HeaderTable
from tests.doubles.stored import put


def new_addresses(first: int, count: int) -> list[bytes]:
    return [b"/new/address/%07d\0\0\0\0,i\0\0\0\0\0\1" % number for number in range(first, first + count)]


def test_full_header_table_takes_the_memory_it_states() -> None:
    count = 20_000
    datagrams = new_addresses(0, count)
    store = TrafficStore()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        put(store, datagrams)
        chunk = store.chunk_at(0)[0]
        arrays = (chunk.times, chunk.offsets, chunk.sizes, chunk.headers, chunk.links, chunk.flags, chunk.arena)
        used = tracemalloc.get_traced_memory()[0] - before - sum(array.nbytes for array in arrays)
    finally:
        tracemalloc.stop()
    assert len(store.headers.raw) == count + 1
    # tables.py promises some 400 bytes a header; the codec's own bounded cache comes on top.
    assert used / count * HEADERS_LIMIT < 100 << 20


def test_new_addresses_without_end_do_not_grow_the_table() -> None:
    store = TrafficStore(limit_rows=1000)
    store.headers = HeaderTable(limit=5000)
    for start in range(0, 100_000, 10_000):
        put(store, new_addresses(start, 10_000))
        assert len(store.headers.raw) <= 5001
        assert len(store.headers.numbers) <= 5000
    assert store.headers.refused > 0
    assert store.record(store.end_row - 1).address == "/new/address/0099999"
