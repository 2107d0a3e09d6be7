"""The grammar of the query language: text to a tree of conditions.

    query  := all ("or" all)*               also "|"
    all    := one (["and"] one)*            also "&"
    one    := ("not" | "-" | "!") one | "(" query ")" | term

A term is a word; what words mean is in the table of `query_terms`. Parts in quotes may hold anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

# Deeper than anybody writes by hand; keeps recursion bounded.
NESTING_LIMIT = 100
LENGTH_LIMIT = 10_000
# Each term is asked about each row.
TERMS_LIMIT = 200
_JOINERS = {"or": "or", "|": "or", "||": "or", "and": "and", "&": "and", "&&": "and"}
# Fields that take a comparison, around whose sign there may be spaces.
_COMPARISON = re.compile(r"(?P<field>[A-Za-z]+(?:\[[^\]\s]*\])?)\s*(?P<sign>==|!=|<=|>=|!~|=|<|>|~)\s*")
_FIELD = re.compile(r"(?P<field>[A-Za-z][A-Za-z-]*):")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_EXPRESSION = re.compile(r"/((?:[^/\\]|\\.)*)/")


class QueryError(ValueError):
    """Raised for a text that is no query.

    start, end: the characters it is about, counted from 0. reason: a sentence. expected: what could stand there, "" if
    the sentence says so.
    """

    def __init__(self, start: int, end: int, reason: str, expected: str = "") -> None:
        super().__init__(start, end, reason, expected)
        self.start, self.end, self.reason, self.expected = start, max(end, start + 1), reason, expected

    def __str__(self) -> str:
        hint = f" Expected {self.expected}." if self.expected else ""
        return f"Column {self.start + 1}: {self.reason}{hint}"


class Word(NamedTuple):
    """A term as it was written.

    field, sign: "" and "" for bare text, else as in `arg[0]` `>`, or `type` `:`. value: with quotes resolved.
    is_quoted: whether the whole value stood in quotes. is_expression: whether it stood between slashes after `~`.
    start, end, value_start: characters of the query.
    """

    field: str
    sign: str
    value: str
    is_quoted: bool
    is_expression: bool
    start: int
    value_start: int
    end: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A term."""

    word: Word


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """What all parts match; everything if there are none. spans: start and end of each part in the text."""

    parts: tuple["Node", ...]
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """What one part or more match."""

    parts: tuple["Node", ...]


Node = Leaf | Not | All | Any


def parse_tree(text: str) -> Node:
    """Return the tree of a query; an empty text is a query that matches everything. Raises QueryError."""
    if len(text) > LENGTH_LIMIT:
        raise QueryError(LENGTH_LIMIT, LENGTH_LIMIT + 1, f"A query can have {LENGTH_LIMIT:,} characters.")
    parser = _Parser(text)
    node = parser.query(0)
    if parser.position < len(text):
        raise QueryError(parser.position, parser.position + 1, "This bracket closes nothing.", "another term")
    return node


class _Parser:
    """Reads from left to right; `position` is the next character, never a space after `_skip`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._terms = 0
        self.position = 0
        self._skip()

    def _skip(self) -> None:
        while self.position < len(self._text) and self._text[self.position].isspace():
            self.position += 1

    @property
    def _next(self) -> str:
        return self._text[self.position : self.position + 1]

    def query(self, depth: int) -> Node:
        parts = [self._all(depth)]
        while self._take_joiner("or"):
            parts.append(self._operand(self._all, depth, "or"))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts: list[Node] = []
        spans: list[tuple[int, int]] = []
        while self._next and self._next != ")" and self._joiner() != "or":
            if self._joiner() and not parts:
                raise self._misplaced("and")
            joined = self._take_joiner("and")
            start = self.position
            parts.append(self._operand(self._one, depth, "and") if joined else self._one(depth))
            spans.append((start, len(self._text[: self.position].rstrip())))
        if not parts and self._joiner() == "or":
            raise self._misplaced("or")
        return parts[0] if len(parts) == 1 else All(tuple(parts), tuple(spans))

    def _operand(self, read: Callable[[int], Node], depth: int, joiner: str) -> Node:
        """Read what must follow a joiner."""
        if not self._next or self._next == ")" or self._joiner():
            raise QueryError(self.position, self.position + 1, f"Something must follow “{joiner}”.", "a term")
        return read(depth)

    def _misplaced(self, joiner: str) -> QueryError:
        end = self.position + len(joiner)
        return QueryError(self.position, end, f"“{joiner}” stands between two terms; quote it to search for it.")

    def _one(self, depth: int) -> Node:
        if depth > NESTING_LIMIT:
            raise QueryError(self.position, self.position + 1, f"Brackets nest at most {NESTING_LIMIT} deep.")
        start = self.position
        if self._next == "(":
            return self._bracket(depth)
        negation = self._negation()
        if negation:
            self.position += len(negation)
            self._skip()
            if not self._next or self._next == ")" or self._joiner():
                raise QueryError(start, self.position, f"Something must follow “{negation}”.", "a term to exclude")
            return Not(self._one(depth + 1))
        return Leaf(self._word())

    def _bracket(self, depth: int) -> Node:
        start = self.position
        self.position += 1
        self._skip()
        if self._next == ")":
            raise QueryError(start, self.position + 1, "There is nothing between these brackets.", "a term")
        node = self.query(depth + 1)
        if self._next != ")":
            raise QueryError(start, start + 1, "This bracket is not closed.", "“)” at the end")
        self.position += 1
        self._skip()
        return node

    def _joiner(self) -> str:
        """Return "and" or "or" if that comes next."""
        if self._next in ("|", "&"):
            return _JOINERS[self._next]
        return _JOINERS.get(self._plain_word().lower(), "")

    def _take_joiner(self, joiner: str) -> bool:
        if self._joiner() != joiner:
            return False
        sign = self._next
        if sign in ("|", "&"):
            self.position += 2 if self._text.startswith(sign * 2, self.position) else 1
        else:
            self.position += len(joiner)
        self._skip()
        return True

    def _plain_word(self) -> str:
        end = self.position
        while end < len(self._text) and self._text[end].isalpha():
            end += 1
        ends = end >= len(self._text) or self._text[end].isspace() or self._text[end] in "()"
        return self._text[self.position : end] if ends else ""

    def _negation(self) -> str:
        if self._next in ("-", "!"):
            return self._next
        return word if (word := self._plain_word()).lower() == "not" else ""

    # Terms.

    def _word(self) -> Word:
        start = self.position
        self._terms += 1
        if self._terms > TERMS_LIMIT:
            raise QueryError(start, start + 1, f"A query can have {TERMS_LIMIT} terms.")
        found = _COMPARISON.match(self._text, start) or _FIELD.match(self._text, start)
        field = found["field"] if found else ""
        sign = (found["sign"] if "sign" in found.groupdict() else ":") if found else ""
        value_start = found.end() if found else start
        self.position = value_start
        is_expression = "~" in sign and self._next == "/" and _EXPRESSION.match(self._text, value_start) is not None
        value, is_quoted = self._expression() if is_expression else self._value()
        end = self.position
        self._skip()
        return Word(field, sign, value, is_quoted, is_expression, start, value_start, end)

    def _expression(self) -> tuple[str, bool]:
        found = _EXPRESSION.match(self._text, self.position)
        assert found is not None
        self.position = found.end()
        if self._next and not self._next.isspace() and self._next not in "()":
            raise QueryError(self.position, self.position + 1, "An expression ends at its second slash.", "a space")
        return found[1], False

    def _value(self) -> tuple[str, bool]:
        """Return the text up to the next space or bracket outside of quotes, and whether it was one quoted part."""
        parts: list[str] = []
        quoted = 0
        while self._next and not self._next.isspace() and self._next not in "()":
            if self._next == '"':
                found = _QUOTED.match(self._text, self.position)
                if found is None:
                    raise QueryError(self.position, len(self._text), "This text is not closed.", 'another “"”')
                parts.append(re.sub(r"\\(.)", r"\1", found[1]))
                self.position = found.end()
                quoted += 1
            else:
                parts.append(self._next)
                self.position += 1
        return "".join(parts), quoted == 1 and len(parts) == 1


def quoted(text: str) -> str:
    """Return a value that reads as exactly this text, in quotes where it needs them."""
    return text if re.fullmatch(r'[^\s()"\\]+', text) else in_quotes(text)


def in_quotes(text: str) -> str:
    """Return a value that reads as exactly this text, and never as a number, a word or a pattern."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
