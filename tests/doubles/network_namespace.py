"""A network of its own, in which a test can make interfaces and take them away."""

import asyncio
import ctypes
import functools
import inspect
import subprocess
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

# Source: Linux include/uapi/linux/sched.h.
_CLONE_NEWNET = 0x40000000
TIMEOUT = 30.0


def ip(*words: str) -> None:
    """Run `ip`, in the network of the calling thread."""
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=TIMEOUT)


def make_interface(name: str, *addresses: str) -> None:
    """Make an interface that is up; a pair, since a veth has no carrier alone."""
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
    for address in addresses:
        ip("addr", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
    ip("link", "set", f"{name}-peer", "up")
    ip("link", "set", name, "up")


def remove_interface(name: str) -> None:
    ip("link", "del", name)


def _is_permitted() -> bool:
    found: list[bool] = []

    def look() -> None:
        try:
            found.append(ctypes.CDLL(None).unshare(_CLONE_NEWNET) == 0)
            make_interface("probe", "10.77.0.1/24")
        except (OSError, TypeError, AttributeError, subprocess.SubprocessError):
            found.append(False)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return all(found)


def in_own_network(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine test on a thread with a network of its own, in which only `lo` is up."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        failures: list[BaseException] = []

        def body() -> None:
            try:
                assert ctypes.CDLL(None).unshare(_CLONE_NEWNET) == 0
                ip("link", "set", "lo", "up")
                asyncio.run(test(**fixtures))
            except BaseException as failure:
                # Whatever it is, the test's own thread reports it.
                failures.append(failure)

        thread = threading.Thread(target=body, name="own network")
        thread.start()
        thread.join(TIMEOUT)
        assert not thread.is_alive(), "The test did not end in time."
        if failures:
            raise failures[0]

    # pytest must see a plain function with the fixtures of the coroutine.
    del run.__wrapped__  # type: ignore[attr-defined]  # functools.wraps sets it
    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]  # a function takes any attribute
    marked: Callable[..., None] = pytest.mark.skipif(
        not _is_permitted(), reason="this machine allows no network of its own (needs CAP_SYS_ADMIN)"
    )(run)
    return marked
