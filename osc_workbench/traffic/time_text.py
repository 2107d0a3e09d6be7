"""Times as text."""

from datetime import UTC, datetime


def rfc3339(unix_ns: int) -> str:
    """Return a time in UTC with nanoseconds. Source: RFC 3339, section 5.6."""
    seconds, fraction = divmod(unix_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
