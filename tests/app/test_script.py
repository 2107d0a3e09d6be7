"""A script of handlers, in the window."""

import asyncio
import os
import socket
import time
from pathlib import Path

from osc_workbench.app.workbench import Workbench
from osc_workbench.osc.codec import decode_packet, encode_packet
from osc_workbench.osc.packet import OscMessage
from osc_workbench.views.theme import LIGHT
from tests.doubles.waiting import until
from tests.doubles.window import Run, listening, receive

SCRIPT = """
@dispatcher.on("/echo")
def echo(context):
    return "/echoed", *context.arguments
"""


def rewrite(path: Path, text: str) -> None:
    """Change a file so that it is seen, however coarse the clock of the file system is."""
    path.write_text(text)
    later = time.time() + 10
    os.utime(path, (later, later))


def test_a_script_answers_and_its_mistake_is_shown_in_the_panel(
    run: Run, workbench: Workbench, peer: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    label = workbench.responders.script

    async def change() -> None:
        address = await listening(workbench)
        watching = workbench.session.start_script(path)
        try:
            workbench.refresh()
            assert label.whole_text == f"Script {path}: 1 handler."
            assert LIGHT.muted.name() in label.styleSheet()
            rewrite(path, SCRIPT + "\nnonsense(1)\n")
            await until(lambda: "NameError" in label.whole_text)
            assert "line 6" in label.whole_text
            assert LIGHT.error.name() in label.styleSheet()
            # The handlers of before stay.
            peer.sendto(encode_packet(OscMessage("/echo", "i", (7,))), address)
            assert decode_packet(await receive(peer)) == OscMessage("/echoed", "i", (7,))
            path.unlink()
            rewrite(path, SCRIPT.replace("/echo", "/other") + SCRIPT)
            await until(lambda: label.whole_text == f"Script {path}: 2 handlers.")
            assert LIGHT.muted.name() in label.styleSheet()
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    run(change())


def test_a_handler_that_fails_is_told_and_the_next_message_is_handled(
    run: Run, workbench: Workbench, peer: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT + '\n@dispatcher.on("/fail")\ndef fail(context):\n    raise ValueError("on purpose")\n')

    async def fail() -> None:
        address = await listening(workbench)
        watching = workbench.session.start_script(path)
        try:
            peer.sendto(encode_packet(OscMessage("/fail")), address)
            await until(lambda: "on purpose" in workbench.window._problem.whole_text)
            peer.sendto(encode_packet(OscMessage("/echo")), address)
            assert decode_packet(await receive(peer)) == OscMessage("/echoed")
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    run(fail())
