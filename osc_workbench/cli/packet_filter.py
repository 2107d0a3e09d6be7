"""Which of the packets that have just been stored a query of the command line matches."""

from osc_workbench.cli.main import say
from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.session import Session
from osc_workbench.traffic.query import Query, parse_query
from osc_workbench.traffic.query_context import QueryContext
from osc_workbench.traffic.query_syntax import QueryError
from osc_workbench.traffic.record import Batch, PacketRecord
from osc_workbench.traffic.row_view import views_of


def read_query(text: str) -> Query | None:
    """Return the query; None after having said what is wrong with it, and where."""
    try:
        return parse_query(text)
    except QueryError as error:
        say(f"The filter cannot be read. {error}")
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
        self._matching: set[int] = set()

    def take(self, batch: Batch) -> None:
        """Look at the rows of a batch."""
        self._matching = set()
        for view in views_of(self._store, batch.first_row, batch.end_row):
            self._matching.update(view.rows[self._query.mask(view)].tolist())

    def matches(self, record: PacketRecord) -> bool:
        """Tell whether any message of a packet of the last batch matched."""
        first = record.row - record.position
        return not self._matching.isdisjoint(range(first, first + record.count))
