"""The worked example of docs/command-line.md is run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.program import PROGRAM, TIMEOUT
from tests.doubles.receiving import free_port

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
SEQUENCER = """#!{python}
import socket, struct, sys
host, port = sys.argv[2].split(":")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for number in range(100):
        tags, value = {last} if number == 99 else (b",if", 0.5)
        form = ">if" if tags == b",if" else ">ii"
        data = b"/note\\0\\0\\0" + tags + b"\\0" + struct.pack(form, number, value)
        sender.sendto(data, (host, int(port)))
"""


@pytest.mark.parametrize(
    ("last", "status", "said"),
    [
        ('(b",if", 0.5)', 0, "lint: nothing found"),
        ('(b",ii", 1)', 1, "lint: warning 1 (type-flip 1)"),
    ],
)
def test_checking_somebody_elses_program(tmp_path: Path, last: str, status: int, said: str) -> None:
    (example,) = re.findall(r"```sh\n(.*?my-sequencer.*?)```", PAGE.read_text(), re.DOTALL)
    write_program(tmp_path / "my-sequencer", SEQUENCER.format(python=sys.executable, last=last))
    command = " ".join(f"'{word}'" for word in PROGRAM)
    write_program(tmp_path / "osc-workbench", f'#!/bin/sh\nexec {command} "$@"\n')
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(PAGE.parents[1]),
    }
    script = example.replace("9000", str(free_port()))
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, timeout=TIMEOUT, capture_output=True)
    report = (tmp_path / "report.txt").read_text()
    assert done.returncode == status, (done, report)
    assert report.splitlines()[-1] == said
    assert "printed 100" in report
    assert (tmp_path / "sequencer.pcapng").stat().st_size > 100 * 40


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
