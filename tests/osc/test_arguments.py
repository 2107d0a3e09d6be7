import pytest

from osc_workbench.osc.arguments import (
    ARGUMENT_TYPES,
    INFINITUM,
    NESTING_LIMIT,
    Layout,
    MidiMessage,
    Rgba,
    check_brackets,
    infer_type_tags,
)
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.timetag import TimeTag


def test_the_table_has_a_row_for_every_tag_of_both_specifications() -> None:
    assert set(ARGUMENT_TYPES) == set("ifsbhtdScrmTFNI[]")


def test_sizes_of_fixed_arguments_are_those_on_the_wire() -> None:
    sizes = {row.tag: row.size for row in ARGUMENT_TYPES.values() if row.layout is Layout.FIXED}
    assert sizes == {"i": 4, "f": 4, "h": 8, "t": 8, "d": 8, "c": 4, "r": 4, "m": 4}


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (True, "T"),
        (False, "F"),
        (None, "N"),
        (INFINITUM, "I"),
        (7, "i"),
        (-(2**31), "i"),
        (2**31 - 1, "i"),
        (2**31, "h"),
        (-(2**31) - 1, "h"),
        (1.0, "f"),
        ("text", "s"),
        (b"\0", "b"),
        (bytearray(b"\0"), "b"),
        (TimeTag(3), "t"),
        (Rgba(1, 2, 3), "r"),
        (MidiMessage(0, 1, 2, 3), "m"),
        ([1, [2.0, "x"]], "[i[fs]]"),
        ((), "[]"),
    ],
)
def test_type_tags_are_inferred_from_python_types(value: object, tags: str) -> None:
    assert infer_type_tags([value]) == tags


@pytest.mark.parametrize("value", [object(), {"a": 1}, {1}, 1j, Ellipsis])
def test_values_without_an_osc_type_are_refused(value: object) -> None:
    with pytest.raises(OscEncodeError, match="has no OSC type"):
        infer_type_tags([value])


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(OscEncodeError, match="nested deeper"):
        infer_type_tags(endless)


@pytest.mark.parametrize(
    ("tags", "index"),
    [
        ("", None),
        ("i[f[s]]", None),
        ("]", 0),
        ("[i", 2),
        ("i]i", 1),
        ("[" * NESTING_LIMIT + "]" * NESTING_LIMIT, None),
        ("[" * (NESTING_LIMIT + 1) + "]" * (NESTING_LIMIT + 1), NESTING_LIMIT),
    ],
)
def test_the_first_wrong_bracket_is_found(tags: str, index: int | None) -> None:
    assert check_brackets(tags) == index
