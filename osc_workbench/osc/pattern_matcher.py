"""Runs the tokens of a pattern over a text, in a time that hostile patterns and texts cannot blow up.

Strategy: there are two engines. The one that always works walks through the tokens and keeps the set of all places in
the text where the next token may begin, as the bits of one int; a literal character, a class or a star is a few
operations on ints, whatever the number of places. Its time is (tokens x length / 30), and one run can cover many texts
joined by slashes. The other is a regular expression, twenty times as fast for one short address but dear to compile and
quadratic at worst, so it is for short patterns that are used more than a few times.
"""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from osc_workbench.osc.pattern_parts import LEVELS, Alternatives, CharacterClass, Part, Token, Wild, flatten

# Longer texts, patterns and expressions go the way that is linear: at 1,000 the worst expression takes milliseconds.
_EXPRESSION_TEXT_LIMIT = 1_000
_EXPRESSION_LIMIT = 4_000
# Compiling an expression takes as long as some eight walks over a short address.
_WALKS_BEFORE_EXPRESSION = 8
_REMEMBERED_MARKS = 128
# How the marks of a character are found fastest.
_FEW = 32
_SMALL_ALPHABET = 256
_LANDMARKS = 64
_ASCII = "".join(map(chr, range(128)))


class MarkedText:
    """A text that says where each character stands, as an int: bit n is set if the character at n is one of them."""

    __slots__ = ("_alphabet", "_marks", "_places", "end", "inside", "slashes", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 1 << len(text)
        self._alphabet = _ASCII if text.isascii() else "".join(set(text))
        self._places: _SortedPlaces | None = None
        self._marks: dict[str | CharacterClass, int] = {}
        self.slashes = self.marks("/")
        self.inside = self.slashes ^ (self.end - 1)

    def marks(self, sought: str | CharacterClass) -> int:
        """Return where this one character, or one of this class, stands."""
        marks = self._marks.get(sought)
        if marks is None:
            marks = self._find(sought)
            # Classes come from the network without end.
            if len(self._marks) >= _REMEMBERED_MARKS:
                self._marks.clear()
            self._marks[sought] = marks
        return marks

    def _find(self, sought: str | CharacterClass) -> int:
        if isinstance(sought, str) and self.text.count(sought) <= _FEW:
            return self._find_one_by_one(sought)
        if len(self._alphabet) > _SMALL_ALPHABET:
            self._places = self._places or _SortedPlaces(self.text)
            return self._places.marks(sought)
        chosen = sought if isinstance(sought, str) else re.findall(sought.source, self._alphabet)
        flags = dict.fromkeys(map(ord, self._alphabet), "0")
        flags.update(dict.fromkeys(map(ord, chosen), "1"))
        # An int is written with its highest bit, which is the last character, first.
        return int(self.text[::-1].translate(flags) or "0", 2)

    def _find_one_by_one(self, sought: str) -> int:
        marks = 0
        at = self.text.find(sought)
        while at >= 0:
            marks |= 1 << at
            at = self.text.find(sought, at + 1)
        return marks


class _SortedPlaces:
    """The places in a long text of many characters, sorted by character, so that a class is a few slices of them."""

    __slots__ = ("_below", "_characters", "_every", "_length", "_places")

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._places = sorted(range(len(text)), key=text.__getitem__)
        self._characters = [text[place] for place in self._places]
        self._every = len(text) // _LANDMARKS + 1
        # The sums of the first so many slices: with them no class needs more than two slices of this size.
        slices = (self._sum(start, start + self._every) for start in range(0, len(text), self._every))
        self._below = list(itertools.accumulate(slices, initial=0))

    def marks(self, sought: str | CharacterClass) -> int:
        if isinstance(sought, str):
            return self._between(sought, sought)
        marks = 0
        for first, last in sought.ranges:
            marks |= self._between(first, last)
        return marks ^ ((1 << self._length) - 1) if sought.negated else marks

    def _between(self, first: str, last: str) -> int:
        return self._up_to(bisect_right(self._characters, last)) ^ self._up_to(bisect_left(self._characters, first))

    def _up_to(self, count: int) -> int:
        landmark = count // self._every
        return self._below[landmark] | self._sum(landmark * self._every, count)

    def _sum(self, start: int, end: int) -> int:
        marks = bytearray(self._length // 8 + 1)
        for place in self._places[start:end]:
            marks[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(marks, "little")


def advance(tokens: Iterable[Token], text: MarkedText, places: int) -> int:
    """Return where in the text the tokens can end if they begin at one of these places, both as bits of an int."""
    for token in tokens:
        if not places:
            break
        if isinstance(token, str):
            places = _advance_word(token, text, places)
        elif isinstance(token, CharacterClass):
            places = (places & text.marks(token)) << 1
        elif isinstance(token, Alternatives):
            before, places = places, 0
            for word in token.words:
                places |= _advance_word(word, text, before)
        else:
            places = _ADVANCE_WILD[token](text, places)
    return places


def _advance_word(word: str, text: MarkedText, places: int) -> int:
    for character in word:
        places = (places & text.marks(character)) << 1
        if not places:
            break
    return places


def _advance_run(text: MarkedText, places: int) -> int:
    # The addition carries each place through its row of ones, up to the next slash.
    return (((places & text.inside) + text.inside) ^ text.inside) | places


def _advance_deep(text: MarkedText, places: int) -> int:
    return (text.end << 1) - (places & -places)


def _advance_levels(text: MarkedText, places: int) -> int:
    first = places & -places
    return places | (text.slashes & -first) << 1


_ADVANCE_WILD: dict[Wild, Callable[[MarkedText, int], int]] = {
    Wild.RUN: _advance_run,
    Wild.DEEP: _advance_deep,
    Wild.LEVELS: _advance_levels,
}


class Matcher:
    """Tells whether these parts match a text, from its beginning to its end."""

    __slots__ = ("_match", "_parts", "_tokens", "_walks")

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._tokens = tuple(flatten(parts))
        self._walks = 0
        self._match: Callable[[str], re.Match[str] | None] | None = None

    def matches(self, text: str) -> bool:
        if self._match is not None and len(text) <= _EXPRESSION_TEXT_LIMIT:
            return self._match(text) is not None
        self._walks += 1
        if self._walks == _WALKS_BEFORE_EXPRESSION:
            expression = write_expression(self._parts)
            self._match = None if expression is None else re.compile(expression).match
        marked = MarkedText(text)
        return advance(self._tokens, marked, 1) & marked.end != 0


def write_expression(parts: Sequence[Part]) -> str | None:
    """Return a regular expression that cannot blow up, or None if these parts have none of a sensible length."""
    groups: list[list[str]] = [[]]
    length = 0
    for index, part in enumerate(parts):
        if part == LEVELS:
            groups.append([])
            continue
        # Any text at all, which a glob may end with; elsewhere it would leave too much to try.
        source = r"(?s:.*)" if part == (Wild.DEEP,) and index == len(parts) - 1 else _write_part(part)
        length += _EXPRESSION_LIMIT if source is None else len(source) + 1
        if source is None or length > _EXPRESSION_LIMIT:
            return None
        groups[-1].append(source)
    # Between two LEVELS stands a fixed number of parts, so the first place where they fit is as good as any later one.
    first, *others = ("/".join(group) for group in groups)
    if not others:
        return first + r"\Z"
    start = first + "/" if groups[0] else ""
    middle = "".join(rf"(?>(?:[^/]*/)*?{group}/)" for group in others[:-1])
    return rf"{start}{middle}(?:[^/]*/)*?{others[-1]}\Z"


def _write_part(part: Part) -> str | None:
    if Wild.DEEP in part:
        return None
    alternatives = [token for token in part if isinstance(token, Alternatives)]
    if not alternatives:
        return _write_chunks(part)
    if len(alternatives) > 1 or len(alternatives[0].words) * sum(map(_length, part)) > _EXPRESSION_LIMIT:
        return None
    at = part.index(alternatives[0])
    versions = (_write_chunks((*part[:at], word, *part[at + 1 :])) for word in alternatives[0].words)
    # Atomic, or words that overlap would multiply the ways through a pattern by two at every part.
    return rf"(?>(?:{'|'.join(versions)})(?=/|\Z))"


def _length(token: Token) -> int:
    if isinstance(token, Alternatives):
        return sum(map(len, token.words))
    return len(token.source if isinstance(token, CharacterClass) else token.value if isinstance(token, Wild) else token)


def _write_chunks(part: Part) -> str:
    """Write a part without alternatives: what stands between its stars has a fixed length, so the first fit will do."""
    chunks = [""]
    for token in part:
        if token is Wild.RUN:
            chunks.append("")
        else:
            chunks[-1] += token.source if isinstance(token, CharacterClass) else re.escape(str(token))
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:-1] if chunk)
    return f"{chunks[0]}{middle}[^/]*{chunks[-1]}"
