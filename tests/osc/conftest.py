"""Each test starts with a codec that knows nothing."""

import pytest

from osc_workbench.osc.signature import forget_signatures


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    forget_signatures()
