"""OSC packets as immutable values: messages and bundles.

Both are tuples underneath, because a decoder makes millions of them: a frozen dataclass costs four times as much to
build. Their constructors check what they are given; the decoder, which has checked already, goes round them.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from osc_workbench.osc.arguments import ARGUMENT_TYPES, check_brackets, infer_type_tags
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.timetag import TimeTag

# scsynth takes four bytes that start with NUL as the number of a command; version 3.13 has 67 of them.
INTEGER_ADDRESS_LIMIT = 256


class _MessageFields(NamedTuple):
    address: str | int
    type_tags: str | None
    arguments: tuple[Any, ...] = ()
    excess: bytes = b""


class OscMessage(_MessageFields):
    """A message: where to, of which types, with which values.

    address: text, usually with a leading slash; an int is a command number of scsynth.
    type_tags: without the comma ("fis"); None when the packet had no type tag string.
    arguments: one value a tag, arrays as nested tuples; after an unknown tag there are none.
    excess: bytes after the last argument that could be decoded; usually empty.
    Raises OscEncodeError where these do not fit together.
    """

    __slots__ = ()

    def __new__(cls, address: str | int, type_tags: str | None = "", arguments: Any = (), excess: bytes = b"") -> Self:
        arguments = tuple(_freeze(value) for value in arguments)
        _check_address(address)
        if type_tags is None:
            if arguments:
                raise OscEncodeError("a message without type tags cannot have arguments")
        else:
            _check_type_tags(type_tags, arguments)
        return super().__new__(cls, address, type_tags, arguments, bytes(excess))

    def __reduce__(self) -> tuple[Any, ...]:
        return OscMessage, tuple(self)

    @classmethod
    def of(cls, address: str | int, *arguments: Any) -> Self:
        """Return a message whose type tags are inferred from the Python types, see `infer_type_tags`."""
        return cls(address, infer_type_tags(arguments), arguments)


class _BundleFields(NamedTuple):
    time_tag: TimeTag
    elements: tuple["OscMessage | OscBundle", ...] = ()


class OscBundle(_BundleFields):
    """Messages and bundles that take effect together at one time."""

    __slots__ = ()

    def __new__(cls, time_tag: TimeTag, elements: Any = ()) -> Self:
        elements = tuple(elements)
        for element in elements:
            if not isinstance(element, OscMessage | OscBundle):
                raise OscEncodeError(f"a bundle holds messages and bundles, not {element!r}")
        return super().__new__(cls, time_tag, elements)

    def __reduce__(self) -> tuple[Any, ...]:
        return OscBundle, tuple(self)


OscPacket = OscMessage | OscBundle


def walk(packet: OscPacket, time_tag: TimeTag = TimeTag.IMMEDIATELY) -> Iterator[tuple[OscMessage, TimeTag]]:
    """Yield every message in order, each with the time tag of the bundle that holds it."""
    if isinstance(packet, OscMessage):
        yield packet, time_tag
        return
    for element in packet.elements:
        yield from walk(element, packet.time_tag)


def _freeze(value: Any) -> Any:
    return tuple(_freeze(item) for item in value) if type(value) in (list, tuple) else value


def _check_address(address: str | int) -> None:
    if isinstance(address, int):
        if not 0 <= address < INTEGER_ADDRESS_LIMIT:
            raise OscEncodeError(f"an integer address is 0 to {INTEGER_ADDRESS_LIMIT - 1}, not {address}")
    elif not address or "\0" in address:
        raise OscEncodeError(f"{address!r} is no address: it is empty or contains NUL")


def _check_type_tags(type_tags: str, arguments: tuple[Any, ...]) -> None:
    if "\0" in type_tags or not type_tags.isascii():
        raise OscEncodeError(f"type tags are ASCII characters, not {type_tags!r}")
    if check_brackets(type_tags) is not None:
        raise OscEncodeError(f"the array brackets in the type tags {type_tags!r} do not match")
    used, complete = _match(type_tags, 0, arguments)
    if complete and used != len(type_tags):
        raise OscEncodeError(f"type tags {type_tags!r} do not fit the arguments {arguments!r}")


def _match(type_tags: str, index: int, values: tuple[Any, ...]) -> tuple[int, bool]:
    """Return the index after the tags that `values` fill, and False if an unknown tag ended the match."""
    count = 0
    while index < len(type_tags) and type_tags[index] != "]":
        tag = type_tags[index]
        if tag not in ARGUMENT_TYPES:
            if count == len(values):
                return index, False
            raise OscEncodeError(f"no argument can follow the unknown type tag {tag!r}")
        if count == len(values):
            raise OscEncodeError(f"type tags {type_tags!r} name more arguments than there are")
        index += 1
        if tag == "[":
            if not isinstance(values[count], tuple):
                raise OscEncodeError(f"argument {count} must be a list or tuple, not {values[count]!r}")
            index, complete = _match(type_tags, index, values[count])
            if not complete:
                return index, False
            index += 1
        count += 1
    if count != len(values):
        raise OscEncodeError(f"type tags {type_tags!r} name fewer arguments than there are")
    return index, True
