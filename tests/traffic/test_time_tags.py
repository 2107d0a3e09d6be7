"""Time tags as columns, against those one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage, walk
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.time_tags import message_time_tags, unix_ns_of
from tests.doubles.queried_log import packets_of_every_kind

_YEAR_NS = 366 * 86_400 * 10**9


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 100 * _YEAR_NS)), min_size=1))
def test_times_are_those_of_single_time_tags(pairs: list[tuple[int, int]]) -> None:
    # Half an era away either of two eras is right.
    pairs = [pair for pair in pairs if abs(TimeTag(pair[0]).to_unix_ns(pair[1]) - pair[1]) < 68 * _YEAR_NS]
    tags, near = (np.array([pair[place] for pair in pairs], dtype) for place, dtype in ((0, np.uint64), (1, np.int64)))
    assert unix_ns_of(tags, near).tolist() == [TimeTag(tag).to_unix_ns(near_ns) for tag, near_ns in pairs]


def test_each_message_of_a_bundle_has_the_time_tag_of_the_innermost() -> None:
    bundles = [packet for packet in packets_of_every_kind() if packet.startswith(b"#bundle")]
    checked = 0
    for data in bundles:
        try:
            packet = decode_packet(data)
        except ValueError:
            continue
        checked += 1
        assert message_time_tags(data) == [time_tag.value for _, time_tag in walk(packet)]
    assert checked > 20


def test_bundles_in_bundles_are_read_as_deep_as_the_decoder_reads_them() -> None:
    bundle = OscBundle(TimeTag(64), (OscMessage("/a"),))
    for depth in range(63, 0, -1):
        bundle = OscBundle(TimeTag(depth), (bundle,))
    data = encode_packet(bundle)
    assert message_time_tags(data) == [64]
    assert isinstance(decode_packet(data), OscBundle)


@given(st.binary(max_size=60))
def test_any_bytes_behind_the_head_of_a_bundle_do_no_harm(rest: bytes) -> None:
    message_time_tags(b"#bundle\0\0\0\0\0\0\0\0\1" + rest)
