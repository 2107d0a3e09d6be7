"""Hypothesis for the property tests: no deadline on shared machines, and nothing left in the working directory."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "osc_workbench_hypothesis")
settings.register_profile("osc", database=None, deadline=None, max_examples=200)
settings.load_profile("osc")
