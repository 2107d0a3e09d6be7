"""What is filled in to add an endpoint, and the URL it makes."""

import enum
import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from osc_workbench.osc.framing import Framing
from osc_workbench.traffic.record import Role


class EndpointKind(enum.Enum):
    """What can be added, in the words of the window: label, scheme of the URL, role, verb of the button."""

    UDP = ("UDP", "udp", Role.LISTEN, "Listen")
    TCP_SERVER = ("TCP server", "tcp", Role.LISTEN, "Listen")
    TCP_CLIENT = ("TCP client", "tcp", Role.CONNECT, "Connect")

    def __init__(self, label: str, scheme: str, role: Role, verb: str) -> None:
        self.label = label
        self.scheme = scheme
        self.role = role
        self.verb = verb


FRAMING_LABELS = {
    Framing.AUTO: "Framing: detect",
    Framing.LENGTH: "Length prefix (OSC 1.0)",
    Framing.SLIP: "SLIP (OSC 1.1)",
}


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """The fields as they are; `address` is what was typed: a port, host:port or a whole URL."""

    kind: EndpointKind
    address: str
    framing: Framing = Framing.AUTO
    interface: str = ""
    broadcast: bool = False

    @property
    def is_multicast(self) -> bool:
        """Tell whether the address is that of a multicast group."""
        host = self.address.strip().partition("://")[2] or self.address.strip()
        host = host.rpartition("]")[0].strip("[]") if "]" in host else host.partition(":")[0]
        try:
            return ipaddress.ip_address(host).is_multicast
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The URL as text; whether it is one is found out where it is used. Options that were typed stand."""
        text = self.address.strip()
        if text.isdigit():
            text = f"127.0.0.1:{text}"
        if "://" not in text:
            text = f"{self.kind.scheme}://{text}"
        typed = {name for name, _ in parse_qsl(text.partition("?")[2], keep_blank_values=True)}
        query = urlencode({name: value for name, value in self._options(text).items() if name not in typed})
        return f"{text}{'&' if '?' in text else '?'}{query}" if query else text

    def _options(self, url: str) -> dict[str, str]:
        # The fields of the other scheme cannot be seen, so they do not count.
        if not url.removeprefix("osc.").startswith(self.kind.scheme):
            return {}
        if self.kind.scheme == "tcp":
            return {} if self.framing is Framing.AUTO else {"framing": self.framing.value}
        options = {"interface": self.interface} if self.interface and self.is_multicast else {}
        return {**options, "broadcast": "yes"} if self.broadcast else options
