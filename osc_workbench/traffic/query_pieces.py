"""In how large pieces conditions can be asked of a log so that none takes long."""

from collections.abc import Sequence

from osc_workbench.traffic.argument_conditions import ArgumentContains, ArgumentFits
from osc_workbench.traffic.byte_conditions import HoldsBytes
from osc_workbench.traffic.header_conditions import AddressContains, AddressFits, AddressMatches, HasType, TypeTagsAre
from osc_workbench.traffic.pieces import FEW_ROWS, QUICK_ROWS, Pieces, smallest
from osc_workbench.traffic.query_context import Condition
from osc_workbench.traffic.row_conditions import EndpointIs, GoesWay, HasBits, IsBetween, LatenessIs

# These cost a look into a table for each row.
_QUICK = (AddressContains, AddressMatches, TypeTagsAre, HasType, GoesWay, IsBetween, EndpointIs, HasBits)
# These can cost much more for some bytes than for others.
_UNEVEN = (AddressFits, ArgumentFits, ArgumentContains, HoldsBytes)


def pieces_for(conditions: Sequence[Condition]) -> Pieces:
    """Return pieces that are small enough for all of these conditions together."""
    if all(isinstance(condition, _QUICK) for condition in conditions):
        return Pieces(QUICK_ROWS).for_terms(len(conditions))
    asks_much = any(condition.needs_history or isinstance(condition, LatenessIs) for condition in conditions)
    uneven = [condition.pieces for condition in conditions if isinstance(condition, _UNEVEN)]
    pieces = smallest([Pieces(FEW_ROWS) if asks_much else Pieces(), *uneven])
    return pieces.for_terms(len(conditions), len(uneven))
