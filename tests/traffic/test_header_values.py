"""Values of headers follow the table, whose numbers go to other headers in time."""

import numpy as np

from osc_workbench.osc.header import MessageHeader
from osc_workbench.traffic.header_values import HeaderValues
from osc_workbench.traffic.tables import HeaderTable


def _add(table: HeaderTable, address: str) -> int:
    return table.add(MessageHeader(address, "", address.encode()))


def test_value_is_worked_out_once_for_each_header_and_again_when_its_number_has_another() -> None:
    table, asked = HeaderTable(4), []

    def length(address: str | int | None, _type_tags: str | None, _raw: bytes) -> int:
        asked.append(address)
        return len(str(address or ""))

    values = HeaderValues(table, length, np.int64)
    first, second = _add(table, "/a"), _add(table, "/bb")
    for _ in range(2):
        assert values.all().tolist() == [0, 2, 3]
    table.keep_only([first])
    assert values.all().tolist() == [0, 2, 0]
    # The number goes to another header long after it was given back.
    assert _add(table, "/cccc") == second
    assert _add(table, "/ddddd") == 3
    assert values.at(np.array([second, 3, first], np.uint32)).tolist() == [5, 6, 2]
    assert asked == [None, "/a", "/bb", None, "/cccc", "/ddddd"]


def test_values_that_were_not_asked_for_in_between_are_those_of_today() -> None:
    table = HeaderTable(300)
    values = HeaderValues(table, lambda address, _type_tags, _raw: int(str(address or "/0")[1:]), np.int64)
    numbers = [_add(table, f"/{number}") for number in range(1, 301)]
    assert values.at(np.array(numbers, np.uint32)).tolist() == list(range(1, 301))
    for round_number in range(1, 4):
        table.keep_only(numbers[:100])
        numbers[100:] = [_add(table, f"/{number + 1000 * round_number}") for number in range(101, 301)]
    expected = [*range(1, 101), *range(3101, 3301)]
    assert values.at(np.array(numbers, np.uint32)).tolist() == expected
