"""The same questions, asked of addresses and of peers."""

import pytest

from osc_workbench.models.flow_source import ADDRESSES, FlowSource, peer_source
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.record import Peer
from tests.doubles.counted import CountedLog, counting
from tests.doubles.traffic import url_of


@pytest.mark.parametrize("source", [ADDRESSES, peer_source(url_of)], ids=["addresses", "peers"])
def test_every_question_is_answered(source: FlowSource) -> None:
    log = CountedLog()
    log.receive(*counting(a=3))
    log.receive(*counting(b=2), peer=Peer("::1", 9))
    statistics = log.feed.statistics
    keys = source.top(statistics, 10)
    rows = source.some(statistics, keys, log.now_ns)
    assert [source.key(row) for row in rows] == list(keys)
    assert [row.flow.count for row in rows] == [3, 2]
    assert source.top(statistics, 1) == keys[:1]
    assert source.others(statistics).count == 0
    for row, gaps in zip(rows, (2, 1), strict=True):
        histograms = source.histograms(statistics, source.key(row))
        assert histograms is not None
        assert histograms.gaps.counts.sum() == gaps
        assert source.lines(row)[0]
        assert not parse_query(source.query(row, rows)).is_empty


def test_rows_are_named_in_words() -> None:
    assert [source.what for source in (ADDRESSES, peer_source(url_of))] == [("address", "addresses"), ("peer", "peers")]
