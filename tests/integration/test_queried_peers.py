"""Queries and lint on what others really sent: liblo, python-osc, and the captures of scsynth and its clients."""

import shutil
import subprocess

import pytest
from pythonosc.udp_client import SimpleUDPClient

from osc_workbench.scsynth.command_numbers import address_names
from osc_workbench.traffic.lint import Lint
from osc_workbench.traffic.matched_rows import MatchedRows
from osc_workbench.traffic.query import parse_query
from osc_workbench.traffic.query_context import QueryContext
from tests.doubles.program import TIMEOUT, running
from tests.doubles.traffic import HandFedStore
from tests.integration.test_scsynth_captures import CAPTURES, lines_of

needs_oscsend = pytest.mark.skipif(not shutil.which("oscsend"), reason="oscsend comes with the package liblo-tools")


@needs_oscsend
def test_liblo_and_python_osc_disagree_about_a_fader_and_are_told_so() -> None:
    with running("listen", "0", "--filter", "/fader arg[0]=1", "--lint", "--count", "3") as listener:
        (port,) = listener.ports()
        theirs = SimpleUDPClient("127.0.0.1", port)
        theirs.send_message("/fader", 1)
        theirs.send_message("/level", float("nan"))
        subprocess.run(["oscsend", "127.0.0.1", str(port), "/fader", "f", "1.0"], check=True, timeout=TIMEOUT)
        subprocess.run(["oscsend", "127.0.0.1", str(port), "/fader", "s", "1"], check=True, timeout=TIMEOUT)
        theirs.send_message("/fader", 1)
        assert listener.wait() == 0
        assert [line.partition(" /fader ")[2] for line in listener.lines] == [
            ",i 1",
            ",f 1.0  (lint: type-flip)",
            ",i 1  (lint: type-change)",
        ]
        assert listener.stderr.splitlines()[-1] == "lint: warning 1 (type-flip 1); info 1 (type-change 1)"
    theirs._sock.close()


@pytest.fixture(scope="module")
def captured() -> HandFedStore:
    """All datagrams of the captures, in their order; those of streams have a length in front."""
    store = HandFedStore()
    for path in sorted(path for path in CAPTURES.glob("scsynth_*.jsonl") if "_tcp" not in path.name):
        store.receive(*(bytes.fromhex(line["hex"]) for line in lines_of(path) if "hex" in line))
    assert len(store) > 500
    return store


def matching(store: HandFedStore, query: str) -> list[int]:
    rows = MatchedRows(store, parse_query(query).bind(QueryContext(store, names_of=address_names)))
    while rows.progress < 1:
        rows.advance(lambda: False)
    return list(rows.rows_between(0, store.end_row))


@pytest.mark.parametrize(
    ("query", "address", "tags"),
    [
        ("address:/n_go", "/n_go", None),
        ("/status.reply type:iiiiiffdd", "/status.reply", "iiiiiffdd"),
        ("address:/n_go -arg[0]<1000", "/n_go", None),
    ],
)
def test_replies_of_scsynth_are_found(captured: HandFedStore, query: str, address: str, tags: str | None) -> None:
    found = matching(captured, query)
    assert found
    records = [captured.record(row) for row in found]
    assert {record.address for record in records} == {address}
    assert tags is None or {record.type_tags for record in records} == {tags}
    if "arg[0]" not in query:
        every = [captured.record(row) for row in range(captured.end_row)]
        assert len(found) == sum(record.address == address for record in every)


def test_lint_says_of_scsynth_what_is_so_and_no_more(captured: HandFedStore) -> None:
    lint = Lint(captured)
    lint.take(0, captured.end_row)
    # What depends on when it came is not of the captures: here it came at other times.
    about_time = {"late", "clock-skew", "duplicate", "flood"}
    found = {name: count for name, count in lint.counts.items() if count and name not in about_time}
    # Commands take different arguments, scsynth takes addresses without a slash, `/status` came without type tags, node
    # numbers count up, and a SynthDef is larger than a frame.
    assert found == {
        "type-flip": 3,
        "type-change": 112,
        "missing-type-tags": 3,
        "forbidden-character": 2,
        "bundle-order": 1,
        "oversize-1240": 1,
        "sequence-gap": 1,
    }
    assert [captured.record(row).address for row in matching(captured, "lint:forbidden-character")] == [
        "status",
        "g_queryTree",
    ]
    assert matching(captured, "lint:error") == []
