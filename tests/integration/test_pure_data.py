"""Pure Data as a peer: it sends to `listen` what `oscformat` makes, and `oscparse` reads the answer."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.doubles.program import TIMEOUT, running

pytestmark = pytest.mark.skipif(not shutil.which("pd"), reason="pd comes with the package puredata-core")

# On loading: connect, send one message, and when an answer has been printed, quit.
PATCH = r"""#N canvas 0 0 450 300 12;
#X obj 10 10 loadbang;
#X msg 10 40 connect 127.0.0.1 {port};
#X obj 10 200 netsend {options} -b;
#X msg 100 70 1 2.5 hello;
#X obj 100 100 oscformat from pd;
#X obj 100 130 list prepend send;
#X obj 100 160 list trim;
#X obj 10 230 oscparse;
#X obj 10 260 print answer;
#X msg 100 260 \; pd quit;
#X connect 0 0 1 0;
#X connect 0 0 3 0;
#X connect 1 0 2 0;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
#X connect 6 0 2 0;
#X connect 2 1 7 0;
#X connect 7 0 8 0;
#X connect 7 0 9 0;
"""


def test_what_oscformat_makes_is_listed_and_the_answer_is_parsed(tmp_path: Path) -> None:
    with running("listen", "0", "--format", "jsonl", "--reply", '/from/pd -> /to/pd ,ifs 7 0.5 "world"') as listener:
        (port,) = listener.ports()
        patch = tmp_path / "send.pd"
        patch.write_text(PATCH.format(port=port, options="-u"))
        command = ["pd", "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", str(patch)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        assert "answer: list to pd 7 0.5 world" in done.stderr
        assert listener.end() == 0
        lines = [json.loads(line) for line in listener.lines]
    # Pd has no integers.
    assert lines[0]["packet"] == {"address": "/from/pd", "tags": "ffs", "args": [1.0, 2.5, "hello"]}
    assert [line["direction"] for line in lines] == ["in", "out"]
