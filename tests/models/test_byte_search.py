import pytest

from osc_workbench.models.byte_search import ByteSearch, search_bytes
from osc_workbench.traffic.byte_pattern import HITS_LIMIT, parse_byte_pattern

SEARCH = ByteSearch((4, 10, 11), 2)


def test_a_search_finds_all_hits_and_looks_at_none() -> None:
    search = search_bytes(parse_byte_pattern('"ab"'), b"ab.ab")
    assert search == ByteSearch((0, 3), 2)
    assert search.current_hit is None


@pytest.mark.parametrize(("offset", "hit"), [(0, 4), (4, 4), (5, 10), (11, 11), (12, 4)])
def test_the_next_hit_is_at_or_after_an_offset_and_after_the_last_comes_the_first(offset: int, hit: int) -> None:
    assert SEARCH.at_or_after(offset).current_hit == range(hit, hit + 2)


@pytest.mark.parametrize(("offset", "hit"), [(0, 11), (4, 11), (5, 4), (11, 10), (100, 11)])
def test_the_hit_before_an_offset_comes_after_the_last_when_there_is_none(offset: int, hit: int) -> None:
    assert SEARCH.before(offset).current_hit == range(hit, hit + 2)


@pytest.mark.parametrize(
    ("extent", "hit"),
    [(range(0, 20), range(4, 6)), (range(5, 20), range(10, 12)), (range(5, 10), None), (range(12, 20), None)],
)
def test_a_hit_within_some_bytes_is_looked_at_or_none(extent: range, hit: range | None) -> None:
    assert SEARCH.at_or_after(0).within(extent).current_hit == hit


def test_without_hits_there_is_none_to_look_at() -> None:
    nothing = search_bytes(parse_byte_pattern("2f"), b"")
    for search in (nothing.at_or_after(3), nothing.before(3), nothing.within(range(10))):
        assert (search.current_hit, search.count_text) == (None, "no hits")


@pytest.mark.parametrize(
    ("search", "text"),
    [
        (SEARCH, "3 hits"),
        (ByteSearch((4,), 2), "1 hit"),
        (SEARCH.at_or_after(10), "2 of 3"),
        (ByteSearch(tuple(range(2000)), 1, 1499), "1,500 of 2,000"),
    ],
)
def test_the_count_says_which_hit_of_how_many(search: ByteSearch, text: str) -> None:
    assert search.count_text == text


def test_hits_that_are_left_out_are_told() -> None:
    search = search_bytes(parse_byte_pattern("00"), bytes(HITS_LIMIT))
    assert (len(search.hits), search.is_cut, search.count_text) == (HITS_LIMIT, False, "10,000 hits")
    search = search_bytes(parse_byte_pattern("00"), bytes(HITS_LIMIT + 1)).at_or_after(5)
    assert (len(search.hits), search.is_cut, search.count_text) == (HITS_LIMIT, True, "6 of the first 10,000")
