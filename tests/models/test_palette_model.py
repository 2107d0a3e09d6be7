from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from osc_workbench.models.palette_model import (
    RECENT_LIMIT,
    Match,
    PaletteEntry,
    PaletteModel,
    RowRole,
    match_word,
    ranked,
    spoken_text,
)

ENTRIES = (
    PaletteEntry("Copy as text", "Edit", "Ctrl+C"),
    PaletteEntry("Clear log", "Edit", "Ctrl+K"),
    PaletteEntry("Follow end", "View", "F", is_checked=True),
    PaletteEntry("Time deltas", "View", is_checked=False),
    PaletteEntry("Set time reference", "View", "Ctrl+T"),
    PaletteEntry("Column Time", "Layout", is_checked=True),
    PaletteEntry("Reset layout", "Layout"),
)


def titles(text: str, recent: tuple[tuple[str, str], ...] = ()) -> list[str]:
    return [row.entry.title for row in ranked(ENTRIES, text, recent)]


def score(word: str, text: str) -> int:
    match = match_word(word, text)
    assert match is not None
    return match.score


def best_by_trying_all(word: str, text: str) -> int | None:
    """Return the score of the best of all ways, by what the module says a letter is worth."""
    scores = [
        sum(
            (6 if is_start(text, place) else 1) + (8 if place == before + 1 else 0)
            for before, place in zip((-1, *places), places, strict=False)
        )
        for places in combinations(range(len(text)), len(word))
        if all(text[place].lower() == letter.lower() for place, letter in zip(places, word, strict=True))
    ]
    return max(scores, default=None)


def is_start(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    return text[place].isalnum() and (not before.isalnum() or (before.islower() and text[place].isupper()))


@given(st.text("abA ", max_size=4), st.text("abA ", max_size=9))
def test_the_best_of_all_ways_is_found(word: str, text: str) -> None:
    match = match_word(word, text)
    assert (match.score if match else None) == best_by_trying_all(word, text)


@given(st.text(max_size=6), st.text(max_size=20))
def test_places_are_those_of_the_letters(word: str, text: str) -> None:
    match = match_word(word, text)
    if match is not None:
        assert [text[place].lower() for place in match.places] == [letter.lower() for letter in word]
        assert list(match.places) == sorted(set(match.places))


@pytest.mark.parametrize(
    ("word", "better", "worse"),
    [
        ("log", "Clear log", "Listen to a gong"),
        ("log", "Log", "Clear log"),
        ("st", "Set time", "Listen"),
        ("hv", "hexView", "heave"),
        ("time", "Set time", "To his members"),
    ],
    ids=["run", "beginning", "word starts", "camel case", "run and start"],
)
def test_what_ranks_higher(word: str, better: str, worse: str) -> None:
    assert score(word, better) > score(word, worse)


def test_letters_that_are_missing_or_in_another_order_do_not_match() -> None:
    assert match_word("x", "Follow end") is None
    assert match_word("of", "Follow") is None
    assert match_word("follow ends", "Follow end") is None
    assert match_word("a", "") is None


def test_case_does_not_count() -> None:
    assert match_word("FOLLOW", "follow") == match_word("follow", "Follow") == Match(59, (0, 1, 2, 3, 4, 5))


def test_letters_whose_small_form_is_longer_keep_their_places() -> None:
    match = match_word("x", "İİx")
    assert match is not None
    assert match.places == (2,)


def test_without_text_all_entries_are_in_their_order() -> None:
    assert titles("  ") == [entry.title for entry in ENTRIES]


def test_without_text_recent_ones_come_first() -> None:
    recent = (("View", "Time deltas"), ("Nowhere", "Gone"), ("Edit", "Clear log"))
    assert titles("", recent) == [
        "Time deltas",
        "Clear log",
        "Copy as text",
        "Follow end",
        "Set time reference",
        "Column Time",
        "Reset layout",
    ]


def test_with_text_the_best_come_first_and_equals_in_their_order() -> None:
    assert titles("time") == ["Time deltas", "Set time reference", "Column Time"]
    assert titles("time", (("Layout", "Column Time"),)) == titles("time")


def test_all_words_are_looked_for_in_title_and_path() -> None:
    assert titles("layout time") == titles("time layout") == ["Column Time"]
    (row,) = ranked(ENTRIES, "layo colu")
    assert (row.number, row.title_places, row.path_places) == (5, (0, 1, 2, 3), (0, 1, 2, 3))
    assert titles("time nonsense") == []


def test_a_title_counts_more_than_a_path() -> None:
    assert titles("layout") == ["Reset layout", "Column Time"]


@pytest.fixture
def model(qtmodeltester: ModelTester) -> PaletteModel:
    model = PaletteModel()
    model.set_entries(ENTRIES)
    qtmodeltester.check(model)
    return model


def test_the_model_shows_what_matches(model: PaletteModel) -> None:
    model.set_text("time")
    shown = [model.index(number).data() for number in range(model.rowCount())]
    assert shown == ["Time deltas", "Set time reference", "Column Time"]
    assert model.index(1).data(RowRole).number == 4
    model.set_text("zzz")
    assert model.rowCount() == 0
    model.set_text("")
    assert model.rowCount() == len(ENTRIES)


def test_the_model_answers_nothing_for_what_is_not_there(model: PaletteModel) -> None:
    assert model.data(QModelIndex()) is None
    assert model.rowCount(model.index(0)) == 0
    assert model.index(0).data(Qt.ItemDataRole.DecorationRole) is None


def test_entries_used_last_are_remembered_once_each(model: PaletteModel) -> None:
    for entry in (*ENTRIES, ENTRIES[2]):
        model.note_used(entry)
    assert model.recent[:2] == (ENTRIES[2].name, ENTRIES[6].name)
    assert len(set(model.recent)) == len(model.recent) <= RECENT_LIMIT
    model.set_entries(ENTRIES)
    assert model.rows[0].entry == ENTRIES[2]


def test_no_more_than_some_are_remembered(model: PaletteModel) -> None:
    for number in range(50):
        model.note_used(PaletteEntry(str(number), ""))
    assert len(model.recent) == RECENT_LIMIT


def test_a_screen_reader_hears_all_of_a_row(model: PaletteModel) -> None:
    assert model.index(2).data(Qt.ItemDataRole.AccessibleTextRole) == "Follow end, View, on, F"
    assert model.index(3).data(Qt.ItemDataRole.AccessibleTextRole) == "Time deltas, View, off"
    entry = PaletteEntry("Paste", "Edit", is_enabled=False)
    assert spoken_text(entry) == "Paste, Edit, Not available now"
    assert spoken_text(entry._replace(reason="nothing was copied")).endswith("Not available now: nothing was copied")


def test_a_long_text_ends_soon(model: PaletteModel) -> None:
    model.set_text("a" * 100_000)
    assert model.rowCount() == 0
