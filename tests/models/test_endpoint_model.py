from dataclasses import replace

import pytest

from osc_workbench.models.endpoint_model import Lamp, buffer_text, exposure_of, look_of, size_text
from osc_workbench.traffic.record import EndpointState, EndpointStatus

OPEN = EndpointStatus(1, "udp://127.0.0.1:9000", EndpointState.OPEN, buffer_granted=4 << 20, buffer_asked=4 << 20)


@pytest.mark.parametrize(
    ("state", "rate", "lamp", "can_start"),
    [
        (EndpointState.OPEN, 0.0, Lamp.IDLE, False),
        (EndpointState.OPEN, 0.5, Lamp.ACTIVE, False),
        (EndpointState.CLOSED, 0.0, Lamp.STOPPED, True),
        (EndpointState.OPENING, 0.0, Lamp.STOPPED, False),
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
