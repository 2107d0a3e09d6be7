"""Rules that the header alone decides, and the bounds on what has a history."""

import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic import chunk, lint_headers
from osc_workbench.traffic.lint_headers import Numbering
from osc_workbench.traffic.tables import HeaderTable
from tests.doubles.linted_store import LintedStore, slow_findings


def _found(packet: bytes | OscMessage) -> set[str]:
    (found,) = LintedStore().look(packet)
    return found


@pytest.mark.parametrize(
    "address", ["/fader 0.5", "/vol=0.5", "/vol=5", "/pan/0.53", "/pan/-.5/x", "/a,1e-05", "/a/1e-05"]
)
def test_number_typed_into_the_address_is_found(address: str) -> None:
    assert "value-in-address" in _found(OscMessage(address))


@pytest.mark.parametrize(
    "address", ["/track/3/volume", "/fader5", "/v1.5", "/10.0.0.1/x", "/x=y", "/a=5b", "/5e3", "/a 0.5b", "/{0.5,1}/x"]
)
def test_number_that_is_part_of_a_name_is_no_value(address: str) -> None:
    assert "value-in-address" not in _found(OscMessage(address))


@pytest.mark.parametrize("text", ["/" + "=1" * 30_000 + "x", "/" + "1" * 60_000, "=" + "1" * 60_000 + "x"])
def test_long_address_of_digits_takes_no_time(text: str) -> None:
    # Quadratic matching would take minutes.
    assert lint_headers.find_value(text) is None


@pytest.mark.parametrize(
    "packet",
    [b"/a b\0\0\0\0,\0\0\0",
     b"/a#b\0\0\0\0,\0\0\0", b"/a,b\0\0\0\0,\0\0\0", b"/{a,\0\0\0\0,\0\0\0", b"/{a b}\0\0,\0\0\0",
     b"/\xc3\xa9\0,\0\0\0", b"/\x07b\0,\0\0\0",
     b"/\x7fb\0,\0\0\0", b"/\xff\0\0,\0\0\0", b"volume\0\0,\0\0\0"],
)  # fmt: skip
def test_character_that_no_address_may_have_is_found(packet: bytes) -> None:
    assert _found(packet) == {"forbidden-character"}


@pytest.mark.parametrize("address", ["/a/*/?", "/[1-3!x]/{b,c}", "/{,a}/{1,2}x", "//a", "/a~!\"$%&'()+-.:;<=>@^_`|", 7])
def test_pattern_and_every_other_printable_character_are_allowed(address: str | int) -> None:
    assert _found(OscMessage(address)) == set()


@pytest.mark.parametrize("packet", [b"/a\0x,\0\0\0", b"/a\0\0,\0\0x", b"/a\0\0,i\0x\0\0\0\1", b"/a\0\0,\0"])
def test_padding_of_address_and_type_tags_must_be_there_and_zero(packet: bytes) -> None:
    assert _found(packet) == {"bad-padding"}


def test_header_without_wasted_bytes_has_no_bad_padding() -> None:
    assert _found(b"/abc\0\0\0\0,iii\0\0\0\0" + bytes(12)) == set()
    assert _found(b"\0\0\0\5,\0\0\0") == set()


def test_missing_type_tags_are_found_and_empty_ones_are_fine() -> None:
    assert _found(b"/a\0\0\0\0\0\1") == {"missing-type-tags"}
    assert _found(b"/a\0\0") == {"missing-type-tags"}
    assert _found(b"/a\0\0,\0\0\0") == set()


def test_unknown_type_tag_is_found_and_all_those_of_osc_are_known() -> None:
    assert _found(b"/a\0\0,iX\0\0\0\0\1") == {"unknown-type-tag"}
    assert _found(b"/a\0\0,TFNI[]\0" + bytes(0)) == set()


def test_rules_apply_where_the_table_of_headers_is_full() -> None:
    store = LintedStore()
    store.headers = HeaderTable(1)
    found = store.look(
        OscMessage("/first"), OscMessage("/b", "i", (1,)), OscMessage("/b", "f", (float("nan"),)), OscMessage("/c d")
    )
    assert found == [set(), set(), {"type-flip", "nan"}, {"forbidden-character"}]


def test_header_numbers_that_were_given_back_mean_their_new_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "ROWS_OF_CHUNK", 4)
    store = LintedStore(limit_rows=8)
    store.headers = HeaderTable(6)
    records, found = [], []
    for number in range(40):
        message = OscMessage(f"/a {number}" if number % 3 else f"/b{number}", "i" if number % 2 else "f", (number % 2,))
        found += store.look(message, OscMessage("/same", "if"[number // 5 % 2], (1,)))
        records += [store.record(store.end_row - 2), store.record(store.end_row - 1)]
    assert store.headers.generation > 2
    assert [rules - {"value-in-address"} for rules in found] == list(slow_findings(records))
    assert sum("type-flip" in rules for rules in found) == 7


def test_addresses_beyond_the_limit_have_no_history_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_headers, "HISTORY_LIMIT", 4)
    store = LintedStore()
    pair = OscMessage("/a", "i", (1,)), OscMessage("/a", "f", (1.0,))
    store.look(*[OscMessage(f"/{number}") for number in range(4)])
    assert store.look(*pair) == [set(), set()]
    assert store.look(OscMessage("/1", "i", (1,)), OscMessage("/c d")) == [{"type-change"}, {"forbidden-character"}]
    assert store.lint.without_history == 3
    store.clear()
    store.lint.clear()
    assert store.look(*pair) == [set(), {"type-flip"}]
    assert store.lint.without_history == 0


def test_numbering_stops_when_its_keys_take_too_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint_headers, "_KEPT_CHARACTERS", 10)
    numbering: Numbering[str] = Numbering("")
    assert [numbering.number_of(key) for key in ("abcde", "fghijk", "lmnop", "abcde", "q")] == [1, None, 2, 1, None]
    assert numbering.keys == ["", "abcde", "lmnop"]
