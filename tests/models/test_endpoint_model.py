from dataclasses import replace

import pytest

from osc_workbench.models.endpoint_model import Lamp, buffer_text, counted, exposure_of, look_of, size_text
from osc_workbench.traffic.record import ConnectionStatus, EndpointState, EndpointStatus, Peer, Role

OPEN = EndpointStatus(1, "udp://127.0.0.1:9000", EndpointState.OPEN, buffer_granted=4 << 20, buffer_asked=4 << 20)
SERVER = EndpointStatus(2, "tcp://127.0.0.1:9001", EndpointState.OPEN)
CLIENT = EndpointStatus(3, "tcp://10.0.0.1:9001", EndpointState.OPEN, Role.CONNECT)
CONNECTION = ConnectionStatus(Peer("127.0.0.1", 50_000), "slip")


@pytest.mark.parametrize(
    ("state", "rate", "lamp", "can_start"),
    [
        (EndpointState.OPEN, 0.0, Lamp.IDLE, False),
        (EndpointState.OPEN, 0.5, Lamp.ACTIVE, False),
        (EndpointState.CLOSED, 0.0, Lamp.STOPPED, True),
        (EndpointState.OPENING, 0.0, Lamp.WAITING, False),
        (EndpointState.RETRYING, 0.0, Lamp.WAITING, False),
        (EndpointState.FAILED, 0.0, Lamp.ERROR, True),
    ],
)
def test_the_lamp_follows_the_state(state: EndpointState, rate: float, lamp: Lamp, can_start: bool) -> None:
    look = look_of(replace(OPEN, state=state, packets_per_second=rate))
    assert (look.lamp, look.can_start) == (lamp, can_start)
    assert look.rates.startswith(lamp.value)


def test_a_failure_says_what_to_do() -> None:
    look = look_of(replace(OPEN, state=EndpointState.FAILED, problem="Port 9000 is taken.", remedy="Stop it."))
    assert look.problem == "Port 9000 is taken. Stop it."


def test_loss_in_the_kernel_names_its_buffer() -> None:
    assert look_of(OPEN).warning == ""
    warning = look_of(replace(OPEN, dropped=1234, buffer_granted=212_992)).warning
    assert warning.startswith("1,234 lost in the kernel")
    assert "rmem_max" in warning
    assert "rmem_max" not in look_of(replace(OPEN, dropped=1)).warning


def test_what_was_discarded_is_said() -> None:
    assert "7 discarded" in look_of(replace(OPEN, discarded=7)).warning


def test_an_unknown_loss_is_not_called_none() -> None:
    assert "unknown dropped" in look_of(replace(OPEN, dropped=None)).totals


def test_malformed_and_sent_are_told_when_there_are_any() -> None:
    assert look_of(OPEN).totals == "0 received · 0 dropped"
    assert look_of(replace(OPEN, malformed=2, sent=3)).totals.endswith("\n2 malformed · 3 sent")


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("udp://127.0.0.1:9000", False),
        ("udp://127.1.2.3:9000", False),
        ("udp://[::1]:9000", False),
        ("udp://localhost:9000", False),
        ("udp://0.0.0.0:9000", True),
        ("udp://[::]:9000", True),
        ("udp://192.168.1.5:9000", True),
        ("tcp://0.0.0.0:9000?framing=slip", True),
        ("udp://239.1.2.3:9000", True),
        ("udp://239.1.2.3:9000?interface=127.0.0.1", False),
        ("udp://239.1.2.3:9000?interface=lo", False),
        ("udp://239.1.2.3:9000?interface=eth0", True),
    ],
)
def test_an_endpoint_others_can_reach_says_so(url: str, exposed: bool) -> None:
    assert bool(exposure_of(replace(OPEN, url=url))) is exposed
    assert exposure_of(replace(OPEN, url=url, state=EndpointState.CLOSED)) == ""


def test_the_buffer_is_told_with_what_was_asked() -> None:
    assert buffer_text(OPEN) == "Receive buffer 4.0 MiB"
    assert buffer_text(replace(OPEN, buffer_granted=212_992)) == "Receive buffer 208 KiB of 4.0 MiB asked"
    assert buffer_text(replace(OPEN, buffer_granted=0)) == ""


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (200_000, "195 KiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 40, "5120 GiB"),
    ],
)
def test_sizes_have_units(octets: float, text: str) -> None:
    assert size_text(octets) == text


def test_an_active_endpoint_never_shows_a_rate_of_zero() -> None:
    look = look_of(replace(OPEN, packets_per_second=0.01))
    assert look.lamp is Lamp.ACTIVE
    assert " 0.0 packets" not in look.rates


def test_an_endpoint_that_connects_is_not_called_reachable() -> None:
    assert exposure_of(CLIENT) == ""


@pytest.mark.parametrize(
    ("status", "state", "verb"),
    [
        (OPEN, EndpointState.OPEN, "Stop listening at"),
        (OPEN, EndpointState.CLOSED, "Start listening at"),
        (SERVER, EndpointState.FAILED, "Start listening at"),
        (CLIENT, EndpointState.OPEN, "Disconnect from"),
        (CLIENT, EndpointState.RETRYING, "Disconnect from"),
        (CLIENT, EndpointState.CLOSED, "Connect to"),
    ],
)
def test_the_button_says_what_it_does(status: EndpointStatus, state: EndpointState, verb: str) -> None:
    assert look_of(replace(status, state=state)).verb == verb


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (OPEN, ""),
        (SERVER, "0 connections"),
        (replace(SERVER, connections=(CONNECTION,)), "1 connection"),
        (replace(SERVER, connections=(CONNECTION,) * 1000), "1,000 connections"),
        (replace(SERVER, state=EndpointState.CLOSED), ""),
        (replace(CLIENT, connections=(CONNECTION,)), "connected, SLIP"),
        (replace(CLIENT, connections=(replace(CONNECTION, framing="auto"),)), "connected, framing not known yet"),
        (CLIENT, ""),
    ],
)
def test_a_tcp_endpoint_tells_its_connections(status: EndpointStatus, text: str) -> None:
    assert look_of(status).connections == text


def test_a_client_says_why_and_when_it_tries_again() -> None:
    status = replace(CLIENT, state=EndpointState.RETRYING, problem="Nothing listens there.", retry_in=2.4)
    assert look_of(status).problem == "Nothing listens there. Next try in 2 s."


def test_a_stream_drops_nothing_and_counts_what_it_cannot_read() -> None:
    assert look_of(SERVER).totals == "0 received"
    assert look_of(replace(SERVER, bad_frames=1, refused=1)).totals.endswith(
        "\n1 unreadable frame · 1 connection refused"
    )
    assert look_of(replace(SERVER, bad_frames=2, refused=3000)).totals.endswith(
        "\n2 unreadable frames · 3,000 connections refused"
    )


@pytest.mark.parametrize(("count", "text"), [(0, "0 frames"), (1, "1 frame"), (1234, "1,234 frames")])
def test_what_is_counted_agrees_with_its_number(count: int, text: str) -> None:
    assert counted(count, "frame") == text


def test_server_and_client_of_the_same_address_can_be_told_apart() -> None:
    assert (look_of(SERVER).kind, look_of(CLIENT).kind, look_of(OPEN).kind) == ("TCP server", "TCP client", "")
