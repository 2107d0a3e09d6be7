from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.models.key_rows import KeyGroup, KeyRow, grouped, in_columns, matching_rows

ROWS = (
    KeyRow("Edit", ("Ctrl+C",), "Copy as text"),
    KeyRow("View", ("F",), "Follow end"),
    KeyRow("Edit", ("Ctrl+K",), "Clear log"),
    KeyRow("Help", ("?", "F1"), "Keyboard"),
)


def group(where: str, count: int) -> KeyGroup:
    return KeyGroup(where, tuple(KeyRow(where, (str(number),), "") for number in range(count)))


@pytest.mark.parametrize(
    ("text", "found"),
    [("", 4), ("ctrl", 2), ("F1", 1), ("edit CLEAR", 1), ("clear follow", 0), ("?", 1), ("   ", 4)],
)
def test_all_words_are_searched_in_place_keys_and_text(text: str, found: int) -> None:
    assert len(matching_rows(ROWS, text)) == found


def test_groups_and_rows_stay_in_their_order() -> None:
    groups = grouped(ROWS)
    assert [group.where for group in groups] == ["Edit", "View", "Help"]
    assert groups[0].rows == (ROWS[0], ROWS[2])


def test_columns_are_as_even_as_can_be() -> None:
    groups = (group("a", 8), group("b", 3), group("c", 4), group("d", 9))
    assert [[group.where for group in column] for column in in_columns(groups, 3)] == [["a"], ["b", "c"], ["d"]]
    assert [len(column) for column in in_columns(groups, 2)] == [2, 2]
    assert in_columns((), 3) == ()


@given(st.lists(st.integers(1, 30), max_size=12), st.integers(1, 4))
def test_no_group_is_lost_and_no_column_too_many(sizes: list[int], count: int) -> None:
    groups = [group(str(number), size) for number, size in enumerate(sizes)]
    columns = in_columns(groups, count)
    assert list(chain.from_iterable(columns)) == groups
    assert len(columns) <= count


def test_no_columns_hold_nothing() -> None:
    with pytest.raises(ValueError):
        in_columns((group("a", 1),), 0)
