"""A session looks at what it stores, and forgets what it found with the rows."""

from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.packet import OscMessage
from osc_workbench.session import Session
from tests.doubles.waiting import until


async def test_findings_are_there_when_a_frame_brings_its_rows_and_go_with_them() -> None:
    session = Session()
    url = EndpointUrl("udp", "127.0.0.1", 0)
    endpoint_id = session.add_endpoint(url)
    await session.open_endpoint(endpoint_id)
    try:
        target = session.endpoint_url(endpoint_id)
        await session.send(OscMessage("/level", "f", (float("nan"),)), target, endpoint_id)
        await until(lambda: session.flush(None).end_row == 2)
        # It went out and came in.
        assert session.lint.counts["nan"] == 2
        assert session.lint.find("nan", -1) == 0
        session.clear()
        assert len(session.store) == 0
        assert session.lint.counts["nan"] == 0
        await session.send(OscMessage("/level", "i", (1,)), target, endpoint_id)
        await until(lambda: session.flush(None).end_row == 4)
        assert session.lint.last_row["type-flip"] is None
    finally:
        session.close()
