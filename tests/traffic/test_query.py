"""Queries as values: what they say of themselves, and that no text does harm."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osc_workbench.osc.packet import OscMessage
from osc_workbench.traffic.query import Query, parse_query
from osc_workbench.traffic.query_syntax import LENGTH_LIMIT, QueryError
from osc_workbench.traffic.query_terms import TERMS
from osc_workbench.traffic.row_view import views_of
from tests.doubles.queried_log import QueriedLog, packets_of_every_kind
from tests.doubles.query_texts import TEXTS_OF_TERMS

_SECONDS_ALLOWED = 0.5
_LOG = QueriedLog()
_LOG.receive(*packets_of_every_kind(60))


# What a query says.


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("", "Every message."),
        ("freq", "Messages where the address contains “freq”."),
        ("/a", "Messages where the address contains “/a”."),
        ("/a/*", "Messages where the address matches the pattern /a/*."),
        ("address:/a", "Messages where the address is /a."),
        ("address~/^.a/", "Messages where the address fits the expression /^.a/."),
        ("type:if", "Messages where the type tags are “,if”."),
        ("type:i*", "Messages where the type tags fit “,i*”."),
        ("type:", "Messages where there are no arguments."),
        ("type:none", "Messages where there is no type tag string."),
        ("dir:in", "Messages where it came in."),
        ("src:127.0.0.1:9000", "Messages where it was sent by 127.0.0.1 port 9000."),
        ("dst:9000", "Messages where it was sent to port 9000."),
        ("peer:10.*", "Messages where the other side is 10.*."),
        ("endpoint:tcp", "Messages where the endpoint's URL contains “tcp”."),
        ("arg[0]>0.5", "Messages where argument 0 is greater than 0.5."),
        ("any<=-1e6", "Messages where any argument is at most -1000000.0."),
        ('arg[2]!="x"', "Messages where argument 2 is not the text “x”."),
        ("any~x", "Messages where any argument contains the text “x”."),
        ("any~/x+/", "Messages where any argument fits the expression /x+/."),
        ("any=nil", "Messages where any argument is nil."),
        ("has:nan", "Messages where any argument is not a number (NaN)."),
        ("has:int", "Messages where there is an integer among the arguments."),
        ("late>5ms", "Messages where it came more than 5 ms after its time tag."),
        ("early>=1.5s", "Messages where it came at least 1.5 s before its time tag."),
        ("size>1000", "Messages where the message's size is greater than 1000 bytes."),
        ("packet=16", "Messages where the packet's size is 16 bytes."),
        ("rate>100", "Messages where its address's rate in the second before is greater than 100 messages/s."),
        ("changed", "Messages where its value differs from that address's previous one."),
        ("error", "Messages where the packet is malformed."),
        ("lint", "Messages where a rule of lint is broken."),
        ("lint:nan", "Messages where the rule “nan” of lint is broken."),
        ("lint:warning", "Messages where lint has a warning to report."),
        ("in:bundle", "Messages where it is in a bundle."),
        ("marked", "Messages where it is marked."),
        ("comment~x", "Messages where it has a comment that contains “x”."),
        ("t:12.5..14", "Messages where it came from 12.5 s to 14 s."),
        ("t>14:05", "Messages where it came after 14:05."),
        ("t<2", "Messages where it came before 2 s."),
        ("t>=2", "Messages where it came from 2 s."),
        ("t:14:05:30", "Messages where it came at 14:05:30."),
        ("number:100..200", "Messages where its number is 100 to 200."),
        ("number>99", "Messages where its number is 100 or more."),
        ('bytes:"2f 66"', "Messages where its bytes contain 2f 66."),
        ("a b", "Messages where the address contains “a” and the address contains “b”."),
        (
            "dir:in (error or -marked)",
            "Messages where it came in and (the packet is malformed or not (it is marked)).",
        ),
        ("-(a or b)", "Messages where not (the address contains “a” or the address contains “b”)."),
    ],
)
def test_query_explains_itself_in_a_sentence(text: str, explanation: str) -> None:
    assert parse_query(text).explain() == explanation


def test_every_kind_of_term_has_a_sentence() -> None:
    for text in TEXTS_OF_TERMS:
        query = parse_query(text)
        assert query.explain() == f"Messages where {query.conditions[0].explain()}."
        assert "None" not in query.explain()
        assert "<" not in query.explain()


def test_every_term_of_the_table_is_explained_above() -> None:
    for term in TERMS:
        assert any(condition.explain() for condition in parse_query(term.example).conditions)


def test_queries_of_the_same_text_are_equal() -> None:
    assert parse_query("/a arg[0]>5") == Query("/a arg[0]>5")
    assert parse_query("/a") != parse_query("/b")
    assert hash(parse_query("/a")) == hash(Query("/a"))


def test_query_without_terms_matches_everything() -> None:
    query = parse_query("  ")
    assert (query.is_empty, query.needs_history, query.conditions) == (True, False, ())
    assert not parse_query("a").is_empty


def test_query_knows_whether_it_asks_for_earlier_rows() -> None:
    assert parse_query("/a (size>5 or -changed)").needs_history
    assert parse_query("rate>5").needs_history
    assert not parse_query("/a size>5").needs_history


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("", []),
        ("a", []),
        ("a or b", []),
        ("-(a b)", []),
        ("a b", [("a", "b"), ("b", "a")]),
        ("(a b)", [("a", "b"), ("b", "a")]),
        (
            'a and -b  (c or "d e") size > 5',
            [
                ("a", '-b (c or "d e") size > 5'),
                ("-b", 'a (c or "d e") size > 5'),
                ('(c or "d e")', "a -b size > 5"),
                ("size > 5", 'a -b (c or "d e")'),
            ],
        ),
        ("a " * 21, []),
    ],
)
def test_each_term_that_must_match_can_be_left_out(text: str, without: list[tuple[str, str]]) -> None:
    assert parse_query(text).without_terms() == without


# No text does harm.


def _try(text: str) -> None:
    """Use a text as the filter bar does; takes no longer than it may and raises nothing."""
    start = time.process_time()
    error = _mistake(text)
    if error is not None:
        assert 0 <= error.start < error.end <= len(text) + 1
        assert error.reason
        assert str(error)
    else:
        query = parse_query(text)
        query.explain()
        query.without_terms()
        assert min(query.pieces) > 0
        bound = query.bind(_LOG.context)
        for view in views_of(_LOG.store, 0, _LOG.store.end_row):
            assert len(bound.mask(view)) == len(view)
    assert time.process_time() - start < _SECONDS_ALLOWED


def _mistake(text: str) -> QueryError | None:
    try:
        parse_query(text)
    except QueryError as error:
        return error
    return None


_pieces = st.sampled_from(
    [
        *TEXTS_OF_TERMS, "(", ")", '"', "\\", "/", "[", "]", "{", "~", "~/", "..", ":", "=", "!", "-", "<", " ", "\n",
        "or", "and", "not", "|", "&", "arg[", "arg[0]", "\0", "\ud800", "\udcff", "é", "*", "?", "1e9", "²", "\u0663",
        "inf", "nan",
    ]
    + [f"{term.code}{sign}" for term in TERMS for sign in (*term.signs, ":", "~")]
)  # fmt: skip


@given(st.text(st.characters(), max_size=60) | st.lists(_pieces, max_size=9).map("".join))
@settings(max_examples=120, deadline=None)
def test_any_text_is_a_query_or_has_a_mistake_at_a_place(text: str) -> None:
    _try(text)


_LONG = [
    ("", "("), ("", "-"), ("", "not "), ("", "a"), ("", '"'), ('"', "a"), ('"', "\\a"), ("", "a "), ("a ", " or "),
    ("", "a or "), ("", "(a)"), ("(", "a)("), ("x", " "), ("", "&"), ("", "é"), ("", "\ud800"), ("", "\udcff*/"),
    ("a[", "["), ("arg[", "0"), ("arg[0]>", "1"), ("arg[0]>1.", "1"), ("size>0x", "f"), ("late>", "1"), ("t:", "1:"),
    ("number:", "1,"), ("/", "*a"), ("/", "{a,b}"), ("/{", "a,"), ("/", "[a-z]"), ("/", "/"), ("/", "**"),
    ("", "/a*b "), ("any~/", "(a|b)*"), ("any~/", "(a{9}"), ("any~/", "\\pL"), ("any~/", "\\/"),
    ("any~/", "/"), ("", "any~/a.{99}/ "),
    ("any~", "a"), ("any=", "x"), ("type:", "?"), ("type:", "f"), ("src:", ":"), ("endpoint:", "*?"), ("bytes:", "2f"),
    ("bytes:", "??"), ("", "t:12:30 "), ("", "has:nan "), ("", "rate>1 "), ("", "a:b "), ("zz", "z:"), ("", "\0"),
]  # fmt: skip


def test_no_long_text_takes_long() -> None:
    for head, part in _LONG:
        text = head + part * (LENGTH_LIMIT // len(part))
        for tail in ("", '"' if '"' in head else "/"):
            _try(text[: LENGTH_LIMIT - len(tail)] + tail)


def test_expressions_that_would_take_others_forever_are_answered_at_once() -> None:
    log = QueriedLog()
    log.receive(*[OscMessage("/a", "s", (text,)) for text in ("a" * 60_000, "ab" * 30_000, "a" * 50 + "!")])
    start = time.process_time()
    assert log.matching("any~/^(a+)+$/") == [0]
    assert log.matching("any~/(x+x+)+y/") == []
    assert log.matching("any~/(a|aa)+!/") == [2]
    assert log.matching("any~/[ab]*a[ab]{300}c/") == []
    assert time.process_time() - start < 2


def test_pattern_that_would_take_others_forever_is_answered_at_once() -> None:
    log = QueriedLog()
    log.receive(OscMessage("/" + "a" * 5000))
    assert log.matching("/" + "*a" * 400 + "b") == []
    assert log.matching("/" + "{a,aa}" * 400 + "*b") == []
    assert log.matching("/" + "*a" * 400) == [0]


def test_long_texts_do_not_hold_up_other_questions() -> None:
    log = QueriedLog()
    texts = ["x" * 60_000, "x" * 59_999 + "y"]
    log.receive(*[OscMessage("/a", "si", (text, number)) for number in range(10) for text in texts])
    start = time.process_time()
    assert log.matching("arg[1]>8") == [18, 19]
    assert log.matching('any="' + texts[1][:9_000] + '"') == []
    assert log.matching('any~"' + "x" * 9_000 + '"') == list(range(20))
    assert log.matching("any~xy") == list(range(1, 20, 2))
    assert log.matching("changed") == list(range(20))
    assert time.process_time() - start < 1
