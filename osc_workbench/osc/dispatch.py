"""Which handlers a message runs, and what became of them.

Without sockets and without event loop. A `Dispatcher` knows handlers by address; `invoke` runs one of them and fences
it, so that a handler that fails is an `Outcome` like any other and stops nothing.
"""

import inspect
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, overload

from osc_workbench.osc.context import Context
from osc_workbench.osc.packet import OscMessage
from osc_workbench.osc.pattern import AddressGlob, has_wildcards, pattern_of
from osc_workbench.osc.space import AddressSpace

# Addresses come from the network, so what is remembered about them is bounded in number and size.
_FOUND_LIMIT = 4096
_FOUND_SIZE_LIMIT = 1024
_FOUND_HANDLERS_LIMIT = 100_000


class Handler:
    """A function that is registered for an address; `cancel` takes it back.

    pattern: as it was registered. function: what the user gave. call: takes a Context, returns a reply or an awaitable
    of one.
    """

    __slots__ = ("_dispatcher", "call", "function", "key", "number", "pattern")

    def __init__(
        self,
        dispatcher: "Dispatcher",
        pattern: str | int,
        function: Callable[..., Any],
        call: Callable[[Context], Any],
        key: tuple[Any, ...] = (),
    ) -> None:
        self._dispatcher = dispatcher
        self.pattern = pattern
        self.function = function
        self.call = call
        self.key = key
        self.number = 0

    @property
    def name(self) -> str:
        """How people call the function."""
        function = getattr(self.function, "func", self.function)
        return str(getattr(function, "__qualname__", None) or type(function).__name__)

    def cancel(self) -> None:
        """Run no more; a second time does nothing."""
        self._dispatcher.remove(self)

    def __repr__(self) -> str:
        return f"<Handler {self.name} for {self.pattern!r}>"


class Dispatcher:
    """Handlers by address.

    An address is literal (`/synth/1/freq`) or a glob (`/synth/*/freq`, `/synth/**`); a message whose address is a
    pattern reaches all literal addresses it matches. Handlers run in the order in which they were registered.
    """

    def __init__(self) -> None:
        self.space: AddressSpace[list[Handler]] = AddressSpace()
        self._globs: list[tuple[AddressGlob, Handler]] = []
        # What can be sent and has no place in the space: addresses without slash, as old senders have them, with blanks
        # or with empty parts, and command numbers of scsynth.
        self._others: dict[str | int, list[Handler]] = {}
        self._default: Handler | None = None
        self._count = 0
        self._found: dict[str | int, tuple[Handler, ...]] = {}
        self._found_handlers = 0
        # What `handlers_for` found for an address before, None if it has to look.
        self.remembered: Callable[[str | int], tuple[Handler, ...] | None] = self._found.get

    @overload
    def on(self, address: str | int) -> Callable[[Callable[[Context], Any]], Callable[[Context], Any]]: ...
    @overload
    def on(self, address: str | int, function: Callable[[Context], Any]) -> Handler: ...
    def on(self, address: str | int, function: Callable[[Context], Any] | None = None) -> Any:
        """Register a function that takes a Context; without one, return a decorator.

        Raises ValueError for an address or glob that cannot be.
        """
        if function is not None:
            return self._add(Handler(self, address, function, function))

        def register(decorated: Callable[[Context], Any]) -> Callable[[Context], Any]:
            self._add(Handler(self, address, decorated, decorated))
            return decorated

        return register

    def map(
        self, address: str | int, function: Callable[..., Any], *fixed: Any, needs_reply_address: bool = False
    ) -> Handler:
        """Register a function in one of python-osc's four shapes.

        It is called as `function([peer,] address, [fixed arguments as one list,] *arguments)`.
        """
        key = (function, fixed, needs_reply_address)
        return self._add(Handler(self, address, function, _shaped(function, fixed, needs_reply_address), key))

    def unmap(
        self, address: str | int, function: Callable[..., Any] | Handler, *fixed: Any, needs_reply_address: bool = False
    ) -> None:
        """Take back what `map` registered with the same words. Raises ValueError if there is no such handler."""
        key = (function, fixed, needs_reply_address)
        for handler in self.handlers():
            if handler.pattern == address and (handler is function or handler.key == key):
                self.remove(handler)
                return
        raise ValueError(f"{function!r:.80} is not registered for {address!r:.80}")

    def set_default_handler(self, function: Callable[..., Any] | None, needs_reply_address: bool = False) -> None:
        """Set what runs, in the shapes of `map`, when no handler was found; None for nothing."""
        self._default = None
        if function is not None:
            self._default = Handler(self, "", function, _shaped(function, (), needs_reply_address))
        self._forget_found()

    def otherwise(self, function: Callable[[Context], Any]) -> Callable[[Context], Any]:
        """Set what runs, with a Context, when no handler was found; usable as a decorator."""
        self._default = Handler(self, "", function, function)
        self._forget_found()
        return function

    @property
    def has_handlers(self) -> bool:
        """Tell whether any message runs anything."""
        return bool(self._default or self._globs or self._others or len(self.space))

    def handlers(self) -> tuple[Handler, ...]:
        """Return all registered handlers but the default one, in the order in which they run."""
        found = [handler for node in self.space.walk() for handler in node.value or ()]
        found += (handler for _, handler in self._globs)
        found += (handler for others in self._others.values() for handler in others)
        return tuple(sorted(found, key=_number_of))

    def remove(self, handler: Handler) -> None:
        """Take back a handler; one that is not registered any more is no error."""
        self._forget_found()
        if handler is self._default:
            self._default = None
        self._globs = [entry for entry in self._globs if entry[1] is not handler]
        others = self._others.get(handler.pattern)
        if others is not None and handler in others:
            others.remove(handler)
            if not others:
                del self._others[handler.pattern]
        elif isinstance(handler.pattern, str) and handler.pattern.startswith("/"):
            self._remove_from_space(handler)

    def handlers_for(self, address: str | int) -> tuple[Handler, ...]:
        """Return the handlers a message with this address or address pattern runs, in their order."""
        found = self._found.get(address)
        if found is None:
            found = self._find(address)
            if isinstance(address, int) or len(address) <= _FOUND_SIZE_LIMIT:
                self._remember(address, found)
        return found

    def _remember(self, address: str | int, found: tuple[Handler, ...]) -> None:
        # A pattern can reach thousands of handlers, and patterns come from the network without end.
        self._found_handlers += len(found)
        if len(self._found) >= _FOUND_LIMIT or self._found_handlers > _FOUND_HANDLERS_LIMIT:
            self._forget_found()
        self._found[address] = found

    def _forget_found(self) -> None:
        self._found.clear()
        self._found_handlers = 0

    def _find(self, address: str | int) -> tuple[Handler, ...]:
        found = list(self._others.get(address, ()))
        if isinstance(address, str) and address.startswith("/"):
            if has_wildcards(address):
                pattern = pattern_of(address)
                for node in self.space.match(pattern):
                    found += node.value or ()
                for other, handlers in self._others.items():
                    found += handlers if other != address and pattern.matches(str(other)) else ()
            else:
                node_found = self.space.find(address)
                found += (node_found.value if node_found is not None else None) or ()
        if isinstance(address, str):
            found += [handler for glob, handler in self._globs if glob.matches(address)]
        if not found and self._default is not None:
            return (self._default,)
        return tuple(sorted(found, key=_number_of))

    def _add(self, handler: Handler) -> Handler:
        pattern = handler.pattern
        if isinstance(pattern, str) and has_wildcards(pattern):
            glob = AddressGlob(pattern)
            if glob.fault:
                raise ValueError(f"{pattern!r:.80} can match no address: {glob.fault}")
            self._globs.append((glob, handler))
        else:
            self._add_literal(pattern, handler)
        self._count += 1
        handler.number = self._count
        self._forget_found()
        return handler

    def _add_literal(self, address: str | int, handler: Handler) -> None:
        # Raises OscEncodeError, which is a ValueError, for what no message can have as its address.
        OscMessage(address)
        try:
            node = None if address == "/" else self.space.create(str(address))
        except ValueError:
            node = None
        if node is None:
            self._others.setdefault(address, []).append(handler)
        else:
            node.value = [*(node.value or ()), handler]

    def _remove_from_space(self, handler: Handler) -> None:
        node = self.space.find(str(handler.pattern))
        if node is None or handler not in (node.value or ()):
            return
        node.value = [other for other in node.value or () if other is not handler] or None
        # Containers without methods below them are not left behind.
        while node.parent is not None and node.value is None and not node.children:
            parent = node.parent
            self.space.remove(node.address)
            node = parent


def _number_of(handler: Handler) -> int:
    return handler.number


def _shaped(
    function: Callable[..., Any], fixed: tuple[Any, ...], needs_reply_address: bool
) -> Callable[[Context], Any]:
    """Return a call with a Context for a function in one of python-osc's shapes."""
    between = ([*fixed],) if fixed else ()

    def call_with_peer(context: Context) -> Any:
        return function(context.peer, context.address, *between, *context.arguments)

    def call(context: Context) -> Any:
        address, _, arguments, _ = context.message
        return function(address, *between, *arguments)

    return call_with_peer if needs_reply_address else call


class Outcome(NamedTuple):
    """What became of a handler that is not simply done: it goes on (awaitable), or it failed (error)."""

    handler: Handler
    context: Context
    awaitable: Awaitable[Any] | None = None
    error: BaseException | None = None


def invoke(handler: Handler, context: Context) -> Outcome | None:
    """Run a handler and send its replies; None if that is done. Whatever it raises is in the outcome."""
    # A handler is the user's code, so this is one of the places where every exception is caught: also its wish to end
    # the program, which must not depend on what arrives, and a cancellation, which would end the connection.
    try:
        result = handler.call(context)
        # Most handlers give nothing back, and asking what it is takes a third of the whole call.
        if result is None:
            return None
        if inspect.isawaitable(result):
            return Outcome(handler, context, result)
        context.reply(result)
    except (Exception, SystemExit, CancelledError) as error:
        return Outcome(handler, context, None, error)
    return None


async def complete(outcome: Outcome) -> Outcome | None:
    """Wait for a handler that goes on and send its replies. Whatever it raises is in the outcome.

    A CancelledError goes through: whose wish it was is known only where the task is, see `net.runners.finish`.
    """
    handler, context, awaitable, _ = outcome
    if awaitable is None:
        return outcome
    try:
        context.reply(await awaitable)
    except (Exception, SystemExit) as error:
        return Outcome(handler, context, None, error)
    return None
