"""Programs for python-osc; that they send the right bytes is for tests/integration/test_code_forms_run.py."""

import ast

import pytest

from osc_workbench.traffic.addressed_packet import AddressedPacket
from osc_workbench.traffic.python_code import python_program
from osc_workbench.traffic.record import Peer
from tests.doubles.copied_packets import EVERY_PACKET, EVERY_TYPE, encoded

PEER = Peer("127.0.0.1", 9000)


def program(*packets: bytes) -> str:
    return python_program([AddressedPacket(data, PEER) for data in packets])


def test_message_is_built_with_its_types() -> None:
    assert program(encoded('/a ,if[s]m 1 2.0 [x] m"00903c64"')) == (
        "from pythonosc.osc_message_builder import OscMessageBuilder\n"
        "from pythonosc.udp_client import UDPClient\n"
        "\n"
        "client = UDPClient('127.0.0.1', 9000)\n"
        "\n"
        "message = OscMessageBuilder('/a')\n"
        "message.add_arg(1, 'i')\n"
        "message.add_arg(2.0, 'f')\n"
        "message.add_arg(['x'], ['s'])\n"
        "message.add_arg((0, 144, 60, 100), 'm')\n"
        "client.send(message.build())"
    )


def test_bundles_are_built_from_the_inside_and_keep_their_exact_time() -> None:
    assert program(encoded("#bundle immediately { #bundle 0xe1f2a3b401234567 { } }")).endswith(
        "bundle = OscBundleBuilder(IMMEDIATELY)\n"
        "bundle_2 = OscBundleBuilder(IMMEDIATELY)\n"
        "# The builder takes the time as float seconds, which would round it.\n"
        "bundle_2_time = bytes.fromhex('e1f2a3b401234567')\n"
        "bundle.add_content(OscBundle(b'#bundle\\0' + bundle_2_time + bundle_2.build().dgram[16:]))\n"
        "client.send(bundle.build())"
    )


@pytest.mark.parametrize(("languages", "packet"), EVERY_TYPE)
def test_only_what_python_osc_cannot_build_leaves_through_a_socket(languages: str, packet: str) -> None:
    text = program(encoded(packet))
    assert ("import socket" not in text) == ("pythonosc" in text) == ("python" in languages)


def test_imports_stand_once_at_the_top_and_all_are_used() -> None:
    tree = ast.parse(program(*EVERY_PACKET))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == tree.body[: len(imports)]
    names = [alias.name for node in imports for alias in node.names]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_hostile_text_stays_inside_its_literals() -> None:
    known = {
        "OscMessageBuilder",
        "OscBundleBuilder",
        "IMMEDIATELY",
        "UDPClient",
        "OscBundle",
        "bytes",
        "socket",
        "float",
    }
    known |= {"client", "message", "sock", "bundle", "bundle_2", "bundle_time", "bundle_2_time"}
    for data in EVERY_PACKET:
        names = {node.id for node in ast.walk(ast.parse(program(data))) if isinstance(node, ast.Name)}
        assert names <= known


def test_packets_to_one_target_share_a_client() -> None:
    packets = [AddressedPacket(encoded("/a"), Peer("::1", port)) for port in (1, 1, 2, 2, 1)]
    assert [line for line in python_program(packets).split("\n") if "UDPClient(" in line] == [
        f"client = UDPClient('::1', {port})" for port in (1, 2, 1)
    ]


def test_socket_has_the_family_of_its_target() -> None:
    assert "AF_INET6" in python_program([AddressedPacket(b"", Peer("::1", 7))])
    assert "AF_INET6" not in python_program([AddressedPacket(b"", PEER)])
