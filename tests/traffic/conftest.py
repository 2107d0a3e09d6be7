"""Hypothesis keeps its files outside the working directory, and machines are shared, so no test has a deadline."""

import tempfile
from pathlib import Path

from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "osc_workbench_hypothesis")
