"""Which endpoint a URL and a role stand for."""

from osc_workbench.net.clock import Clock
from osc_workbench.net.endpoint import Endpoint, OnArrivals, OnProblem
from osc_workbench.net.errors import EndpointError
from osc_workbench.net.tcp import TcpClient, TcpServer
from osc_workbench.net.udp import UdpEndpoint
from osc_workbench.net.url import EndpointUrl
from osc_workbench.traffic.record import Role


def make_endpoint(
    endpoint_id: int,
    url: EndpointUrl,
    role: Role,
    clock: Clock,
    on_arrivals: OnArrivals,
    on_problem: OnProblem,
    reconnect: bool = True,
) -> Endpoint:
    """Return a closed endpoint. Raises EndpointError for a role that the URL does not have."""
    if url.is_tcp and role is Role.CONNECT:
        return TcpClient(endpoint_id, url, clock, on_arrivals, on_problem, reconnect=reconnect)
    if role is Role.CONNECT:
        raise EndpointError(f"{url} needs no connection: datagrams are sent without one.", "Use tcp://.")
    make = TcpServer if url.is_tcp else UdpEndpoint
    return make(endpoint_id, url, clock, on_arrivals, on_problem)
