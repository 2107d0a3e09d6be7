from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.models.cell_queries import cell_queries
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.row_view import views_of
from tests.doubles.copied_packets import EVERY_PACKET, LONG
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore, url_of
from tests.osc import samples

PEERS = (Peer("127.0.0.1", 9000), Peer("::1", 0), Peer("fe80::1%eth0", 65_535), None)


def all_queries(record: PacketRecord) -> list[str]:
    return [query for column in Column for _, query in cell_queries(record, column, url_of)]


def queries_at(record: PacketRecord, column: Column) -> list[str]:
    return [query for _, query in cell_queries(record, column, url_of)]


def record_of(text: str) -> PacketRecord:
    store = HandFedStore()
    store.receive(parse_packet(text))
    return store.record(0)


def assert_each_matches_its_own_row(
    packets: Sequence[bytes | OscMessage | OscBundle], direction: Direction, peer: Peer | None
) -> None:
    store = HandFedStore()
    for packet in packets:
        store.receive(packet, direction=direction, peer=peer)
    context = QueryContext(store, url_of, address_names)
    for row in range(store.first_row, store.end_row):
        record = store.record(row)
        for query in dict.fromkeys(all_queries(record)):
            (view,) = views_of(store, row, row + 1)
            # What cannot be encoded gets lost in a field of Qt.
            assert query.encode().decode() == query
            assert parse_query(query).bind(context).mask(view).all(), (query, record)


@pytest.mark.parametrize("packet", EVERY_PACKET + LONG, ids=lambda packet: packet[:12].hex())
def test_known_packets_are_matched_by_what_they_offer(packet: bytes) -> None:
    assert_each_matches_its_own_row([packet], Direction.IN, PEERS[0])


@settings(max_examples=60)
@given(
    packets=st.lists(samples.packets | st.binary(max_size=40), max_size=2),
    direction=st.sampled_from(Direction),
    peer=st.sampled_from(PEERS),
)
def test_every_offer_matches_the_record_it_is_made_for(
    packets: list[bytes | OscMessage | OscBundle], direction: Direction, peer: Peer | None
) -> None:
    assert_each_matches_its_own_row(packets, direction, peer)


@given(address=st.text('/ab*?[]{},!"\\() =~:-', min_size=1, max_size=12).filter(lambda text: text[0] not in "#,"))
def test_addresses_that_look_like_patterns_are_taken_as_they_are(address: str) -> None:
    assert_each_matches_its_own_row([OscMessage(address)], Direction.IN, None)


@settings(max_examples=30)
@given(packet=samples.packets | st.binary(max_size=60))
def test_titles_are_short_and_can_be_shown(packet: bytes | OscMessage | OscBundle) -> None:
    store = HandFedStore()
    store.receive(packet)
    for row in range(store.end_row):
        for column in Column:
            for title, _ in cell_queries(store.record(row), column, url_of):
                assert title.isprintable()
                assert 0 < len(title) <= 60


def test_an_address_offers_itself_and_what_holds_it() -> None:
    record = record_of("/synth/1/freq ,f 440.0")
    assert cell_queries(record, Column.ADDRESS, url_of) == [
        ("Address /synth/1/freq", "address:/synth/1/freq"),
        ("All below /synth/1", "/synth/1/**"),
        ("All below /synth", "/synth/**"),
    ]


def test_an_address_with_wildcards_is_not_offered_as_a_pattern() -> None:
    record = record_of("/x[1]/{a,b} ,i 1")
    assert queries_at(record, Column.ADDRESS) == [r"address~/^\/x\[1\]\/\{a,b\}$/", r"address~/^\/x\[1\]\//"]


def test_a_command_number_is_offered_with_its_name() -> None:
    assert cell_queries(record_of("9 ,s x"), Column.ADDRESS, url_of) == [("Address 9 (/s_new)", "address:9")]


def test_numbers_are_offered_with_comparisons_and_texts_as_they_are() -> None:
    record = record_of('/a ,fisTb 0.1 -7 "say \\"hi\\"" true x"00"')
    assert queries_at(record, Column.ARGUMENTS) == [
        "arg[0]=0.1",
        "arg[0]>=0.1",
        "arg[0]<=0.1",
        "arg[1]=-7",
        "arg[1]>=-7",
        "arg[1]<=-7",
        'arg[2]="say \\"hi\\""',
        "arg[3]=true",
        "has:blob",
    ]


def test_only_the_first_eight_arguments_are_offered() -> None:
    record = record_of("/a ,sssssssss a b c d e f g h i")
    assert queries_at(record, Column.ARGUMENTS) == [f'arg[{place}]="{"abcdefgh"[place]}"' for place in range(8)]


def test_a_long_text_is_offered_by_its_beginning() -> None:
    record = record_of(f'/a ,s "{"x" * 5000}"')
    ((title, query),) = cell_queries(record, Column.ARGUMENTS, url_of)
    assert query == f'arg[0]~"{"x" * 100}"'
    assert title.startswith('Argument 0 contains "xxx')


@pytest.mark.parametrize(
    ("text", "query"),
    [("/a ,if 1 2.0", "type:if"), ("/a", 'type:""'), ("/a no-type-tags", "type:none"), ("/a ,[i] [1]", "type:[i]")],
)
def test_type_tags_are_offered_whole(text: str, query: str) -> None:
    assert queries_at(record_of(text), Column.TYPE_TAGS) == [query]


@pytest.mark.parametrize("column", [Column.ADDRESS, Column.TYPE_TAGS, Column.ARGUMENTS])
def test_a_malformed_packet_is_offered_as_that(column: Column) -> None:
    store = HandFedStore()
    store.receive(TRUNCATED_FLOAT)
    assert queries_at(store.record(0), column) == ["error"]


def test_circumstances_are_offered_by_their_own_cells() -> None:
    record = replace(record_of("/a ,i 1"), row=41)
    assert queries_at(record, Column.NUMBER) == queries_at(record, Column.TIME) == ["number:42..", "number:..42"]
    assert queries_at(record, Column.DIRECTION) == ["dir:in"]
    assert queries_at(record, Column.ENDPOINT) == ["endpoint:udp://127.0.0.1:9000"]
    assert queries_at(record, Column.PEER) == ["peer:127.0.0.1:50000", "peer:127.0.0.1", "src:127.0.0.1:50000"]
    assert queries_at(record, Column.SIZE) == ["size=12", "size>=12", "size<=12"]
    assert queries_at(replace(record, peer=None), Column.PEER) == []
    assert "dst:127.0.0.1:50000" in queries_at(replace(record, direction=Direction.OUT), Column.PEER)


def test_a_bundle_also_offers_itself_and_the_size_of_its_packet() -> None:
    store = HandFedStore()
    packet = encode_packet(OscBundle(TimeTag(1), [OscMessage("/a")]))
    store.receive(packet)
    assert f"packet={len(packet)}" in queries_at(store.record(0), Column.SIZE)
    assert queries_at(store.record(0), Column.TIME_TAG) == ["in:bundle"]
    assert queries_at(record_of("/a"), Column.TIME_TAG) == []
