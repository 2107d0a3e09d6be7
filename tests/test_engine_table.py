"""docs/engine.md names a test for every row; each of them must be there."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "engine.md"
_IN_NET = re.compile(r"^## 1D.*?(?=^## )", re.MULTILINE | re.DOTALL)


def named_tests(cell: str, folder: str) -> list[tuple[Path, str]]:
    """Return (file, function) of each `file: test` or `test` of a cell; the function is "" for a whole file."""
    found, path = [], Path()
    for name in re.findall(r"`([^`]+)`", cell):
        if name.startswith("test_"):
            head, _, function = name.partition(": ")
            if (folder or function) and (function or not found):
                path = TESTS / folder / f"{head}.py"
                found.append((path, function))
            else:
                found.append((path, name))
        elif "/test_" in name:
            head, _, function = name.partition(": ")
            path = TESTS / f"{head}.py"
            found.append((path, function))
    return found


def test_every_test_the_table_names_is_there() -> None:
    text = TABLE.read_text()
    in_net = _IN_NET.search(text)
    assert in_net is not None
    cells = [(row.rstrip("|").rpartition("|")[2], "net" if row in in_net[0] else "") for row in rows(text)]
    named = [test for cell, folder in cells for test in named_tests(cell, folder)]
    missing = [
        f"{path.relative_to(TESTS)}: {function}"
        for path, function in named
        if not path.is_file() or (function and f"def {function}(" not in path.read_text())
    ]
    assert not missing
    assert len(named) > 150


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| there |")]
