"""Rules as people write and save them."""

import json
from typing import Any

import pytest

from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.responder import Responder, readable_rules


@pytest.mark.parametrize(
    ("rule", "pattern", "text"),
    [
        ("/ping -> /pong ,i 1", "/ping", "/pong ,i 1"),
        ("/ping->/pong", "/ping", "/pong"),
        ("   /synth/*/freq   ->   /ok   ", "/synth/*/freq", "/ok"),
        ("/** -> #bundle immediately { /a ; /b ,f 1 }", "/**", "#bundle immediately { /a ; /b ,f 1 }"),
        ('/a -> /b ,s "x -> y"', "/a", '/b ,s "x -> y"'),
        ("* -> /got", "*", "/got"),
        ("/a b -> /c", "/a b", "/c"),
        ("/a/ -> /c", "/a/", "/c"),
        ("/ -> /c", "/", "/c"),
    ],
)
def test_a_rule_is_read_as_pattern_arrow_text(rule: str, pattern: str, text: str) -> None:
    assert Responder.parse(rule) == Responder(pattern, text)


@pytest.mark.parametrize("rule", ["", "/ping", "->", "/ping ->", "-> /pong", "/ping > /pong", "  ->  ", "/a => /b"])
def test_what_is_no_rule_is_refused_with_an_example(rule: str) -> None:
    with pytest.raises(OscEncodeError) as caught:
        Responder.parse(rule)
    assert repr(rule) in str(caught.value)
    assert 'Write it like "/ping -> /pong ,i 1".' in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("ping", "The address 'ping' of a rule does not start with a slash."),
        ("", "The address '' of a rule does not start with a slash."),
        ("#bundle", "does not start with a slash"),
        ("/a[b", "'/a[b' can match no address: the '[' in column 3 has no ']'"),
        ("/a{b,c", "'/a{b,c' can match no address: the '{' in column 3 has no '}'"),
        ("/[a/b]", "can match no address"),
        ("/a\0b", "is no address"),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused_with_its_fault(pattern: str, said: str) -> None:
    with pytest.raises(OscEncodeError) as caught:
        Responder(pattern, "/pong")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/a ,i", "column 6"),
        ("/a ,i x", "column 7"),
        ("/a ,i 99999999999", "does not fit into 32 bits"),
        ("/a ,Q 1", "Q"),
        ("#bundle soon { }", "column 9"),
        ("#bundle immediately { /a", "column"),
        ("/a ; /b", "nothing is expected here"),
        ("", "an address is expected here"),
        ('/a ,s "no end', "column 7"),
        ('/a ,s "x\\x00"', "must be text without NUL"),
    ],
)
def test_a_text_that_is_no_packet_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(OscEncodeError) as caught:
        Responder("/ping", text)
    assert f"{text!r} is no packet: " in str(caught.value)
    assert said in str(caught.value)


def test_long_texts_are_shortened_in_what_is_said() -> None:
    for pattern, text in (("x" * 60_000, "/a"), ("/a", "x " * 30_000), ("/a" * 30_000 + "[", "/a")):
        with pytest.raises(OscEncodeError) as caught:
            Responder(pattern, text)
        assert len(str(caught.value)) < 300
    with pytest.raises(OscEncodeError) as caught:
        Responder.parse("x" * 60_000)
    assert len(str(caught.value)) < 300


def test_a_rule_knows_its_packet() -> None:
    assert Responder("/a", "/b ,if 1 2.5").packet == OscMessage("/b", "if", (1, 2.5))
    assert isinstance(Responder("/a", "#bundle immediately { /b }").packet, OscBundle)


@pytest.mark.parametrize(
    "rule",
    [
        Responder("/ping", "/pong"),
        Responder("/synth/{1,2}/*", '/ok ,s "ünï\\n"', "udp://127.0.0.1:57120", False),
        Responder("/**", "#bundle immediately { /a ; /b ,f 1 }"),
    ],
)
def test_a_rule_comes_back_from_json_as_it_was(rule: Responder) -> None:
    assert Responder.from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_what_is_missing_of_a_saved_rule_has_its_usual_value() -> None:
    assert Responder.from_json({"pattern": "/a", "text": "/b"}) == Responder("/a", "/b", "", True)


BROKEN: list[Any] = [
    None,
    5,
    "/a -> /b",
    [],
    ["/a", "/b"],
    {},
    {"pattern": "/a"},
    {"text": "/b"},
    {"pattern": 5, "text": "/b"},
    {"pattern": "/a", "text": None},
    {"pattern": "/a", "text": "/b", "target": None},
    {"pattern": "/a", "text": "/b", "target": 57120},
    {"pattern": "a", "text": "/b"},
    {"pattern": "/[", "text": "/b"},
    {"pattern": "/a", "text": ",,"},
    {"pattern": "/a\0", "text": "/b"},
]


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_saved_rule_is_refused(value: Any) -> None:
    with pytest.raises(OscEncodeError):
        Responder.from_json(value)


def test_rules_that_cannot_be_read_are_left_out_and_the_others_kept_in_order() -> None:
    rules = (Responder("/a", "/b"), Responder("/c", "/d", "udp://127.0.0.1:9", False))
    assert readable_rules([*BROKEN, rules[0].to_json(), *BROKEN, rules[1].to_json()]) == rules
    assert readable_rules([]) == ()


def test_a_rule_cannot_be_changed_but_replaced() -> None:
    with pytest.raises(AttributeError):
        Responder("/a", "/b").text = "/c"  # type: ignore[misc]  # the point of the test
