"""The grammar: how terms are joined, and where a mistake stands."""

import pytest

from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_syntax import (
    LENGTH_LIMIT,
    NESTING_LIMIT,
    TERMS_LIMIT,
    All,
    Any,
    Leaf,
    Node,
    Not,
    QueryError,
    in_quotes,
    parse_tree,
    quoted,
)


def _written(node: Node) -> str:
    """Return a tree with a bracket around whatever has parts."""
    if isinstance(node, Leaf):
        return node.word.field + node.word.sign + node.word.value
    if isinstance(node, Not):
        return f"!{_written(node.part)}"
    sign = "&" if isinstance(node, All) else "|"
    return f"({sign.join(map(_written, node.parts))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", "()"),
        ("  \n\t", "()"),
        ("a", "a"),
        (" a  b ", "(a&b)"),
        ("a and b AND c", "(a&b&c)"),
        ("a & b && c", "(a&b&c)"),
        ("a or b OR c", "(a|b|c)"),
        ("a | b || c", "(a|b|c)"),
        ("a b or c d", "((a&b)|(c&d))"),
        ("a (b or c) d", "(a&(b|c)&d)"),
        ("((a))", "a"),
        ("a(b)c", "(a&b&c)"),
        ("-a b", "(!a&b)"),
        ("not a b", "(!a&b)"),
        ("not(a b)", "!(a&b)"),
        ("!a -b NOT c", "(!a&!b&!c)"),
        ("- a", "!a"),
        ("--a", "!!a"),
        ("a or not b", "(a|!b)"),
        ("-a or b", "(!a|b)"),
        ("a-b", "a-b"),
        ("android", "android"),
        ("notes or orchestra", "(notes|orchestra)"),
        ('"and" "not"', "(and&not)"),
        ("arg[0] > 0.5 b", "(arg[0]>0.5&b)"),
        ("arg[0]>0.5b", "arg[0]>0.5b"),
        ("-arg[0]>-5", "!arg[0]>-5"),
        ("type: b", "(type:&b)"),
        ('a"b c"d', "ab cd"),
        (r'"say \"x\" \\ \n"', r'say "x" \ n'),
        ('any~"(a or b)"', "any~(a or b)"),
        ("any~/a (b|c)/ d", "(any~a (b|c)&d)"),
        (r"any~/a\/b/", r"any~a\/b"),
        ("any~/a b", "(any~/a&b)"),
        ("a|b", "a|b"),
        ("a |b", "(a|b)"),
    ],
)
def test_texts_are_read_as_trees(text: str, tree: str) -> None:
    assert _written(parse_tree(text)) == tree


@pytest.mark.parametrize(
    ("text", "start", "end", "part"),
    [
        ("a or", 4, 5, "must follow “or”"),
        ("a and ", 6, 7, "must follow “and”"),
        ("a or or b", 5, 6, "must follow “or”"),
        ("or a", 0, 2, "stands between two terms"),
        ("(and a)", 1, 4, "stands between two terms"),
        ("a (or b)", 3, 5, "stands between two terms"),
        ("a -", 2, 3, "must follow “-”"),
        ("(not )", 1, 5, "must follow “not”"),
        ("a (b", 2, 3, "not closed"),
        ("a b)", 3, 4, "closes nothing"),
        ("a ()", 2, 4, "nothing between"),
        ('a "b', 2, 4, "not closed"),
        ('any~"b', 4, 6, "not closed"),
        ("any~/b/c", 7, 8, "second slash"),
        ("(" * 5000, NESTING_LIMIT + 1, NESTING_LIMIT + 2, "at most 100 deep"),
        ("-" * 5000, NESTING_LIMIT + 1, NESTING_LIMIT + 2, "at most 100 deep"),
        ("a " * 300, 2 * TERMS_LIMIT, 2 * TERMS_LIMIT + 1, "200 terms"),
        ("a" * (LENGTH_LIMIT + 1), LENGTH_LIMIT, LENGTH_LIMIT + 1, "10,000 characters"),
        ("foo:1", 0, 3, "no term “foo”"),
        ("a syze>5", 2, 6, "no term “syze”"),
        ("changed:1", 7, 8, "cannot follow “changed”"),
        ("dir>in", 3, 4, "cannot follow “dir”"),
        ("any!~x", 3, 5, "cannot follow “any”"),
        ("size[0]>5", 0, 7, "has no places"),
        ("any[0]>5", 0, 6, "names no argument"),
        ("arg[x]>5", 0, 6, "names no argument"),
        ("arg[-1]>5", 0, 7, "names no argument"),
        ("arg[0]!=", 0, 8, "missing after “arg[0]!=”"),
        ("arg[0]>", 0, 7, "missing after “arg[0]>”"),
        ("arg[0]>x", 7, 8, "no number"),
        ('arg[0]>"5"', 7, 10, "no number"),
        ("arg[0]=nan", 7, 10, "NaN equals nothing"),
        ("any>1e400", 4, 9, "larger than any number"),
        ("any~/(/", 4, 7, "cannot be read"),
        ("any~/a{900}{9}/", 4, 15, "cannot be read"),
        ("any~/[^x]{300}/", 4, 15, "too large"),
        ("any~/" + "a" * 501 + "/", 4, 507, "more than 500"),
        ("any~/a/ " * 9, 64, 71, "8 regular expressions"),
        ("/a[b", 0, 4, "match nothing"),
        ("address:", 0, 8, "missing after “address:”"),
        ("address:/a{b", 8, 12, "match nothing"),
        ("dir:up", 4, 6, "no value of “dir:”"),
        ("has:", 4, 5, "no value of “has:”"),
        ("in:array", 3, 8, "no value of “in:”"),
        ("late>5", 5, 6, "no duration"),
        ("late>5 ms", 5, 6, "no duration"),
        ("late>ms", 5, 7, "no duration"),
        ("size>", 5, 6, "number is missing"),
        ("size>big", 5, 8, "no number"),
        ("size>" + "1" * 401, 5, 406, "no number"),
        ("src:", 0, 4, "missing after “src:”"),
        ("src:127.0.0.1:http", 4, 18, "no port"),
        ("dst:65536", 4, 9, "no port"),
        ("src:" + "?" * 300, 4, 304, "longer than"),
        ("type:" + "*f" * 200, 5, 405, "longer than"),
        ("endpoint:", 0, 9, "missing after “endpoint:”"),
        ("t:25:00", 2, 7, "no time"),
        ("t:..", 2, 4, "no time"),
        ("t:2024-02-30T10:00", 2, 18, "no time"),
        ("number:x", 7, 8, "no number of a message"),
        ("lint:nonsense", 5, 13, "no rule of lint"),
        ("lint:", 0, 5, "missing after “lint:”"),
        ("comment~", 0, 8, "missing after “comment~”"),
        ("bytes:", 0, 6, "missing after “bytes:”"),
        ("bytes:2g", 6, 8, "cannot be read"),
        ('bytes:"2f 6"', 10, 12, "half a byte"),
    ],
)
def test_mistakes_say_what_is_wrong_and_where(text: str, start: int, end: int, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    error = caught.value
    assert part in error.reason
    assert (error.start, error.end) == (start, end)
    assert error.reason.rstrip("…")[-1] in ".!”"
    assert str(error).startswith(f"Column {start + 1}: ")


def test_unknown_term_that_is_nearly_one_is_guessed() -> None:
    with pytest.raises(QueryError, match="perhaps “size”"):
        parse_query("sise>5")
    with pytest.raises(QueryError, match="text in quotes"):
        parse_query("http://example")


def test_long_type_tags_without_wildcards_can_be_asked_for() -> None:
    assert parse_query("type:" + "f" * 1000).conditions


@pytest.mark.parametrize("text", ["a", "a b", 'say "x"', "", "a\\b", "(", "or", "a:b", "-a"])
def test_quoted_text_reads_as_itself(text: str) -> None:
    for node in (parse_tree(f"any={quoted(text)}"), parse_tree(f"any={in_quotes(text)}")):
        assert isinstance(node, Leaf)
        assert node.word.value == text


def test_any_and_all_know_their_parts() -> None:
    tree = parse_tree("a (b or c)  and  -d")
    assert isinstance(tree, All)
    assert [("a (b or c)  and  -d"[start:end]) for start, end in tree.spans] == ["a", "(b or c)", "-d"]
    assert isinstance(tree.parts[1], Any)
