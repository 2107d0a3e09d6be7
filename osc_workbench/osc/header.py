"""The start of a message, known by its bytes: address, type tags, and what follows from them.

`known` maps the bytes of a header to what is known about it, and `header_slices` remembers for each datagram size which
header length went with it last, so that a hit costs one slice and one dictionary lookup. A header contains its own
terminators, so equal bytes always mean the same header.
"""

from osc_workbench.osc.generated import Reader
from osc_workbench.osc.packet import INTEGER_ADDRESS_LIMIT
from osc_workbench.osc.signature import MISFIT, Signature, signature_of

# Bounds on what is remembered, so that a sender of ever new addresses costs time, never memory.
KNOWN_LIMIT = 32_768
_KNOWN_BYTES_LIMIT = 16 << 20
_KNOWN_SIZE_LIMIT = 65_536


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
        fixed_size = signature.fixed_size if signature else -1
        self.end = len(raw) + fixed_size if fixed_size >= 0 else -1

    def fits(self, message: bytes) -> bool:
        """Tell whether the arguments of a message with this header end where the message does."""
        if self.signature is None:
            return False
        try:
            return self.signature.measurer(len(self.raw))(message) == len(message)
        except MISFIT:
            return False


known: dict[bytes, tuple[str | int, str, Reader, MessageHeader]] = {}
header_slices = [slice(0, 0)] * _KNOWN_SIZE_LIMIT
_known_bytes = 0
_signatures: dict[bytes, Signature] = {}


def find_header(data: bytes) -> tuple[str | int, str, Reader, MessageHeader]:
    """Read and remember the header of a well-formed message; raises one of MISFIT for anything else."""
    global _known_bytes
    address: str | int
    if data[0] == 0x2F:
        address_end = data.index(0)
        address = data[:address_end].decode()
        position = (address_end | 3) + 1
    else:
        address = int.from_bytes(data[:4], "big")
        if address >= INTEGER_ADDRESS_LIMIT:
            raise ValueError
        position = 4
    body = (data.index(0, position) | 3) + 1
    signature = _signatures.get(data[position:body])
    if signature is None:
        signature = _read_type_tags(data, position, body)
    raw = data[:body]
    header = MessageHeader(address, signature.type_tags, raw, signature)
    entry = (address, signature.type_tags, signature.reader(body), header)
    if raw not in known:
        _known_bytes += body
        if len(known) >= KNOWN_LIMIT or _known_bytes > _KNOWN_BYTES_LIMIT:
            known.clear()
            _known_bytes = body
        known[raw] = entry
    if len(data) < _KNOWN_SIZE_LIMIT:
        header_slices[len(data)] = slice(body)
    return entry


def _read_type_tags(data: bytes, position: int, body: int) -> Signature:
    if data[position] != 0x2C or body > len(data):
        raise ValueError
    raw = data[position:body]
    signature = signature_of(raw[1 : raw.index(0)].decode("ascii"))
    # Only the padding the specification asks for is remembered, so these are no more than the signatures themselves.
    if len(raw) <= 256 and not any(raw[1 + len(signature.type_tags) :]):
        if len(_signatures) >= 4096:
            _signatures.clear()
        _signatures[raw] = signature
    return signature
