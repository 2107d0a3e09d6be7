"""Where the files that come with the program are."""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource_path(*parts: str) -> Path:
    """Return the path of a file under resources/: installed, in the repository, or in a bundle.

    Raises FileNotFoundError if it is in none of them.
    """
    places = (
        _PACKAGE / "resources",
        _PACKAGE.parent / "resources",
        Path(getattr(sys, "_MEIPASS", "/nowhere")) / "resources",
    )
    for place in places:
        path = place.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation")
