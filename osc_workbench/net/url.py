"""URLs of endpoints and targets: `udp://HOST:PORT`, `tcp://HOST:PORT?framing=slip`, IPv6 in brackets."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from osc_workbench.net.errors import EndpointError
from osc_workbench.osc.framing import Framing

DEFAULT_HOST = "127.0.0.1"
_EXAMPLE = "Write it like udp://127.0.0.1:9000, udp://[::1]:9000 or tcp://127.0.0.1:9000?framing=slip."
_SCHEMES = ("udp", "tcp")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """Where to listen, to connect or to send.

    host: name or numeric address without brackets; an address of a multicast group joins it. port: 0 to 65535; 0 lets
    the system choose. framing: how packets are told apart on TCP. interface: address or name of the network interface
    for multicast, "" for the system's choice. broadcast: sending to all machines of a network is allowed. share: other
    programs may join the same group at the same port.
    """

    scheme: str
    host: str
    port: int
    framing: Framing = Framing.AUTO
    interface: str = ""
    broadcast: bool = False
    share: bool = False

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
        # liblo writes osc.udp://.
        scheme = parts.scheme.removeprefix("osc.")
        if scheme not in _SCHEMES:
            raise EndpointError(f"{parts.scheme}:// in {text!r} is not supported; udp:// and tcp:// are.", _EXAMPLE)
        if parts.path not in ("", "/") or parts.fragment or parts.username is not None:
            raise EndpointError(f"{text!r} has more than host, port and options.", _EXAMPLE)
        if host and (" " in host or not host.isprintable()):
            raise EndpointError(f"{text!r} is no address of an endpoint: there is a blank in the host.", _EXAMPLE)
        if port is None:
            raise EndpointError(f"{text!r} has no port.", _EXAMPLE)
        return cls(scheme, host or DEFAULT_HOST, port, **_read_options(text, scheme, parts.query))

    @property
    def is_multicast(self) -> bool:
        """Tell whether the host is the address of a multicast group."""
        try:
            return ipaddress.ip_address(self.host).is_multicast
        except ValueError:
            return False

    @property
    def is_tcp(self) -> bool:
        return self.scheme == "tcp"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        options = {
            "framing": "" if self.framing is Framing.AUTO else self.framing.value,
            "interface": self.interface,
            "broadcast": "yes" if self.broadcast else "",
            "share": "yes" if self.share else "",
        }
        query = urlencode({name: value for name, value in options.items() if value}, safe=":")
        return f"{self.scheme}://{host}:{self.port}" + (f"?{query}" if query else "")


def _framing(text: str) -> Framing:
    return Framing(text)


def _flag(text: str) -> bool:
    if text.lower() not in _YES + _NO:
        raise ValueError
    return text.lower() in _YES


# Name of the option: the scheme it belongs to, how to read it, what it can be.
_OPTIONS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "framing": ("tcp", _framing, "length, slip or auto"),
    "interface": ("udp", str, "an address or name of a network interface"),
    "broadcast": ("udp", _flag, "yes or no"),
    "share": ("udp", _flag, "yes or no"),
}


def _read_options(text: str, scheme: str, query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS or _OPTIONS[name][0] != scheme:
            known = " and ".join(known for known, row in _OPTIONS.items() if row[0] == scheme)
            raise EndpointError(f"{name}= in {text!r} is no option of {scheme}://, which has {known}.", _EXAMPLE)
        _, read, expected = _OPTIONS[name]
        try:
            options[name] = read(value)
        except ValueError:
            raise EndpointError(f"{name}={value} in {text!r} must be {expected}.", _EXAMPLE) from None
    return options
