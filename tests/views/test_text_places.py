import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.views.text_places import character_place, qt_place


@pytest.mark.parametrize(
    ("text", "place", "units"), [("abc", 2, 2), ("😀a", 1, 2), ("a😀", 2, 3), ("ab", 9, 2), ("", 0, 0)]
)
def test_characters_of_two_units_count_twice(text: str, place: int, units: int) -> None:
    assert qt_place(text, place) == units
    assert character_place(text, units) == min(place, len(text))


@given(text=st.text(max_size=8), data=st.data())
def test_a_place_comes_back(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    assert character_place(text, qt_place(text, place)) == place
