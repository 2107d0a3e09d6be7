from dataclasses import replace

import pytest
from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester

from osc_workbench.models.connection_model import (
    CONNECTION_COLUMNS,
    PENDING_COLUMNS,
    PendingRow,
    connection_rows,
    due_text,
    make_connection_model,
    make_pending_model,
    pending_summary,
    pending_texts,
)
from osc_workbench.models.value_table import ValueTable
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, EndpointStatus, Peer, PendingStatus

PEER = Peer("127.0.0.1", 50_000)
OTHER = Peer("::1", 50_001)
CONNECTION = ConnectionStatus(PEER, "length", packets=1234, octets=4096, sent=5)
SERVER = EndpointStatus(1, "tcp://127.0.0.1:9000", EndpointState.OPEN)
BUNDLE = PendingStatus(1, 1, PEER, 2.5, "#bundle 0x1 { /a }")


def texts(model: ValueTable, row: int) -> dict[str, str]:
    return {column.title: model.index(row, number).data() for number, column in enumerate(model.columns)}


def test_every_connection_of_every_endpoint_is_a_row(qtmodeltester: ModelTester) -> None:
    statuses = (
        replace(SERVER, connections=(CONNECTION, replace(CONNECTION, peer=OTHER, framing="auto", bad=2, waiting=2048))),
        replace(SERVER, endpoint_id=2, url="tcp://127.0.0.1:1", connections=(CONNECTION,)),
        replace(SERVER, endpoint_id=3),
    )
    model = make_connection_model()
    model.set_rows(connection_rows(statuses))
    qtmodeltester.check(model)
    assert texts(model, 0) == {
        "Peer": "127.0.0.1:50000",
        "Endpoint": "tcp://127.0.0.1:9000",
        "Framing": "length prefix",
        "Received": "1,234",
        "Bytes": "4.0 KiB",
        "Sent": "5",
        "Unreadable": "",
        "To be sent": "",
    }
    second = texts(model, 1)
    assert (second["Peer"], second["Framing"]) == ("[::1]:50001", "not known yet")
    assert (second["Unreadable"], second["To be sent"]) == ("2", "2.0 KiB")
    assert (texts(model, 2)["Endpoint"], model.rowCount()) == ("tcp://127.0.0.1:1", 3)


def test_the_same_peer_at_two_endpoints_is_two_connections() -> None:
    model = make_connection_model()
    both = (replace(SERVER, connections=(CONNECTION,)), replace(SERVER, endpoint_id=2, connections=(CONNECTION,)))
    model.set_rows(connection_rows(both))
    second = QPersistentModelIndex(model.index(1, 0))
    model.set_rows(connection_rows(both[1:]))
    assert second.row() == 0


def test_a_connection_that_counts_on_keeps_its_row() -> None:
    model = make_connection_model()
    model.set_rows(connection_rows((replace(SERVER, connections=(CONNECTION,)),)))
    index = QPersistentModelIndex(model.index(0, 3))
    model.set_rows(connection_rows((replace(SERVER, connections=(replace(CONNECTION, packets=2000),)),)))
    assert index.data() == "2,000"


def test_a_bundle_that_waits_shows_its_countdown(qtmodeltester: ModelTester) -> None:
    model = make_pending_model()
    model.set_rows([PendingRow("udp://127.0.0.1:9000", BUNDLE), PendingRow("?", replace(BUNDLE, number=2, peer=None))])
    qtmodeltester.check(model)
    assert texts(model, 0) == {
        "Due in": "2.5 s",
        "From": "127.0.0.1:50000",
        "Endpoint": "udp://127.0.0.1:9000",
        "Bundle": "#bundle 0x1 { /a }",
    }
    assert texts(model, 1)["From"] == ""


def test_an_earlier_bundle_comes_before_and_keeps_the_others_selected() -> None:
    model = make_pending_model()
    model.set_rows([PendingRow("u", BUNDLE)])
    index = QPersistentModelIndex(model.index(0, 0))
    model.set_rows(
        [PendingRow("u", replace(BUNDLE, number=2, due_in=1.0)), PendingRow("u", replace(BUNDLE, due_in=2.0))]
    )
    assert (index.row(), index.data()) == (1, "2.0 s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3.0, "now"),
        (0.04, "now"),
        (0.05, "0.1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (60.0, "1 min 00 s"),
        (61.4, "1 min 01 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (86_399.0, "23 h 59 min"),
        (86_400.0, "1 d 0 h"),
        (4_000_000_000.0, "46,296 d 7 h"),
    ],
)
def test_a_countdown_is_as_exact_as_its_length_deserves(seconds: float, text: str) -> None:
    assert due_text(seconds) == text


def test_texts_fit_the_width_that_is_kept_for_them() -> None:
    longest = {"Due in": due_text(3599.0), "Received": "9,999,999", "Peer": "255.255.255.255:65535"}
    for column in (*CONNECTION_COLUMNS, *PENDING_COLUMNS):
        assert len(longest.get(column.title, "")) <= len(column.sample) or not column.sample


def test_each_endpoint_tells_what_waits_there() -> None:
    pending = [replace(BUNDLE, due_in=-1.0), replace(BUNDLE, number=2), replace(BUNDLE, number=3, endpoint_id=2)]
    assert pending_texts(pending, 3) == {1: "2 bundles wait, next now", 2: "1 bundle waits, next in 2.5 s"}
    assert pending_texts(pending, 300)[1] == "over 2 bundles wait, next now"
    assert pending_texts([], 0) == {}


@pytest.mark.parametrize(
    ("shown", "count", "refused", "text"),
    [
        (0, 0, 0, ""),
        (1, 1, 0, "1 bundle waits"),
        (200, 1234, 0, "1,234 bundles wait, the first 200 are shown"),
        (0, 0, 3, "3 refused because too many waited"),
        (2, 2, 3, "2 bundles wait, 3 refused because too many waited"),
    ],
)
def test_the_panel_tells_how_many_wait(shown: int, count: int, refused: int, text: str) -> None:
    assert pending_summary(shown, count, refused) == text
