"""The wire log's sinks that are files: raw and parsable, hex, text, JSON lines and pcapng."""

import errno
import io
import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from osc_workbench import __version__
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.wire_log import WireRecord
from osc_workbench.traffic.record import Direction, PacketRecord, Peer
from osc_workbench.traffic.record_lines import json_line, text_line
from osc_workbench.traffic.recording import PcapngWriter
from osc_workbench.traffic.time_text import rfc3339

OnProblem = Callable[[str], None]

_ARROWS = {Direction.IN: "<-", Direction.OUT: "->"}
_RAW_WORDS = {Direction.IN: "Rx", Direction.OUT: "Tx"}
_RAW_DIRECTIONS = {word.encode(): direction for direction, word in _RAW_WORDS.items()}
_RAW_HEAD = re.compile(rb"\n(Rx|Tx) \('([^'\n]*)', (\d{1,5})\) (-?\d{1,19}) (\d{1,10}):\n")
_HEX_WIDTH = 16


class FileSink:
    """A file with one record after the other; a subclass says what a record looks like.

    path: missing folders are made, an existing file is refused unless `append`. on_problem: called once, with one
    sentence, when writing fails; the sink stops then. missed: records that are not, or not whole, in the file.
    Raises EndpointError if the file cannot be made.
    """

    def __init__(self, path: Path, on_problem: OnProblem, *, append: bool = False) -> None:
        self.path = path
        self.missed = 0
        self._on_problem = on_problem
        self._file: io.FileIO | None = _open_file(path, "a" if append else "x")

    def write(self, record: WireRecord) -> None:
        if self._file is None:
            self.missed += 1
        else:
            self._append(self._encode(record), 1)

    def flush(self) -> None:
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            # A device or a pipe has no disk behind it.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                self._stop(error)

    def close(self) -> None:
        self.flush()
        file, self._file = self._file, None
        if file is not None:
            _close_quietly(file)

    def _encode(self, record: WireRecord) -> bytes:
        raise NotImplementedError

    def _append(self, data: bytes, records: int) -> None:
        assert self._file is not None
        rest = memoryview(data)
        try:
            while rest:
                # A disk that becomes full takes the part that fits first.
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.missed += records
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        file, self._file = self._file, None
        assert file is not None
        _close_quietly(file)
        self._on_problem(f"The log {self.path} stopped: {error.strerror}. What was written so far can be read.")


def _open_file(path: Path, mode: str) -> io.FileIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: `missed` is exact then, and the end of a log can be read at once.
        return io.FileIO(path, mode)
    except (OSError, ValueError) as error:
        # A folder that is a file exists as well, but not under this name.
        if isinstance(error, FileExistsError) and path.exists():
            remedy = "Choose another name; recordings are not overwritten."
            raise EndpointError(f"{path} exists already.", remedy) from None
        raise EndpointError(f"{path} cannot be written: {getattr(error, 'strerror', error)}.") from None


def _close_quietly(file: io.FileIO) -> None:
    # What was written is on the disk by now, or the loss has been reported.
    with suppress(OSError):
        file.close()


class RawSink(FileSink):
    r"""Writes the bytes as they are, each datagram in the frame of hio's logs, to which time and length were added.

        \nRx ('127.0.0.1', 6102) 1700000000000000000 12:\n<12 bytes>\n

    Rx (in) or Tx (out), the peer as a Python tuple in ASCII, nanoseconds since the Unix epoch, length in bytes. The
    length makes it readable whatever the bytes are; `read_raw` reads it.
    """

    def _encode(self, record: WireRecord) -> bytes:
        # A peer's host is numeric and has nothing to escape; a name that someone made up must not break the frame.
        host = record.peer.host.encode("unicode_escape").replace(b"'", rb"\x27")
        word = _RAW_WORDS[record.direction].encode()
        numbers = record.peer.port, record.unix_ns, len(record.data)
        return b"\n%b ('%b', %d) %d %d:\n%b\n" % (word, host, *numbers, record.data)


def read_raw(content: bytes) -> Iterator[WireRecord]:
    """Yield the records of what a RawSink wrote.

    Raises ValueError with the offset where no whole record begins, as at the end of a file that was cut; everything
    before it has been yielded by then.
    """
    offset = 0
    while offset < len(content):
        head = _RAW_HEAD.match(content, offset)
        end = head.end() + int(head[5]) if head else 0
        if head is None or content[end : end + 1] != b"\n":
            raise ValueError(f"No whole record begins at byte {offset}.")
        peer = Peer(head[2].decode("unicode_escape"), int(head[3]))
        yield WireRecord(_RAW_DIRECTIONS[head[1]], content[head.end() : end], peer, int(head[4]))
        offset = end + 1


class HexSink(FileSink):
    """Writes text: a line with time, direction, peer and length, then offset, hex digits and ASCII of 16 bytes each."""

    def _encode(self, record: WireRecord) -> bytes:
        head = f"{rfc3339(record.unix_ns)} {_ARROWS[record.direction]} {record.peer} {len(record.data)} bytes\n"
        return (head + "".join(_hex_lines(record.data))).encode()


def _hex_lines(data: bytes) -> Iterator[str]:
    for offset in range(0, len(data), _HEX_WIDTH):
        part = data[offset : offset + _HEX_WIDTH]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        yield f"  {offset:08x}  {part.hex(' '):{3 * _HEX_WIDTH - 1}}  |{text}|\n"


class TextSink(FileSink):
    """Writes a line for each packet in the notation, or why it is malformed and its bytes.

    endpoint: how the lines call our side.
    """

    _line = staticmethod(text_line)

    def __init__(self, path: Path, on_problem: OnProblem, *, append: bool = False, endpoint: str = "main") -> None:
        super().__init__(path, on_problem, append=append)
        self._endpoint = endpoint
        self._written = 0

    def _encode(self, record: WireRecord) -> bytes:
        line = self._line(_as_packet_record(record, self._written), self._endpoint)
        self._written += 1
        return f"{line}\n".encode()


class JsonSink(TextSink):
    """Writes a JSON object for each packet, one a line, as `listen --format jsonl` does."""

    _line = staticmethod(json_line)


def _as_packet_record(record: WireRecord, number: int) -> PacketRecord:
    """Return the packet as the one row of a log that was not indexed: nothing is known of its inside."""
    size = len(record.data)
    origin = (number, number, record.unix_ns, record.direction, 0, record.peer)
    return PacketRecord(*origin, record.data, 0, size, None, None, False, False, False, 0, 1)


class PcapngSink(FileSink):
    """Writes UDP datagrams for Wireshark.

    here: our own numeric address. A record that makes no IP packet, as when its peer is no numeric address, is counted
    in `missed`; the first is reported.
    """

    def __init__(self, path: Path, here: Peer, on_problem: OnProblem, *, append: bool = False, name: str = "") -> None:
        super().__init__(path, on_problem, append=append)
        self._here = here
        self._has_refused = False
        self._blocks = io.BytesIO()
        self._writer = PcapngWriter(self._blocks, f"osc_workbench {__version__}")
        self._interface = self._writer.add_interface(name or f"udp://{here}")
        self._append(self._take(), 0)

    def _encode(self, record: WireRecord) -> bytes:
        try:
            self._writer.add_datagram(
                self._interface, record.unix_ns, record.direction, self._here, record.peer, record.data
            )
        except (OSError, struct.error) as error:
            self.missed += 1
            if not self._has_refused:
                self._on_problem(f"A datagram of {record.peer} does not fit into {self.path}: {error}.")
            self._has_refused = True
        return self._take()

    def _take(self) -> bytes:
        blocks = self._blocks.getvalue()
        self._blocks.seek(0)
        self._blocks.truncate()
        return blocks


def stamped_path(directory: Path, name: str, clock: Clock) -> Path:
    """Return a path in `directory` with the time in UTC in the name: rig.20231114T221320.000000Z.hex for rig.hex."""
    # Without the colons that Windows does not allow in names. Source: ISO 8601, basic format.
    date, _, fraction = rfc3339(clock.unix_ns()).partition(".")
    stamp = f"{date.replace('-', '').replace(':', '')}.{fraction[:6]}Z"
    file = Path(name)
    return directory / file.with_name(f"{file.stem}.{stamp}{file.suffix}")
