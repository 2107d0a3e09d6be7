"""Patterns over 10,000 addresses against python-osc: `python tests/benchmarks/bench_pattern.py [rounds]`.

A tree of 100 containers with 100 methods each, and 10,000 methods in one container. "new" patterns are texts nobody has
seen, made outside the timed part; the others recur. Ratios are what counts: the goal is 5 throughout.
"""

import itertools
import sys
from collections.abc import Callable, Sequence

from pythonosc.dispatcher import Dispatcher
from rounds import compare, print_table

from osc_workbench.osc.space import AddressSpace

_NEW_PATTERNS = 5_000
_GOAL = 5

TREE = [f"/node{group}/value{number}" for group in range(100) for number in range(100)]
FLAT = [f"/channel{number}" for number in range(10_000)]
_numbers = itertools.count()


def again(text: str) -> Callable[[], Sequence[str]]:
    return lambda: [text]


def new(text: str) -> Callable[[], Sequence[str]]:
    """Return what makes patterns of this text with a number that has not been before."""
    return lambda: [text.replace("NEW", f"new{next(_numbers)}") for _ in range(_NEW_PATTERNS)]


CASES: list[tuple[str, list[str], Callable[[], Sequence[str]]]] = [
    ("tree: literal", TREE, lambda: TREE),
    ("tree: /node5/*", TREE, again("/node5/*")),
    ("tree: /*/value7", TREE, again("/*/value7")),
    ("tree: /n*5/v*5", TREE, again("/n*5/v*5")),
    ("tree: /node[1-3]?/value{1,2,3}", TREE, again("/node[1-3]?/value{1,2,3}")),
    ("tree: /*/*, all of them", TREE, again("/*/*")),
    ("tree: /n*/v*, all of them", TREE, again("/n*/v*")),
    ("tree: /*/{value7,NEW}, new", TREE, new("/*/{value7,NEW}")),
    ("tree: /n*{5,NEW}/v*5, new", TREE, new("/n*{5,NEW}/v*5")),
    ("flat: literal", FLAT, lambda: FLAT),
    ("flat: /channel77?", FLAT, again("/channel77?")),
    ("flat: /*99", FLAT, again("/*99")),
    ("flat: /*[13579], half of them", FLAT, again("/*[13579]")),
    ("flat: /c*, all of them", FLAT, again("/c*")),
    ("flat: /{channel5,channel77,NEW}, new", FLAT, new("/{channel5,channel77,NEW}")),
    ("flat: /c*7{7,NEW}, new", FLAT, new("/c*7{7,NEW}")),
]


def peer(addresses: list[str]) -> Callable[[str], object]:
    dispatcher = Dispatcher()
    for address in addresses:
        dispatcher.map(address, print)
    return lambda pattern: list(dispatcher.handlers_for_address(pattern))


def ours(addresses: list[str]) -> Callable[[str], object]:
    space: AddressSpace[object] = AddressSpace()
    for address in addresses:
        space.create(address).value = print
    return lambda pattern: [node.value for node in space.match(pattern)]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    rows = []
    for name, addresses, patterns in CASES:
        result = compare({"python-osc": (peer(addresses), patterns), "ours": (ours(addresses), patterns)}, rounds)
        cells = [f"{timing.nanoseconds / 1_000:,.1f}" for timing in result.values()]
        rows.append((name, *cells, f"{result['ours'].ratio:,.1f}", f">= {_GOAL}"))
    print_table("one look-up, µs", rows, ("addresses and pattern", "python-osc", "ours", "times faster", "goal"))


if __name__ == "__main__":
    main()
