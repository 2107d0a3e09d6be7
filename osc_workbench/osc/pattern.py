"""Address patterns, which messages carry, and address globs, under which receivers register.

Both come as text from outside, so making one never fails: a text that can match nothing says so in `fault`.
`pattern_parts` reads the text, `pattern_matcher` does the matching.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from osc_workbench.osc.pattern_matcher import Matcher
from osc_workbench.osc.pattern_parts import LEVELS, Part, PatternError, Wild, parse_part

VERSIONS = ("1.0", "1.1")
_WILDCARD = re.compile(r"[?*\[{]")
_WILDCARD_OR_LEVELS = re.compile(r"[?*\[{]|//")
# A pattern of 64 kB takes megabytes when it is made ready; those are made anew each time.
_REMEMBERED_LENGTH = 1_000
_REMEMBERED_PATTERNS = 256


class _Dialect(NamedTuple):
    """What makes a text a pattern, and which parts of it mean any levels: those equal to `levels` from `first` on."""

    special: re.Pattern[str]
    levels: str | None
    first: int
    double_star: Wild


_DIALECTS = {
    "1.0": _Dialect(_WILDCARD, None, 0, Wild.RUN),
    "1.1": _Dialect(_WILDCARD_OR_LEVELS, "", 1, Wild.RUN),
    "glob": _Dialect(_WILDCARD, "**", 0, Wild.DEEP),
}


@dataclass(frozen=True, slots=True)
class _Template:
    """What patterns and globs have in common.

    text: as it came.
    fault: one sentence why the text can match nothing, or "".
    is_literal: whether it matches nothing but itself.
    parts: one for each level, or LEVELS; empty if there is a fault or the text is literal.
    """

    text: str
    fault: str = field(init=False, compare=False)
    is_literal: bool = field(init=False, compare=False)
    parts: tuple[Part, ...] = field(init=False, compare=False, repr=False)
    _matcher: Matcher = field(init=False, compare=False, repr=False)

    def matches(self, address: str) -> bool:
        """Return whether this address, as a whole, is one of those meant."""
        return address == self.text if self.is_literal else not self.fault and self._matcher.matches(address)

    def _read(self, text: str, dialect: _Dialect) -> None:
        fault = ""
        parts: list[Part] = []
        is_literal = dialect.special.search(text) is None
        try:
            parts = [] if is_literal else _parse(text.split("/"), dialect)
        except PatternError as error:
            fault = str(error)
        # The class is frozen, and these follow from the text.
        for name, value in (("fault", fault), ("is_literal", is_literal), ("parts", tuple(parts))):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_matcher", Matcher(self.parts))


@dataclass(frozen=True, slots=True)
class AddressPattern(_Template):
    """What stands in the address of a message: `? * [a-z] [!a-z] {a,b}` within one level, `//` for any levels.

    version: "1.0" knows no `//`; there it is an empty part, which only an empty part of an address can equal.
    Raises ValueError for an unknown version, never for a text.
    Source: OSC 1.0 specification, "OSC Message Dispatching and Pattern Matching"; Freed and Schmeder, "Features and
    Future of Open Sound Control version 1.1", NIME 2009, for `//`, which is anchored at both ends as in XPath.
    """

    version: str = "1.1"

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise ValueError(f"there is no OSC version {self.version!r:.80}; patterns are of 1.0 or 1.1")
        self._read(self.text, _DIALECTS[self.version])


@dataclass(frozen=True, slots=True)
class AddressGlob(_Template):
    """What receivers register under: as a pattern, but with `**` for any levels instead of `//`.

    `**` as a part means any levels, none too, and at the end at least one; within a part it is any text, slashes too.
    `/**` means every address, also one that does not start with a slash.
    """

    def __post_init__(self) -> None:
        self._read("**" if self.text == "/**" else self.text, _DIALECTS["glob"])


def has_wildcards(address: str) -> bool:
    """Return whether this address is a pattern: it has `?`, `*`, `[`, `{` or `//` in it."""
    return _WILDCARD_OR_LEVELS.search(address) is not None


def pattern_of(text: str) -> AddressPattern:
    """Return the pattern of this text; lately used ones are remembered, ready to match."""
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH else AddressPattern(text)


_remembered = lru_cache(_REMEMBERED_PATTERNS)(AddressPattern)


def _parse(texts: list[str], dialect: _Dialect) -> list[Part]:
    parts: list[Part] = []
    column = 1
    for index, text in enumerate(texts):
        if text != dialect.levels or not dialect.first <= index < len(texts) - 1:
            parts.append(parse_part(text, column, dialect.double_star))
        elif not parts or parts[-1] != LEVELS:
            parts.append(LEVELS)
        column += len(text) + 1
    return parts
