"""Sockets on asyncio, where a datagram enters and leaves, and the only reader of clocks; knows no Qt."""
