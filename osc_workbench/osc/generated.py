"""Functions generated for one short type tag string: straight-line code instead of a loop over tags.

For `,ifsb` the reader unpacks the int and the float with one `Struct`, finds the end of the text, and so on, without a
branch; that is twice as fast as the loop in `signature`. The source is made from the table of argument types only,
never from bytes of a packet.
"""

import struct
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from osc_workbench.osc.arguments import INFINITUM, ArgumentType, Layout

Reader = Callable[[bytes], tuple[Any, ...]]
Measurer = Callable[[bytes], int]
Packer = Callable[[tuple[Any, ...]], bytes]

_STRING_PADDING = (b"\0\0\0\0", b"\0\0\0", b"\0\0", b"\0")
_BLOB_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")
_pack_size = struct.Struct(">I").pack

_FUNCTIONS = """
def make_reader(start):
    {constants}
    {structs}
    def read(data, {bound}):
        {read}
        if {end} != len(data):
            raise ValueError
        return {values}
    return read

def make_measurer(start):
    {constants}
    def measure(data):
        {measure}
        return {end}
    return measure

def pack(arguments):
    {targets} = arguments
    {prepare}
    return {pack}
"""


def pack_string(text: str) -> bytes:
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        # Bytes that were no UTF-8 when they came in go out as they were.
        raw = text.encode("utf-8", "surrogateescape")
    if 0 in raw:
        raise ValueError("a string cannot contain NUL")
    return raw + _STRING_PADDING[len(raw) & 3]


def pack_blob(blob: bytes) -> bytes:
    return _pack_size(len(blob)) + blob + _BLOB_PADDING[len(blob) & 3]


def struct_codes(rows: Iterable[ArgumentType]) -> str:
    """Return the codes of fixed-size arguments; `struct` is twice as fast on "64f" as on sixty-four "f"."""
    return _counted(row.struct_code for row in rows)


def _counted(codes: Iterable[str]) -> str:
    runs = ((code, len(list(group))) for code, group in groupby(codes))
    return "".join(f"{count}{code}" if count > 1 else code for code, count in runs)


def generate(rows: list[ArgumentType]) -> tuple[Callable[[int], Reader], Callable[[int], Measurer], Packer]:
    """Return (make_reader, make_measurer, pack) for these argument types, see `signature.Signature`."""
    source = _Source()
    for index, row in enumerate(rows):
        source.add(index, row)
    source.close_run()
    exec(compile(source.text(), "<type tags>", "exec"), source.names)
    return source.names["make_reader"], source.names["make_measurer"], source.names["pack"]


class _Source:
    """The source of the three functions while it grows.

    The position is kept as a base, which is `start` or the variable p behind the last text or blob, and a number of
    bytes after it; the sum becomes an expression only where it is needed. Argument number N is aN, its bytes are bN.
    """

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "INFINITUM": INFINITUM,
            "Struct": struct.Struct,
            "blob_padding": _BLOB_PADDING,
            "string_padding": _STRING_PADDING,
            "unpack_size": struct.Struct(">I").unpack_from,
        }
        self._run: list[tuple[str, str, str]] = []
        self._base, self._after = "start", 0
        self._constants: list[str] = []
        self._structs: list[str] = []
        self._read: list[str] = []
        self._measure: list[str] = []
        self._prepare: list[str] = []
        self._pack: list[str] = []
        # What the reader needs becomes defaults of its parameters, because locals are found fastest; that is 3 %.
        self._bound: list[str] = []
        self._values = self._targets = ""

    def text(self) -> str:
        end = self._position()
        # One join of six parts takes two thirds of the time of five additions.
        pack = f"b''.join(({', '.join(self._pack)}))" if len(self._pack) > 2 else " + ".join(self._pack)
        return _FUNCTIONS.format(
            constants="\n    ".join(self._constants) or "pass",
            bound=", ".join(f"{name}={name}" for name in self._bound),
            structs="\n    ".join(self._structs) or "pass",
            read="\n        ".join(self._read) or "pass",
            measure="\n        ".join(self._measure) or "pass",
            prepare="\n    ".join(self._prepare) or "pass",
            pack=pack or "b''",
            end=end,
            values=f"({self._values})",
            targets=f"({self._targets})",
        )

    def add(self, index: int, row: ArgumentType) -> None:
        name = f"a{index}"
        if row.layout is Layout.ARRAY:
            bracket = "(" if row.tag == "[" else "), "
            self._values += bracket
            self._targets += bracket
            return
        self._targets += f"{name}, "
        if row.layout is Layout.CONSTANT:
            self._values += "INFINITUM, " if row.constant is INFINITUM else f"{row.constant!r}, "
            return
        self._values += f"w{index}({name}), " if row.from_wire else f"{name}, "
        if row.layout is Layout.FIXED:
            self.names |= {f"w{index}": row.from_wire, f"x{index}": row.to_wire}
            self._run.append((row.struct_code, name, f"x{index}({name})" if row.to_wire else name))
        elif row.layout is Layout.STRING:
            self._add_string(index)
        else:
            self._add_blob(index)

    def close_run(self) -> None:
        if not self._run:
            return
        codes = _counted(code for code, _, _ in self._run)
        number = len(self._read)
        self._bound.append(f"u{number}")
        packer = struct.Struct(">" + codes)
        names = ", ".join(name for _, name, _ in self._run)
        if self._base == "start":
            # A Struct that skips the header itself needs no offset; that makes it a tenth faster.
            self._structs.append(f"u{number} = Struct(f'>{{start + {self._after}}}x{codes}').unpack_from")
            self._read.append(f"{names}, = u{number}(data)")
        else:
            self.names[f"u{number}"] = packer.unpack_from
            self._read.append(f"{names}, = u{number}(data, {self._position()})")
        self.names[f"s{number}"] = packer.pack
        self._pack.append(f"s{number}({', '.join(wire for _, _, wire in self._run)})")
        self._after += packer.size
        self._run = []

    def _position(self) -> str:
        if not self._after:
            return self._base
        if self._base == "p":
            return f"p + {self._after}"
        name = f"k{self._after}"
        constant = f"{name} = start + {self._after}"
        if constant not in self._constants:
            self._constants.append(constant)
            self._bound.append(name)
        return name

    def _add_string(self, index: int) -> None:
        self.close_run()
        position = start = self._position()
        if self._after and self._base == "p":
            self._read.append(f"p += {self._after}")
            start = "p"
        text, raw = f"a{index}", f"b{index}"
        self._read += [f"e = data.index(0, {start})", f"{text} = data[{start}:e].decode()", "p = (e | 3) + 1"]
        self._measure.append(f"p = (data.index(0, {position}) | 3) + 1")
        self._prepare += [f"{raw} = {text}.encode()", f"if 0 in {raw}: raise ValueError"]
        self._pack += [raw, f"string_padding[len({raw}) & 3]"]
        self._base, self._after = "p", 0

    def _add_blob(self, index: int) -> None:
        blob, size = f"a{index}", f"n{index}"
        self._run.append(("I", size, size))
        self.close_run()
        position = self._position()
        self._read += [f"q = {position}", f"p = q + {size}", f"{blob} = data[q:p]", "p = p + 3 & -4"]
        self._measure.append(f"p = {position} + (unpack_size(data, {position} - 4)[0] + 3 & -4)")
        self._prepare.append(f"{size} = len({blob})")
        self._pack += [blob, f"blob_padding[{size} & 3]"]
        self._base, self._after = "p", 0
