"""Waiting for what will happen, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Turn the event loop until the condition holds; fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "What the test waits for did not happen in time."
        await asyncio.sleep(0.001)
