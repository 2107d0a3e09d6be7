"""Recording what arrives and leaves into a file, beside everything else."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from osc_workbench import __version__
from osc_workbench.net.arrivals import Arrivals
from osc_workbench.net.clock import Clock
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Peer
from osc_workbench.traffic.recording import PcapngWriter

# What a crash may cost at most.
FLUSH_INTERVAL = 1.0
_UNKNOWN = Peer("0.0.0.0", 0)


class Recorder:
    """Writes a pcapng file until it is closed.

    url_of: the URL of an endpoint by its number; local_of: its own address, None if it has none. on_problem: called
    with one sentence if writing fails; reception goes on then, and what is no longer recorded is counted in `missed`.
    """

    def __init__(
        self,
        path: Path,
        url_of: Callable[[int], EndpointUrl],
        local_of: Callable[[int], Peer | None],
        clock: Clock,
        on_problem: Callable[[str], None],
    ) -> None:
        self.path = path
        self.recorded = 0
        self.missed = 0
        self._url_of = url_of
        self._local_of = local_of
        self._clock = clock
        self._on_problem = on_problem
        self._interfaces: dict[int, tuple[int, bool]] = {}
        self._flushed = clock.time()
        try:
            # An earlier recording is never overwritten.
            self._file: BinaryIO | None = path.open("xb")
        except FileExistsError:
            raise EndpointError(
                f"{path} exists already.", "Choose another name; recordings are not overwritten."
            ) from None
        except OSError as error:
            raise EndpointError(f"{path} cannot be written: {error.strerror}.") from None
        self._writer = PcapngWriter(self._file, f"osc_workbench {__version__}")

    def write(self, arrivals: Arrivals, first: int, end: int) -> None:
        """Record the datagrams from `first` to before `end`."""
        if self._file is None:
            self.missed += end - first
            return
        try:
            interface, is_tcp = self._interface_of(arrivals.endpoint_id)
            here = self._local_of(arrivals.endpoint_id) or _UNKNOWN
            add = self._writer.add_stream if is_tcp else self._writer.add_datagram
            for index in range(first, end):
                add(
                    interface,
                    int(arrivals.times[index]),
                    arrivals.direction,
                    here,
                    arrivals.peers[index],
                    arrivals.datagrams[index],
                )
            self.recorded += end - first
        except OSError as error:
            self.missed += end - first
            self._stop(error)

    def flush_if_due(self) -> None:
        """Hand everything to the system if the last time is a second ago."""
        now = self._clock.time()
        if self._file is not None and now - self._flushed >= FLUSH_INTERVAL:
            self._flushed = now
            try:
                self._file.flush()
            except OSError as error:
                self._stop(error)

    def close(self, dropped: dict[int, int]) -> None:
        """End the recording. dropped: datagrams lost, by number of endpoint."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            for endpoint_id, (interface, _) in self._interfaces.items():
                self._writer.add_statistics(interface, self._clock.unix_ns(), dropped.get(endpoint_id, 0))
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            self._on_problem(f"The end of the recording {self.path} could not be written: {error.strerror}.")
        finally:
            _close_quietly(file)

    def _interface_of(self, endpoint_id: int) -> tuple[int, bool]:
        known = self._interfaces.get(endpoint_id)
        if known is None:
            url = self._url_of(endpoint_id)
            known = self._interfaces[endpoint_id] = self._writer.add_interface(str(url)), url.is_tcp
        return known

    def _stop(self, error: OSError) -> None:
        self._on_problem(f"Recording to {self.path} stopped: {error.strerror}. What was written so far can be read.")
        file, self._file = self._file, None
        if file is not None:
            _close_quietly(file)


def _close_quietly(file: BinaryIO) -> None:
    try:
        file.close()
    except OSError:
        # The buffer could not be written either; that has been reported.
        return
