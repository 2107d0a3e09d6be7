"""The query of an address or a peer finds all its messages, and no others."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.models.flow_queries import NO_ADDRESS_QUERY, address_query, peer_query
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, Peer
from osc_workbench.traffic.row_view import views_of
from osc_workbench.traffic.store import TrafficStore
from osc_workbench.traffic.tables import Link
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, url_of


def found(query: str, store: TrafficStore) -> list[int]:
    test = parse_query(query).bind(QueryContext(store, url_of))
    return [int(row) for view in views_of(store, 0, store.end_row) for row in view.rows[test.mask(view)]]


def rows_of(address: str | int, others: Sequence[str]) -> list[int]:
    """Return which rows of a log the query of the first address finds."""
    store = HandFedStore()
    store.receive(OscMessage(address, "", ()), *(OscMessage(other, "", ()) for other in others), TRUNCATED_FLOAT)
    return found(address_query(address), store)


@pytest.mark.parametrize(
    "address",
    [
        "/a",
        "/a b",
        '/say "hi"',
        "/back\\slash",
        "/(a)",
        "/a*",
        "/a?c",
        "/a[b]",
        "/{a,b}",
        "/a//b",
        "-/a",
        "x",
        "/ü",
        9,
        "/a\n\t",
        "/not",
        "/[",
        "/a+b.c$^|",
    ],
)
def test_an_address_is_found_and_no_other(address: str | int) -> None:
    others = ["/abc", "/a/b", "/A", "/aXc", "/b", "/ax", "/a/x/b", "/a b/c", "/", "9/"]
    assert rows_of(address, others) == [0]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map("/".__add__))
def test_any_address_that_can_be_read_has_a_query(address: str) -> None:
    if address_query(address):
        assert rows_of(address, ["/"] * (address != "/")) == [0]
    else:
        assert not address.isprintable()


@pytest.mark.parametrize("address", ["/" + 2000 * "a", "/*\n", "/*\udcff", "/a\udcff"])
def test_where_there_is_no_exact_query_none_is_made(address: str) -> None:
    assert address_query(address) == ""


def test_what_has_no_address_is_found() -> None:
    store = HandFedStore()
    store.receive(OscMessage("/a", "", ()), TRUNCATED_FLOAT, OscBundle(TimeTag.IMMEDIATELY, ()), OscMessage(9, "", ()))
    assert found(address_query(None), store) == [1, 2]
    assert found(f"-({NO_ADDRESS_QUERY})", store) == [0, 3]


PEERS = [Peer("127.0.0.1", 50_000), Peer("127.0.0.1", 5000), Peer("::1", 50_000), Peer("fe80::1%eth0", 9)]


def log_of_peers() -> HandFedStore:
    store = HandFedStore()
    for peer in PEERS:
        store.receive(OscMessage("/in", "", ()), peer=peer)
        store.receive(OscMessage("/out", "", ()), peer=peer, direction=Direction.OUT)
    return store


@pytest.mark.parametrize("number", range(len(PEERS)))
def test_a_peer_is_found_one_way(number: int) -> None:
    store = log_of_peers()
    for place, direction in enumerate(Direction):
        query = peer_query(Link(1, PEERS[number], direction), store.links.links, url_of)
        assert found(query, store) == [2 * number + place]
        assert set(found(f"-{query}", store)) == set(range(8)) - {2 * number + place}


def test_the_endpoint_is_named_only_where_two_have_the_same_peer() -> None:
    one, other = Link(1, PEERS[0], Direction.IN), Link(2, PEERS[0], Direction.IN)
    assert "endpoint" not in peer_query(one, [one, Link(1, PEERS[1], Direction.IN)], url_of)
    query = peer_query(one, [one, other], url_of)
    assert query == "(peer:127.0.0.1:50000 dir:in endpoint:udp://127.0.0.1:9000)"
    store = log_of_peers()
    assert found(query, store) == [0]
    assert found(peer_query(other, [one, other], url_of), store) == []


def test_a_peer_that_is_not_known_has_no_query() -> None:
    assert peer_query(Link(1, None, Direction.IN), [], url_of) == ""
