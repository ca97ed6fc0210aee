#!/bin/sh
# Install the lab into .venv: uv, Python, the locked packages, this package, OpenSearch. `make` calls it.
#
# Usage: scripts/install.sh lab|dev|clients|spark
#   dev      also what tests and lint need
#   clients  into .venv-clients, the clients that tests/clients uses: they and LocalStack exclude each other
#   spark    into .venv-spark, what Glue jobs of the type glueetl run on; the lab must be installed
# Safe to repeat and to interrupt. Downloads are kept in the user's cache, so a second clone fetches nothing.
set -eu
cd "$(dirname "$0")/.."
SET=${1:-lab}
VENV=.venv COMPILE=
# Each of its clients is started anew; compiled, they come up in a third of the time.
if [ "$SET" = clients ]; then VENV=.venv-clients COMPILE=--compile-bytecode; fi
if [ "$SET" = spark ]; then VENV=.venv-spark COMPILE=--compile-bytecode; fi
CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aws-data-lab}

say() { printf '%s\n' "$*"; }
fail() { printf '✗ %s\n  → %s\n' "$1" "$2" >&2; exit 1; }

# Run a command that is silent for long; a terminal shows that time passes.
with_clock() {
    text=$1; shift
    if ! [ -t 1 ]; then say "$text ..."; "$@"; return; fi
    (seconds=0; while :; do printf '\r%s ... %s s ' "$text" "$seconds"; sleep 1; seconds=$((seconds + 1)); done) &
    clock=$!
    trap 'kill "$clock" 2>/dev/null' EXIT INT TERM
    status=0
    "$@" || status=$?
    kill "$clock" 2>/dev/null || true
    wait "$clock" 2>/dev/null || true
    trap - EXIT INT TERM
    printf '\n'
    return "$status"
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then UV=uv; return; fi
    UV=$CACHE/uv/bin/uv
    if [ -x "$UV" ]; then return; fi
    command -v python3 >/dev/null 2>&1 ||
        fail "There is no Python 3 here." "Install it: sudo apt install python3 python3-pip, or on macOS xcode-select --install."
    python3 -m pip --version >/dev/null 2>&1 ||
        fail "Python has no pip here, which fetches the installer uv." "Install it: sudo apt install python3-pip, or install uv itself."
    # Into a folder of its own: the system's Python is not touched.
    with_clock "Fetching uv, which installs everything else" \
        env PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
            --target "$CACHE/uv.new" --upgrade --require-hashes -r requirements/uv.txt
    rm -rf "$CACHE/uv" && mv "$CACHE/uv.new" "$CACHE/uv"
}

make_environment() {
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 12), (3, 13)))'; then
        return
    fi
    rm -rf "$VENV"
    for version in 3.13 3.12; do
        if "$UV" venv --quiet --python "$version" "$VENV" 2>/dev/null; then return; fi
    done
    fail "The lab needs Python 3.13 or 3.12, and none was found or could be fetched." \
        "Install one (Debian 13, Ubuntu 24.04: sudo apt install python3; macOS: brew install python@3.13) and run make again."
}

find_uv
make_environment
# shellcheck disable=SC2086  # COMPILE is no word when it is empty
with_clock "Installing the packages" "$UV" pip sync --quiet $COMPILE --python "$VENV/bin/python" --require-hashes "requirements/$SET.txt"
case $SET in
    clients) ;;
    spark) .venv/bin/python -m lab.stack.spark_jars ;;
    *)
        "$UV" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --no-index --editable .
        .venv/bin/lab install
        ;;
esac
touch "$VENV/.$SET"
