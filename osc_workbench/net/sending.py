"""Packets that leave a session: from which endpoint, to whom, now or at an exact time."""

import asyncio
from collections.abc import Mapping

from osc_workbench.net.deadlines import DeadlineThread
from osc_workbench.net.endpoint import Endpoint, resolve
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.packet import OscPacket
from osc_workbench.traffic.record import EndpointState, Peer


def _encoded(packet: OscPacket | bytes) -> bytes:
    return packet if isinstance(packet, bytes) else encode_packet(packet)


class Sending:
    """endpoints: those there are, by number; somebody else adds and removes them."""

    def __init__(self, endpoints: Mapping[int, Endpoint], deadlines: DeadlineThread) -> None:
        self._endpoints = endpoints
        self._deadlines = deadlines

    async def send(self, packet: OscPacket | bytes, target: EndpointUrl, endpoint_id: int) -> None:
        """Send a packet from an endpoint's port; see `Session.send`."""
        endpoint, peer = await self._sender(target, endpoint_id)
        endpoint.send(_encoded(packet), peer)
        await endpoint.drain(peer)

    async def send_at(self, due: float, packet: OscPacket | bytes, target: EndpointUrl, endpoint_id: int) -> None:
        """Send a packet at an exact time; see `Session.send_at`."""
        endpoint, peer = await self._sender(target, endpoint_id)
        endpoint.send_at(due, _encoded(packet), peer, self._deadlines)

    async def _sender(self, target: EndpointUrl, endpoint_id: int) -> tuple[Endpoint, Peer]:
        endpoint = self._endpoints.get(endpoint_id)
        if endpoint is None or endpoint.state is not EndpointState.OPEN:
            raise EndpointError("There is no open endpoint to send from.", "Start one first.")
        if endpoint.url.is_tcp is not target.is_tcp:
            raise EndpointError(f"{target} cannot be reached from {endpoint.url}.", "Choose another endpoint.")
        if endpoint.peer is not None and (target.host, target.port) == (endpoint.url.host, endpoint.url.port):
            return endpoint, endpoint.peer
        _, address = await resolve(asyncio.get_running_loop(), target)
        return endpoint, Peer(*address)

    def send_reply(self, endpoint_id: int, data: bytes, peer: Peer) -> None:
        """Send the encoded answer of a handler to a peer. Raises EndpointError."""
        endpoint = self._endpoints.get(endpoint_id)
        if endpoint is None:
            raise EndpointError(f"The answer to {peer} was not sent: its endpoint was removed.")
        endpoint.send(data, peer)

    async def send_anywhere(self, packet: OscPacket | bytes, target: EndpointUrl) -> None:
        """Send a packet from whichever endpoint can; see `Session.send_anywhere`."""
        _, address = await resolve(asyncio.get_running_loop(), target)
        remedy = "Connect to it first." if target.is_tcp else "Listen somewhere first; it is sent from there."
        failure = EndpointError(f"There is no open endpoint from which {target} can be reached.", remedy)
        # A copy: while the name of the target is looked up, endpoints may come and go.
        for endpoint in tuple(self._endpoints.values()):
            if endpoint.state is not EndpointState.OPEN or endpoint.url.is_tcp is not target.is_tcp:
                continue
            if target.is_tcp and all(status.peer != address for status in endpoint.connections()):
                continue
            # One of the other family, or of this machine alone, cannot; the next one may.
            try:
                await self.send(packet, target, endpoint.endpoint_id)
                return
            except EndpointError as error:
                failure = error
        raise failure
