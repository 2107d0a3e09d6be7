"""Places in a text as Qt counts them: in units of UTF-16, of which some characters take two."""


def qt_place(text: str, place: int) -> int:
    """Return how many units stand before the character at `place`; beyond the end, how many there are."""
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


def character_place(text: str, units: int) -> int:
    """Return how many characters stand before a place of Qt."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))
