"""The rules of lint as a table: what each is called, how serious it is, and what it means to the one who reads it.

A row of the log has one bit for each rule, `LintRule.bit` of `Chunk.findings`. What breaks a rule is worked out in the
other modules named lint; nothing here looks at traffic.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

# Where the rules draw their lines; the explanations name the same figures.
SKEWED_BUNDLES = 8
SKEW_NS = 1_000_000_000
LATE_NS = 1_000_000
DUPLICATE_NS = 1_000_000
COUNTER_STEPS = 8
GAP_LIMIT = 1000
FLOOD_LIMIT = 1000
# What an IPv6 path must carry (RFC 8200: 1,280) less the header of IPv6; what receivers with a fixed buffer read, such
# as the servers of Python's socketserver; the largest payload of UDP over IPv4 (RFC 768 and 791: 65,535 less 28).
FRAGMENT_BYTES, BUFFER_BYTES, DATAGRAM_BYTES = 1240, 8192, 65_507


class Severity(enum.Enum):
    """How much it matters.

    ERROR: receivers cannot use the message, or are harmed by it. WARNING: some will go wrong. INFO: worth knowing.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class LintRule:
    """One rule.

    bit: its place in the findings of a row, 0 to 31. id: its name in queries. title: a few words for lists.
    explanation: what it is, why it hurts and what to do, in two or three sentences.
    """

    bit: int
    id: str
    severity: Severity
    title: str
    explanation: str


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES = (
    LintRule(
        0,
        "malformed",
        _ERROR,
        "Not decodable",
        "These bytes are no OSC packet, or they end in the middle of one, so no receiver can act on all of them. "
        "Usual causes are another protocol on the same port, the wrong TCP framing, or a sender that gets a size "
        "wrong. The packet view says at which byte reading stops and why.",
    ),
    LintRule(
        1,
        "type-flip",
        _WARNING,
        "Integer and float mixed",
        "The same argument of an address is an integer in one message and a float in the next. Receivers that match "
        "types strictly take only one of them, so a control seems to work now and then; a script that sends 1 where "
        "it means 1.0 is the usual cause. Make the sender convert the value to one type.",
    ),
    LintRule(
        2,
        "type-change",
        _INFO,
        "Other argument types",
        "The type tags differ from those of the message before at this address (true and false count as one type). "
        "That is normal for commands that take lists or options, as those of scsynth do, and a mistake where a "
        "receiver expects fixed arguments. If it is not meant, look for a second sender of the address.",
    ),
    LintRule(
        3,
        "nan",
        _ERROR,
        "Not a number (NaN)",
        "An argument is NaN, the result of a calculation without one, such as 0 divided by 0. In a synthesizer it "
        "spreads through filters and delays and silences them until they are started again. Find the calculation in "
        "the sender, and check values before they reach a filter.",
    ),
    LintRule(
        4,
        "infinity",
        _WARNING,
        "Infinite number",
        "An argument is infinite, as after a division by zero or for the level of silence in decibels. In a gain or a "
        "frequency it ends in a loud click or in silence. Limit the value before it is sent.",
    ),
    LintRule(
        5,
        "denormal",
        _INFO,
        "Denormal number",
        "An argument is so close to zero that it is kept with fewer digits than other floats (below about 1e-38). "
        "Filters and reverbs that calculate with such numbers can take many times their processor time. Round values "
        "this small to zero in the sender.",
    ),
    LintRule(
        6,
        "missing-type-tags",
        _WARNING,
        "No type tags",
        "The message has no type tag string, so nothing says where its arguments begin and what they are. Only very "
        "old senders leave it out; many receivers ignore such messages. Update the sender's OSC library, or send a "
        "comma and the tags after the address.",
    ),
    LintRule(
        7,
        "bad-padding",
        _WARNING,
        "Wrong padding",
        "Texts and blobs are filled up with zero bytes to a multiple of four; here these bytes are missing or are not "
        "zero. Strict receivers reject the message or misread what follows. Update the sender's OSC library, or tell "
        "its authors.",
    ),
    LintRule(
        8,
        "excess-bytes",
        _WARNING,
        "Bytes after the last argument",
        "There are more bytes than the type tags account for. Receivers ignore them or reject the message; either way "
        "what they meant is lost. Compare the type tags with what the sender writes: mostly one is missing.",
    ),
    LintRule(
        9,
        "unknown-type-tag",
        _WARNING,
        "Unknown type tag",
        "A type tag is none that OSC defines, so nobody can tell how long its argument is. Receivers throw the whole "
        "message away or read the arguments up to there. Use another type in the sender; a blob can carry anything.",
    ),
    LintRule(
        10,
        "value-in-address",
        _WARNING,
        "Value typed into the address",
        'A number stands in the address and not in an argument, as in "/fader 0.5", "/vol=0.5" or "/pan/0.53". Each '
        "value makes another address, and no receiver has a handler for them. Move the number to the arguments, which "
        "have a field of their own in most senders.",
    ),
    LintRule(
        11,
        "forbidden-character",
        _WARNING,
        "Bad character in the address",
        'The address holds a space, "#", ",", a control character or one outside ASCII, or does not begin with a '
        "slash; OSC allows none of this. Receivers may not match it or refuse it. Rename the control in the sender; "
        "the characters of patterns (* ? [ ] {a,b}) are allowed.",
    ),
    LintRule(
        12,
        "bundle-order",
        _WARNING,
        "Inner bundle earlier than outer",
        "A bundle inside another has an earlier time tag than the one around it, which OSC forbids. Receivers run it "
        "late, at once or not at all. Give inner bundles the time of the outer one or a later one.",
    ),
    LintRule(
        13,
        "oversize-1240",
        _INFO,
        "Larger than a network frame may be",
        "The packet has more than 1,240 bytes, so on some networks (VPN, Wi-Fi bridges, IPv6) it travels in pieces, "
        "and if one piece is lost all of it is. Over TCP and within one computer this is harmless. Send smaller "
        "bundles if messages go missing.",
    ),
    LintRule(
        14,
        "oversize-8192",
        _WARNING,
        "Larger than many receivers read",
        "The packet has more than 8,192 bytes, which is all that many receivers read of a datagram; they see it cut "
        "off and reject it. Split the bundle, or use TCP if both sides can.",
    ),
    LintRule(
        15,
        "oversize-65507",
        _ERROR,
        "Too large for UDP",
        "The packet has more than 65,507 bytes, the most that a UDP datagram can carry over IPv4. It can only go by "
        "TCP. Split the bundle or the blob to send it by UDP.",
    ),
    LintRule(
        16,
        "clock-skew",
        _WARNING,
        "Clock of the sender is off",
        "The time tags of at least 8 bundles in a row from this sender are all more than a second early, or all late, "
        "against this computer's clock. Its bundles then run at the wrong time here. Set both clocks by NTP or PTP, "
        "or look whether the sender plans that far ahead.",
    ),
    LintRule(
        17,
        "late",
        _WARNING,
        "Bundle came too late",
        "The time tag was already more than 1 ms past when the bundle arrived, or it is zero, which is no time. "
        "Receivers run it at once, so the timing is lost, or drop it. Let the sender add more latency, or compare the "
        "clocks.",
    ),
    LintRule(
        18,
        "duplicate",
        _INFO,
        "Same packet twice",
        "The same bytes came from the same sender less than 1 ms before. Toggles and triggers then fire twice. Look "
        "for two routes or two network paths to this port, or a control that is mapped twice; some senders repeat "
        "everything on purpose.",
    ),
    LintRule(
        19,
        "sequence-gap",
        _WARNING,
        "Counter skips numbers",
        "The first integer of this address has counted up by one, and now jumps ahead by 2 to 1,000: the messages in "
        "between were lost on the way or never sent. Look at the drop counters of the endpoint first, then at Wi-Fi "
        "and switches.",
    ),
    LintRule(
        20,
        "flood",
        _WARNING,
        "Flood of one address",
        "More than 1,000 messages of this address came within one second, more than a control can use. It takes the "
        "time of every receiver and delays the others. Limit the rate in the sender, or send only when the value "
        "changes.",
    ),
)

_BY_ID = {rule.id: rule for rule in RULES}


def bit_of(rule_id: str) -> int:
    """Return the mask of one rule. Raises KeyError if there is none of this id."""
    return 1 << _BY_ID[rule_id].bit


def mask_of(rule_ids: Iterable[str]) -> int:
    """Return the bits of these rules together. Raises KeyError if one does not exist."""
    mask = 0
    for rule_id in rule_ids:
        mask |= bit_of(rule_id)
    return mask


def rules_in(mask: int) -> tuple[LintRule, ...]:
    """Return the rules whose bits are in a mask, in order of their bits."""
    return tuple(rule for rule in RULES if mask >> rule.bit & 1)
