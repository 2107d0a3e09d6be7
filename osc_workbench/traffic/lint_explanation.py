"""One sentence for one finding of one row, with its particulars: the message is looked at again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from osc_workbench.osc.arguments import ARGUMENT_TYPES
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.osc.errors import PacketIssue
from osc_workbench.traffic.columns import FLOAT_TAGS, INTEGER_TAGS
from osc_workbench.traffic.lint_arguments import bits_of_float
from osc_workbench.traffic.lint_headers import find_value, plain_length
from osc_workbench.traffic.lint_history import is_flip
from osc_workbench.traffic.lint_rules import FLOOD_LIMIT, GAP_LIMIT, LintRule, bit_of, mask_of
from osc_workbench.traffic.record import Direction, PacketRecord
from osc_workbench.traffic.time_text import duration_words

# Rules whose sentence needs the message before of the same address.
ABOUT_BEFORE = mask_of(("type-flip", "type-change", "sequence-gap"))
_NAMED_ARGUMENTS = 4
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Circumstances:
    """A row with findings.

    before: the message before of the same address, if it was found. late_ns: how late the row came after its time tag,
    negative if early; None without a real one.
    """

    record: PacketRecord
    before: PacketRecord | None = None
    late_ns: int | None = None


def explain_finding(rule: LintRule, here: Circumstances) -> str:
    """Return what this finding is about, no more than the title of its rule where that is all that is known."""
    sentence = _SENTENCES.get(rule.id)
    return (sentence(here) if sentence else "") or f"{rule.title}."


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


# Packets.


def _malformed(here: Circumstances) -> str:
    error = here.record.error
    return f"Not decodable: {error}." if error else ""


def _size(here: Circumstances) -> str:
    return f"The packet has {len(here.record.packet):,} bytes."


def _lateness(here: Circumstances) -> str:
    if here.late_ns is None:
        return "The time tag is zero, which is no time."
    side = "after" if here.late_ns > 0 else "before"
    return f"The bundle came {duration_words(abs(here.late_ns))} {side} the time of its time tag."


def _duplicate(here: Circumstances) -> str:
    verb = "came from" if here.record.direction is Direction.IN else "went to"
    return f"The same bytes {verb} {here.record.peer} just before."


def _bundle_order(here: Circumstances) -> str:
    for issue in dissect_packet(here.record.packet).issues:
        if issue.code == "time-tag-order":
            return f"A bundle has an earlier time tag than the one around it (at byte {issue.offset})."
    return ""


# Headers.


def _type_tags(here: Circumstances) -> str:
    return f"No type tag string follows the address; the message has {here.record.size:,} bytes."


def _unknown_tag(here: Circumstances) -> str:
    unknown = [tag for tag in here.record.type_tags or "" if tag not in ARGUMENT_TYPES]
    return f"The type tag {_named(unknown[0])} is unknown." if unknown else ""


def _character(here: Circumstances) -> str:
    address = here.record.address
    if not isinstance(address, str):
        return ""
    place = plain_length(address)
    if place == len(address):
        return "The address does not begin with a slash."
    return f"The address has {_named(address[place])} at position {place + 1}."


def _named(character: str) -> str:
    if character == " ":
        return "a space"
    return f'"{character}"' if "!" <= character <= "~" else f"U+{ord(character):04X}"


def _value(here: Circumstances) -> str:
    found = find_value(str(here.record.address))
    return f"The number {_shown(found.group())} stands in the address." if found else ""


# Arguments.


def _arguments(record: PacketRecord) -> Iterator[tuple[int, PacketField]]:
    """Yield the arguments with their numbers from 0; those in an array have its number."""
    root = dissect_packet(record.message).root
    fields = [field for field in root.children if field.kind in ("argument", "array")] if root else []
    for number, top in enumerate(fields):
        open_fields = [top]
        while open_fields:
            field = open_fields.pop()
            open_fields += reversed(field.children)
            if field.kind == "argument":
                yield number, field


def _odd_number(rule_id: str) -> Callable[[Circumstances], str]:
    """Return what writes the sentence of a rule about numbers."""

    def sentence(here: Circumstances) -> str:
        found = [
            (number, field.value)
            for number, field in _arguments(here.record)
            if field.type_tag in FLOAT_TAGS and bits_of_float(field.type_tag, field.value) == bit_of(rule_id)
        ]
        if not found:
            return ""
        numbers = list(dict.fromkeys(number for number, _ in found))
        value = "NaN" if rule_id == "nan" else f"{found[0][1]:.6g}"
        return f"Value {value} in argument {', '.join(map(str, numbers[:_NAMED_ARGUMENTS]))}{_and_more(numbers)}."

    return sentence


def _and_more(numbers: list[int]) -> str:
    return f" and {len(numbers) - _NAMED_ARGUMENTS:,} more" if len(numbers) > _NAMED_ARGUMENTS else ""


def _issue(*codes: str) -> Callable[[Circumstances], str]:
    """Return what writes the sentence of a rule that dissection knows, too."""

    def sentence(here: Circumstances) -> str:
        issues = [issue for issue in dissect_packet(here.record.message).issues if issue.code in codes]
        return _issue_text(issues[0], here.record) if issues else ""

    return sentence


def _issue_text(issue: PacketIssue, record: PacketRecord) -> str:
    reason = issue.reason
    if issue.code == "excess-bytes":
        reason = f"there are {record.size - issue.offset:,} bytes after the last argument"
    return f"{reason[0].upper()}{reason[1:]} (at byte {record.offset + issue.offset})."


# Messages before.


def _types(here: Circumstances) -> str:
    record, before = here.record, here.before
    if before is None or record.type_tags is None or before.type_tags is None:
        return ""
    own, other = record.type_tags, before.type_tags
    text = f"The type tags are ,{_shown(own)} here and ,{_shown(other)} in row {before.row + 1}"
    if is_flip(own, other):
        place = next(place for place in range(len(own)) if is_flip(own[place], other[place]))
        text += f"; argument {place} is {ARGUMENT_TYPES[own[place]].label}, then {ARGUMENT_TYPES[other[place]].label}"
    return f"{text}."


def _gap(here: Circumstances) -> str:
    new, old = _first_integer(here.record), _first_integer(here.before)
    if new is None or old is None or not 1 < new - old <= GAP_LIMIT:
        return ""
    missing = new - old - 1
    return (
        f"The counter went from {old} to {new}: {missing:,} {'message is' if missing == 1 else 'messages are'} missing."
    )


def _first_integer(record: PacketRecord | None) -> int | None:
    if record is None:
        return None
    return next((field.value for _, field in _arguments(record) if field.type_tag in INTEGER_TAGS), None)


def _flood(here: Circumstances) -> str:
    return f"This is message {FLOOD_LIMIT + 1:,} of its address within one second."


_SENTENCES: dict[str, Callable[[Circumstances], str]] = {
    "malformed": _malformed,
    "type-flip": _types,
    "type-change": _types,
    "nan": _odd_number("nan"),
    "infinity": _odd_number("infinity"),
    "denormal": _odd_number("denormal"),
    "missing-type-tags": _type_tags,
    "bad-padding": _issue("padding", "short-padding"),
    "excess-bytes": _issue("excess-bytes"),
    "unknown-type-tag": _unknown_tag,
    "value-in-address": _value,
    "forbidden-character": _character,
    "bundle-order": _bundle_order,
    "oversize-1240": _size,
    "oversize-8192": _size,
    "oversize-65507": _size,
    "clock-skew": _lateness,
    "late": _lateness,
    "duplicate": _duplicate,
    "sequence-gap": _gap,
    "flood": _flood,
}
