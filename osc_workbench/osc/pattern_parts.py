"""The parts of address patterns and globs, which is what stands between two slashes, as tokens.

Here text becomes tokens; `pattern_matcher` runs them, `pattern` has the two kinds of whole patterns.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum


class Wild(Enum):
    """Tokens that match a text of any length.

    RUN: any text within a part. DEEP: any text, slashes too. LEVELS: any number of whole parts, none too, each with
    the slash behind it; it is a part of its own.
    """

    RUN = "*"
    DEEP = "**"
    LEVELS = "//"


@dataclass(frozen=True, slots=True)
class CharacterClass:
    """One character that is in one of these ranges, both ends included, or else in none of them; never a slash.

    source: the regular expression for it.
    """

    ranges: tuple[tuple[str, str], ...]
    negated: bool
    source: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        inside = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in self.ranges)
        if inside:
            source = f"[^{inside}]" if self.negated else f"[{inside}]"
        else:
            source = "(?s:.)" if self.negated else "(?!)"
        object.__setattr__(self, "source", source)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of these words, of which any may be empty."""

    words: tuple[str, ...]


# A str stands for itself. A part without wildcards is () or one str.
Token = str | CharacterClass | Alternatives | Wild
Part = tuple[Token, ...]

LEVELS: Part = (Wild.LEVELS,)
_SLASH = ("/", "/")
_ONE = CharacterClass((_SLASH,), negated=True)
_TOKEN = re.compile(
    r"(?P<stars>\*+)|(?P<one>\?)|\[(?P<inside>[^\]]*)\]|\{(?P<words>[^}]*)\}|(?P<plain>[^*?\[{]+)|(?P<open>[\[{])"
)
_CLOSING = {"[": "]", "{": "}"}


class PatternError(Exception):
    """Raised for a part that can match nothing. Never leaves this layer: patterns come from the network."""


def parse_part(text: str, column: int, double_star: Wild) -> Part:
    """Return the tokens of one part.

    column: of its first character in the whole pattern, counted from 1; for the message.
    double_star: what two or more stars in a row mean.
    Raises PatternError if a bracket is not closed.
    Source: OSC 1.0 specification, "OSC Message Dispatching and Pattern Matching".
    """
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        match found.lastgroup:
            case "stars":
                tokens.append(Wild.RUN if len(found[0]) == 1 else double_star)
            case "one":
                tokens.append(_ONE)
            case "inside":
                tokens.append(_parse_class(found["inside"]))
            case "words":
                tokens.append(Alternatives(tuple(found["words"].split(","))))
            case "plain":
                tokens.append(found[0])
            case _:
                place = f"the {found[0]!r} in column {column + found.start()}"
                raise PatternError(f"{place} has no {_CLOSING[found[0]]!r} before the next slash or the end")
    return tuple(tokens)


def flatten(parts: Iterable[Part]) -> Iterator[Token]:
    """Yield the tokens of a whole pattern, slashes included."""
    slash = ""
    for part in parts:
        if slash:
            yield slash
        yield from part
        slash = "" if part == LEVELS else "/"


def _parse_class(inside: str) -> CharacterClass:
    negated = inside.startswith("!")
    at = int(negated)
    ranges: list[tuple[str, str]] = []
    while at < len(inside):
        first = last = inside[at]
        at += 1
        # A minus sign at the end has no special meaning.
        if inside.startswith("-", at) and at + 1 < len(inside):
            last = inside[at + 1]
            at += 2
        ranges += _without_slash(first, last)
    return CharacterClass((_SLASH, *ranges) if negated else tuple(ranges), negated)


def _without_slash(first: str, last: str) -> list[tuple[str, str]]:
    # A range such as [+-9] has the slash in its middle, and no class may match it.
    pieces = [(first, "."), ("0", last)] if first <= "/" <= last else [(first, last)]
    return [piece for piece in pieces if piece[0] <= piece[1]]
