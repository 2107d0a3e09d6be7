"""Bytes anywhere in messages, whose headers and arguments are kept apart."""

import pytest

from osc_workbench.osc.packet import OscMessage
from tests.doubles.queried_log import QueriedLog


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("bytes:2f667265", [0, 1]),
        ('bytes:"2c 69 00 00 2f"', [1]),
        ('bytes:"2c 69 00 00 2f 66 72 65"', [1]),
        ('bytes:"2c ?? 00 00 ?? 66"', [0, 1]),
        ('bytes:"\\"freq\\""', [0]),
        ("bytes:i:2", [2]),
        ("bytes:2f68", []),
        # The header ends with zeros of which one belongs to it, or two.
        ('bytes:"00 00 00 00 2a"', [3]),
        ('bytes:"00 00 2a"', [3, 4]),
        ("bytes:??", [0, 1, 2, 3, 4, 5]),
        ("bytes:" + "??" * 12, [0, 1, 2, 3, 4]),
    ],
)
def test_bytes_are_found_in_headers_in_arguments_and_across_both(text: str, matching: list[int]) -> None:
    values = [("s", "/freq"), ("i", 0x2F667265), ("b", b"\x2f\x66"), ("i", 0x2A), ("i", 0x2A000000)]
    log = QueriedLog()
    log.receive(*[OscMessage("/freq" if tag == "s" else "/a", tag, (value,)) for tag, value in values], b"/a\0\0")
    assert log.matching(text) == matching
