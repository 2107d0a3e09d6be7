"""What a handler may give back, and what it is told about a message."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from osc_workbench.osc.arguments import INFINITUM, MidiMessage, Rgba
from osc_workbench.osc.context import REPLY_LIMIT, Context, packets_of_reply
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

MESSAGE = OscMessage("/m", "i", (1,))
BUNDLE = OscBundle(TimeTag(5), [MESSAGE])


def generated(*replies: Any) -> Iterator[Any]:
    yield from replies


@pytest.mark.parametrize(
    ("reply", "packets"),
    [
        (None, []),
        ("/pong", [OscMessage("/pong")]),
        (("/pong",), [OscMessage("/pong")]),
        (("/pong", 1, 2.5, "x", b"y", True, None), [OscMessage("/pong", "ifsbTN", (1, 2.5, "x", b"y", True, None))]),
        (("/pong", [1, [2.0]]), [OscMessage("/pong", "[i[f]]", ((1, (2.0,)),))]),
        (("/pong", (1, 2)), [OscMessage("/pong", "[ii]", ((1, 2),))]),
        (("/pong", "/other"), [OscMessage("/pong", "s", ("/other",))]),
        (("/pong", 1 << 40, TimeTag(7)), [OscMessage("/pong", "ht", (1 << 40, TimeTag(7)))]),
        (
            ("/pong", Rgba(1, 2, 3), MidiMessage(0, 1, 2, 3), INFINITUM),
            [OscMessage("/pong", "rmI", (Rgba(1, 2, 3), MidiMessage(0, 1, 2, 3), INFINITUM))],
        ),
        (MESSAGE, [MESSAGE]),
        (BUNDLE, [BUNDLE]),
        ([], []),
        ((), []),
        (["/a", "/b"], [OscMessage("/a"), OscMessage("/b")]),
        ([("/a", 1), MESSAGE, BUNDLE, None, "/b"], [OscMessage("/a", "i", (1,)), MESSAGE, BUNDLE, OscMessage("/b")]),
        ((MESSAGE, "/b"), [MESSAGE, OscMessage("/b")]),
        ((("/a", 1), ("/b", 2)), [OscMessage("/a", "i", (1,)), OscMessage("/b", "i", (2,))]),
        ([["/a", ["/b"]], [[]], [None]], [OscMessage("/a"), OscMessage("/b")]),
        (generated("/a", ("/b", 1)), [OscMessage("/a"), OscMessage("/b", "i", (1,))]),
        (generated(generated("/a"), generated()), [OscMessage("/a")]),
        (map("/n/{}".format, range(2)), [OscMessage("/n/0"), OscMessage("/n/1")]),
    ],
)
def test_every_form_of_a_reply_stands_for_packets(reply: Any, packets: list[OscPacket]) -> None:
    assert packets_of_reply(reply) == packets


@pytest.mark.parametrize(
    "reply",
    [
        "pong",
        "",
        " /pong",
        ("pong", 1),
        ("", 1),
        ["/a", "b"],
        b"/pong",
        bytearray(b"/pong"),
        memoryview(b"/pong"),
        [b"/pong"],
        7,
        0,
        False,
        2.5,
        object(),
        (7, 1),
        [1, 2, 3],
        (None, 1),
        {"/a": 1},
        [{"/a": 1}],
        ("/a", {"x": 1}),
        ("/a", object()),
        ("/a", 1 + 2j),
        ("/a\0b", 1),
        "/a\0b",
        {"/a", 5},
        TimeTag(5),
    ],
)
def test_what_is_no_reply_is_refused(reply: Any) -> None:
    with pytest.raises(OscEncodeError):
        packets_of_reply(reply)


def test_the_refusal_says_what_was_given_and_what_can_be() -> None:
    with pytest.raises(OscEncodeError, match=r"^7 is no reply; give None, an address, \(address, argument\.\.\.\)"):
        packets_of_reply(7)
    with pytest.raises(OscEncodeError, match="the address 'pong' of a reply does not start with a slash"):
        packets_of_reply(("pong", 1))


def test_a_reply_that_never_ends_is_refused() -> None:
    with pytest.raises(OscEncodeError, match="100,000"):
        packets_of_reply(itertools.repeat("/a"))
    assert len(packets_of_reply(["/a"] * REPLY_LIMIT)) == REPLY_LIMIT


@pytest.mark.parametrize("item", [None, [], [None]])
def test_a_reply_that_never_ends_and_has_no_packets_is_refused(item: Any) -> None:
    with pytest.raises(OscEncodeError, match="100,000 packets or items; does its generator never end"):
        packets_of_reply(itertools.repeat(item))


def test_what_a_generator_raises_is_not_hidden() -> None:
    def failing() -> Iterator[Any]:
        yield "/a"
        raise KeyError("lamp")

    with pytest.raises(KeyError, match="lamp"):
        packets_of_reply(failing())


def test_a_reply_goes_back_to_the_sender_in_order() -> None:
    sent: list[OscPacket] = []
    Context(MESSAGE, ("127.0.0.1", 9), send=sent.append).reply(["/a", BUNDLE])
    assert sent == [OscMessage("/a"), BUNDLE]


def test_nothing_is_sent_of_a_reply_that_is_wrong_at_its_end() -> None:
    sent: list[OscPacket] = []
    with pytest.raises(OscEncodeError):
        Context(MESSAGE, send=sent.append).reply(["/a", "/b", 7])
    assert sent == []


def test_a_message_from_nobody_can_be_replied_to_without_harm() -> None:
    context = Context(MESSAGE)
    context.reply("/pong")
    assert (context.peer, context.unix_ns, context.time_tag, context.late_by) == (None, 0, TimeTag.IMMEDIATELY, 0.0)


def test_a_context_shows_the_message_as_it_came() -> None:
    context = Context(OscMessage(9, "if", (1, 2.5)))
    assert (context.address, context.arguments) == (9, (1, 2.5))
