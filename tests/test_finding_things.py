"""docs/finding-things.md: its queries find what it says, its results are real, its table is that of the program."""

import argparse
import re
import shlex
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from osc_workbench.cli.listen import add_arguments
from osc_workbench.osc.packet import OscBundle
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_terms import TERMS, Term
from tests.doubles.rehearsal import ALL, DESK, STRANGER, SYNTH, TABLET, TRACKER, Rehearsal, Sent, cue, fader

PAGE = (Path(__file__).parent.parent / "docs" / "finding-things.md").read_text()
_SECTION = re.compile(r"^## (?P<title>[^\n]+\?)\n\n`(?P<query>[^`\n]+)`\n\n```text\n(?P<results>.*?)```\n", re.M | re.S)
SECTIONS = {found["query"]: found["results"].splitlines() for found in _SECTION.finditer(PAGE)}
COMMANDS = re.findall(r"^osc-workbench listen .*$", PAGE, re.MULTILINE)
MORE = re.compile(r"… ([\d,]+) more")


@cache
def rehearsal() -> Rehearsal:
    return Rehearsal()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page tells times of day as somebody reads them whose clock shows UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def is_address(address: str) -> Callable[[Sent], bool]:
    return lambda sent: getattr(sent.packet, "address", "") == address


FOUND: dict[str, Callable[[Sent], bool]] = {
    "address:/fader/1 type:i": lambda sent: sent.packet == fader(1, 1),
    "address:/tracking rate>1000": lambda sent: sent.peer == TRACKER and 340.5 <= sent.seconds < 341,
    "late>5ms": lambda sent: sent.packet == cue(7, 319.96),
    "/lamp/* changed t>14:05:30": lambda sent: sent.seconds == 330.2,
    "has:nan": lambda sent: sent.seconds == 345,
    "dir:out dst:57120": lambda sent: sent.peer == SYNTH,
    "src:192.168.1.30 t:14:05..14:06": lambda sent: sent.peer == TABLET and sent.seconds < 420,
    "error": lambda sent: sent.peer == STRANGER,
    "in:bundle packet>1472": lambda sent: isinstance(sent.packet, OscBundle) and len(sent.packet.elements) == 3,
    "lint:sequence-gap": lambda sent: sent.peer == DESK and sent.seconds == 300,
    "lint:duplicate": lambda sent: sent.seconds == 390.0004,
    "/fader/* (arg[0]<0 or arg[0]>1)": lambda sent: sent.packet == fader(2, 1.25),
    'any~"storm"': is_address("/say"),
    "-/clock/tick -/tracking": lambda sent: not is_address("/clock/tick")(sent) and not is_address("/tracking")(sent),
}


def test_every_question_of_the_page_is_tried_here() -> None:
    assert set(SECTIONS) == set(FOUND)
    assert len(SECTIONS) >= 12
    # One is answered without a query.
    assert len(re.findall(r"^## .*\?$", PAGE, re.MULTILINE)) == len(SECTIONS) + 1


@pytest.mark.parametrize("query", FOUND)
def test_query_finds_what_was_planted_and_nothing_else(query: str) -> None:
    planted = [sent for sent in ALL if FOUND[query](sent)]
    assert planted
    assert rehearsal().find(query) == planted


@pytest.mark.parametrize("query", SECTIONS)
def test_results_on_the_page_are_those_of_the_program(query: str) -> None:
    lines = rehearsal().lines(query)
    shown = SECTIONS[query]
    more = MORE.fullmatch(shown[-1])
    if more:
        shown = shown[:-1]
        assert int(more[1].replace(",", "")) == len(lines) - len(shown)
        lines = lines[: len(shown)]
    assert len(lines) == len(shown)
    for line, text in zip(lines, shown, strict=True):
        # What is too long for the page ends with dots.
        assert line.startswith(text[:-1]) if text.endswith("…") else line == text


def test_every_example_on_the_page_can_be_read() -> None:
    examples = re.search(r"^## Joining terms\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert examples is not None
    queries = re.findall(r"^\| `` ?(.*?) ?`` \|", examples[1], re.MULTILINE)
    assert len(queries) > 6
    for query in queries:
        assert not parse_query(query).is_empty


def test_commands_on_the_page_can_be_given() -> None:
    assert len(COMMANDS) >= 4
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    for command in COMMANDS:
        options = parser.parse_intermixed_args(shlex.split(command)[2:])
        assert options.filter or options.lint
        parse_query(options.filter or "")


def row(term: Term) -> str:
    """Return a term as a row of the table."""
    signs = " ".join(f"`{sign}`" if sign else "(alone)" for sign in term.signs) or "(alone)"
    values = f" Words: {', '.join(f'`{value}`' for value in term.values)}." if term.values else ""
    return f"| `{term.code}` | {signs} | {term.help}{values} | `{term.example}` |"


def test_table_is_made_from_the_terms() -> None:
    table = ["| term | then | finds | example |", "|---|---|---|---|", *map(row, TERMS)]
    assert "\n".join(table) in PAGE, "\n".join(table)
    assert all(not parse_query(term.example).is_empty for term in TERMS)
