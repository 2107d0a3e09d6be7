"""liblo's own programs as peers, over UDP and TCP: oscsend to `listen`, and `send` to oscdump."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.program import TIMEOUT, run, running, wait_for
from tests.doubles.receiving import free_port
from tests.doubles.streams import free_tcp_port

needs_oscsend = pytest.mark.skipif(not shutil.which("oscsend"), reason="oscsend comes with the package liblo-tools")
needs_oscdump = pytest.mark.skipif(not shutil.which("oscdump"), reason="oscdump comes with the package liblo-tools")

# (types, values as oscsend takes them, arguments in JSON)
SENT: list[tuple[str, list[str], list[Any]]] = [
    ("", [], []),
    ("i", ["42"], [42]),
    ("i", ["-2147483648"], [-(2**31)]),
    ("h", ["9223372036854775807"], [2**63 - 1]),
    ("f", ["440.5"], [440.5]),
    ("d", ["0.1"], [0.1]),
    ("s", ["hello world"], ["hello world"]),
    ("s", ["héllo ☃"], ["héllo ☃"]),
    ("s", [""], [""]),
    ("S", ["symbol"], ["symbol"]),
    ("c", ["x"], [{"char": 120}]),
    ("m", ["00903c64"], [{"midi": "00903c64"}]),
    ("TFNI", [], [True, False, None, {"infinitum": True}]),
    ("isfTNd", ["1", "two", "3.0", "4.0"], [1, "two", 3.0, True, None, 4.0]),
]


@needs_oscsend
@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("udp://127.0.0.1:0", "osc.udp://127.0.0.1:{}/"),
        ("tcp://127.0.0.1:0", "osc.tcp://127.0.0.1:{}/"),
        ("tcp://127.0.0.1:0?framing=length", "osc.tcp://127.0.0.1:{}/"),
    ],
)
def test_everything_oscsend_can_send_is_listed_right(url: str, theirs: str) -> None:
    with running("listen", url, "--format", "jsonl", "--count", str(len(SENT))) as listener:
        (port,) = listener.ports()
        for number, (types, values, _) in enumerate(SENT):
            address = f"/sent/by/liblo/{number}"
            words = ["oscsend", theirs.format(port), address, *([types] if types else []), *values]
            subprocess.run(words, check=True, timeout=TIMEOUT)
        assert listener.wait() == 0
        lines = [json.loads(line) for line in listener.lines]
    for number, ((types, _, arguments), line) in enumerate(zip(SENT, lines, strict=True)):
        expected = {"address": f"/sent/by/liblo/{number}", "tags": types, "args": arguments}
        assert (line["packet"], line["issues"], line["number"]) == (expected, [], number + 1)


def is_bound(port: int, scheme: str) -> bool:
    tables = [Path(f"/proc/net/{name}") for name in (scheme, f"{scheme}6")]
    return any(f":{port:04X} " in table.read_text() for table in tables if table.exists())


@contextmanager
def oscdump(directory: Path, scheme: str = "udp") -> Iterator[tuple[int, Path]]:
    """Yield the port oscdump listens on and the file it writes to."""
    port = free_port() if scheme == "udp" else free_tcp_port()
    path = directory / "dumped"
    with path.open("wb") as file:
        command = ["oscdump", "-L", f"osc.{scheme}://:{port}"]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: is_bound(port, scheme))
        yield port, path
    finally:
        process.terminate()
        process.wait(TIMEOUT)


@needs_oscdump
@pytest.mark.parametrize(
    ("scheme", "options"), [("udp", ""), ("tcp", "?framing=length"), ("tcp", "?framing=slip"), ("tcp", "")]
)
def test_everything_we_send_is_understood_by_oscdump(tmp_path: Path, scheme: str, options: str) -> None:
    every = (
        '/every ,ifsbhtdScmTFNI 1 2.5 "h i" x"616263" 5000000000 @0xe1f2a3b400000000 1.5 sym \'a\' m"00903c64"'
        " true false nil infinitum"
    )
    with oscdump(tmp_path, scheme) as (port, dumped):
        url = f"{scheme}://localhost:{port}{options}"
        assert run("send", url, every, "/none", "/text ,s ü").returncode == 0
        # liblo 0.31 knows SLIP by its first two bytes, and a bundle is not what it looks for there.
        words = ["/x 1", "/y 2"] if "slip" in options else ["/x 1", "/y 2", "--bundle"]
        assert run("send", url, *words).returncode == 0
        wait_for(lambda: len(dumped.read_text().splitlines()) == 5)
        lines = [line.partition(" ")[2] for line in dumped.read_text().splitlines()]
    assert lines == [
        '/every ifsbhtdScmTFNI 1 2.500000 "h i" [3b 0x61 0x62 0x63] 5000000000 e1f2a3b4.00000000 1.500000'
        " 'sym 'a' MIDI [0x00 0x90 0x3c 0x64] #T #F Nil Infinitum",
        "/none ",
        '/text s "ü"',
        "/x i 1",
        "/y i 2",
    ]


@needs_oscdump
def test_bundle_with_a_time_reaches_oscdump_whole(tmp_path: Path) -> None:
    with oscdump(tmp_path) as (port, dumped):
        assert run("send", str(port), "/now", "--bundle", "0x0000000000000001").returncode == 0
        wait_for(lambda: "/now" in dumped.read_text())
