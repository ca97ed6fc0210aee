#!/usr/bin/env bash
# Proves that LAB_ATHENA_ENGINE=trino://host:port sends Athena's statements to a real Trino that reads the lab's Glue
# catalogue and S3: the project's table of statements is run through Athena's API on Trino 476 and compared.
#
# Trino is fetched from Maven at the first run (0.8 GB, of which 0.5 GB stay in the lab's cache) and runs on the Java of
# the lab, with a lab of its own on free ports; both end with the script. Says SKIPPED where it cannot be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-.venv/bin/python}

result=0
PYTHONPATH=scripts/bench "$PYTHON" -m olap.corpus || result=$?
[ "$result" -ne 77 ] || { echo "SKIPPED: Trino cannot be fetched here"; exit 0; }
[ "$result" -eq 0 ] || { echo "FAILED: Athena on Trino does not answer as recorded" >&2; exit 1; }
echo "PASSED: Athena's statements run on a real Trino over the lab's catalogue and S3."
