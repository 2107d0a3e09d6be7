import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.chunk import Chunk
from osc_workbench.traffic.colour_rules import (
    COLOURS,
    DEFAULT_RULES,
    RULES_LIMIT,
    ColourRule,
    ColourRules,
    readable_colour_rules,
)
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.query_syntax import QueryError
from tests.doubles.traffic import HandFedStore

CHUNK = 16
FREQ = ColourRule("/freq", "teal")
LOUD = ColourRule("/gain arg[0]>10", "red")
ODD = ColourRule("arg[0]=1", "yellow")
CHANGED = ColourRule("changed", "green")


def never() -> bool:
    return False


def at_once() -> bool:
    return True


def late_after(steps: int) -> Callable[[], bool]:
    answers = iter([False] * steps)
    return lambda: next(answers, True)


class CountingStore(HandFedStore):
    """Knows how many rows were looked at."""

    looked_at = 0

    def chunks(self, first_row: int, end_row: int) -> Iterator[tuple[Chunk, int, int]]:
        for chunk, first, end in super().chunks(first_row, end_row):
            self.looked_at += end - first
            yield chunk, first, end

    def chunk_at(self, row: int) -> tuple[Chunk, int]:
        chunk, local = super().chunk_at(row)
        self.looked_at += local + 1
        return chunk, local


class Log:
    """A log with small chunks, and colours."""

    def __init__(self, *rules: ColourRule, limit_rows: int = 5_000_000) -> None:
        self.store = CountingStore(limit_rows=limit_rows)
        self.context = QueryContext(self.store)
        self.colours = ColourRules(self.context)
        self.colours.set_rules(rules, self.context)

    def receive(self, *values: float, address: str = "/gain") -> None:
        for value in values:
            # What is appended at once goes into one chunk, of whatever size.
            self.store.receive(OscMessage(address, "f", (float(value),)))

    def shown(self) -> list[str | None]:
        return [self.colours.colour_of(row) for row in range(self.store.first_row, self.store.end_row)]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osc_workbench.traffic.chunk.ROWS_OF_CHUNK", CHUNK)


@pytest.mark.parametrize(
    ("query", "colour", "reason"),
    [
        ("late>", "red", "Column 6"),
        ("lat>5ms", "red", "Column 1: There is no term “lat”"),
        ("", "red", "needs a query"),
        ("  ", "red", "needs a query"),
        ("error", "pink", "no colour “pink”. Choose one of red, orange"),
        ("error", "", "no colour"),
    ],
)
def test_what_cannot_be_a_rule_says_why(query: str, colour: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        ColourRule(query, colour)


def test_a_bad_query_tells_its_place() -> None:
    with pytest.raises(QueryError) as caught:
        ColourRule("/a arg[x]>1", "red")
    assert (caught.value.start, caught.value.end) == (3, 9)


def test_rules_explain_themselves() -> None:
    assert ColourRule("late>5ms", "purple").explanation == "Messages where it came more than 5 ms after its time tag."


def test_there_are_eight_colours_and_the_first_rules_are_few_and_different() -> None:
    assert len(set(COLOURS)) == 8
    assert len({rule.colour for rule in DEFAULT_RULES}) == len(DEFAULT_RULES) <= RULES_LIMIT


@pytest.mark.parametrize("rule", [*DEFAULT_RULES, ColourRule('/"ü x" or -dir:out', "grey", is_enabled=False)])
def test_a_stored_rule_comes_back(rule: ColourRule) -> None:
    assert ColourRule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_stored_rules_that_cannot_be_read_are_left_out() -> None:
    bad = [None, 7, [], {}, {"query": "/a"}, {"query": 1, "colour": "red"}, {"query": "/a", "colour": ["red"]}]
    bad += [
        {"query": "late>", "colour": "red"},
        {"query": "/a", "colour": "pink"},
        {"query": "(" * 5000, "colour": "red"},
    ]
    good = [{"query": "/a", "colour": "red", "new": 1}, {"query": "/b", "colour": "blue", "is_enabled": False}]
    assert readable_colour_rules([*bad, *good, *bad]) == (ColourRule("/a", "red"), ColourRule("/b", "blue", False))


def test_the_first_rule_that_matches_and_is_enabled_wins() -> None:
    log = Log(replace(ODD, is_enabled=False), LOUD, ODD, ColourRule("/gain", "blue"))
    log.receive(1, 20, 5)
    log.receive(1, address="/other")
    log.colours.advance(never)
    assert log.shown() == ["yellow", "red", "blue", "yellow"]
    assert log.colours.counts() == (None, 1, 2, 3)
    log.colours.set_rules(log.colours.rules[::-1], log.context)
    assert log.shown() == ["blue", "blue", "blue", "yellow"]
    assert log.colours.counts() == (3, 2, 1, None)


def test_without_rules_nothing_is_coloured_and_nothing_is_left_to_do() -> None:
    log = Log()
    log.receive(*range(100))
    assert not log.colours.advance(never)
    assert (log.colours.colour_of(0), log.colours.progress, log.colours.counts()) == (None, 1.0, ())


def test_a_row_that_is_not_there_has_no_colour() -> None:
    log = Log(LOUD)
    log.receive(20, 20, 20)
    log.colours.advance(never)
    assert [log.colours.colour_of(row) for row in (-1, 3, 1000)] == [None] * 3


def test_rules_with_the_same_query_look_at_rows_once() -> None:
    log = Log(LOUD)
    log.receive(*range(100))
    log.colours.advance(never)
    for_one = log.store.looked_at
    log = Log(LOUD, replace(LOUD, colour="grey"))
    log.receive(*range(100))
    log.colours.advance(never)
    assert log.store.looked_at == for_one


def test_new_rows_cost_the_same_however_long_the_log_is() -> None:
    costs = []
    for length in (CHUNK, 100 * CHUNK):
        log = Log(LOUD, CHANGED)
        log.receive(*range(length))
        log.colours.advance(never)
        log.store.looked_at = 0
        log.receive(*range(5))
        log.colours.advance(at_once)
        costs.append(log.store.looked_at)
        assert log.colours.progress == 1.0
    assert costs == [10, 10]


def test_new_rows_are_coloured_by_all_rules_even_if_it_is_late() -> None:
    log = Log()
    log.receive(*[20] * 100)
    log.colours.set_rules((LOUD, FREQ, ColourRule("/x", "grey")), log.context)
    for _ in range(3):
        log.receive(20)
        log.receive(1, address="/freq")
        log.receive(1, address="/x")
        log.colours.advance(at_once)
        assert log.shown()[-3:] == ["red", "teal", "grey"]
    assert log.colours.progress < 0.5


def test_old_rows_are_looked_at_from_the_newest_back_by_the_rules_in_turns() -> None:
    log = Log()
    for _ in range(5 * CHUNK):
        log.receive(20)
        log.receive(1, address="/freq")
    log.colours.set_rules((LOUD, FREQ), log.context)
    assert log.colours.advance(late_after(4))
    assert log.shown() == [None] * (8 * CHUNK) + ["red", "teal"] * CHUNK
    assert log.colours.progress == pytest.approx(0.2)
    assert log.colours.advance(never)
    assert log.shown() == ["red", "teal"] * (5 * CHUNK)
    assert log.colours.progress == 1.0


def test_rules_about_history_get_to_the_end_even_if_it_is_always_late() -> None:
    log = Log()
    log.receive(*[7] * (10 * CHUNK))
    log.colours.set_rules((CHANGED, ColourRule("rate>50", "grey")), log.context)
    frames = 0
    while log.colours.progress < 1.0:
        log.receive(8, 8)
        log.store.looked_at = 0
        log.colours.advance(at_once)
        # One of the rules looks at a chunk, and a glimpse of the next one counts here as well.
        assert log.store.looked_at <= 2 * CHUNK + 2
        frames += 1
        assert frames < 50
    shown = log.shown()
    assert shown.index("green", 1) == 10 * CHUNK
    assert shown[50:] == ["green" if row == 10 * CHUNK else "grey" for row in range(50, len(shown))]


def test_colours_change_only_where_they_were_told_before() -> None:
    log = Log(LOUD, CHANGED)
    log.receive(20, 20)
    assert not log.colours.advance(at_once)
    assert log.shown() == ["red", "red"]
    log.receive(20, 20)
    assert not log.colours.advance(at_once)
    log.receive(20)
    # Somebody asks too early.
    assert log.shown() == ["red"] * 4 + [None]
    assert log.colours.advance(at_once)
    assert log.shown() == ["red"] * 5
    assert not log.colours.advance(never)


def test_what_is_known_stays_known_while_rules_are_edited() -> None:
    log = Log(LOUD, FREQ)
    log.receive(*range(10 * CHUNK))
    log.colours.advance(never)
    shown, log.store.looked_at = log.shown(), 0
    log.colours.set_rules((FREQ, replace(LOUD, colour="grey")), QueryContext(log.store, marks=log.context.marks))
    assert log.colours.progress == 1.0
    assert log.shown() == [colour and "grey" for colour in shown]
    assert log.store.looked_at == 0
    log.colours.set_rules((LOUD, ODD), log.context)
    assert log.colours.progress == 0.0
    assert log.shown() == shown


def test_another_point_of_reference_is_asked_about_anew() -> None:
    log = Log(ColourRule("t<=0.005", "blue"))
    log.receive(*range(10))
    log.colours.advance(never)
    assert log.shown() == ["blue"] * 6 + [None] * 4
    moved = replace(log.context, start_ns=log.store.time_at(3))
    log.colours.set_rules(log.colours.rules, moved)
    assert log.colours.progress == 0.0
    log.colours.advance(never)
    assert log.shown() == ["blue"] * 9 + [None]


def test_a_rule_about_marks_follows_the_marks() -> None:
    log = Log(LOUD, ColourRule("comment~why", "purple"))
    log.receive(1, 2, 30, 4)
    log.colours.advance(never)
    assert log.shown() == [None, None, "red", None]
    for row in (1, 2):
        log.context.marks.set(row, "Why that?")
    assert log.colours.advance(never)
    assert log.shown() == [None, "purple", "red", None]
    log.context.marks.remove(1)
    assert log.colours.advance(never)
    assert log.shown() == [None, None, "red", None]
    assert not log.colours.advance(never)


def test_marks_do_not_bother_other_rules() -> None:
    log = Log(LOUD)
    log.receive(*range(100))
    log.colours.advance(never)
    log.store.looked_at = 0
    log.context.marks.set(3)
    assert not log.colours.advance(never)
    assert log.store.looked_at == 0


def test_rows_that_are_no_longer_kept_are_counted_no_longer() -> None:
    log = Log(LOUD, CHANGED, limit_rows=4 * CHUNK)
    for _ in range(20):
        log.receive(*[20] * CHUNK)
        log.colours.advance(never)
    assert log.colours.counts()[0] == len(log.store) <= 5 * CHUNK
    assert set(log.shown()) == {"red"}
    log.store.clear()
    assert not log.colours.advance(never)
    assert (log.colours.counts(), log.colours.progress) == ((0, 0), 1.0)
    log.receive(20)
    log.colours.advance(never)
    assert log.shown() == ["red"]


def test_however_they_get_there_colours_are_those_of_the_queries() -> None:
    chance = random.Random(5)
    rules = (LOUD, FREQ, CHANGED, ODD, ColourRule("rate>3", "orange"), ColourRule("number:7..40", "blue"))
    log = Log(*rules)
    for _ in range(60):
        address = chance.choice(("/gain", "/freq", "/x"))
        log.receive(*(chance.choice((1, 2, 30)) for _ in range(chance.randrange(12))), address=address)
        log.colours.advance(late_after(chance.randrange(3)))
        log.shown()
    log.colours.advance(never)
    afresh = ColourRules(log.context)
    afresh.set_rules(rules, log.context)
    afresh.advance(never)
    assert log.shown() == [afresh.colour_of(row) for row in range(log.store.end_row)]
    assert len(set(log.shown())) > 4
