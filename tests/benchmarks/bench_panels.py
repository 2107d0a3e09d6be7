"""What the panels of statistics and lint cost: the highest rate without a loss with each of them in front, in one run.

`python tests/benchmarks/bench_panels.py [ROUNDS]`: 1,000 addresses, one float each; the window with the packet detail
in front is the peer, lint running in all of them. Then 50,000 a second for ten seconds with the statistics in front.
"""

import statistics
import sys

from bench_receive import HERE, ROUNDS, Receiver
from rounds import print_table

ADDRESSES = 1_000
VARIANTS = {"packet detail": "workbench", "statistics": "workbench-statistics", "lint": "workbench-lint"}


def main() -> None:
    command = [sys.executable, str(HERE / "receivers.py")]
    receivers = [Receiver(name, [*command, variant], ADDRESSES) for name, variant in VARIANTS.items()]
    try:
        measure(receivers)
    finally:
        for receiver in receivers:
            receiver.close()


def measure(receivers: list[Receiver]) -> None:
    rates: dict[str, list[float]] = {receiver.name: [] for receiver in receivers}
    for receiver in receivers:
        receiver.trial(5_000, 0.5)
    for _ in range(ROUNDS):
        for receiver in receivers:
            rates[receiver.name].append(
                receiver.best_rate(rates[receiver.name][-1] if rates[receiver.name] else 100_000)
            )
    base = rates[receivers[0].name]
    rows = []
    for name, own in rates.items():
        ratio = statistics.median(mine / peer for mine, peer in zip(own, base, strict=True))
        rows.append((name, f"{statistics.median(own):,.0f}", " ".join(f"{rate:,.0f}" for rate in own), f"{ratio:.2f}"))
    title = "highest rate without loss, messages a second, 1,000 addresses"
    print_table(title, rows, ("in front", "median", "rounds", "x packet detail"))
    print("goal: statistics at 0.8 of the packet detail\n")
    sent, really, _, answer = receivers[1].trial(50_000, 10.0)
    print(
        f"statistics at {really:,.0f}/s for 10 s: lost {sent - answer['received']:,}, frame interval "
        f"p50 {answer['frame_p50_ms']:.1f} p99 {answer['frame_p99_ms']:.1f} max {answer['frame_max_ms']:.1f} ms"
    )


if __name__ == "__main__":
    main()
