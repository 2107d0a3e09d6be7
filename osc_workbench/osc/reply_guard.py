"""Keeps answers from becoming a loop or a flood: how much may go back to one peer, and when it has been enough.

Without clock and sockets. Two programs that answer each other's answers never stop by themselves (VU#417980).
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

REPLIES_PER_SECOND = 1000.0
# Burst that is allowed from silence: a client may ask for a whole address space at once.
_BURST_SECONDS = 2.0
# Our own answer coming back so soon, this many times in a row, is an echo; the round trip of a slow network is less. A
# client that asks an echo for a while stays below it, or pauses longer.
_ECHO_LIMIT = 200
_ECHO_SECONDS = 0.2
# A peer that was in a loop is answered again after this silence.
_SILENCE = 1.0
_PEERS_LIMIT = 4096
# Handlers on threads answer several messages of a peer at the same time; one more pays twice, which does no harm.
_CHARGED_LIMIT = 16


@dataclass(slots=True)
class _PeerState:
    allowance: float
    time: float
    last_reply: bytes = b""
    echoes: int = 0
    is_stopped: bool = False
    charged: deque[int] = field(default_factory=lambda: deque(maxlen=_CHARGED_LIMIT))


class ReplyGuard:
    """Tells for each peer whether it may be answered.

    per_second: messages of one peer that are answered in the long run, each with as many packets as it likes; twice as
    many may be answered at once. suppressed: packets of replies that were held back. peers: those that were answered;
    `hear` is for them.
    """

    def __init__(self, per_second: float = REPLIES_PER_SECOND) -> None:
        self.per_second = per_second
        self.suppressed = 0
        self.peers: OrderedDict[object, _PeerState] = OrderedDict()

    def hear(self, peer: object, data: bytes, time: float) -> None:
        """Note what came from a peer that was answered before."""
        state = self.peers.get(peer)
        if state is None:
            return
        if data == state.last_reply and time - state.time < _ECHO_SECONDS:
            state.echoes += 1
        elif not state.is_stopped:
            state.echoes = 0
        if state.is_stopped and time - state.time > _SILENCE:
            state.is_stopped, state.echoes = False, 0
        elif state.is_stopped:
            state.time = time

    def refuse(self, peer: object, data: bytes, time: float, question: int) -> str:
        """Return "" if this reply may leave, else what is wrong: "echo" or "rate", and "again" once that was said.

        question: the number of the message that is answered, the same for all packets of its reply.
        """
        state = self.peers.get(peer)
        burst = self.per_second * _BURST_SECONDS
        if state is None:
            if len(self.peers) >= _PEERS_LIMIT:
                self.peers.popitem(last=False)
            state = self.peers[peer] = _PeerState(burst, time)
        self.peers.move_to_end(peer)
        if state.is_stopped:
            self.suppressed += 1
            return "again"
        state.allowance = min(burst, state.allowance + (time - state.time) * self.per_second)
        state.time = time
        is_new = question not in state.charged
        reason = "echo" if state.echoes >= _ECHO_LIMIT else "rate" if is_new and state.allowance < 1 else ""
        if reason:
            state.is_stopped = True
            self.suppressed += 1
            return reason
        if is_new:
            state.allowance -= 1
            state.charged.append(question)
        state.last_reply = data
        return ""
