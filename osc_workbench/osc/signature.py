"""What a type tag string compiles to: functions that read, measure and write its arguments.

Strategy. Traffic repeats a few type tag strings millions of times, so the tags are looked at once for each string and
the outcome is kept. Plain fixed-size tags become one `struct.Struct`. A short string with texts, blobs, arrays or
special values becomes generated functions. A long one, such as a reply with a whole node tree, goes through a loop over
*runs*: fixed-size bytes and then a text or blob. All of them trust the bytes and raise one of MISFIT when these turn
out not to fit; the caller then asks `dissection`, which is slow and exact, what is wrong.
"""

import re
import struct
import sys
from array import array
from collections.abc import Callable
from typing import Any

from osc_workbench.osc.arguments import ARGUMENT_TYPES, Layout, check_brackets
from osc_workbench.osc.generated import Measurer, Packer, Reader, generate, pack_blob, pack_string, struct_codes

# What the functions of a signature raise for bytes or values that do not fit.
MISFIT = (ValueError, IndexError, TypeError, OverflowError, AttributeError, struct.error)

# Generating code takes about 0.2 ms and grows with the tags, so both the length and the number are limited: a sender of
# ever new type tags must not keep us compiling. What is kept is limited in number, in tags altogether (the steps of a
# long string take some 100 bytes a tag) and in positions, so that it stays below 40 MiB.
KEPT_SIGNATURES = 2048
_GENERATED_TAGS_LIMIT = 32
_GENERATED_LIMIT = 256
_ARRAY_READER_TAGS = 32
_KEPT_TAGS = 131_072
_KEPT_TAGS_LENGTH = 16_384
_KEPT_POSITIONS = 64
_KEPT_TEXTS = 8192
_KEPT_TEXT_SIZE = 64

_unpack_size = struct.Struct(">I").unpack_from


class Signature:
    """The compiled form of one type tag string.

    fixed_size: bytes of the arguments, -1 where texts or blobs make it vary.
    reader(position): a function of a whole message that returns the arguments which start at `position`
        (a multiple of four) and end where the message ends; `readers` holds the latest.
    measurer(position): the same, but returns only where the arguments end.
    pack(arguments): their bytes.
    """

    __slots__ = ("_make_measurer", "_make_reader", "_measurers", "fixed_size", "pack", "readers", "type_tags")

    def __init__(self, type_tags: str, may_generate: bool) -> None:
        self.type_tags = type_tags
        self.readers: dict[int, Reader] = {}
        self._measurers: dict[int, Measurer] = {}
        kinds = {ARGUMENT_TYPES[tag] for tag in type_tags}
        layouts = {row.layout for row in kinds}
        has_converters = any(row.from_wire or row.to_wire for row in kinds)
        varies = Layout.STRING in layouts or Layout.BLOB in layouts
        self.fixed_size = -1 if varies else sum(row.size * type_tags.count(row.tag) for row in kinds)
        self._make_reader: Callable[[int], Reader]
        self._make_measurer: Callable[[int], Measurer]
        self.pack: Packer
        if layouts <= {Layout.FIXED} and not has_converters:
            codes = struct_codes(ARGUMENT_TYPES[tag] for tag in type_tags)
            is_uniform = len(kinds) == 1 and len(type_tags) >= _ARRAY_READER_TAGS
            self._make_reader = (_array_reader if is_uniform else _struct_reader)(codes, len(type_tags))
            self._make_measurer = _fixed_measurer(self.fixed_size)
            self.pack = _struct_packer(codes)
        elif may_generate:
            self._make_reader, self._make_measurer, self.pack = generate([ARGUMENT_TYPES[tag] for tag in type_tags])
        else:
            runs = _runs(type_tags)
            is_plain = layouts <= {Layout.FIXED, Layout.STRING, Layout.BLOB} and not has_converters
            self._make_reader = _runs_reader(runs) if is_plain else _refuse
            self._make_measurer = _runs_measurer(runs)
            self.pack = _runs_packer(runs) if is_plain else _refuse

    def reader(self, position: int) -> Reader:
        reader = self.readers.get(position)
        if reader is None:
            if len(self.readers) >= _KEPT_POSITIONS:
                self.readers.clear()
            reader = self.readers[position] = self._make_reader(position)
        return reader

    def measurer(self, position: int) -> Measurer:
        measurer = self._measurers.get(position)
        if measurer is None:
            if len(self._measurers) >= _KEPT_POSITIONS:
                self._measurers.clear()
            measurer = self._measurers[position] = self._make_measurer(position)
        return measurer


_signatures: dict[str, Signature] = {}
# What other modules remember together with a signature; it is forgotten with ours, or the bounds would not hold.
tables_of_signatures: list[dict[Any, Any]] = []
_kept_tags = 0
_generated = 0


def signature_of(type_tags: str) -> Signature:
    """Return the signature of these type tags (without the comma).

    Raises ValueError for unknown tags and for brackets that do not match.
    """
    signature = _signatures.get(type_tags)
    return _new_signature(type_tags) if signature is None else signature


def _new_signature(type_tags: str) -> Signature:
    global _generated, _kept_tags
    if not ARGUMENT_TYPES.keys() >= set(type_tags) or check_brackets(type_tags) is not None:
        raise ValueError("no signature for these type tags")
    may_generate = len(type_tags) <= _GENERATED_TAGS_LIMIT and _generated < _GENERATED_LIMIT
    signature = Signature(type_tags, may_generate)
    _generated += may_generate
    if len(type_tags) <= _KEPT_TAGS_LENGTH:
        _kept_tags += len(type_tags)
        if len(_signatures) >= KEPT_SIGNATURES or _kept_tags > _KEPT_TAGS:
            forget_signatures()
            _kept_tags = len(type_tags)
        _signatures[type_tags] = signature
    return signature


def forget_signatures() -> None:
    """Forget everything; the honest senders of a rig then have code generated for them again."""
    global _generated, _kept_tags
    _signatures.clear()
    for table in tables_of_signatures:
        table.clear()
    _generated = _kept_tags = 0


def _refuse(_: Any) -> Any:
    raise ValueError("left to the dissection")


# Plain fixed-size tags.


def _struct_reader(codes: str, _: int) -> Callable[[int], Reader]:
    return lambda position: struct.Struct(f">{position}x{codes}").unpack


def _array_reader(codes: str, count: int) -> Callable[[int], Reader]:
    """Read many numbers of one type: an array swaps all bytes at once, which makes 64 floats a third faster."""
    code = codes[-1]

    def make(position: int) -> Reader:
        def read(data: bytes) -> tuple[Any, ...]:
            values = array(code, data[position:])
            if len(values) != count:
                raise ValueError
            if sys.byteorder == "little":
                values.byteswap()
            return tuple(values)

        return read

    return make


def _fixed_measurer(size: int) -> Callable[[int], Measurer]:
    def make(position: int) -> Measurer:
        end = position + size
        return lambda data: end

    return make


def _struct_packer(codes: str) -> Packer:
    pack = struct.Struct(">" + codes).pack
    return lambda arguments: pack(*arguments)


# Long type tag strings: a loop over runs.

# The struct codes of fixed-size arguments, their number and bytes, the text or blob that follows them.
_Run = tuple[str, int, int, Layout | None]
_VARYING = "".join(row.tag for row in ARGUMENT_TYPES.values() if row.layout in (Layout.STRING, Layout.BLOB))
_FIND_RUNS = re.compile(f"[^{_VARYING}]*[{_VARYING}]|[^{_VARYING}]+").findall


def _runs(type_tags: str) -> list[_Run]:
    tags_of_runs = _FIND_RUNS(type_tags)
    # Long replies repeat a few runs, so each is looked at once; the list then holds the same tuples again and again.
    runs = {tags: _run(tags) for tags in set(tags_of_runs)}
    return [runs[tags] for tags in tags_of_runs]


def _run(tags: str) -> _Run:
    rows = [ARGUMENT_TYPES[tag] for tag in tags]
    fixed = [row for row in rows if row.layout is Layout.FIXED]
    last = rows[-1].layout
    return struct_codes(fixed), len(fixed), sum(row.size for row in fixed), last if tags[-1] in _VARYING else None


def _structs(runs: list[_Run]) -> dict[str, struct.Struct]:
    return {codes: struct.Struct(">" + codes) for codes in {codes for codes, *_ in runs}}


# A text on the wire that was seen before is not decoded again: replies repeat names thousands of times.
_texts: dict[bytes, str] = {}


def _new_text(raw: bytes) -> str:
    text = raw.decode()
    if len(raw) <= _KEPT_TEXT_SIZE:
        if len(_texts) >= _KEPT_TEXTS:
            _texts.clear()
        _texts[raw] = text
    return text


def _runs_reader(runs: list[_Run]) -> Callable[[int], Reader]:
    structs = _structs(runs)
    steps = [(structs[codes].unpack_from, size, layout) for codes, _, size, layout in runs]
    texts = _texts

    def make(start: int) -> Reader:
        def read(data: bytes) -> tuple[Any, ...]:
            values: list[Any] = []
            position = start
            for unpack, size, layout in steps:
                if size:
                    values += unpack(data, position)
                    position += size
                if layout is Layout.STRING:
                    end = data.index(0, position)
                    raw = data[position:end]
                    text = texts.get(raw)
                    values.append(_new_text(raw) if text is None else text)
                    position = (end | 3) + 1
                elif layout is Layout.BLOB:
                    (length,) = _unpack_size(data, position)
                    position += 4
                    values.append(data[position : position + length])
                    position += length + 3 & -4
            if position != len(data):
                raise ValueError
            return tuple(values)

        return read

    return make


def _runs_measurer(runs: list[_Run]) -> Callable[[int], Measurer]:
    tail = sum(size for _, _, size, layout in runs if layout is None)
    sizes = [size for _, _, size, layout in runs if layout is not None]
    steps = [(size, layout is Layout.BLOB) for _, _, size, layout in runs if layout is not None]
    strings_only = not any(is_blob for _, is_blob in steps)

    def make(start: int) -> Measurer:
        def measure_strings(data: bytes) -> int:
            position = start
            index = data.index
            for size in sizes:
                position = (index(0, position + size) | 3) + 1
            return position + tail

        def measure(data: bytes) -> int:
            position = start
            for size, is_blob in steps:
                position += size
                if is_blob:
                    (length,) = _unpack_size(data, position)
                    position += length + 7 & -4
                else:
                    position = (data.index(0, position) | 3) + 1
            return position + tail

        return measure_strings if strings_only else measure

    return make


def _runs_packer(runs: list[_Run]) -> Packer:
    structs = _structs(runs)
    steps = [(structs[codes].pack, count, layout) for codes, count, _, layout in runs]

    def pack_runs(arguments: tuple[Any, ...]) -> bytes:
        parts: list[bytes] = []
        index = 0
        for pack, count, layout in steps:
            if count:
                parts.append(pack(*arguments[index : index + count]))
                index += count
            if layout is Layout.STRING:
                parts.append(pack_string(arguments[index]))
                index += 1
            elif layout is Layout.BLOB:
                parts.append(pack_blob(arguments[index]))
                index += 1
        if index != len(arguments):
            raise ValueError
        return b"".join(parts)

    return pack_runs
