"""Which of the packets that have just been stored a query of the command line matches."""

from collections.abc import Iterator

from osc_workbench.cli.main import PROGRAM, say
from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.session import Session
from osc_workbench.traffic.query import Query, parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.query_syntax import QueryError
from osc_workbench.traffic.record import Batch, PacketRecord
from osc_workbench.traffic.row_view import views_of


def read_query(text: str, command: str) -> Query | None:
    """Return the query; None after having said what is wrong with it, and where."""
    try:
        return parse_query(text)
    except QueryError as error:
        say(f"{PROGRAM} {command}: The filter cannot be read. {error}")
        # Whatever is not printable is one character wide here, so that the mark stands where it should.
        say("  " + "".join(character if character.isprintable() else "?" for character in text))
        say("  " + " " * error.start + "^" * (min(error.end, len(text) + 1) - error.start))
        return None


class PacketFilter:
    """Asks a query of each batch once, in order, as queries about the past need it."""

    def __init__(self, query: Query, session: Session) -> None:
        urls: dict[int, str] = {}

        def url_of(endpoint_id: int) -> str:
            if endpoint_id not in urls:
                urls[endpoint_id] = str(session.endpoint_url(endpoint_id))
            return urls[endpoint_id]

        self._store = session.store
        self._query = query.bind(QueryContext(session.store, url_of, address_names))

    def packets(self, batch: Batch) -> Iterator[PacketRecord]:
        """Yield one record for each packet of a batch that has a matching message: that of the first which matches."""
        end_row = 0
        for view in views_of(self._store, batch.first_row, batch.end_row):
            for row in view.rows[self._query.mask(view)].tolist():
                if row >= end_row:
                    record = self._store.record(row)
                    end_row = row - record.position + record.count
                    yield record
