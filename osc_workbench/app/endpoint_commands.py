"""Opening endpoints, whoever asks for it."""

from typing import TYPE_CHECKING

from osc_workbench.net.errors import EndpointError

if TYPE_CHECKING:
    from osc_workbench.app.workbench import Workbench


async def open_endpoint(workbench: "Workbench", endpoint_id: int) -> None:
    try:
        await workbench.session.open_endpoint(endpoint_id)
    except EndpointError as error:
        # The endpoint keeps the reason; its card shows it and offers to try again.
        workbench.show_problem(str(error))
    workbench.refresh()
