"""`python -m osc_workbench` is `osc-workbench`."""

import sys

from osc_workbench.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
