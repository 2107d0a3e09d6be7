"""Packets as JSON values, the form that programs read and write.

A message is {"address": "/a", "tags": "if", "args": [1, 2.0]}, a bundle {"time": "0x...", "elements": [...]}. Floats
that JSON cannot hold are "nan", "inf", "-inf"; a blob is {"blob": hex}, a time tag {"time": "0x..."}, a colour
{"rgba": hex}, MIDI {"midi": hex}, a character {"char": number}, infinitum {"infinitum": true}. Without type tags "tags"
is null and "raw" holds what follows the address; "excess" holds bytes after the last argument.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

from osc_workbench.osc.arguments import INFINITUM, NESTING_LIMIT, MidiMessage, Rgba, infer_type_tags
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.packet import OscBundle, OscMessage, OscPacket
from osc_workbench.osc.timetag import TimeTag

_FLOAT_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def packet_to_json(packet: OscPacket) -> dict[str, Any]:
    """Return a value that `json.dumps` takes as it is."""
    if isinstance(packet, OscBundle):
        return {"time": str(packet.time_tag), "elements": [packet_to_json(element) for element in packet.elements]}
    if packet.type_tags is None:
        return {"address": packet.address, "tags": None, "args": [], "raw": packet.excess.hex()}
    values = {
        "address": packet.address,
        "tags": packet.type_tags,
        "args": _arguments_to_json(iter(packet.type_tags), packet.arguments),
    }
    if packet.excess:
        values["excess"] = packet.excess.hex()
    return values


def _arguments_to_json(tags: Any, values: tuple[Any, ...]) -> list[Any]:
    result: list[Any] = []
    for value in values:
        tag = next(tags)
        if tag == "[":
            result.append(_arguments_to_json(tags, value))
            # The closing bracket is taken by the array, unless an unknown tag ended everything.
            next(tags, None)
        else:
            convert = _TO_JSON.get(tag)
            result.append(convert(value) if convert else value)
    return result


def _float_to_json(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


_TO_JSON: dict[str, Callable[[Any], Any]] = {
    "f": _float_to_json,
    "d": _float_to_json,
    "b": lambda value: {"blob": bytes(value).hex()},
    "t": lambda value: {"time": str(value)},
    "r": lambda value: {"rgba": bytes(value).hex()},
    "m": lambda value: {"midi": bytes(value).hex()},
    "c": lambda value: {"char": ord(value) if isinstance(value, str) else value},
    "I": lambda _: {"infinitum": True},
}


def packet_from_json(value: Any, depth: int = 0) -> OscPacket:
    """Return the packet a JSON value stands for; without "tags" they are inferred from the arguments.

    Raises OscEncodeError, which says what is wrong.
    """
    if not isinstance(value, dict):
        raise OscEncodeError(f"a packet is a JSON object, not {value!r:.80}")
    if depth > NESTING_LIMIT:
        raise OscEncodeError(f"bundles are nested deeper than the limit of {NESTING_LIMIT}")
    if "elements" in value:
        elements = value["elements"]
        if not isinstance(elements, list):
            raise OscEncodeError(f'"elements" is a list, not {elements!r:.80}')
        time_tag = _time_from_json(value.get("time", "0x1"))
        return OscBundle(time_tag, [packet_from_json(element, depth + 1) for element in elements])
    address = value.get("address")
    if not isinstance(address, str | int) or isinstance(address, bool):
        raise OscEncodeError(f'"address" is text or a number, not {address!r:.80}')
    arguments = value.get("args", [])
    if not isinstance(arguments, list):
        raise OscEncodeError(f'"args" is a list, not {arguments!r:.80}')
    if "tags" in value and value["tags"] is None:
        return OscMessage(address, None, arguments, _bytes_from_json(value.get("raw", "")))
    excess = _bytes_from_json(value.get("excess", ""))
    plain = [_argument_from_json(argument, 0) for argument in arguments]
    tags = value.get("tags")
    if tags is None:
        tags = infer_type_tags(plain)
    if not isinstance(tags, str):
        raise OscEncodeError(f'"tags" is text or null, not {tags!r:.80}')
    return OscMessage(address, tags, _typed(iter(tags), plain), excess)


def _typed(tags: Any, values: list[Any]) -> list[Any]:
    """Return the values with those words that mean floats where the tag says float."""
    result: list[Any] = []
    for value in values:
        tag = next(tags, "")
        if tag == "[" and isinstance(value, list):
            result.append(_typed(tags, value))
            next(tags, None)
        elif tag in ("f", "d") and isinstance(value, str) and value in _FLOAT_WORDS:
            result.append(_FLOAT_WORDS[value])
        elif tag == "f" and isinstance(value, int | float):
            result.append(_as_float32(value))
        else:
            result.append(value)
    return result


def _as_float32(value: float) -> float:
    try:
        rounded: float = struct.unpack(">f", struct.pack(">f", value))[0]
    except (OverflowError, struct.error):
        raise OscEncodeError(f"{value!r:.80} is out of the range of float32") from None
    return rounded


def _argument_from_json(value: Any, depth: int) -> Any:
    if depth > NESTING_LIMIT:
        raise OscEncodeError(f"arrays are nested deeper than the limit of {NESTING_LIMIT}")
    if isinstance(value, list):
        return [_argument_from_json(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, content),) = value.items()
        if kind in _FROM_JSON:
            return _FROM_JSON[kind](content)
    raise OscEncodeError(f"{value!r:.80} is no argument; objects are one of {', '.join(sorted(_FROM_JSON))}")


def _bytes_from_json(content: Any) -> bytes:
    try:
        return bytes.fromhex(content)
    except (ValueError, TypeError):
        raise OscEncodeError(f"{content!r:.80} is not bytes in hex") from None


def _four_from_json(content: Any) -> bytes:
    raw = _bytes_from_json(content)
    if len(raw) != 4:
        raise OscEncodeError(f"{content!r:.80} is not four bytes in hex")
    return raw


def _time_from_json(content: Any) -> TimeTag:
    try:
        return TimeTag(int(content, 16))
    except (ValueError, TypeError):
        raise OscEncodeError(f"{content!r:.80} is no time tag; it is 0x and 16 hex digits") from None


def _character_from_json(content: Any) -> int:
    if not isinstance(content, int) or isinstance(content, bool):
        raise OscEncodeError(f"{content!r:.80} is no number of a character")
    return content


_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "blob": _bytes_from_json,
    "time": _time_from_json,
    "rgba": lambda content: Rgba(*_four_from_json(content)),
    "midi": lambda content: MidiMessage(*_four_from_json(content)),
    "char": _character_from_json,
    "infinitum": lambda _: INFINITUM,
}
