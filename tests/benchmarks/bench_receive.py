"""How fast datagrams are received without loss, by the whole window and by its peers, in one run.

`python tests/benchmarks/bench_receive.py` finds for each receiver the highest paced rate without a loss (and without
lagging behind), round after round in turn, then holds 100,000 a second for ten seconds, then overloads the window and
compares the number of lost datagrams it shows with sent minus received. Needs a C compiler for the bare recv loop.
"""

import json
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from rounds import print_table

HERE = Path(__file__).parent
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
TRIAL_SECONDS = 1.0
# A receiver that is further behind than this when the sender stops does not keep up.
LAG = 0.25
STEP = 1.15


class Trial(NamedTuple):
    """How many were sent, at which rate they really left, how late the receiver was at the end, and its answer."""

    sent: int
    rate: float
    lag: float
    answer: dict[str, float]

    def is_whole(self) -> bool:
        return self.answer["received"] == self.sent and self.lag < LAG


class Receiver:
    """A receiving process and the questions to it."""

    def __init__(self, name: str, command: list[str], addresses: int = 8) -> None:
        self.name = name
        self.addresses = addresses
        # Unbuffered, so that select sees every answer.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
        self.port = int(self.process.stdout.readline())

    def ask(self) -> dict[str, float]:
        """Return what was received since the last question."""
        value: dict[str, float] | float = {}
        # A full buffer drops the question as well, so it is asked again; late answers are thrown away.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            while not value:
                sock.sendto(b"?", ("127.0.0.1", self.port))
                if select.select([self.process.stdout], [], [], 1.0)[0]:
                    value = json.loads(self.process.stdout.readline()) or {"received": 0}
        while select.select([self.process.stdout], [], [], 0.1)[0]:
            self.process.stdout.readline()
        return value if isinstance(value, dict) else {"received": value}

    def trial(self, rate: float, seconds: float = TRIAL_SECONDS) -> "Trial":
        sent, elapsed = send(self.port, rate, seconds, self.addresses)
        end = time.perf_counter()
        answer = self.ask()
        return Trial(sent, sent / elapsed, time.perf_counter() - end, answer)

    def best_rate(self, start: float) -> float:
        """Return the highest rate, of those that really left, on a ladder around `start` that is received whole."""
        asked, best = start, 0.0
        trial = self.trial(asked)
        while trial.is_whole() and trial.rate > 0.9 * asked:
            best, asked = trial.rate, asked * STEP
            trial = self.trial(asked)
        if trial.is_whole():
            # The sender is the limit.
            return max(best, trial.rate)
        while not best and asked > 500:
            asked /= STEP
            trial = self.trial(asked)
            best = trial.rate if trial.is_whole() else 0.0
        return best

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def send(port: int, rate: float, seconds: float, addresses: int) -> tuple[int, float]:
    """Return how many left and in how many seconds."""
    # A process of its own, so that sending takes nothing from this one's loop.
    command = [sys.executable, str(HERE / "sender.py"), str(port), str(rate), str(seconds), str(addresses)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    sent, elapsed = result.stdout.split()
    return int(sent), float(elapsed)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "recv_loop"
        subprocess.run(["cc", "-O2", "-o", str(program), str(HERE / "recv_loop.c")], check=True)
        receivers = [
            Receiver("C recv loop", [str(program)]),
            Receiver("python-osc, same loop", [sys.executable, str(HERE / "receivers.py"), "python-osc"]),
            Receiver("python-osc, plain qasync", [sys.executable, str(HERE / "receivers.py"), "python-osc-qasync"]),
            Receiver("osc_workbench window", [sys.executable, str(HERE / "receivers.py"), "workbench"]),
        ]
        try:
            measure(receivers)
        finally:
            for receiver in receivers:
                receiver.close()


def measure(receivers: list[Receiver]) -> None:
    starts = {"C recv loop": 300_000.0, "osc_workbench window": 150_000.0}
    rates: dict[str, list[float]] = {receiver.name: [] for receiver in receivers}
    for receiver in receivers:
        receiver.trial(5_000, 0.5)
    for _ in range(ROUNDS):
        for receiver in receivers:
            rate = receiver.best_rate(starts.get(receiver.name, 20_000.0))
            rates[receiver.name].append(rate)
            starts[receiver.name] = rate
    ours = rates[receivers[-1].name]
    rows = []
    for receiver in receivers:
        own = rates[receiver.name]
        ratio = statistics.median(mine / peer for mine, peer in zip(ours, own, strict=True))
        each = " ".join(f"{rate:,.0f}" for rate in own)
        rows.append((receiver.name, f"{statistics.median(own):,.0f}", each, f"{ratio:.2f}"))
    print_table("highest rate without loss, messages a second", rows, ("receiver", "median", "rounds", "window / this"))
    print("goals: 0.35 of the C loop, 8 times python-osc\n")
    window = receivers[-1]
    for rate, seconds in ((100_000, 10.0), (600_000, 2.0)):
        # The rate of the trial before has left the window's own averages.
        time.sleep(2.0)
        window.ask()
        sent, really, _, answer = window.trial(rate, seconds)
        lost = sent - answer["received"]
        print(
            f"window at {really:,.0f}/s for {seconds:g} s: sent {sent:,}, lost {lost:,}, shown as lost "
            f"{answer['dropped'] + answer['discarded']:,.0f}, frame interval p50 {answer['frame_p50_ms']:.1f} "
            f"p99 {answer['frame_p99_ms']:.1f} max {answer['frame_max_ms']:.1f} ms, following: {answer['following']}"
        )


if __name__ == "__main__":
    main()
