import pytest

from osc_workbench.models.field_text import describe_address, describe_field, describe_time_tag
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.traffic import START_NS
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE


def all_fields(packet_field: PacketField) -> list[PacketField]:
    return [packet_field, *(inner for child in packet_field.children for inner in all_fields(child))]


@pytest.mark.parametrize("packet", [EVERY_TAG, NESTED_BUNDLE])
def test_every_kind_of_field_has_a_printable_text(packet: object) -> None:
    root = dissect_packet(encode_packet(packet)).root  # type: ignore[arg-type]  # a packet of the samples
    assert root is not None
    for packet_field in all_fields(root):
        name, type_text, value = describe_field(packet_field, START_NS, 1)
        assert name
        assert (name + type_text + value).isprintable()


def test_long_values_are_cut() -> None:
    for value, tag in (("x" * 60_000, "s"), (b"x" * 60_000, "b")):
        assert len(describe_field(PacketField("argument", 0, 60_000, value, tag), START_NS, 1)[2]) < 2_010


def test_a_time_tag_is_compared_with_the_arrival() -> None:
    late = describe_time_tag(TimeTag.from_unix_ns(START_NS - 5_000_000), START_NS)
    assert late.startswith("2023-12-31T23:59:59.99")
    assert ", -0.00" in late
    assert "+0.0" in describe_time_tag(TimeTag.from_unix_ns(START_NS + 50_000_000), START_NS)


def test_special_time_tags_are_words() -> None:
    assert describe_time_tag(TimeTag.IMMEDIATELY, START_NS).startswith("immediately (")
    assert describe_time_tag(TimeTag(0), START_NS).startswith("zero, which is no time (")


@pytest.mark.parametrize("value", [2, 1 << 31, 1 << 63, (1 << 64) - 1])
def test_every_time_tag_can_be_told(value: int) -> None:
    assert "from arrival" in describe_time_tag(TimeTag(value), START_NS)


def test_command_numbers_are_named() -> None:
    assert describe_address(9) == "9, command /s_new of scsynth"
    assert describe_address(255) == "255"
    assert describe_address("/a") == "/a"
