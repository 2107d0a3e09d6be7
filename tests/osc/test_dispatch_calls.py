"""How handlers are called and what becomes of them, beside python-osc's dispatcher as the standard."""

import asyncio
import functools
import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher as PythonOscDispatcher

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.context import Context
from osc_workbench.osc.dispatch import Dispatcher, Outcome, complete, invoke
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscMessage, OscPacket
from tests.doubles.dispatching import PEER, Calls, nothing, replies, run


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher()


@pytest.fixture
def calls() -> Calls:
    return Calls()


# python-osc's four shapes.


@pytest.mark.parametrize("needs_reply_address", [False, True])
@pytest.mark.parametrize("fixed", [(), (1,), ("volume", 2.5, [3]), (None,), ([],), ((1, 2),)])
@pytest.mark.parametrize("arguments", [(), (1,), (0.5, "x", b"y", True, None), ([1, [2]],)])
def test_functions_are_called_exactly_as_by_python_osc(
    dispatcher: Dispatcher, fixed: tuple[Any, ...], needs_reply_address: bool, arguments: tuple[Any, ...]
) -> None:
    theirs, ours = Calls(), Calls()
    message = OscMessage.of("/a", *arguments)
    original = PythonOscDispatcher()
    original.map("/a", theirs, *fixed, needs_reply_address=needs_reply_address)
    original.call_handlers_for_packet(encode_packet(message), PEER)
    dispatcher.map("/a", ours, *fixed, needs_reply_address=needs_reply_address)
    run(dispatcher, "/a", *arguments)
    assert len(theirs) == 1
    # python-osc gives arrays as lists.
    assert [as_lists(call) for call in ours] == [as_lists(call) for call in theirs]
    if fixed:
        assert type(ours[0][1 + needs_reply_address]) is type(theirs[0][1 + needs_reply_address]) is list


def as_lists(value: Any) -> Any:
    return [as_lists(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("needs_reply_address", [False, True])
def test_the_default_handler_is_called_exactly_as_by_python_osc(
    dispatcher: Dispatcher, needs_reply_address: bool
) -> None:
    theirs, ours = Calls(), Calls()
    original = PythonOscDispatcher()
    original.set_default_handler(theirs, needs_reply_address)
    original.call_handlers_for_packet(encode_packet(OscMessage.of("/a", 1)), PEER)
    dispatcher.set_default_handler(ours, needs_reply_address)
    run(dispatcher, "/a", 1)
    assert ours == theirs
    assert len(ours) == 1


def test_a_peer_that_is_not_known_is_none(dispatcher: Dispatcher, calls: Calls) -> None:
    (handler,) = (dispatcher.map("/a", calls, needs_reply_address=True),)
    invoke(handler, Context(OscMessage("/a")))
    assert calls == [(None, "/a")]


@pytest.mark.parametrize("reply", ["/pong", ("/pong", 1, "x"), ("/pong", [1, 2])])
def test_what_functions_of_python_osc_return_is_sent_back(dispatcher: Dispatcher, reply: Any) -> None:
    dispatcher.map("/ping", lambda _address: reply)
    (packet,) = replies(dispatcher, "/ping")
    assert isinstance(packet, OscMessage)
    assert packet.address == "/pong"


# Handlers that take a Context.


def test_a_handler_is_given_the_context(dispatcher: Dispatcher, calls: Calls) -> None:
    dispatcher.on("/a", calls)
    context = Context(OscMessage("/a"), PEER)
    invoke(dispatcher.handlers_for("/a")[0], context)
    assert calls == [(context,)]


def test_on_without_a_function_is_a_decorator_that_leaves_it_as_it_is(dispatcher: Dispatcher) -> None:
    @dispatcher.on("/ping")
    def ping(context: Context) -> Any:
        return ("/pong", *context.arguments)

    assert ping(Context(OscMessage.of("/x", 1))) == ("/pong", 1)
    assert replies(dispatcher, "/ping", 5) == [OscMessage.of("/pong", 5)]


def test_a_handler_can_be_registered_for_several_addresses(dispatcher: Dispatcher, calls: Calls) -> None:
    dispatcher.on("/a")(dispatcher.on("/b")(calls))
    run(dispatcher, "/a")
    run(dispatcher, "/b")
    assert [context.address for (context,) in calls] == ["/a", "/b"]


# Kinds of functions.


class Lamp:
    def __init__(self) -> None:
        self.levels: list[Any] = []

    def set_level(self, address: str, level: float) -> None:
        self.levels.append((address, level))

    def __call__(self, address: str, level: float) -> None:
        self.set_level(address, level)


@pytest.mark.parametrize(
    "kind",
    [
        lambda lamp: lamp.set_level,
        lambda lamp: lamp,
        lambda lamp: functools.partial(lamp.set_level),
        lambda lamp: functools.partial(functools.partial(Lamp.set_level, lamp)),
        lambda lamp: lambda *arguments: lamp.set_level(*arguments),
    ],
    ids=["bound method", "callable", "partial", "partial of a partial", "lambda"],
)
def test_functions_of_every_kind_are_held_and_called(
    dispatcher: Dispatcher, kind: Callable[[Lamp], Callable[..., Any]]
) -> None:
    # oscpython held them weakly, so that a lambda vanished at once.
    lamp = Lamp()
    dispatcher.map("/level", kind(lamp))
    gc.collect()
    run(dispatcher, "/level", 0.5)
    assert lamp.levels == [("/level", 0.5)]


def test_a_bound_method_can_be_unmapped_though_it_is_a_new_object_each_time(dispatcher: Dispatcher) -> None:
    lamp = Lamp()
    dispatcher.map("/level", lamp.set_level)
    dispatcher.unmap("/level", lamp.set_level)
    assert not dispatcher.has_handlers


def test_handlers_have_the_names_of_their_functions(dispatcher: Dispatcher) -> None:
    functions: list[Any] = [
        nothing,
        Lamp().set_level,
        functools.partial(nothing),
        Lamp(),
        print,
        functools.partial(Lamp()),
    ]
    found = [dispatcher.map("/a", function).name for function in functions]
    assert found == ["nothing", "Lamp.set_level", "nothing", "Lamp", "print", "Lamp"]
    assert repr(dispatcher.handlers()[0]) == "<Handler nothing for '/a'>"


# Running one handler.


def run_one(function: Callable[[Context], Any], sent: list[OscPacket]) -> Outcome | None:
    dispatcher = Dispatcher()
    return invoke(dispatcher.on("/a", function), Context(OscMessage("/a"), PEER, send=sent.append))


@pytest.mark.parametrize("error", [ValueError("bad"), KeyError("lamp"), RecursionError(), StopIteration(), OSError(5)])
def test_what_a_handler_raises_is_in_its_outcome(error: Exception) -> None:
    def failing(_context: Context) -> None:
        raise error

    outcome = run_one(failing, [])
    assert outcome is not None
    assert outcome.error is error
    assert outcome.handler.function is failing


def test_a_handler_that_takes_other_arguments_than_came_fails_alone(dispatcher: Dispatcher, calls: Calls) -> None:
    dispatcher.map("/a", lambda _address, _one: None)
    dispatcher.map("/a", calls)
    failed, done = run(dispatcher, "/a", 1, 2, 3)
    assert failed is not None
    assert isinstance(failed.error, TypeError)
    assert done is None
    assert calls == [("/a", 1, 2, 3)]


@pytest.mark.parametrize("reply", [7, b"/a", "no slash", {"/a": 1}, [object()]])
def test_a_wrong_reply_is_a_failure_of_the_handler(reply: Any) -> None:
    sent: list[OscPacket] = []
    outcome = run_one(lambda _context: reply, sent)
    assert outcome is not None
    assert isinstance(outcome.error, OscEncodeError)
    assert sent == []


def test_a_reply_that_cannot_leave_is_a_failure_of_the_handler() -> None:
    def refuse(_packet: OscPacket) -> None:
        raise OSError("no route")

    handler = Dispatcher().on("/a", lambda _context: "/pong")
    outcome = invoke(handler, Context(OscMessage("/a"), send=refuse))
    assert outcome is not None
    assert str(outcome.error) == "no route"


@pytest.mark.parametrize("stop", [SystemExit(1), asyncio.CancelledError()])
def test_a_handler_cannot_end_the_program_or_the_connection(stop: BaseException) -> None:
    def stopping(_context: Context) -> None:
        raise stop

    outcome = run_one(stopping, [])
    assert outcome is not None
    assert outcome.error is stop


class Stop(BaseException):
    """What only we raise in a handler, as a time limit does."""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Stop])
def test_the_users_wish_to_end_the_program_and_a_time_limit_go_through(stop: type[BaseException]) -> None:
    def stopping(_context: Context) -> None:
        raise stop

    with pytest.raises(stop):
        run_one(stopping, [])


async def test_a_coroutine_handler_cannot_end_the_program() -> None:
    async def stopping(_context: Context) -> None:
        await asyncio.sleep(0)
        raise SystemExit(1)

    outcome = run_one(stopping, [])
    assert outcome is not None
    failed = await complete(outcome)
    assert failed is not None
    assert isinstance(failed.error, SystemExit)


async def pong(_context: Context) -> Any:
    await asyncio.sleep(0)
    return "/pong"


class AsyncPong:
    async def __call__(self, context: Context) -> Any:
        return await pong(context)


class Later:
    """An awaitable that is no coroutine."""

    def __await__(self) -> Iterator[Any]:
        return pong(Context(OscMessage("/a"))).__await__()


@pytest.mark.parametrize(
    "function",
    [pong, functools.partial(pong), lambda context: pong(context), AsyncPong(), lambda _context: Later()],
    ids=["coroutine function", "partial", "lambda", "callable", "awaitable"],
)
async def test_whatever_can_be_awaited_is_and_its_reply_is_sent(function: Callable[[Context], Awaitable[Any]]) -> None:
    # python-osc asks iscoroutinefunction, which misses all but the first.
    sent: list[OscPacket] = []
    outcome = run_one(function, sent)
    assert outcome is not None
    assert outcome.awaitable is not None
    assert sent == []
    assert await complete(outcome) is None
    assert sent == [OscMessage("/pong")]


async def test_a_coroutine_handler_of_python_osc_is_called_in_its_shape(dispatcher: Dispatcher) -> None:
    async def shaped(peer: Any, address: str, fixed: list[Any], *arguments: Any) -> Any:
        return ("/got", peer[1], address, fixed, *arguments)

    sent: list[OscPacket] = []
    handler = dispatcher.map("/a", shaped, "x", needs_reply_address=True)
    outcome = invoke(handler, Context(OscMessage.of("/a", 1), PEER, send=sent.append))
    assert outcome is not None
    await complete(outcome)
    assert sent == [OscMessage.of("/got", 50_000, "/a", ["x"], 1)]


async def test_what_a_coroutine_handler_raises_or_replies_wrongly_is_in_its_outcome() -> None:
    async def failing(_context: Context) -> None:
        await asyncio.sleep(0)
        raise KeyError("lamp")

    async def wrong(_context: Context) -> Any:
        return 7

    for function, kind in ((failing, KeyError), (wrong, OscEncodeError)):
        outcome = run_one(function, [])
        assert outcome is not None
        failed = await complete(outcome)
        assert failed is not None
        assert isinstance(failed.error, kind)
