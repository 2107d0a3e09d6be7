"""The queue between the drain loop and the store: bounded, in order, and every byte of it counted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.inbox import Inbox
from osc_workbench.traffic.indexer import DATAGRAMS_OF_CALL
from osc_workbench.traffic.record import Direction, Peer

PEER = Peer("127.0.0.1", 9)


def arrivals_of(
    *datagrams: bytes, endpoint_id: int = 1, direction: Direction = Direction.IN, truncated: tuple[int, ...] = ()
) -> Arrivals:
    times = np.arange(len(datagrams), dtype=np.int64)
    return Arrivals(endpoint_id, direction, list(datagrams), times, [PEER] * len(datagrams), truncated)


def test_what_is_added_is_counted_and_taken_in_order() -> None:
    inbox = Inbox()
    assert inbox.add(arrivals_of(b"one", b"", b"three")) == 8
    assert (inbox.count, inbox.size_bytes) == (3, 8)
    assert inbox.take().datagrams == [b"one", b"", b"three"]
    assert (inbox.count, inbox.size_bytes) == (0, 0)


def test_arrivals_of_one_endpoint_and_direction_are_joined() -> None:
    inbox = Inbox()
    inbox.add(arrivals_of(b"a", b"b", truncated=(1,)))
    inbox.add(arrivals_of(b"c", b"d", truncated=(0,)))
    joined = inbox.take()
    assert joined.datagrams == [b"a", b"b", b"c", b"d"]
    assert joined.truncated == (1, 2)
    assert joined.times.tolist() == [0, 1, 0, 1]
    assert len(joined.peers) == 4


def test_other_endpoints_and_directions_are_not_joined() -> None:
    inbox = Inbox()
    for arrivals in (
        arrivals_of(b"a"),
        arrivals_of(b"b", direction=Direction.OUT),
        arrivals_of(b"c", endpoint_id=2),
        arrivals_of(b"d", endpoint_id=2),
    ):
        inbox.add(arrivals)
    taken = [inbox.take() for _ in range(3)]
    assert [arrivals.datagrams for arrivals in taken] == [[b"a"], [b"b"], [b"c", b"d"]]
    assert inbox.count == 0


def test_no_more_is_joined_than_one_call_of_the_indexer_takes() -> None:
    inbox = Inbox()
    for _ in range(20):
        inbox.add(arrivals_of(*[b"x"] * 100))
    assert len(inbox.take().datagrams) <= DATAGRAMS_OF_CALL
    large = Inbox()
    for _ in range(4):
        large.add(arrivals_of(bytes(1 << 20)))
    assert [len(large.take().datagrams) for _ in range(4)] == [1, 1, 1, 1]


def test_what_has_no_room_is_refused_whole() -> None:
    inbox = Inbox(limit_datagrams=3, limit_bytes=10)
    assert inbox.add(arrivals_of(b"ab", b"cd")) == 4
    assert inbox.add(arrivals_of(b"e", b"f")) is None
    assert inbox.add(arrivals_of(b"1234567")) is None
    assert inbox.add(arrivals_of(b"123456")) == 6
    assert (inbox.count, inbox.size_bytes) == (3, 10)
    assert inbox.add(arrivals_of(b"")) is None
    assert inbox.take().datagrams == [b"ab", b"cd", b"123456"]


def test_share_that_is_filled_is_told_by_number_and_by_bytes() -> None:
    by_number = Inbox(limit_datagrams=4)
    by_number.add(arrivals_of(b"", b""))
    assert not by_number.is_filled(0.5)
    by_number.add(arrivals_of(b""))
    assert by_number.is_filled(0.5)
    by_bytes = Inbox(limit_bytes=4)
    by_bytes.add(arrivals_of(b"abc"))
    assert by_bytes.is_filled(0.5)
    assert not by_bytes.is_filled(0.75)


def test_what_is_put_back_comes_first_the_next_time() -> None:
    inbox = Inbox()
    inbox.add(arrivals_of(b"a", b"b", b"c", truncated=(0, 2)))
    taken = inbox.take()
    inbox.add(arrivals_of(b"d"))
    inbox.put_back(taken, 1)
    assert (inbox.count, inbox.size_bytes) == (3, 3)
    rest = inbox.take()
    assert rest.datagrams == [b"b", b"c", b"d"]
    assert rest.truncated == (1,)
    assert rest.times.tolist() == [1, 2, 0]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "take", "put back"]),
            st.integers(1, 2),
            st.lists(st.binary(max_size=5), min_size=1, max_size=5),
        ),
        max_size=40,
    )
)
def test_nothing_is_lost_doubled_or_miscounted(steps: list[tuple[str, int, list[bytes]]]) -> None:
    inbox = Inbox(limit_datagrams=12, limit_bytes=30)
    expected: list[tuple[int, bytes]] = []
    for step, endpoint_id, datagrams in steps:
        if step == "add":
            if inbox.add(arrivals_of(*datagrams, endpoint_id=endpoint_id)) is not None:
                expected += [(endpoint_id, data) for data in datagrams]
        elif inbox.count:
            taken = inbox.take()
            count = len(taken.datagrams)
            assert expected[:count] == [(taken.endpoint_id, data) for data in taken.datagrams]
            kept = count if step == "take" else min(len(datagrams), count - 1)
            if step == "put back":
                inbox.put_back(taken, kept)
            del expected[:kept]
        assert inbox.count == len(expected) <= 12
        assert inbox.size_bytes == sum(len(data) for _, data in expected) <= 30
