"""Tool tips of texts that may have come from the network."""

from html import escape


def plain_tip(text: str) -> str:
    """Return a tool tip of just these characters; Qt would take some texts for markup and load what it names."""
    return f"<span style='white-space: pre-wrap'>{escape(text)}</span>" if text else ""
