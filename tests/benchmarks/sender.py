"""A fast, paced sender of OSC datagrams: `python sender.py PORT RATE SECONDS`; prints how many left, in which time.

Each message is /synth/N/freq ,f with a running number; sendmmsg takes up to 64 of them in one system call, so that the
sender is faster than what it measures.
"""

import ctypes
import socket
import struct
import sys
import time

import numpy as np

BATCH = 64
_MESSAGE = 24


def messages() -> np.ndarray:
    """Return BATCH datagrams of 24 bytes as one array of rows."""
    rows = [f"/synth/{n % 8}/freq".encode() + b"\0\0\0,f\0\0" + struct.pack(">f", n) for n in range(BATCH)]
    assert all(len(row) == _MESSAGE for row in rows)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(BATCH, _MESSAGE).copy()


class Sender:
    """Sends batches to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._data = messages()
        self._parts = np.zeros((BATCH, 2), np.uint64)
        self._parts[:, 0] = self._data.ctypes.data + np.arange(BATCH, dtype=np.uint64) * np.uint64(_MESSAGE)
        self._parts[:, 1] = _MESSAGE
        self._headers = np.zeros((BATCH, 8), np.uint64)
        self._headers[:, 2] = self._parts.ctypes.data + np.arange(BATCH, dtype=np.uint64) * np.uint64(16)
        self._headers[:, 3] = 1
        self._sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg

    def send(self, count: int) -> int:
        return max(0, self._sendmmsg(self._socket.fileno(), ctypes.c_void_p(self._headers.ctypes.data), count, 0))

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
    sender = Sender(port)
    start = time.perf_counter()
    sent = sender.run(rate, seconds)
    print(sent, time.perf_counter() - start, flush=True)
