"""How the levels of an address space are matched: the children of one container at once, and `//` down the tree."""

import itertools
import operator
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from osc_workbench.osc.pattern_matcher import MarkedText, Matcher, advance
from osc_workbench.osc.pattern_parts import LEVELS, Part

N = TypeVar("N")

# From one in so many found on, it is faster to look at every name's end.
_MANY = 8
_NOT_ZERO = re.compile(rb"[^\0]")
_TRUTH = bytes.maketrans(b"01", b"\0\1")


class SiblingNames(Generic[N]):
    """The names in one container as one text, so that a part runs over all of them at once."""

    __slots__ = ("_at_ends", "_ends", "_nodes", "_starts", "_text")

    def __init__(self, nodes: Mapping[str, N]) -> None:
        self._text = MarkedText("/".join(nodes) + "/")
        self._starts = (self._text.slashes << 1 | 1) & (self._text.end - 1)
        self._nodes = list(nodes.values())
        # Where each name ends, which is where its slash stands.
        self._ends = list(map(operator.add, itertools.accumulate(map(len, nodes)), itertools.count()))
        # Two items at least, as of one it would not make a tuple.
        self._at_ends = operator.itemgetter(*map(operator.invert, self._ends), 0)

    def select(self, part: Part) -> list[N]:
        """Return the nodes whose names this part matches, in their order."""
        found = advance(part, self._text, self._starts) & self._text.slashes
        if found == self._text.slashes:
            return list(self._nodes)
        if found.bit_count() > len(self._nodes) // _MANY:
            # One character for each place, the first place last, behind the mark of the end.
            flags = bin(found | self._text.end).encode().translate(_TRUTH)
            return list(itertools.compress(self._nodes, self._at_ends(flags)))
        return [self._nodes[bisect_left(self._ends, place)] for place in _places(found)]


def _places(found: int) -> Iterator[int]:
    """Yield the bits that are set, the lowest first."""
    for byte in _NOT_ZERO.finditer(found.to_bytes(found.bit_length() // 8 + 1, "little")):
        bits = byte[0][0]
        while bits:
            lowest = bits & -bits
            yield byte.start() * 8 + lowest.bit_length() - 1
            bits ^= lowest


class LevelSteps:
    """Walks down a tree with a pattern that starts with LEVELS.

    A state is the set of all parts that may come next, as bits of an int: overlapping `//` make it no larger than the
    pattern. start: the state above the first level. end: the bit of a state in which the whole pattern has matched.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.end = 1 << len(parts)
        self._parts = parts
        self._levels = 0
        self._wild = 0
        self._words: dict[str, int] = {}
        self._bits: dict[Part, int] = {}
        for index, part in enumerate(parts):
            bit = 1 << index
            if part == LEVELS:
                self._levels |= bit
            elif all(isinstance(token, str) for token in part):
                word = "".join(map(str, part))
                self._words[word] = self._words.get(word, 0) | bit
            else:
                self._wild |= bit
                self._bits[part] = self._bits.get(part, 0) | bit
        self._matchers: dict[Part, Matcher] = {}
        # By name: the wildcard parts it was held against, and all parts that match it.
        self._known: dict[str, tuple[int, int]] = {}
        self.start = self._skip_levels(1)

    def step(self, state: int, name: str) -> int:
        """Return the state below a node of this name."""
        matching = self._matching(name, state & self._wild) if state & self._wild else self._words.get(name, 0)
        return self._skip_levels(state & self._levels | (state & matching) << 1)

    def _skip_levels(self, state: int) -> int:
        return state | (state & self._levels) << 1

    def _matching(self, name: str, asked: int) -> int:
        known, matching = self._known.get(name) or (0, self._words.get(name, 0))
        asked &= ~known
        while asked:
            part = self._parts[(asked & -asked).bit_length() - 1]
            matcher = self._matchers.get(part) or self._matchers.setdefault(part, Matcher((part,)))
            bits = self._bits[part]
            known |= bits
            matching |= bits if matcher.matches(name) else 0
            asked &= ~bits
        self._known[name] = known, matching
        return matching
