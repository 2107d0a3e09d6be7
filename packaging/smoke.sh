#!/usr/bin/env bash
# Smoke test of the program on a screen: smoke.sh [PROGRAM]. Start it as: xvfb-run -a packaging/smoke.sh
# PROGRAM is .venv/bin/osc-workbench unless given, so that a built bundle can be tested by the same script.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=${1:-$here/.venv/bin/osc-workbench}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Settings of whoever runs this must not reach the test, nor the other way round.
mkdir -m 700 "$scratch/home" "$scratch/runtime"
export HOME=$scratch/home XDG_RUNTIME_DIR=$scratch/runtime
unset QT_QPA_PLATFORM XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME

picture=$scratch/out.png
status=0
timeout --kill-after=5 60 "$program" gui --demo --screenshot "$picture" --after 4 2>"$scratch/stderr" || status=$?
if [ "$status" != 0 ]; then
    cat "$scratch/stderr"
    echo "smoke test: $program exited with $status"
    exit 1
fi
if [ -s "$scratch/stderr" ]; then
    cat "$scratch/stderr"
    echo "smoke test: $program wrote the above to stderr"
    exit 1
fi
"$here/.venv/bin/python" "$here/packaging/check_picture.py" "$picture"
