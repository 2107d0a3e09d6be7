"""URLs of endpoints and targets: `udp://HOST:PORT`, IPv6 in brackets."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from osc_workbench.net.errors import EndpointError

DEFAULT_HOST = "127.0.0.1"
_EXAMPLE = "Write it like udp://127.0.0.1:9000 or udp://[::1]:9000."


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """Where to listen or to send.

    host: name or numeric address without brackets. port: 0 to 65535; 0 lets the system choose.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL; a missing scheme is UDP, a missing host this machine. Raises EndpointError."""
        text = text.strip()
        if "://" not in text:
            text = "udp://" + (f"{DEFAULT_HOST}:{text}" if text.isdigit() else text)
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise EndpointError(f"{text!r} is no address of an endpoint: {error}.", _EXAMPLE) from None
        if parts.scheme != "udp":
            raise EndpointError(f"{parts.scheme}:// in {text!r} is not supported; udp:// is.", _EXAMPLE)
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
            raise EndpointError(f"{text!r} has more than host and port.", _EXAMPLE)
        if host and (" " in host or not host.isprintable()):
            raise EndpointError(f"{text!r} is no address of an endpoint: there is a blank in the host.", _EXAMPLE)
        if port is None:
            raise EndpointError(f"{text!r} has no port.", _EXAMPLE)
        return cls(parts.scheme, host or DEFAULT_HOST, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"
