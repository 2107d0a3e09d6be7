"""Expressions and wildcards: what they match in bytes of any kind, and that they are bounded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.traffic.text_match import ExpressionError, compile_expression, compile_wildcards, encoded, folded


@pytest.mark.parametrize(
    ("expression", "text", "is_in"),
    [
        ("b+", "abbc", True),
        ("^b", "abc", False),
        ("", "", True),
        ("a.c", "aéc", True),
        ("é$", "café", True),
        ("(?i)CAFÉ", "café", True),
        ("[^a]", "a", False),
        ("x", "a\udcffx", True),
    ],
)
def test_expressions_are_looked_for_anywhere_in_utf_8(expression: str, text: str, is_in: bool) -> None:
    assert compile_expression(expression).is_in(encoded(text)) == is_in


@pytest.mark.parametrize(
    ("expression", "part"),
    [("(", "missing"), ("a**", "bad repetition"), (r"\1", "escape"), ("[\udcff]", "UTF-8"), ("x" * 501, "characters")],
)
def test_what_is_no_expression_says_why(expression: str, part: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExpressionError, match=part):
        compile_expression(expression)
    assert capfd.readouterr() == ("", "")


def test_large_expressions_are_refused_or_look_at_the_beginning_of_huge_texts() -> None:
    with pytest.raises(ExpressionError, match="too large"):
        compile_expression("[^x]{300}")
    large = compile_expression("[ab]{900}")
    assert large.size_bytes < 10_000
    assert large.is_in(b"a" * 900)
    assert not large.is_in(b"x" * 10_000 + b"a" * 900)
    small = compile_expression("ab")
    assert small.is_in(b"x" * 70_000 + b"ab")


@given(st.text("ab*?.[é\\\udcff\ud800\n", max_size=6), st.text("abAé.[\\\udcff\n", max_size=6))
def test_wildcards_match_as_the_obvious_way_does(wildcards: str, text: str) -> None:
    octets = encoded(text)
    expression = b"".join(
        {b"*": b".*", b"?": b"."}.get(bytes((octet,))) or re.escape(bytes((octet,))) for octet in encoded(wildcards)
    )
    for ignores_case in (False, True):
        pattern, data = (folded(expression), folded(octets)) if ignores_case else (expression, octets)
        expected = re.fullmatch(pattern, data, re.DOTALL) is not None
        assert compile_wildcards(wildcards, ignores_case)(octets) == expected


def test_bytes_of_a_text_are_those_it_came_from() -> None:
    assert encoded("a\udcffé") == b"a\xff\xc3\xa9"
    assert encoded("\ud800") == b"?"
    assert folded(b"A\xc3\x89") == b"a\xc3\x89"
