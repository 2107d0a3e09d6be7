"""Figures of statistics as short texts: for cells of a table, and for sentences with their unit."""

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))
_MANY = 1_000_000


def significant(value: float | None) -> str:
    """Return a number with about three digits that count; "" for None."""
    if value is None:
        return ""
    size = abs(value)
    if size >= _MANY:
        return f"{value:.3g}"
    # What rounds up to 10 has two digits before the point.
    for limit, digits in ((99.95, 0), (9.995, 1), (0.9995, 2)):
        if size >= limit:
            return f"{value:,.{digits}f}"
    return f"{value:.3f}" if size else "0"


def milliseconds(seconds: float | None) -> str:
    """Return seconds as milliseconds without the unit; "" for None."""
    return "" if seconds is None else significant(seconds * 1e3)


def seconds_text(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    size = abs(seconds)
    if not size:
        return "0 s"
    # Rounding must not end in "1,000 ms".
    factor, unit = next(((factor, unit) for factor, unit in _UNITS if size >= factor * 0.9995), _UNITS[-1])
    return f"{significant(seconds / factor)} {unit}"


def late_text(seconds: float) -> str:
    """Say how late, or how early, something came."""
    if not seconds:
        return "on time"
    return f"{seconds_text(abs(seconds))} {'late' if seconds > 0 else 'early'}"


def rate_text(per_second: float) -> str:
    if not per_second:
        return "0"
    if per_second < 0.1:
        return "<0.1"
    return f"{per_second:,.1f}" if round(per_second, 1) < 10 else f"{per_second:,.0f}"


def percent_text(share: float) -> str:
    """Return a share of 1 as a percentage without its sign."""
    percent = share * 100
    return "<0.1" if 0 < percent < 0.05 else f"{percent:.1f}"


def number_text(value: int | float) -> str:
    """Return an argument's number, shortened where it is long."""
    if isinstance(value, int) and abs(value) < _MANY:
        return f"{value:,}"
    return f"{value:.4g}"
