"""Arguments as columns: every value against the decoder, one message at a time."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.columns import NUMBER_TAGS, ArgumentColumn, argument_columns, contents, values
from osc_workbench.traffic.row_view import RowView, views_of
from tests.doubles.traffic import TRUNCATED_FLOAT, HandFedStore

Found = dict[tuple[int, int, int, str], list[bytes]]


def _view(*packets: bytes | OscMessage | OscBundle) -> RowView:
    store = HandFedStore()
    store.receive(*packets)
    (view,) = views_of(store, 0, store.end_row)
    return view


def _found(view: RowView, number: int | None = None) -> Found:
    """Return the bytes of every argument by (row, number, depth, tag)."""
    found: Found = {}
    for column in argument_columns(view, number):
        for place, data in zip(column.places.tolist(), contents(view.arena, column), strict=True):
            found.setdefault((place, column.number, column.depth, column.tag), []).append(data)
    return found


def _expected(messages: list[bytes]) -> Found:
    found: Found = {}
    for place, message in enumerate(messages):
        dissection = dissect_packet(message)
        if dissection.error is not None or dissection.root is None:
            continue
        fields = [field for field in dissection.root.children if field.kind in ("argument", "array")]
        for number, field in enumerate(fields):
            for depth, argument in _flattened(field, 0):
                data = message[argument.offset : argument.offset + argument.size]
                layout = ARGUMENT_TYPES[argument.type_tag].layout
                if layout is Layout.STRING:
                    data = data[: data.index(0)]
                elif layout is Layout.BLOB:
                    data = argument.value
                found.setdefault((place, number, depth, argument.type_tag), []).append(data)
    return found


def _flattened(field: PacketField, depth: int) -> list[tuple[int, PacketField]]:
    here = [(depth, field)] if field.kind == "argument" else []
    return here + [pair for child in field.children for pair in _flattened(child, depth + 1)]


_tags = st.text("ifsbhtdScrmTFNI", max_size=5)
_words = st.lists(
    st.sampled_from([b"ab\0\0", b"abc\0", b"abcd", b"\0\0\0\0", b"\0\0\0\3", b"\0\0\0\4", b"\x7f\xc0\0\0"])
)
_made_up = st.builds(
    lambda tags, words, rest: (
        b"/a\0\0" + b"," + tags.encode() + bytes(4 - (len(tags) + 1) % 4) + b"".join(words) + rest
    ),
    _tags | st.sampled_from(["s[i[s]f]b", "[", "iXf", "sss", "[]i", "Tsi"]),
    _words,
    st.sampled_from([b"", b"", b"a\0", b"\0"]),
)


@given(st.lists(_made_up, min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_every_argument_of_any_message_is_where_the_decoder_finds_it(messages: list[bytes]) -> None:
    view = _view(*messages)
    assert _found(view) == _expected(messages)
    for number in (0, 1, 3):
        assert _found(view, number) == {key: data for key, data in _expected(messages).items() if key[1] == number}


@pytest.mark.parametrize(
    ("tag", "value", "dtype"),
    [
        ("i", -5, np.int64),
        ("h", -(2**63), np.int64),
        ("f", 0.5, np.float32),
        ("d", -1e300, np.float64),
        ("t", TimeTag(2**63 + 1), np.uint64),
    ],
)
def test_numbers_keep_their_type_and_every_bit(tag: str, value: object, dtype: type) -> None:
    view = _view(OscMessage("/a", "s" + tag, ("text", value)), OscMessage("/a", tag, (value,)))
    columns = [column for column in argument_columns(view) if column.tag == tag]
    assert sorted(column.places.tolist() for column in columns) == [[0], [1]]
    wanted = value.value if isinstance(value, TimeTag) else value
    for column in columns:
        numbers = values(view.arena, column)
        assert numbers.dtype == dtype
        assert numbers.tolist() == [wanted]


def test_texts_are_no_numbers() -> None:
    view = _view(OscMessage("/a", "s", ("text",)))
    (column,) = argument_columns(view)
    with pytest.raises(ValueError, match="string"):
        values(view.arena, column)


def test_rows_of_bundles_and_odd_neighbours_are_read_at_their_own_places() -> None:
    bundle = OscBundle(TimeTag(1), (OscMessage("/a", "si", ("x", 1)), OscMessage("/b", "i", (2,))))
    view = _view(b"/odd\0\0\0\0,s\0\0x\0", bundle, TRUNCATED_FLOAT, OscMessage("/c", "i", (3,)))
    found = {}
    for column in argument_columns(view):
        if column.tag in NUMBER_TAGS:
            found |= dict(zip(column.places.tolist(), values(view.arena, column).tolist(), strict=True))
    assert found == {1: 1, 2: 2, 4: 3}


def test_many_type_tag_strings_are_sorted_apart() -> None:
    messages = [OscMessage("/a", "i" * count, tuple(range(count))) for count in range(40)]
    view = _view(*messages)
    last: dict[int, ArgumentColumn] = {}
    for column in argument_columns(view):
        last[int(column.places[0])] = column
    assert {place: values(view.arena, column).tolist() for place, column in last.items()} == {
        count: [count - 1] for count in range(1, 40)
    }


def test_a_float_is_found_by_its_bits() -> None:
    data = encode_packet(OscMessage("/a", "f", (0.0,)))[:-4] + b"\x7f\x80\0\1"
    view = _view(data)
    (column,) = argument_columns(view)
    assert struct.pack(">I", int(values(view.arena, column).view(np.uint32)[0])) == b"\x7f\x80\0\1"


def test_long_texts_end_where_their_zero_is() -> None:
    texts = ["x" * size for size in (1, 127, 128, 129, 4_000)]
    view = _view(*(OscMessage("/a", "si", (text, size)) for size, text in enumerate(texts)))
    assert _found(view, 0) == {(place, 0, 0, "s"): [text.encode()] for place, text in enumerate(texts)}
    assert [data for found in _found(view, 1).values() for data in found] == [struct.pack(">i", n) for n in range(5)]
