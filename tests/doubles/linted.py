"""A log that is looked at by lint as it fills."""

from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.traffic.lint import Lint
from tests.doubles.traffic import HandFedStore

NAN = OscMessage("/nan", "f", (float("nan"),))
INFINITE = OscMessage("/infinite", "f", (float("inf"),))
TAGLESS = b"/old\0\0\0\0"
FINE = OscMessage("/fine", "i", (1,))


class LintedLog:
    """One datagram a millisecond arrives and is looked at."""

    def __init__(self) -> None:
        self.store = HandFedStore()
        self.lint = Lint(self.store)

    def receive(self, *packets: bytes | OscMessage | OscBundle) -> None:
        batch = self.store.receive(*packets)
        self.lint.take(batch.first_row, batch.end_row)

    def time_of(self, row: int) -> int | None:
        return self.store.time_at(row) if row >= self.store.first_row else None
