"""Marks: which rows have one, in order, and what is left when rows go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.traffic.marks import Marks

_changes = st.lists(st.tuples(st.sampled_from(["set", "remove", "trim"]), st.integers(0, 30)))


@given(_changes)
def test_marks_are_those_of_a_dictionary(changes: list[tuple[str, int]]) -> None:
    marks, expected = Marks(), dict[int, str]()
    for kind, row in changes:
        if kind == "set":
            assert marks.set(row, f"note {row}")
            expected[row] = f"note {row}"
        elif kind == "remove":
            marks.remove(row)
            expected.pop(row, None)
        else:
            assert marks.trim(row) == sum(other < row for other in expected)
            expected = {other: note for other, note in expected.items() if other >= row}
    rows = sorted(expected)
    assert (list(marks), len(marks)) == (rows, len(rows))
    for row in range(-1, 32):
        assert (row in marks) == (row in expected)
        assert marks.comment(row) == expected.get(row, "")
        assert marks.next(row) == min((other for other in rows if other > row), default=None)
        assert marks.previous(row) == max((other for other in rows if other < row), default=None)
        assert marks.between(row, row + 5) == [other for other in rows if row <= other < row + 5]


def test_every_change_is_counted_and_nothing_else() -> None:
    marks = Marks()
    marks.remove(3)
    marks.trim(5)
    marks.clear()
    assert marks.changes == 0
    marks.set(3)
    marks.set(3, "a comment")
    marks.remove(3)
    assert marks.changes == 3
    marks.set(1)
    marks.clear()
    assert (marks.changes, list(marks), 1 in marks) == (5, [], False)


def test_beyond_the_limit_no_row_can_be_marked_but_comments_can_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.marks.MARKS_LIMIT", 2)
    marks = Marks()
    assert [marks.set(row) for row in (5, 1, 3)] == [True, True, False]
    assert marks.set(5, "loud")
    assert (list(marks), marks.comment(5)) == ([1, 5], "loud")
