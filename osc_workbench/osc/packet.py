"""OSC packets as immutable values: messages and bundles.

Both are tuples underneath, because a decoder makes millions of them: a frozen dataclass costs four times as much to
build. Their constructors check what they are given; the decoder, which has checked already, goes round them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

from osc_workbench.osc.arguments import ARGUMENT_TYPES, NESTING_LIMIT, check_brackets, infer_type_tags
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.timetag import TimeTag

# scsynth takes four bytes that start with NUL as the number of a command; version 3.13 has 67 of them.
INTEGER_ADDRESS_LIMIT = 256
_BYTES = (bytes, bytearray, memoryview)


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
        if isinstance(arguments, str | bytes) or not isinstance(arguments, Iterable):
            raise OscEncodeError(f"arguments are a list or tuple, not {arguments!r:.80}")
        if not isinstance(excess, _BYTES):
            raise OscEncodeError(f"excess bytes are bytes, not {excess!r:.80}")
        arguments = _freeze_all(arguments, 0)
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
        if not isinstance(time_tag, TimeTag):
            raise OscEncodeError(f"the time of a bundle is a TimeTag, not {time_tag!r:.80}")
        if isinstance(elements, OscMessage | OscBundle) or not isinstance(elements, Iterable):
            raise OscEncodeError(f"the elements of a bundle are a list or tuple, not {elements!r:.80}")
        elements = tuple(elements)
        for element in elements:
            if not isinstance(element, OscMessage | OscBundle):
                raise OscEncodeError(f"a bundle holds messages and bundles, not {element!r:.80}")
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


def _freeze_all(values: Iterable[Any], depth: int) -> tuple[Any, ...]:
    if depth > NESTING_LIMIT:
        raise OscEncodeError(f"arrays are nested deeper than the limit of {NESTING_LIMIT}")
    return tuple(_freeze(value, depth) for value in values)


def _freeze(value: Any, depth: int) -> Any:
    # Rgba and MidiMessage are tuples too, but values, not arrays.
    if type(value) in (list, tuple):
        return _freeze_all(value, depth + 1)
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def _check_address(address: str | int) -> None:
    if isinstance(address, int) and not isinstance(address, bool):
        if not 0 <= address < INTEGER_ADDRESS_LIMIT:
            raise OscEncodeError(f"an integer address is 0 to {INTEGER_ADDRESS_LIMIT - 1}, not {address:#x}")
    elif not isinstance(address, str) or not address or "\0" in address:
        raise OscEncodeError(f"{address!r:.80} is no address, which is text without NUL or the number of a command")
    elif address[0] in "#,":
        # On the wire these would be taken for a bundle or for type tags.
        raise OscEncodeError(f"{address!r:.80} is no address: it starts with {address[0]!r}")


def _check_type_tags(type_tags: Any, arguments: tuple[Any, ...]) -> None:
    # Surrogates stand for the bytes above 127 that a malformed packet can bring.
    if not isinstance(type_tags, str) or not all(
        "\0" < tag < "\x80" or "\udc80" <= tag <= "\udcff" for tag in type_tags
    ):
        raise OscEncodeError(f"type tags are ASCII characters, not {type_tags!r:.80}")
    if check_brackets(type_tags) is not None:
        raise OscEncodeError(f"the array brackets in the type tags {type_tags!r:.80} do not match or nest too deep")
    used, complete = _match(type_tags, 0, arguments)
    assert used == len(type_tags) or not complete


def _match(type_tags: str, index: int, values: tuple[Any, ...]) -> tuple[int, bool]:
    """Return the index after the tags that `values` fill, and False if an unknown tag ended the match."""
    count = 0
    while index < len(type_tags) and type_tags[index] != "]":
        tag = type_tags[index]
        row = ARGUMENT_TYPES.get(tag)
        if row is None:
            if count == len(values):
                return index, False
            raise OscEncodeError(f"no argument can follow the unknown type tag {tag!r}")
        if count == len(values):
            raise OscEncodeError(f"type tags {type_tags!r:.80} name more arguments than there are")
        index += 1
        if tag == "[":
            if type(values[count]) is not tuple:
                raise OscEncodeError(f"argument {count + 1} must be a list or tuple, not {values[count]!r:.80}")
            index, complete = _match(type_tags, index, values[count])
            if not complete:
                if count + 1 != len(values):
                    raise OscEncodeError("no argument can follow an unknown type tag")
                return index, False
            index += 1
        elif not row.takes(values[count]):
            reason = f"argument {count + 1} of type {row.label} must be {row.expected}, not {values[count]!r:.80}"
            raise OscEncodeError(reason)
        count += 1
    if count != len(values):
        raise OscEncodeError(f"type tags {type_tags!r:.80} name fewer arguments than there are")
    return index, True
