"""The start of a message, known by its bytes: address, type tags, and what follows from them.

`known_messages` and `known_headers` map the bytes of a header to what they mean, and `header_slices` remembers for each
datagram size which header length went with it last, so that a hit costs one slice and one dictionary lookup. A header
contains its own terminators, so equal bytes always mean the same header.
"""

from typing import Generic, TypeVar

from osc_workbench.osc.generated import Reader
from osc_workbench.osc.signature import KEPT_SIGNATURES, MISFIT, Signature, signature_of, tables_of_signatures

# Bounds on what is remembered, so that a sender of ever new addresses costs time, never memory: 16 MiB of headers.
KNOWN_LIMIT = 32_768
KNOWN_SIZE_LIMIT = 512
_SLICED_SIZES = 65_536

_Value = TypeVar("_Value")
_Message = tuple[str | int, str, Reader]


class MessageHeader:
    """Address and type tags, shared by all messages that start with the same bytes.

    raw: the bytes of the header; the arguments follow them.
    end: where the message ends, counted from its start, if its arguments have a fixed size, else -1.
    signature: None for type tags that are missing or not all known.
    """

    __slots__ = ("address", "end", "raw", "signature", "type_tags")

    def __init__(
        self, address: str | int, type_tags: str | None, raw: bytes, signature: Signature | None = None
    ) -> None:
        self.address = address
        self.type_tags = type_tags
        self.raw = raw
        self.signature = signature
        self.end = -1 if signature is None or signature.fixed_size < 0 else len(raw) + signature.fixed_size

    def fits(self, message: bytes) -> bool:
        """Tell whether the arguments of a message with this header end where the message does."""
        if self.signature is None:
            return False
        try:
            return self.signature.measurer(len(self.raw))(message) == len(message)
        except MISFIT:
            return False


class _Known(Generic[_Value]):
    """What headers mean, by their bytes.

    get: the value for the bytes of a header, None for an unknown one. A bound method of a dictionary, because a hit
        through one costs 3 ns more than a subscript, and a miss 0.2 us less than a KeyError.
    """

    __slots__ = ("_sights", "_values", "get")

    def __init__(self) -> None:
        self._sights = 0
        self._values: dict[bytes, _Value] = {}
        self.get = self._values.get

        tables_of_signatures.append(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def find(self, data: bytes) -> _Value:
        """Return the value for a message whose header was not found by its size; raises one of MISFIT if malformed."""
        if data[0] == 0x2F:
            address_end = data.index(0)
            tags_start = (address_end | 3) + 1
        elif data.startswith(b"\0\0\0"):
            address_end, tags_start = 0, 4
        else:
            raise ValueError
        # Most messages have no more than the two type tags that fit into four bytes.
        end = tags_start + 4
        signature = _signatures.get(data[tags_start:end])
        if signature is None:
            end = (data.index(0, tags_start) | 3) + 1
            raw_tags = data[tags_start:end]
            signature = _signatures.get(raw_tags) or _read_type_tags(raw_tags)
        size = len(data)
        if size >= _SLICED_SIZES or header_slices[size].stop != end:
            if size < _SLICED_SIZES:
                header_slices[size] = slice(end)
            found = self.get(data[:end])
            if found is not None:
                return found
        value = self._value(data[:address_end].decode() if address_end else data[3], signature, data, end)
        # One sight in four is remembered: what recurs is known soon enough, and where every address is new it saves
        # a tenth of the time and keeps the known ones longer.
        self._sights += 1
        if not self._sights & 3 and end <= KNOWN_SIZE_LIMIT:
            if len(self._values) >= KNOWN_LIMIT:
                self._values.clear()
            self._values[data[:end]] = value
        return value

    def _value(self, address: str | int, signature: Signature, data: bytes, end: int) -> _Value:
        raise NotImplementedError


class _KnownMessages(_Known[_Message]):
    """Decoding asks what reads the arguments."""

    __slots__ = ()

    def _value(self, address: str | int, signature: Signature, data: bytes, end: int) -> _Message:
        return address, signature.type_tags, signature.readers.get(end) or signature.reader(end)


class _KnownHeaders(_Known[MessageHeader]):
    """Scanning asks for the header. Most rigs scan everything and decode little."""

    __slots__ = ()

    def _value(self, address: str | int, signature: Signature, data: bytes, end: int) -> MessageHeader:
        return MessageHeader(address, signature.type_tags, data[:end], signature)


known_messages = _KnownMessages()
known_headers = _KnownHeaders()
header_slices = [slice(0, 0)] * _SLICED_SIZES
_signatures: dict[bytes, Signature] = {}
tables_of_signatures.append(_signatures)


def _read_type_tags(raw: bytes) -> Signature:
    end = raw.index(0)
    if raw[0] != 0x2C or (end | 3) + 1 != len(raw):
        raise ValueError
    signature = signature_of(raw[1:end].decode("ascii"))
    # Only the padding the specification asks for is remembered, so these are no more than the signatures themselves.
    if len(raw) <= KNOWN_SIZE_LIMIT and not any(raw[end:]):
        if len(_signatures) >= KEPT_SIGNATURES:
            _signatures.clear()
        _signatures[raw] = signature
    return signature
