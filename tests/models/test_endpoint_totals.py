from pytestqt.modeltest import ModelTester

from osc_workbench.models.endpoint_totals import has_loss, make_endpoint_table, totals_text
from osc_workbench.traffic.record import EndpointState, EndpointStatus

UDP = EndpointStatus(1, "udp://127.0.0.1:9000", EndpointState.OPEN, packets=12_345, packets_per_second=251.3)
SILENT = EndpointStatus(2, "udp://127.0.0.1:9001", EndpointState.OPEN, dropped=None)
TCP = EndpointStatus(3, "tcp://127.0.0.1:9000", EndpointState.RETRYING, packets=5, malformed=2, dropped=None, sent=7)


def test_an_endpoint_is_a_row(qtmodeltester: ModelTester) -> None:
    table = make_endpoint_table()
    table.set_rows((UDP, SILENT, TCP))
    qtmodeltester.check(table)
    cells = [[table.index(row, column).data() for column in range(table.columnCount())] for row in range(3)]
    assert cells == [
        ["udp://127.0.0.1:9000", "listening", "12,345", "251", "0", "0", "0", "0"],
        ["udp://127.0.0.1:9001", "listening", "0", "0", "0", "unknown", "0", "0"],
        ["tcp://127.0.0.1:9000", "waiting to try again", "5", "0", "2", "-", "0", "7"],
    ]


def test_one_line_has_the_totals() -> None:
    assert totals_text(()) == "No endpoints."
    assert totals_text((UDP, TCP)) == (
        "2 endpoints: 12,350 packets received   ·   251 /s   ·   2 malformed   ·   0 dropped by the kernel"
        "   ·   0 discarded here"
    )
    assert "0 dropped by the kernel (not all endpoints tell)" in totals_text((UDP, SILENT))


def test_loss_is_known_from_any_endpoint() -> None:
    lossy = EndpointStatus(4, "udp://127.0.0.1:1", EndpointState.OPEN, dropped=3)
    full = EndpointStatus(5, "udp://127.0.0.1:2", EndpointState.OPEN, discarded=1)
    assert [has_loss(statuses) for statuses in ((UDP, SILENT, TCP), (UDP, lossy), (full,))] == [False, True, True]
