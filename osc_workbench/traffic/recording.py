"""Writing what was seen as pcapng, which Wireshark and tshark open (`tshark --enable-heuristic osc_udp`).

Each datagram becomes a whole IP packet with its time in nanoseconds and its direction; each endpoint is an interface
named by its URL. Blocks are complete one by one, so a file that is cut anywhere opens up to its last whole block.
Source: IETF draft-ietf-opsawg-pcapng, sections 4.1 to 4.6.
"""

import socket
import struct
from typing import BinaryIO

from osc_workbench.traffic.record import Direction, Peer

_SECTION_BLOCK = 0x0A0D0D0A
_INTERFACE_BLOCK = 1
_STATISTICS_BLOCK = 5
_PACKET_BLOCK = 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_LINKTYPE_RAW = 101  # an IPv4 or IPv6 packet without link layer
_OPTION_END = struct.pack("<HH", 0, 0)
_OPTION_COMMENT, _OPTION_NAME, _OPTION_RESOLUTION, _OPTION_APPLICATION = 1, 2, 9, 4
_OPTION_DROPPED = 5
# epb_flags, with the option's code and length before it: inbound is 1, outbound 2.
_FLAGS = {
    Direction.IN: struct.pack("<HHI", 2, 4, 1) + _OPTION_END,
    Direction.OUT: struct.pack("<HHI", 2, 4, 2) + _OPTION_END,
}
_TCP, _UDP = 6, 17
# What one segment carries, so that it fits into an IP packet. Source: RFC 791, the total length has 16 bits.
_SEGMENT_SIZE = 60_000
_PUSH_AND_ACKNOWLEDGE = 0x18
_HOP_LIMIT = 64


class PcapngWriter:
    """Appends blocks to a file. Whoever opened the file flushes and closes it."""

    def __init__(self, file: BinaryIO, application: str) -> None:
        self._file = file
        options = _option(_OPTION_APPLICATION, application.encode()) + _OPTION_END
        # The length of the section is not known yet, which -1 says.
        self._write(_SECTION_BLOCK, struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1) + options)
        self._interfaces = 0
        # The next sequence number of each direction of each TCP connection.
        self._sequences: dict[tuple[Peer, Peer], int] = {}

    def add_interface(self, name: str, comment: str = "") -> int:
        """Begin an interface and return its number."""
        options = _option(_OPTION_NAME, name.encode()) + _option(_OPTION_RESOLUTION, bytes([9]))
        if comment:
            options += _option(_OPTION_COMMENT, comment.encode())
        self._write(_INTERFACE_BLOCK, struct.pack("<HHI", _LINKTYPE_RAW, 0, 0) + options + _OPTION_END)
        self._interfaces += 1
        return self._interfaces - 1

    def add_datagram(
        self, interface: int, unix_ns: int, direction: Direction, here: Peer, peer: Peer, data: bytes
    ) -> None:
        """Add a UDP datagram between an endpoint of ours and a peer."""
        source, target = (peer, here) if direction is Direction.IN else (here, peer)
        self._add_packet(interface, unix_ns, direction, ip_packet(source, target, data))

    def add_stream(
        self, interface: int, unix_ns: int, direction: Direction, here: Peer, peer: Peer, data: bytes
    ) -> None:
        """Add an OSC packet of a TCP connection, with a length prefix, as segments that follow those before."""
        source, target = (peer, here) if direction is Direction.IN else (here, peer)
        framed = struct.pack(">I", len(data)) + data
        for start in range(0, len(framed), _SEGMENT_SIZE):
            part = framed[start : start + _SEGMENT_SIZE]
            sequence = self._sequences.get((source, target), 1)
            answered = self._sequences.get((target, source), 1)
            self._sequences[source, target] = (sequence + len(part)) & 0xFFFFFFFF
            head = struct.pack(
                ">HHIIBBHHH", source.port, target.port, sequence, answered, 0x50, _PUSH_AND_ACKNOWLEDGE, 0xFFFF, 0, 0
            )
            self._add_packet(interface, unix_ns, direction, _ip_packet(source, target, _TCP, head, 16, part))

    def _add_packet(self, interface: int, unix_ns: int, direction: Direction, packet: bytes) -> None:
        head = struct.pack("<IIIII", interface, unix_ns >> 32, unix_ns & 0xFFFFFFFF, len(packet), len(packet))
        self._write(_PACKET_BLOCK, head + packet + bytes(-len(packet) % 4) + _FLAGS[direction])

    def add_statistics(self, interface: int, unix_ns: int, dropped: int) -> None:
        """Say how many datagrams of an interface were lost."""
        options = _option(_OPTION_DROPPED, struct.pack("<Q", dropped)) + _OPTION_END
        self._write(_STATISTICS_BLOCK, struct.pack("<III", interface, unix_ns >> 32, unix_ns & 0xFFFFFFFF) + options)

    def _write(self, kind: int, body: bytes) -> None:
        size = len(body) + 12
        self._file.write(struct.pack("<II", kind, size) + body + struct.pack("<I", size))


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def ip_packet(source: Peer, target: Peer, data: bytes) -> bytes:
    """Return the IPv4 or IPv6 packet that carries a UDP datagram. Source: RFC 768."""
    head = struct.pack(">HHHH", source.port, target.port, (len(data) + 8) & 0xFFFF, 0)
    return _ip_packet(source, target, _UDP, head, 6, data)


def _ip_packet(source: Peer, target: Peer, protocol: int, head: bytes, checksum_at: int, data: bytes) -> bytes:
    """Return an IP packet; `head` is that of the transport, with zeros at `checksum_at`. Source: RFC 791, RFC 8200."""
    size = len(head) + len(data)
    if ":" not in source.host and ":" not in target.host:
        addresses = socket.inet_aton(source.host) + socket.inet_aton(target.host)
        ip_head = struct.pack(">BBHHHBB", 0x45, 0, min(size + 20, 0xFFFF), 0, 0, _HOP_LIMIT, protocol)
        ip_head += struct.pack(">H", internet_checksum(ip_head + b"\0\0" + addresses)) + addresses
        # A UDP checksum of zero means that none was made, which IPv4 allows.
        if protocol == _UDP:
            return ip_head + head + data
        pseudo = addresses + struct.pack(">BBH", 0, protocol, size)
    else:
        addresses = _ipv6(source.host) + _ipv6(target.host)
        ip_head = struct.pack(">IHBB", 6 << 28, size, protocol, _HOP_LIMIT) + addresses
        pseudo = addresses + struct.pack(">IBBBB", size, 0, 0, 0, protocol)
    checksum = struct.pack(">H", internet_checksum(pseudo + head + data) or 0xFFFF)
    return ip_head + head[:checksum_at] + checksum + head[checksum_at + 2 :] + data


def _ipv6(host: str) -> bytes:
    address = host.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6, address if ":" in address else f"::ffff:{address}")


def internet_checksum(data: bytes) -> int:
    """Return the ones' complement of the ones' complement sum of 16-bit words. Source: RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
