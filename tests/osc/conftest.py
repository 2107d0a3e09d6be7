"""Hypothesis without deadlines, as machines are shared, and with its files outside the working directory; each test
starts with a codec that knows nothing.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from osc_workbench.osc.signature import forget_signatures

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "osc_workbench_hypothesis")
settings.register_profile("osc", database=None, deadline=None, max_examples=100)
settings.load_profile("osc")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    forget_signatures()
