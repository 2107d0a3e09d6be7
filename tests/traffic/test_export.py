"""Rows of the log as text, JSON lines and CSV."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.export import CSV_COLUMNS, FORMATS, export_rows
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.record_lines import json_line, text_line
from tests.doubles.copied_packets import EVERY_PACKET, HOSTILE, encoded
from tests.doubles.stored import stored

URL = "udp://127.0.0.1:57120"
BY_NAME = {row.name: row for row in FORMATS}
BUNDLE = encoded("#bundle 0xe1f2a3b400000000 { /a ,i 1 ; #bundle immediately { /b ,s x } ; /c }")
CUT_BUNDLE = BUNDLE + b"\0\0\0\x40/d\0\0"


def exported(name: str, records: Iterable[PacketRecord]) -> tuple[str, int]:
    file = io.StringIO(newline="")
    count = export_rows(records, file, BY_NAME[name], lambda endpoint_id: URL)
    text = file.getvalue()
    # What came from the network can be written in any encoding that has its printable characters.
    text.encode()
    return text, count


def csv_rows(*datagrams: bytes) -> list[dict[str, str]]:
    text, count = exported("csv", stored(*datagrams))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == count
    return rows


def test_formats_have_name_suffix_and_title() -> None:
    assert {row.name: row.suffix for row in FORMATS} == {"text": ".txt", "jsonl": ".jsonl", "csv": ".csv"}
    assert all(row.title for row in FORMATS)


@pytest.mark.parametrize(("name", "line"), [("text", text_line), ("jsonl", json_line)])
def test_text_and_json_have_one_line_a_packet(name: str, line: Callable[[PacketRecord, str], str]) -> None:
    records = stored(encoded("/first"), BUNDLE, BUNDLE, b"", CUT_BUNDLE)
    assert len(records) == 1 + 3 + 3 + 1 + 4
    text, count = exported(name, records)
    firsts = [records[index] for index in (0, 1, 4, 7, 8)]
    assert text == "".join(line(record, URL) + "\n" for record in firsts)
    assert count == 5


@pytest.mark.parametrize("name", list(BY_NAME))
def test_nothing_in_is_nothing_out(name: str) -> None:
    text, count = exported(name, [])
    assert count == 0
    assert text == (",".join(CSV_COLUMNS) + "\r\n" if name == "csv" else "")


def test_rows_of_a_bundle_that_a_filter_left_are_still_one_packet() -> None:
    _, second, third, *_ = stored(BUNDLE, BUNDLE)
    assert exported("jsonl", [second, third])[1] == 1


def test_endpoint_is_looked_up_by_its_id() -> None:
    (record,) = stored(encoded("/a"))
    file = io.StringIO()
    export_rows([record, replace(record, packet_number=1, endpoint_id=5)], file, BY_NAME["jsonl"], "udp://:{}".format)
    assert [json.loads(line)["endpoint"] for line in file.getvalue().splitlines()] == ["udp://:1", "udp://:5"]


def test_csv_has_the_circumstances_and_the_content_of_a_message() -> None:
    (record,) = stored(encoded(r'"/a b" ,is 1 "x, \"y\""'))
    text, _ = exported("csv", [record, replace(record, direction=Direction.OUT, peer=None)])
    head, first, second, end = text.split("\r\n")
    assert head == "number,time,direction,endpoint,peer,address,types,arguments,size,time_tag"
    time = "2023-11-14T22:13:20.000000000Z"
    content = '"""/a b""",is,"1 ""x, \\""y\\""""",24,'
    assert first == f"1,{time},in,{URL},127.0.0.1:9000,{content}"
    assert second == f"1,{time},out,{URL},,{content}"
    assert end == ""


def test_csv_has_a_row_a_message_with_the_time_of_the_bundle_around_it() -> None:
    rows = csv_rows(encoded("/single"), BUNDLE)
    assert [(row["number"], row["address"], row["arguments"], row["size"], row["time_tag"]) for row in rows] == [
        ("1", "/single", "", "12", ""),
        ("2", "/a", "1", "12", "0xe1f2a3b400000000"),
        ("2", "/b", '"x"', "12", "immediately"),
        ("2", "/c", "", "8", "0xe1f2a3b400000000"),
    ]


def test_csv_of_a_bundle_that_is_cut_has_its_messages_and_the_reason() -> None:
    *messages, cut = csv_rows(CUT_BUNDLE)
    assert [(row["address"], row["time_tag"]) for row in messages] == [
        ("/a", "0xe1f2a3b400000000"),
        ("/b", "immediately"),
        ("/c", "0xe1f2a3b400000000"),
    ]
    assert (cut["address"], cut["types"], cut["size"]) == ("", "", str(len(CUT_BUNDLE)))
    assert cut["arguments"].startswith(
        "malformed: a bundle element has the size 64, but only 4 bytes are left (at byte "
    )
    assert cut["arguments"].endswith(CUT_BUNDLE.hex())


def test_csv_of_odd_packets_says_what_there_is() -> None:
    packets = ["9 ,s def", '/a no-type-tags x"0001"', '/a ,i? 1 excess x"02"', '/a ,? excess x"02"', "#bundle { }"]
    rows = csv_rows(*map(encoded, packets), b"\xff", b"/x")
    assert [(row["address"], row["types"], row["arguments"], row["time_tag"]) for row in rows] == [
        ("9", "s", '"def"', ""),
        ("/a", "", 'no-type-tags x"0001"', ""),
        ("/a", "i?", '1 excess x"02"', ""),
        ("/a", "?", 'excess x"02"', ""),
        ("", "", "#bundle immediately {  }", "immediately"),
        ("", "", "malformed: a string has no terminating NUL byte (at byte 0): ff", ""),
        ("", "", "malformed: a string has no terminating NUL byte (at byte 0): 2f78", ""),
    ]


@pytest.mark.parametrize(
    ("packet", "column", "cell"),
    [
        ("=1+1 ,", "address", "'=1+1"),
        ("@x ,", "address", '"@x"'),
        ("-x ,", "address", "'-x"),
        ("/a ,i -7", "arguments", "-7"),
        ("/a ,f -1e-07", "arguments", "-1e-07"),
        ("/a ,ii -7 -8", "arguments", "'-7 -8"),
        ("/a ,f -inf", "arguments", "'-inf"),
        ("/a ,t @immediately", "arguments", "'@immediately"),
        ('/a ,s "=1+1"', "arguments", '"=1+1"'),
        ("/a ,=", "types", "'="),
    ],
)
def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe_but_numbers_do_not(
    packet: str, column: str, cell: str
) -> None:
    data = encoded(packet) if not packet.startswith("@") else b"@x\0\0,\0\0\0"
    assert csv_rows(data)[0][column] == cell


def test_no_cell_is_a_formula_or_has_control_characters_whatever_comes() -> None:
    for row in csv_rows(*HOSTILE, *EVERY_PACKET):
        for cell in row.values():
            assert cell.isprintable()
            assert cell[:1] not in ("=", "+", "@")
            assert not cell.startswith("-") or float(cell) <= 0


@given(st.lists(st.binary(max_size=40) | st.binary(max_size=30).map(lambda raw: BUNDLE[:16] + raw), max_size=4))
def test_any_datagrams_can_be_exported(datagrams: list[bytes]) -> None:
    records = stored(*datagrams)
    assert exported("csv", records)[1] == len(records)
    assert exported("text", records)[1] == exported("jsonl", records)[1] == len(datagrams)


def test_a_message_of_a_bundle_keeps_its_time_after_one_that_cannot_be_read() -> None:
    broken = b"/b\0\0,s\0\0xxxx"
    good = encode_packet(OscMessage("/c"))
    elements = b"".join(len(data).to_bytes(4, "big") + data for data in (broken, good))
    rows = csv_rows(BUNDLE[:16] + elements)
    assert [row["time_tag"] for row in rows] == ["0xe1f2a3b400000000"] * len(rows)
    assert rows[0]["arguments"].startswith("malformed: ")


def test_peers_of_ipv6_stand_in_brackets() -> None:
    (record,) = stored(encoded("/a"))
    assert "[::1]:7" in exported("csv", [replace(record, peer=Peer("::1", 7))])[0]
