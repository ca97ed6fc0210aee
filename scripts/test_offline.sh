#!/usr/bin/env bash
# Proves that an installed lab needs no network: in a network namespace that holds nothing but loopback, `lab up`, a
# round trip through S3, Kinesis, OpenSearch, Lambda and Athena, and `lab down`.
#
# Works as root and, where the system permits user namespaces, as anybody; says SKIPPED where it does not. Uses a home
# and ports of its own, so that a running lab is not touched, and removes what it made. Linux only.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-.venv/bin/python}
LAB=${LAB:-$(dirname "$PYTHON")/lab}

skip() { echo "SKIPPED: $*"; exit 0; }
fail() { echo "FAILED: $*" >&2; exit 1; }

[ "$(uname)" = Linux ] || skip "network namespaces are Linux's"
[ -x "$LAB" ] || fail "no $LAB: install the lab first (make install)"

# unplugged COMMAND...: runs it where there is only loopback. Python instead of unshare(1) and ip(8), because the command
# has to keep its user (OpenSearch refuses root, and cannot change user inside a namespace that has one user only).
unplugged() { "$PYTHON" - "$@" <<'PY'
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NOT_PERMITTED = 77

uid, gid = os.getuid(), os.getgid()
try:
    os.unshare(os.CLONE_NEWNET | (os.CLONE_NEWUSER if uid else 0))
    if uid:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
except OSError as error:
    print(f"unshare: {error}", file=sys.stderr)
    sys.exit(NOT_PERMITTED)
os.execvp(sys.argv[1], sys.argv[1:])
PY
}

result=0
unplugged true || result=$?
[ "$result" -ne 77 ] || skip "this system does not permit network namespaces"
[ "$result" -eq 0 ] || fail "cannot run a command without network"

WORK=$(mktemp -d)
export LAB_HOME="$WORK/home" LAB_PORT=14566 LAB_OPENSEARCH_PORT=19200
# A root's OpenSearch runs as another user, who has to reach its home.
chmod 755 "$WORK"

# In one namespace, since a server and its clients must share its loopback.
cat >"$WORK/work.sh" <<'SH'
set -euo pipefail
if [ "$(wc -l </proc/net/route)" -gt 1 ]; then echo "FAILED: there is a route out" >&2; exit 1; fi
finish() {
    status=$?
    if [ "$status" -ne 0 ]; then tail -n 30 "$LAB_HOME"/logs/*.log 2>/dev/null || true; fi
    "$LAB" down || status=1
    exit "$status"
}
trap finish EXIT
echo "== lab up"
"$LAB" up
echo "== A round trip through the services"
"$PYTHON" scripts/round_trip.py
echo "== lab down"
SH
export LAB PYTHON
trap 'rm -rf "$WORK"' EXIT
unplugged bash "$WORK/work.sh" || fail "the lab does not work without a network"

if pgrep -f -- "$LAB_HOME" >/dev/null; then fail "lab down left a process"; fi
echo "PASSED: the lab starts and works without a network."
