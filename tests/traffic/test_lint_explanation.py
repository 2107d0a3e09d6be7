"""Sentences about findings name their particulars."""

import pytest

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic import chunk
from tests.doubles.linted_store import Fed, LintedStore
from tests.doubles.traffic import MILLISECOND, START_NS, TRUNCATED_FLOAT

NAN, INFINITY = float("nan"), float("inf")


def _explain(*packets: Fed, step_ns: int = 2 * MILLISECOND) -> tuple[str, ...]:
    """Return what is said about the last of these packets, at its first row."""
    store = LintedStore()
    store.look(*packets, step_ns=step_ns)
    record = store.record(store.end_row - 1)
    return store.lint.explain(record.row - record.position)


def _later(seconds: int) -> TimeTag:
    return TimeTag.from_unix_ns(START_NS + 2 * MILLISECOND + seconds * 10**9)


@pytest.mark.parametrize(
    ("packet", "sentence"),
    [
        (TRUNCATED_FLOAT, "Not decodable: the argument of type float32 needs 4 bytes, 2 are left (at byte 12)."),
        (OscMessage("/a", "sf", ("x", NAN)), "Value NaN in argument 1."),
        (OscMessage("/a", "i[f]f", (1, (-INFINITY,), INFINITY)), "Value -inf in argument 1, 2."),
        (OscMessage("/a", "f", (1e-40,)), "Value 9.99995e-41 in argument 0."),
        (OscMessage("/a", "f" * 9, [NAN] * 9), "Value NaN in argument 0, 1, 2, 3 and 5 more."),
        (b"/a\0\0\0\0\0\1", "No type tag string follows the address; the message has 8 bytes."),
        (b"/a\0\0,s\0\0a\0\0x", "Padding bytes are not zero (at byte 10)."),
        (b"/a\0\0,s\0\0a\0", "Padding bytes are missing (at byte 10)."),
        (b"/a\0\0,i\0\0\0\0\0\1wxyz", "There are 4 bytes after the last argument (at byte 12)."),
        (b"/a\0\0,iX\0\0\0\0\1", 'The type tag "X" is unknown.'),
        (b"/a\0\0,\xff\0\0", "The type tag U+DCFF is unknown."),
        (b"/a#\0,\0\0\0", 'The address has "#" at position 3.'),
        (b"/\xc3\xa9\0,\0\0\0", "The address has U+00E9 at position 2."),
        (b"volume\0\0,\0\0\0", "The address does not begin with a slash."),
        (OscMessage("/pan/0.53"), "The number 0.53 stands in the address."),
        (OscMessage("/a", "b", (bytes(9000),)), "The packet has 9,012 bytes."),
        (OscBundle(TimeTag(0)), "The time tag is zero, which is no time."),
        (OscBundle(_later(-2), (OscMessage("/a"),)), "The bundle came 2 s after the time of its time tag."),
    ],
)
def test_sentence_names_what_was_found(packet: Fed, sentence: str) -> None:
    assert _explain(packet) == (sentence,)


def test_space_in_the_address_is_called_by_its_name() -> None:
    assert _explain(OscMessage("/fader 0.5")) == (
        "The number 0.5 stands in the address.",
        "The address has a space at position 7.",
    )


def test_inner_bundle_is_named_by_its_place() -> None:
    bundle = OscBundle(_later(9), (OscBundle(_later(5), (OscMessage("/a"),)),))
    assert _explain(bundle) == ("A bundle has an earlier time tag than the one around it (at byte 28).",)


def test_types_are_compared_with_the_message_before_by_row() -> None:
    first = OscMessage("/a", "sf", ("x", 0.5))
    between = OscMessage("/b", "f", (0.5,))
    assert _explain(first, between, TRUNCATED_FLOAT, OscMessage("/a", "si", ("x", 1))) == (
        "The type tags are ,si here and ,sf in row 1; argument 1 is int32, then float32.",
    )
    assert _explain(first, first, OscMessage("/a", "s", ("x",))) == ("The type tags are ,s here and ,sf in row 2.",)


def test_message_before_is_found_in_the_chunk_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "ROWS_OF_CHUNK", 2)
    others = [OscMessage("/b")] * 5
    assert _explain(OscMessage("/a", "T", (True,)), *others, OscMessage("/a", "N", (None,))) == (
        "The type tags are ,N here and ,T in row 1.",
    )


def test_gap_says_how_many_messages_are_missing() -> None:
    counted = [OscMessage("/count", "si", ("x", number)) for number in range(10)]
    one = OscMessage("/count", "si", ("x", 11))
    assert _explain(*counted, one) == ("The counter went from 9 to 11: 1 message is missing.",)
    many = OscMessage("/count", "si", ("x", 20))
    assert _explain(*counted, many) == ("The counter went from 9 to 20: 10 messages are missing.",)


def test_duplicate_names_the_sender_and_flood_the_limit() -> None:
    same = OscMessage("/a")
    assert _explain(same, same, step_ns=10) == ("The same bytes came from 127.0.0.1:50000 just before.",)
    many = [OscMessage("/a", "i", (number % 2,)) for number in range(1001)]
    assert _explain(*many, step_ns=1000) == ("This is message 1,001 of its address within one second.",)


def test_clock_that_is_ahead_is_said_so() -> None:
    store = LintedStore()
    for number in range(8):
        tag = TimeTag.from_unix_ns(store.now_ns + 2 * MILLISECOND + 3600 * 10**9)
        store.look(OscBundle(tag, (OscMessage("/a", "s", (str(number),)),)))
    assert store.lint.explain(7) == ("The bundle came 3600 s before the time of its time tag.",)


def test_rows_without_findings_and_rows_that_are_gone_need_no_words() -> None:
    store = LintedStore()
    store.look(OscMessage("/a"), OscMessage("/a", "f", (NAN,)))
    record = store.record(1)
    assert store.lint.explain(0) == ()
    assert store.lint.explain(-1) == store.lint.explain(2) == ()
    store.clear()
    assert store.lint.explain(record) == ()


def test_long_and_hostile_texts_are_cut_and_stay_on_one_line() -> None:
    store = LintedStore()
    store.look(OscMessage("/\n\u202e/" + "1" * 500 + ".5"), OscMessage("/a", "T" * 500, [True] * 500), OscMessage("/a"))
    for row in range(3):
        for sentence in store.lint.explain(row):
            assert sentence.isprintable()
            assert len(sentence) < 200
