"""The obvious way to match patterns and globs: try everything. Right, slow, and nothing like the program's own way."""

from functools import cache


def pattern_matches(pattern: str, address: str, version: str = "1.1") -> bool:
    wanted, given = pattern.split("/"), address.split("/")

    @cache
    def from_level(i: int, j: int) -> bool:
        if i == len(wanted):
            return j == len(given)
        if version == "1.1" and wanted[i] == "" and 0 < i < len(wanted) - 1:
            return any(from_level(i + 1, k) for k in range(j, len(given) + 1))
        return j < len(given) and _part_matches(wanted[i], given[j]) and from_level(i + 1, j + 1)

    return from_level(0, 0)


def glob_matches(glob: str, address: str) -> bool:
    return glob == "/**" or _glob_matches(glob, address, True)


@cache
def _part_matches(part: str, text: str) -> bool:
    if part == "":
        return text == ""
    head, rest = part[0], part[1:]
    if head == "*":
        return any(_part_matches(rest, text[k:]) for k in range(len(text) + 1))
    if head in "[{":
        return any(text.startswith(one) and _part_matches(left, text[len(one) :]) for one, left in _choices(part))
    return text != "" and head in ("?", text[0]) and _part_matches(rest, text[1:])


@cache
def _glob_matches(glob: str, text: str, is_part_start: bool) -> bool:
    if glob == "":
        return text == ""
    if is_part_start and glob == "**":
        return True
    if is_part_start and glob.startswith("**/"):
        places = [0] + [k + 1 for k, character in enumerate(text) if character == "/"]
        return any(_glob_matches(glob[3:], text[k:], True) for k in places)
    head, rest = glob[0], glob[1:]
    if glob.startswith("**"):
        return any(_glob_matches(glob.lstrip("*"), text[k:], False) for k in range(len(text) + 1))
    if head == "*":
        return any(_glob_matches(rest, text[k:], False) for k in range(len(text.split("/")[0]) + 1))
    if head in "[{":
        return any(
            text.startswith(one) and _glob_matches(left, text[len(one) :], False) for one, left in _choices(glob)
        )
    if head == "?":
        return text[:1] not in ("", "/") and _glob_matches(rest, text[1:], False)
    return text.startswith(head) and _glob_matches(rest, text[1:], head == "/")


def _choices(pattern: str) -> list[tuple[str, str]]:
    """Return what the bracket at the beginning can stand for, each with what follows the bracket."""
    inside, closing, left = pattern[1:].partition("]" if pattern[0] == "[" else "}")
    if not closing or "/" in inside:
        return []
    if pattern[0] == "{":
        return [(word, left) for word in inside.split(",")]
    negated = inside.startswith("!")
    listed, chosen = inside[negated:], set()
    while listed:
        if len(listed) >= 3 and listed[1] == "-":
            chosen |= {chr(code) for code in range(ord(listed[0]), ord(listed[2]) + 1)}
            listed = listed[3:]
        else:
            chosen.add(listed[0])
            listed = listed[1:]
    # No address of a test has a character beyond these.
    everything = {chr(code) for code in range(0x250)}
    return [(character, left) for character in (everything - chosen if negated else chosen) - {"/"}]
