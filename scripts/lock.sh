#!/bin/sh
# Compile requirements/*.txt from pyproject.toml: exact versions with hashes, and no address of any registry.
#
# LocalStack is frozen and breaks with dependencies newer than itself, so its set is resolved as of the day after its
# release; what we use ourselves may be newer, and is listed in NEWER.
set -eu
cd "$(dirname "$0")/.."
DAY=2026-03-06
NEWER='jq|pyiceberg|fastavro|mmh3|pyroaring|strictyaml|tenacity|fsspec|zstandard|aws-lambda-powertools|opensearch-py|opensearch-protobufs|protobuf|grpcio|docker|rich|typer|psutil|sqlglot|duckdb|pyarrow|tzdata|awslambdaric|filelock|requests'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() { uv pip compile --quiet --no-emit-index-url --no-header --python-version 3.12 "$@"; }

grep -o '"localstack-core\[runtime\][^"]*"' pyproject.toml | tr -d '"' > "$work/localstack.in"
echo "Resolving LocalStack as of $DAY ..."
compile --no-annotate --exclude-newer "$DAY" "$work/localstack.in" -o "$work/day.txt"
grep -vE "^($NEWER)==" "$work/day.txt" > "$work/constraints.txt"
echo "Resolving the lab ..."
compile --universal --generate-hashes --no-annotate -c "$work/constraints.txt" pyproject.toml -o requirements/lab.txt
echo "Resolving what tests and lint need ..."
compile --universal --generate-hashes --no-annotate -c requirements/lab.txt --group dev pyproject.toml -o requirements/dev.txt
echo "Resolving the clients that are tested against the lab ..."
compile --universal --generate-hashes --no-annotate --group pyproject.toml:clients -o requirements/clients.txt
echo "Resolving Spark ..."
compile --universal --generate-hashes --no-annotate --group pyproject.toml:spark -o requirements/spark.txt
echo uv > "$work/uv.in"
compile --universal --generate-hashes --no-annotate "$work/uv.in" -o requirements/uv.txt
# The Python that installs uv may be any.
sed -i.old "s/ ; python_full_version[^\\\\]*/ /" requirements/uv.txt && rm requirements/uv.txt.old
! grep -nE '(https?:|--(extra-)?index-url)' requirements/*.txt
