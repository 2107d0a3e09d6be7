"""Which program holds a port, read from /proc."""

import os
from pathlib import Path

import pytest

from osc_workbench.net.port_holder import find_port_holder
from tests.doubles.receiving import HOSTS, free_port, udp_socket
from tests.doubles.streams import tcp_listener

HEADER = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = "  1: 0100007F:{port:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 {inode} 2 0 0\n"


def make_proc(root: Path, port: int, name: bytes) -> Path:
    (root / "net").mkdir()
    (root / "net" / "udp").write_text(HEADER + LINE.format(port=port, inode=4711))
    (root / "41" / "fd").mkdir(parents=True)
    (root / "42" / "fd").mkdir(parents=True)
    os.symlink("socket:[9]", root / "41" / "fd" / "3")
    os.symlink("socket:[4711]", root / "42" / "fd" / "7")
    (root / "41" / "comm").write_bytes(b"other\n")
    (root / "42" / "comm").write_bytes(name)
    return root


def test_holder_is_named_with_its_process(tmp_path: Path) -> None:
    assert find_port_holder(57110, "udp", make_proc(tmp_path, 57110, b"scsynth\n")) == "scsynth (process 42)"


def test_name_that_is_cut_within_a_character_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    name = "überlange-müh".encode()[:-1] + "ü".encode()[:1] + b"\n"
    assert find_port_holder(9, "udp", make_proc(tmp_path, 9, name)).startswith("überlange-m")


def test_name_with_a_line_break_stays_on_one_line(tmp_path: Path) -> None:
    assert find_port_holder(9, "udp", make_proc(tmp_path, 9, b"a\nb\n")) == "a b (process 42)"


def test_nobody_is_named_when_the_system_does_not_tell(tmp_path: Path) -> None:
    assert find_port_holder(9, "udp", tmp_path) == ""
    proc = make_proc(tmp_path, 9, b"x")
    assert find_port_holder(10, "udp", proc) == ""
    (proc / "42" / "comm").unlink()
    assert find_port_holder(9, "udp", proc) == ""


@pytest.mark.skipif(not Path("/proc/net/udp").exists(), reason="needs /proc")
@HOSTS
def test_our_own_socket_is_found(host: str) -> None:
    with udp_socket(host) as sock:
        assert find_port_holder(sock.getsockname()[1]).endswith(f"(process {os.getpid()})")
    assert find_port_holder(free_port(host)) == ""


def test_only_who_listens_holds_a_tcp_port(tmp_path: Path) -> None:
    proc = make_proc(tmp_path, 9000, b"scsynth\n")
    connection = LINE.replace(" 07 ", " 01 ").format(port=9000, inode=9)
    listening = LINE.replace(" 07 ", " 0A ").format(port=9000, inode=4711)
    (proc / "net" / "tcp").write_text(HEADER + connection)
    assert find_port_holder(9000, "tcp", proc) == ""
    (proc / "net" / "tcp6").write_text(HEADER + listening)
    assert find_port_holder(9000, "tcp", proc) == "scsynth (process 42)"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
@HOSTS
def test_our_own_tcp_socket_is_found(host: str) -> None:
    with tcp_listener(host) as listener:
        port = listener.socket.getsockname()[1]
        assert find_port_holder(port, "tcp").endswith(f"(process {os.getpid()})")
        assert find_port_holder(port, "udp") == ""
