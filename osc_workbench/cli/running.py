"""What commands that stay on share: an event loop that ends cleanly on SIGINT and SIGTERM."""

import asyncio
import signal
from collections.abc import Awaitable, Callable


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
