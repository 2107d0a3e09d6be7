"""What commands that stay on share: an event loop that ends cleanly on SIGINT and SIGTERM."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence


def run_until_stopped(body: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run `body` on a fresh event loop; the event it is given is set by SIGINT, SIGTERM and SIGHUP."""

    async def main() -> int:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                try:
                    loop.add_signal_handler(number, stopping.set)
                except NotImplementedError:
                    # Windows' loop has no signal handlers; Ctrl+C arrives as KeyboardInterrupt there.
                    break
        return await body(stopping)

    with asyncio.Runner() as runner:
        return runner.run(main())


async def wait_for_any(events: Sequence[asyncio.Event], timeout: float) -> None:
    """Wait until one of the events is set, at most `timeout` seconds."""
    # Even without anything to wait for, the loop must turn, or nothing would be received.
    if timeout <= 0 or any(event.is_set() for event in events):
        await asyncio.sleep(0)
        return
    waits = [asyncio.get_running_loop().create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
