"""Numbers behind texts and blobs, and what a sender may do to make finding them expensive."""

import struct

import numpy as np
import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.numeric_arguments import NO_PLAN, TURNS_LIMIT, ArgumentPlans
from osc_workbench.traffic.row_view import views_of
from tests.doubles.traffic import HandFedStore

Found = dict[tuple[int, int], int | float]


def _found(*packets: bytes | OscMessage) -> Found:
    """Return numbers by (row, place)."""
    store = HandFedStore()
    store.receive(*packets)
    (view,) = views_of(store, 0, store.end_row)
    plans = ArgumentPlans()
    of_rows = np.array([plans.plan(view.table.type_tags[number] or "") for number in view.headers.tolist()])
    starts = view.offsets.astype(np.int64)
    found: Found = {}
    for numbers in plans.numbers(view.chunk, of_rows, starts, starts + view.sizes):
        cells = zip(numbers.rows.tolist(), numbers.places.tolist(), strict=True)
        found |= dict(zip(cells, numbers.values.tolist(), strict=True))
    return found


@pytest.mark.parametrize("length", [0, 3, 4, 14, 15, 16, 17, 79, 80, 335, 336, 337, 5000])
def test_a_number_behind_a_text_is_found_whatever_its_length(length: int) -> None:
    packets = [OscMessage("/a", "si", ("x" * length, 7)), OscMessage("/a", "si", ("", 8))]
    assert _found(*packets, OscMessage("/b", "Sh", ("y" * length, -9))) == {(0, 1): 7, (1, 1): 8, (2, 1): -9}


def test_texts_blobs_and_numbers_in_turn_are_all_read() -> None:
    values = (1, "text", 2.5, b"blob!", -3, "", b"", 0.25)
    wanted = {(1, place): value for place, value in enumerate(values) if isinstance(value, int | float)}
    assert _found(OscMessage("/other", "s", ("x",)), OscMessage("/a", "isfbhsbd", values)) == wanted


def test_rows_at_odd_places_are_read() -> None:
    odd = b"/o\0\0,s\0\0abcde\0"
    assert _found(odd, OscMessage("/a", "sid", ("abc", 5, 1e300)), odd) == {(1, 1): 5, (1, 2): 1e300}


def test_a_text_without_padding_at_the_very_end_of_the_arena_is_no_exception() -> None:
    store = HandFedStore()
    filler = b"/f\0\0,b\0\0" + struct.pack(">i", 60_000) + bytes(60_000)
    last = b"/a\0\0,is\0\0\0\0\7ab\0"
    store.receive(*[filler] * 69)
    (chunk,) = [chunk for chunk, _, _ in store.chunks(0, store.end_row)]
    room = len(chunk.arena) - chunk.used - (len(last) - 8)
    store.receive(b"/f\0\0,b\0\0" + struct.pack(">i", room - 4) + bytes(room - 4), last)
    assert chunk.used == len(chunk.arena)
    (view,) = views_of(store, store.end_row - 1, store.end_row)
    plans = ArgumentPlans()
    # A number behind the text that is not there: the plan of another message, as bad as it can be.
    starts = view.offsets.astype(np.int64)
    (numbers,) = plans.numbers(view.chunk, np.array([plans.plan("is")]), starts, starts + view.sizes)
    assert numbers.values.tolist() == [7]


def test_only_the_first_eight_places_are_read() -> None:
    assert _found(OscMessage("/a", "i" * 20, tuple(range(20)))) == {(0, place): place for place in range(8)}


def test_an_array_is_one_place_and_what_is_in_it_is_passed_over() -> None:
    assert _found(OscMessage("/a", "[i[sT]b]fT[]d", ((1, ("abcd", True), b"x"), 0.5, True, (), 2.0))) == {
        (0, 1): 0.5,
        (0, 4): 2.0,
    }


def test_unknown_type_tags_end_the_plan() -> None:
    assert _found(b"/a\0\0,iXi\0\0\0\0" + struct.pack(">ii", 4, 5)) == {(0, 0): 4}


def test_type_tags_that_are_read_alike_share_a_plan() -> None:
    plans = ArgumentPlans()
    assert plans.plan("if") == plans.plan("ifs") == plans.plan("ifTTT[s]b") != NO_PLAN
    assert plans.plan("") == plans.plan("sT") == plans.plan("[ii]") == NO_PLAN


def test_plans_are_bounded() -> None:
    plans = ArgumentPlans(limit=100)
    assert plans.plan("[" + "s" * TURNS_LIMIT + "]i") != NO_PLAN
    assert plans.plan("[" + "s" * (TURNS_LIMIT + 1) + "]i") == NO_PLAN
    made = [plans.plan("[" + "c" * number + "]i") for number in range(1, 200)]
    assert sorted(made)[-1] < 100
    assert made[-1] == NO_PLAN
    assert plans.plan("[c]i") == made[0] != NO_PLAN
