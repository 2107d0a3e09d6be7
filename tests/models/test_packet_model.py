from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex
from pytestqt.modeltest import ModelTester

from osc_workbench.models.packet_model import COLUMNS, MeaningRole, PacketModel
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.doubles.traffic import TRUNCATED_FLOAT, record_of
from tests.osc.samples import EVERY_TAG, FLAT_BUNDLE, LONG_REPLY, NESTED_BUNDLE, REAL_PACKETS

MALFORMED = [
    TRUNCATED_FLOAT,
    encode_packet(NESTED_BUNDLE)[:-6],
    encode_packet(FLAT_BUNDLE)[:50],
    encode_packet(EVERY_TAG)[:-4],
    b"",
    b"x",
    b"GET / HTTP/1.1\r\n\r\n",
    b"#bundle\0" + bytes(7) + b"\1\xff\xff\xff\xfc",
]


def shown(packet: bytes | OscMessage | OscBundle) -> PacketModel:
    model = PacketModel()
    model.set_record(record_of(packet))
    return model


def lines(model: QAbstractItemModel, parent: QModelIndex | None = None) -> list[list[str]]:
    """Return the texts of all lines, fetched to the end."""
    parent = parent or QModelIndex()
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    found = []
    for row in range(model.rowCount(parent)):
        found.append([model.index(row, column, parent).data() for column in range(len(COLUMNS))])
        found += lines(model, model.index(row, 0, parent))
    return found


@pytest.mark.parametrize("packet", [*REAL_PACKETS, *MALFORMED])
def test_the_model_keeps_qts_rules(qtmodeltester: ModelTester, packet: bytes | OscMessage | OscBundle) -> None:
    model = shown(packet)
    qtmodeltester.check(model)
    lines(model)
    qtmodeltester.check(model, force_py=True)


def test_an_empty_model_keeps_qts_rules(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(PacketModel(), force_py=True)


def test_a_model_without_a_record_is_empty() -> None:
    model = PacketModel()
    assert (model.rowCount(), model.data_bytes, model.error_offset) == (0, b"", None)
    model.set_record(record_of(EVERY_TAG))
    model.set_record(None)
    assert (model.rowCount(), model.data_bytes) == (0, b"")


@pytest.mark.parametrize("packet", REAL_PACKETS)
def test_every_byte_belongs_to_a_line(packet: OscMessage | OscBundle) -> None:
    model = shown(packet)
    for offset in range(len(model.data_bytes)):
        index = model.index_at(offset)
        assert index.isValid()
        start, size = model.extent(index)
        assert start <= offset < start + size


@pytest.mark.parametrize("packet", REAL_PACKETS)
def test_the_line_of_a_byte_is_the_innermost_one(packet: OscMessage | OscBundle) -> None:
    model = shown(packet)
    for offset in range(len(model.data_bytes)):
        index = model.index_at(offset)
        for row in range(model.rowCount(index)):
            start, size = model.extent(model.index(row, 0, index))
            assert not start <= offset < start + size


@pytest.mark.parametrize("packet", MALFORMED)
def test_a_malformed_packet_begins_with_the_reason(packet: bytes) -> None:
    model = shown(packet)
    first = model.index(0, 0)
    assert first.data() == "Malformed"
    assert first.data(MeaningRole) == "error"
    assert model.index(0, 2).data()
    assert model.error_offset == model.extent(first)[0]


def test_fields_before_the_error_are_shown() -> None:
    found = lines(shown(encode_packet(OscMessage("/a", "iss", (1, "two", "three")))[:-4]))
    assert [line[0] for line in found] == [
        "Malformed",
        "Message",
        "Address",
        "Type tags",
        "Argument 1",
        "Argument 2",
    ]


def test_bytes_of_the_error_can_be_asked_for() -> None:
    for packet in MALFORMED:
        model = shown(packet)
        for offset in range(len(packet) + 2):
            index = model.index_at(offset)
            if index.isValid():
                start, size = model.extent(index)
                assert start <= offset < start + size


def test_issues_are_listed_before_the_fields() -> None:
    packet = bytearray(encode_packet(OscMessage("/abc", "i", (1,))))
    packet[6] = 0x41
    model = shown(bytes(packet) + b"\0\0\0\0")
    notes = [line for line in lines(model) if line[0] == "Note"]
    assert [note[1] for note in notes] == ["padding", "excess-bytes"]
    assert all(note[2] for note in notes)
    assert model.index(0, 0).data(MeaningRole) == "issue"


def test_arguments_carry_number_type_value_and_bytes() -> None:
    found = lines(shown(OscMessage("/a", "if[s]", (7, 0.5, ["x"]))))
    assert found[3:] == [
        ["Argument 1", "i  int32", "7", "12 to 15"],
        ["Argument 2", "f  float32", "0.5", "16 to 19"],
        ["Argument 3", "[ ]  array", "1 items", "20 to 23"],
        ["Argument 1", "s  string", '"x"', "20 to 23"],
    ]


def test_sixteen_thousand_arguments_are_fetched_in_portions() -> None:
    count = 16_000
    model = shown(OscMessage("/many", "i" * count, tuple(range(count))))
    message = model.index(0, 0)
    assert model.rowCount(message) < 300
    assert model.canFetchMore(message)
    model.fetchMore(message)
    assert 256 <= model.rowCount(message) <= 600
    last = model.index_at(len(model.data_bytes) - 1)
    assert last.data() == f"Argument {count}"


def test_sixty_thousand_arguments_without_bytes_are_fetched_in_portions() -> None:
    count = 60_000
    model = shown(OscMessage("/many", "T" * count, (True,) * count))
    message = model.index(0, 0)
    assert model.rowCount(message) < 300
    while model.canFetchMore(message):
        model.fetchMore(message)
    assert model.rowCount(message) == count + 2
    assert model.index(count + 1, 0, message).data() == f"Argument {count}"


def test_a_cut_datagram_says_so() -> None:
    model = PacketModel()
    model.set_record(replace(record_of(LONG_REPLY), is_truncated=True))
    assert ["Cut", "", "the system cut this datagram: it was too long", ""] in lines(model)


def test_an_integer_address_names_its_command() -> None:
    assert ["Address", "", "9, command /s_new of scsynth", "0 to 3"] in lines(shown(OscMessage(9, "", ())))


def test_a_bundle_counts_its_elements() -> None:
    assert lines(shown(FLAT_BUNDLE))[0][2].startswith("4 elements, ")
    assert lines(shown(OscBundle(TimeTag.IMMEDIATELY, [OscMessage("/a")])))[0][2].startswith("1 element, immediately")
