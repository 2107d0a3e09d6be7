"""The demo sends what decodes, a few malformed packets on purpose, and ends without leaving anything."""

import os
import random

from osc_workbench.net.clock import Clock
from osc_workbench.net.demo_traffic import _MALFORMED, _packets_of_tick, send_demo_traffic
from osc_workbench.net.tasks import spawn
from osc_workbench.osc.codec import decode_packet, examine_packet
from osc_workbench.osc.errors import OscDecodeError
from osc_workbench.osc.packet import OscMessage, walk
from tests.doubles.fake_clock import FakeClock
from tests.doubles.receiving import Inbox, free_port
from tests.doubles.waiting import until


def is_osc(data: bytes) -> bool:
    try:
        decode_packet(data)
    except OscDecodeError:
        return False
    return True


def test_all_packets_decode_without_issue_but_those_that_are_malformed_on_purpose() -> None:
    chance = random.Random(1)
    packets = [data for tick in range(500) for _, data in _packets_of_tick(tick, FakeClock().unix_ns(), chance)]
    malformed = [data for data in packets if not is_osc(data)]
    assert malformed == [_MALFORMED[number % 3] for number in range(4)]
    good = [data for data in packets if is_osc(data)]
    assert all(examine_packet(data)[1] == () for data in good)
    assert 200 < len(packets) / (500 * 0.04) < 400


def test_every_kind_of_argument_is_shown() -> None:
    chance = random.Random(1)
    tags: set[str] = set()
    addresses: set[str | int] = set()
    for tick in range(200):
        for _, data in _packets_of_tick(tick, FakeClock().unix_ns(), chance):
            if is_osc(data):
                messages: list[OscMessage] = [message for message, _ in walk(decode_packet(data))]
                tags.update(*(message.type_tags or "" for message in messages))
                addresses.update(message.address for message in messages)
    assert set("ifsbhdrmTFNI[]") <= tags
    assert 9 in addresses


async def test_demo_arrives_and_ends_on_cancel_without_leftover_sockets() -> None:
    inbox = Inbox()
    await inbox.endpoint.open()
    before = len(os.listdir("/proc/self/fd"))
    task = spawn(send_demo_traffic("127.0.0.1", inbox.endpoint.url.port, Clock()), "demo")
    await until(lambda: len(inbox.received) > 30)
    task.cancel()
    await until(task.done)
    assert task.cancelled()
    assert len(os.listdir("/proc/self/fd")) == before
    inbox.endpoint.close()


async def test_demo_goes_on_while_nobody_listens() -> None:
    port = free_port()
    task = spawn(send_demo_traffic("127.0.0.1", port, Clock()), "demo")
    await until(lambda: not task.done())
    inbox = Inbox(f"udp://127.0.0.1:{port}")
    await inbox.endpoint.open()
    await until(lambda: len(inbox.received) > 20)
    assert not task.done()
    task.cancel()
    await until(task.done)
    inbox.endpoint.close()
