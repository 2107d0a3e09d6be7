"""Which handlers a message runs: literal addresses, globs, patterns, the default, and what is taken back."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher as PythonOscDispatcher

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher
from osc_workbench.osc.packet import OscMessage
from tests.doubles.dispatching import PEER, Calls, names, nothing, replies, run


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher()


@pytest.fixture
def calls() -> Calls:
    return Calls()


# Which handlers run, and in which order.


def test_several_handlers_of_an_address_run_in_the_order_of_their_registration(dispatcher: Dispatcher) -> None:
    ran: list[Any] = []
    for number in range(5):
        dispatcher.map("/a", lambda _address, fixed: ran.extend(fixed), number)
    run(dispatcher, "/a")
    assert ran == [0, 1, 2, 3, 4]


def test_literals_and_globs_run_in_the_order_of_their_registration(dispatcher: Dispatcher) -> None:
    patterns = ["/s/**", "/s/1/freq", "/s/*/freq", "/**", "/s/1/freq", "/s/{1,2}/f?eq", "/other"]
    for pattern in patterns:
        dispatcher.on(pattern, nothing)
    assert names(dispatcher, "/s/1/freq") == patterns[:-1]


def test_the_same_function_registered_twice_runs_twice(dispatcher: Dispatcher, calls: Calls) -> None:
    dispatcher.map("/a", calls)
    dispatcher.map("/a", calls)
    run(dispatcher, "/a")
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("glob", "reached", "missed"),
    [
        ("/a/*", ["/a/b", "/a/x.y-z"], ["/a", "/a/b/c", "/b/a"]),
        ("/a/**", ["/a/b", "/a/b/c"], ["/b", "/ab"]),
        ("/**/freq", ["/freq", "/a/freq", "/a/b/freq"], ["/a/freq/x", "/afreq"]),
        ("/?", ["/a", "/b"], ["/", "/ab", "/a/b"]),
        ("/[a-c]1", ["/a1", "/c1"], ["/d1", "/1"]),
        ("/[!a-c]", ["/d"], ["/a", "//"]),
        ("/{one,two}", ["/one", "/two"], ["/three", "/on"]),
        ("*", ["status"], ["/status"]),
        ("/s.t/*", ["/s.t/1"], ["/sxt/1"]),
        ("/(x/*", ["/(x/1"], ["/x/1"]),
    ],
)
def test_globs_reach_what_they_say_and_nothing_else(
    dispatcher: Dispatcher, glob: str, reached: list[str], missed: list[str]
) -> None:
    dispatcher.on(glob, nothing)
    assert [address for address in reached + missed if dispatcher.handlers_for(address)] == reached


def test_slash_star_star_reaches_every_text_address(dispatcher: Dispatcher) -> None:
    dispatcher.on("/**", nothing)
    for address in ("/", "/a", "/a/b", "status", "/a//b", "/a*"):
        assert names(dispatcher, address) == ["/**"]


@pytest.mark.parametrize(
    ("pattern", "reached"),
    [
        ("/synth/*/freq", ["/synth/1/freq", "/synth/2/freq"]),
        ("/synth/1/*", ["/synth/1/freq", "/synth/1/amp"]),
        ("/synth/?/{freq,amp}", ["/synth/1/freq", "/synth/1/amp", "/synth/2/freq"]),
        ("/synth/[2-9]/freq", ["/synth/2/freq"]),
        ("/synth/[!2]/freq", ["/synth/1/freq"]),
        ("//freq", ["/synth/1/freq", "/synth/2/freq"]),
        ("/*", ["/with blank"]),
        ("/with*", ["/with blank"]),
        ("/synth/*", []),
        ("/synth/[1", []),
        ("/synth/{1", []),
        ("synth*", []),
    ],
)
def test_a_message_whose_address_is_a_pattern_reaches_all_it_matches(
    dispatcher: Dispatcher, pattern: str, reached: list[str]
) -> None:
    for address in ("/synth/1/freq", "/synth/1/amp", "/synth/2/freq", "/with blank", 7, "slashless"):
        dispatcher.on(address, nothing)
    assert names(dispatcher, pattern) == reached


def test_a_pattern_reaches_handlers_in_the_order_of_their_registration(dispatcher: Dispatcher) -> None:
    for number in (3, 1, 2):
        dispatcher.on(f"/{number}", nothing)
    assert names(dispatcher, "/*") == ["/3", "/1", "/2"]


def test_a_container_is_not_a_handler(dispatcher: Dispatcher) -> None:
    dispatcher.on("/a/b", nothing)
    assert names(dispatcher, "/a") == []
    assert names(dispatcher, "/*") == []
    dispatcher.on("/a", nothing)
    assert names(dispatcher, "/a") == ["/a"]


@pytest.mark.parametrize("number", [0, 9, 255])
def test_command_numbers_have_handlers(dispatcher: Dispatcher, calls: Calls, number: int) -> None:
    dispatcher.map(number, calls)
    run(dispatcher, number, "def")
    run(dispatcher, str(number))
    assert calls == [(number, "def")]


@pytest.mark.parametrize(
    "address", ["status", "a b", "/", "/a/", "/a b", "/a#b", "/a,b", "/a}b", "/ünï", "7", "\udcff"]
)
def test_any_address_that_can_be_sent_can_have_a_handler(dispatcher: Dispatcher, address: str) -> None:
    handler = dispatcher.on(address, nothing)
    assert dispatcher.has_handlers
    assert dispatcher.handlers_for(address) == (handler,)
    assert dispatcher.handlers() == (handler,)
    handler.cancel()
    assert not dispatcher.has_handlers
    assert dispatcher.handlers_for(address) == ()


@pytest.mark.parametrize(
    "address", ["", "/a[b", "/a{b", "/[a/b]", "#bundle", ",i", "/a\0", -1, 256, 1.5, None, b"/a", True]
)
def test_what_can_be_no_address_is_refused_and_registers_nothing(dispatcher: Dispatcher, address: Any) -> None:
    with pytest.raises(ValueError):
        dispatcher.on(address, nothing)
    with pytest.raises(ValueError):
        dispatcher.map(address, nothing)
    assert not dispatcher.has_handlers
    assert dispatcher.handlers() == ()


# The default handler.


def test_the_default_handler_runs_when_no_other_does(dispatcher: Dispatcher) -> None:
    dispatcher.on("/a", nothing)
    dispatcher.set_default_handler(nothing)
    assert names(dispatcher, "/a") == ["/a"]
    for address in ("/b", "status", 9, "/b*", "/[", "/"):
        assert names(dispatcher, address) == [""]
    dispatcher.set_default_handler(None)
    assert names(dispatcher, "/b") == []


def test_the_default_handler_runs_for_an_address_that_was_unmapped(dispatcher: Dispatcher) -> None:
    calls, default = Calls(), Calls()
    # In python-osc an empty list is left behind, for which the default handler does not run.
    original = PythonOscDispatcher()
    original.map("/a", calls)
    original.unmap("/a", calls)
    original.set_default_handler(default)
    original.call_handlers_for_packet(encode_packet(OscMessage("/a")), PEER)
    assert default == []
    dispatcher.map("/a", calls)
    dispatcher.unmap("/a", calls)
    dispatcher.set_default_handler(default)
    run(dispatcher, "/a")
    assert default == [("/a",)]


def test_the_default_handler_runs_for_an_address_whose_unmapping_failed(dispatcher: Dispatcher, calls: Calls) -> None:
    dispatcher.set_default_handler(calls)
    with pytest.raises(ValueError):
        dispatcher.unmap("/a", nothing)
    run(dispatcher, "/a")
    assert calls == [("/a",)]


def test_otherwise_is_a_decorator_for_a_default_handler_with_a_context(dispatcher: Dispatcher) -> None:
    @dispatcher.otherwise
    def unknown(context: Context) -> Any:
        return ("/unknown", context.address)

    assert replies(dispatcher, "/a") == [OscMessage.of("/unknown", "/a")]
    assert dispatcher.has_handlers


def test_a_default_handler_can_be_cancelled(dispatcher: Dispatcher) -> None:
    dispatcher.set_default_handler(nothing)
    dispatcher.handlers_for("/a")[0].cancel()
    assert not dispatcher.has_handlers
    assert names(dispatcher, "/a") == []


# Taking back.


def test_a_cancelled_handler_runs_no_more_and_others_do(dispatcher: Dispatcher) -> None:
    for pattern in ("/a", "/*", 5, "slashless"):
        first, second = dispatcher.on(pattern, nothing), dispatcher.on(pattern, nothing)
        address = "/a" if pattern == "/*" else pattern
        assert first in dispatcher.handlers_for(address)
        first.cancel()
        first.cancel()
        assert first not in dispatcher.handlers_for(address)
        assert second in dispatcher.handlers_for(address)
        second.cancel()
    assert not dispatcher.has_handlers
    assert len(dispatcher.space) == 0


def test_cancelling_a_handler_keeps_handlers_below_and_above_it(dispatcher: Dispatcher) -> None:
    handlers = {address: dispatcher.on(address, nothing) for address in ("/a", "/a/b", "/a/b/c")}
    handlers["/a/b"].cancel()
    assert names(dispatcher, "/a/b") == []
    assert names(dispatcher, "/a") == ["/a"]
    assert names(dispatcher, "/a/b/c") == ["/a/b/c"]
    handlers["/a/b/c"].cancel()
    assert list(dispatcher.space) == ["/a"]


def test_unmap_takes_back_what_was_mapped_with_the_same_words(dispatcher: Dispatcher, calls: Calls) -> None:
    words: list[tuple[tuple[Any, ...], bool]] = [((), False), ((1,), False), ((), True), ((1,), True)]
    for fixed, needs in words:
        dispatcher.map("/a", calls, *fixed, needs_reply_address=needs)
    for left, (fixed, needs) in enumerate(reversed(words)):
        dispatcher.unmap("/a", calls, *fixed, needs_reply_address=needs)
        assert [handler.key[1:] for handler in dispatcher.handlers_for("/a")] == words[: 3 - left]


def test_unmap_takes_back_one_of_two_that_are_the_same(dispatcher: Dispatcher, calls: Calls) -> None:
    first, second = dispatcher.map("/a", calls), dispatcher.map("/a", calls)
    dispatcher.unmap("/a", calls)
    assert dispatcher.handlers_for("/a") == (second,)
    dispatcher.unmap("/a", second)
    assert dispatcher.handlers_for("/a") == ()
    assert first not in dispatcher.handlers()


def test_unmap_takes_what_map_returned(dispatcher: Dispatcher) -> None:
    for pattern in ("/a", "/a/*", 3, "status", "/"):
        dispatcher.unmap(pattern, dispatcher.map(pattern, nothing, 1))
    assert dispatcher.handlers() == ()


def test_unmap_of_what_is_not_mapped_says_so_and_changes_nothing(dispatcher: Dispatcher, calls: Calls) -> None:
    handler = dispatcher.map("/a", calls, 1)
    wrong: list[Callable[[], None]] = [
        lambda: dispatcher.unmap("/a", calls),
        lambda: dispatcher.unmap("/a", calls, 2),
        lambda: dispatcher.unmap("/a", calls, 1, needs_reply_address=True),
        lambda: dispatcher.unmap("/b", calls, 1),
        lambda: dispatcher.unmap("/b", handler),
        lambda: dispatcher.unmap("/a", nothing, 1),
        lambda: dispatcher.unmap(1, calls, 1),
    ]
    for unmap in wrong:
        with pytest.raises(ValueError, match="is not registered for"):
            unmap()
    assert dispatcher.handlers() == (handler,)
    handler.cancel()
    with pytest.raises(ValueError, match="'/a'"):
        dispatcher.unmap("/a", handler)


# What is remembered about addresses.


def test_what_is_registered_later_is_found_for_addresses_seen_before(dispatcher: Dispatcher) -> None:
    addresses: list[str | int] = ["/a/b", "/a/*", "status", 9]
    for address in addresses:
        assert names(dispatcher, address) == []
    for pattern in ("/a/b", "/a/**", "status", 9):
        dispatcher.on(pattern, nothing)
    assert [names(dispatcher, address) for address in addresses] == [
        ["/a/b", "/a/**"],
        ["/a/b", "/a/**"],
        ["status"],
        [9],
    ]


def test_what_is_taken_back_is_not_found_for_addresses_seen_before(dispatcher: Dispatcher) -> None:
    handlers = [dispatcher.on(pattern, nothing) for pattern in ("/a/b", "/a/*", "/a/b")]
    for number, handler in enumerate(handlers):
        assert dispatcher.handlers_for("/a/b") == tuple(handlers[number:])
        handler.cancel()
    assert dispatcher.handlers_for("/a/b") == ()


def test_a_default_handler_set_later_is_found_for_addresses_seen_before(dispatcher: Dispatcher) -> None:
    assert names(dispatcher, "/a") == []
    dispatcher.set_default_handler(nothing)
    assert names(dispatcher, "/a") == [""]
    dispatcher.on("/a", nothing)
    assert names(dispatcher, "/a") == ["/a"]
    dispatcher.set_default_handler(None)
    dispatcher.handlers()[0].cancel()
    assert names(dispatcher, "/a") == []


def test_addresses_without_end_are_not_all_remembered(dispatcher: Dispatcher) -> None:
    dispatcher.on("/known", nothing)
    for number in range(20_000):
        dispatcher.handlers_for(f"/unknown/{number}")
    dispatcher.handlers_for("/" + "x" * 60_000)
    assert len(dispatcher._found) <= 4096
    assert max(map(len, map(str, dispatcher._found))) <= 1024
    assert names(dispatcher, "/known") == ["/known"]


def test_patterns_without_end_that_reach_many_handlers_are_not_all_remembered(dispatcher: Dispatcher) -> None:
    for number in range(1000):
        dispatcher.on(f"/{number}", nothing)
    for number in range(1000):
        assert len(dispatcher.handlers_for(f"/*{{,{number}x}}")) == 1000
    assert sum(map(len, dispatcher._found.values())) <= 101_000


HOSTILE = {
    "stars": "/" + "*a" * 30_000,
    "classes": "/" + "[a-z]*" * 10_000,
    "levels": "//a" * 20_000,
    "words": "/{" + ",".join(["a"] * 30_000) + "}",
    "nested words": "/" + "{a,aa}" * 10_000,
    "open bracket": "/" + "[" * 60_000,
    "parts": "/a" * 30_000,
    "question marks": "/" + "?" * 60_000,
}


@pytest.mark.parametrize("address", HOSTILE.values(), ids=HOSTILE)
def test_an_address_of_60_kilobytes_made_to_take_for_ever_takes_no_time(dispatcher: Dispatcher, address: str) -> None:
    dispatcher.on("/" + "a" * 1000 + "b", nothing)
    for number in range(200):
        dispatcher.on(f"/aaaaaaaaaaaaaaaaaaaaaaaa/{number}", nothing)
    dispatcher.on("/**/*a*a*a*a*a*b", nothing)
    start = time.perf_counter()
    dispatcher.handlers_for(address)
    assert time.perf_counter() - start < 5
