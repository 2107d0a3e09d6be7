"""Rules that answer: when a message arrives at an address, send a packet."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from osc_workbench.osc.encoder import encode_packet
from osc_workbench.osc.errors import OscEncodeError
from osc_workbench.osc.notation_parser import parse_packet
from osc_workbench.osc.packet import OscMessage, OscPacket
from osc_workbench.osc.pattern import AddressGlob

_ARROW = "->"
_EXAMPLE = 'Write it like "/ping -> /pong ,i 1".'


@dataclass(frozen=True, slots=True)
class Responder:
    """One rule.

    pattern: an address or glob. text: a message or bundle in the notation. target: the URL it goes to, "" for the
    sender of the message. Raises OscEncodeError for a pattern or text that cannot be.
    """

    pattern: str
    text: str
    target: str = ""
    is_enabled: bool = True

    def __post_init__(self) -> None:
        if not self.pattern.startswith(("/", "*")):
            raise OscEncodeError(f"The address {self.pattern!r:.80} of a rule does not start with a slash.")
        OscMessage(self.pattern)
        fault = AddressGlob(self.pattern).fault
        if fault:
            raise OscEncodeError(f"{self.pattern!r:.80} can match no address: {fault}")
        try:
            encode_packet(self.packet)
        except OscEncodeError as error:
            raise OscEncodeError(f"{self.text!r:.80} is no packet: {error}") from None

    @classmethod
    def parse(cls, rule: str) -> Self:
        """Read `PATTERN -> TEXT`. Raises OscEncodeError."""
        pattern, arrow, text = rule.partition(_ARROW)
        if not arrow or not pattern.strip() or not text.strip():
            raise OscEncodeError(f"{rule!r:.80} is no rule. {_EXAMPLE}")
        return cls(pattern.strip(), text.strip())

    @property
    def packet(self) -> OscPacket:
        return parse_packet(self.text)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the rule that `to_json` wrote. Raises OscEncodeError for anything else."""
        fields = value if isinstance(value, dict) else {}
        pattern, text, target = fields.get("pattern"), fields.get("text"), fields.get("target", "")
        if not isinstance(pattern, str) or not isinstance(text, str) or not isinstance(target, str):
            raise OscEncodeError("A rule is an object with pattern, text and target, all of them texts.")
        return cls(pattern, text, target, fields.get("is_enabled") is not False)


def readable_rules(values: Iterable[Any]) -> tuple[Responder, ...]:
    """Return the rules among stored values; those that cannot be read are left out."""
    rules = []
    for value in values:
        try:
            rules.append(Responder.from_json(value))
        except OscEncodeError:
            continue
    return tuple(rules)
