"""A fast, paced sender of OSC datagrams: `python sender.py PORT RATE SECONDS [ADDRESSES]`.

Prints how many left, in which time. Each message is /syn/N/freq ,f with a running number, N one of ADDRESSES (8);
sendmmsg takes up to 64 of them in one system call, so that the sender is faster than what it measures.
"""

import ctypes
import socket
import struct
import sys
import time

import numpy as np

BATCH = 64
_MESSAGE = 24
# struct mmsghdr.
_HEADER = 64


def messages(addresses: int) -> np.ndarray:
    """Return datagrams of 24 bytes as one array of rows: whole batches, and each address at least once."""
    count = -(-addresses // BATCH) * BATCH
    rows = [f"/syn/{n % addresses:04d}/freq".encode() + b"\0\0,f\0\0" + struct.pack(">f", n) for n in range(count)]
    assert all(len(row) == _MESSAGE for row in rows)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(count, _MESSAGE).copy()


class Sender:
    """Sends batches to one port of this machine."""

    def __init__(self, port: int, addresses: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._data = messages(addresses)
        count = len(self._data)
        self._parts = np.zeros((count, 2), np.uint64)
        self._parts[:, 0] = self._data.ctypes.data + np.arange(count, dtype=np.uint64) * np.uint64(_MESSAGE)
        self._parts[:, 1] = _MESSAGE
        self._headers = np.zeros((count, 8), np.uint64)
        self._headers[:, 2] = self._parts.ctypes.data + np.arange(count, dtype=np.uint64) * np.uint64(16)
        self._headers[:, 3] = 1
        self._next = 0
        self._sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg

    def send(self, count: int) -> int:
        # From the next row on, so that all addresses get their turn.
        start = self._next
        count = min(count, len(self._data) - start)
        place = ctypes.c_void_p(self._headers.ctypes.data + start * _HEADER)
        sent = max(0, self._sendmmsg(self._socket.fileno(), place, count, 0))
        self._next = (start + sent) % len(self._data)
        return sent

    def run(self, rate: float, seconds: float) -> int:
        """Send `rate` a second in even batches; return how many left."""
        total = round(rate * seconds)
        # Batches of a quarter of a millisecond's worth, so that the pace is even.
        batch = max(1, min(BATCH, round(rate / 4000)))
        sent = 0
        start = time.perf_counter()
        while sent < total:
            due = (time.perf_counter() - start) * rate
            while sent < min(due, total):
                sent += self.send(min(batch, total - sent))
            pause = (sent + 1) / rate - (time.perf_counter() - start)
            if pause > 0.0002:
                time.sleep(pause - 0.0001)
        return sent


if __name__ == "__main__":
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    sender = Sender(port, int(sys.argv[4]) if len(sys.argv) > 4 else 8)
    start = time.perf_counter()
    sent = sender.run(rate, seconds)
    print(sent, time.perf_counter() - start, flush=True)
