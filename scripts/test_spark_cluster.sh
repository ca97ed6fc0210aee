#!/usr/bin/env bash
# Proves that LAB_SPARK_MASTER=spark://host:port runs Glue jobs on a Spark cluster: a standalone master and two workers
# on this machine, with a lab of its own on free ports; all end with the script. Says SKIPPED without Spark (make spark).
set -euo pipefail
cd "$(dirname "$0")/.."

result=0
"${PYTHON:-.venv/bin/python}" scripts/spark_cluster.py || result=$?
[ "$result" -ne 77 ] || { echo "SKIPPED: Spark is not installed here (make spark)"; exit 0; }
[ "$result" -eq 0 ] || { echo "FAILED: the job did not run on the two workers" >&2; exit 1; }
echo "PASSED: a Glue job ran on a Spark cluster of two workers."
