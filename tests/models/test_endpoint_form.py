import pytest

from osc_workbench.models.endpoint_form import EndpointForm, EndpointKind
from osc_workbench.osc.framing import Framing
from osc_workbench.traffic.record import Role

UDP, SERVER, CLIENT = EndpointKind.UDP, EndpointKind.TCP_SERVER, EndpointKind.TCP_CLIENT


@pytest.mark.parametrize(
    ("kind", "address", "url"),
    [
        (UDP, "9000", "udp://127.0.0.1:9000"),
        (UDP, " 0.0.0.0:9000 ", "udp://0.0.0.0:9000"),
        (UDP, "[::1]:9000", "udp://[::1]:9000"),
        (UDP, "localhost:9000", "udp://localhost:9000"),
        (SERVER, "9000", "tcp://127.0.0.1:9000"),
        (CLIENT, "studio.local:9000", "tcp://studio.local:9000"),
        (UDP, "tcp://127.0.0.1:9000", "tcp://127.0.0.1:9000"),
        (SERVER, "udp://127.0.0.1:9000", "udp://127.0.0.1:9000"),
        (UDP, "nonsense", "udp://nonsense"),
    ],
)
def test_what_was_typed_becomes_a_url(kind: EndpointKind, address: str, url: str) -> None:
    assert EndpointForm(kind, address).url == url


def test_the_kind_has_a_role_and_a_verb() -> None:
    assert [(kind.role, kind.verb) for kind in EndpointKind] == [
        (Role.LISTEN, "Listen"),
        (Role.LISTEN, "Listen"),
        (Role.CONNECT, "Connect"),
    ]


@pytest.mark.parametrize(
    ("framing", "url"),
    [
        (Framing.AUTO, "tcp://127.0.0.1:9000"),
        (Framing.LENGTH, "tcp://127.0.0.1:9000?framing=length"),
        (Framing.SLIP, "tcp://127.0.0.1:9000?framing=slip"),
    ],
)
def test_a_framing_that_was_chosen_is_in_the_url(framing: Framing, url: str) -> None:
    assert EndpointForm(SERVER, "9000", framing).url == url


@pytest.mark.parametrize(
    ("address", "is_multicast"),
    [
        ("239.1.2.3:9000", True),
        (" 224.0.0.1:9000", True),
        ("udp://239.1.2.3:9000?share=yes", True),
        ("[ff02::1]:9000", True),
        ("udp://[ff02::1%lo]:9000", True),
        ("127.0.0.1:9000", False),
        ("[::1]:9000", False),
        ("9000", False),
        ("", False),
        ("239.1.2", False),
        ("]", False),
    ],
)
def test_a_group_is_known_by_its_address(address: str, is_multicast: bool) -> None:
    assert EndpointForm(UDP, address).is_multicast is is_multicast


def test_the_interface_counts_for_a_group_alone() -> None:
    form = EndpointForm(UDP, "239.1.2.3:9000", interface="eth0")
    assert form.url == "udp://239.1.2.3:9000?interface=eth0"
    assert EndpointForm(UDP, "127.0.0.1:9000", interface="eth0").url == "udp://127.0.0.1:9000"


def test_options_of_udp_are_not_those_of_tcp() -> None:
    assert EndpointForm(UDP, "9000", Framing.SLIP, broadcast=True).url == "udp://127.0.0.1:9000?broadcast=yes"
    assert EndpointForm(SERVER, "9000", broadcast=True, interface="lo").url == "tcp://127.0.0.1:9000"


def test_options_of_another_scheme_than_the_one_that_was_typed_do_not_count() -> None:
    assert EndpointForm(UDP, "osc.tcp://127.0.0.1:9000", Framing.SLIP, broadcast=True).url == "osc.tcp://127.0.0.1:9000"
    assert EndpointForm(SERVER, "udp://0.0.0.0:9000", Framing.SLIP, broadcast=True).url == "udp://0.0.0.0:9000"
    assert EndpointForm(SERVER, "osc.tcp://0.0.0.0:9", Framing.SLIP).url == "osc.tcp://0.0.0.0:9?framing=slip"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("udp://0.0.0.0:9000?broadcast=no", "udp://0.0.0.0:9000?broadcast=no"),
        ("239.1.2.3:9000?share=yes", "udp://239.1.2.3:9000?share=yes&interface=lo&broadcast=yes"),
        ("udp://0.0.0.0:9000?", "udp://0.0.0.0:9000?&broadcast=yes"),
    ],
)
def test_options_that_were_typed_stand_beside_those_that_were_chosen(address: str, url: str) -> None:
    assert EndpointForm(UDP, address, interface="lo", broadcast=True).url == url
