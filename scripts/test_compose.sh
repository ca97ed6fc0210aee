#!/usr/bin/env bash
# Proves MODE=compose with a real engine, through lab/stack/compose.py as `make up MODE=compose` does: the image builds,
# the servers become healthy on 127.0.0.1 only, a round trip through S3, Kinesis, OpenSearch, Lambda and Athena works,
# a second `up` changes nothing, LocalStack killed in mid-air comes back with its S3, what is stored outlives `down`,
# `reset` leaves nothing.
#
# Where no image registry can be reached, the base image is made from Debian's packages (debootstrap, as root), and the
# embedded OpenSearch in a container takes the place of the official image: the compose file is the same. The official
# images themselves are then not tried, and the script says so.
#
# Uses the environment's Python (PYTHON=.venv/bin/python), a home and ports of its own, and removes its containers,
# volumes and images. LAB_BASE_IMAGE chooses another base.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-.venv/bin/python}
DEFAULT_BASE=$(sed -n 's/^ARG BASE_IMAGE=//p' Dockerfile)
OPENSEARCH_IMAGE=$(sed -n 's/^ *image: \(opensearchproject\/opensearch:.*\)/\1/p' docker-compose.yml)
MADE_IMAGES=()

say() { printf '\n== %s\n' "$*"; }
skip() { echo "SKIPPED: $*"; exit 0; }
fail() { echo "FAILED: $*" >&2; exit 1; }

command -v docker >/dev/null || skip "no docker command here"
docker version >/dev/null 2>&1 || skip "no Docker engine answers"
docker compose version >/dev/null 2>&1 || skip "Docker has no Compose plugin"
[ -x "$PYTHON" ] || fail "no $PYTHON: install the lab first (make install)"

WORK=$(mktemp -d)
export LAB_HOME="$WORK/home" LAB_IMAGE="aws-data-lab:test-$$"
read -r LAB_PORT LAB_OPENSEARCH_PORT < <("$PYTHON" -c '
import socket
a, b = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
export LAB_PORT LAB_OPENSEARCH_PORT

# compose EXPRESSION: evaluates it with lab.stack.compose's functions and this lab's settings as `config`.
compose() { "$PYTHON" -c "
from lab.config import load
from lab.stack.compose import *
config = load()
$1"; }
PROJECT=$(compose 'print(project(config))')

containers() { docker ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT"; }
container() { docker ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1"; }

clean() {
    status=$?
    if [ "$status" -ne 0 ]; then
        for id in $(containers); do echo "-- logs of $id"; docker logs --tail 30 "$id" 2>&1 || true; done
    fi
    compose 'down(config, volumes=True)' >/dev/null 2>&1 || true
    for image in "$LAB_IMAGE" ${MADE_IMAGES[@]+"${MADE_IMAGES[@]}"}; do
        docker image rm --force "$image" >/dev/null 2>&1 || true
    done
    rm -rf "$WORK"
    exit "$status"
}
trap clean EXIT

present() { docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" >/dev/null 2>&1; }

# The base image: the Dockerfile's own, or one from Debian's packages that trusts what this machine trusts.
make_base() {
    [ -z "${LAB_BASE_IMAGE:-}" ] || return 0
    if present "$DEFAULT_BASE"; then return 0; fi
    if ! command -v debootstrap >/dev/null || [ "$(id -u)" -ne 0 ]; then
        skip "$DEFAULT_BASE cannot be pulled, and making a base needs debootstrap and root"
    fi
    say "No registry answers: a base image from Debian's packages"
    export LAB_BASE_IMAGE="aws-data-lab-base:test-$$"
    debootstrap --variant=minbase --include=ca-certificates,curl,python3,python3-venv trixie "$WORK/base" \
        >"$WORK/debootstrap.log" 2>&1 || { tail -5 "$WORK/debootstrap.log"; fail "debootstrap"; }
    cp /etc/ssl/certs/ca-certificates.crt "$WORK/base/etc/ssl/certs/ca-certificates.crt"
    MADE_IMAGES+=("$LAB_BASE_IMAGE")
    tar --create --directory "$WORK/base" . | docker import - "$LAB_BASE_IMAGE" >/dev/null
    rm -rf "$WORK/base"
}

# The embedded OpenSearch in a container that takes its settings as the official image does.
make_opensearch() {
    if present "$OPENSEARCH_IMAGE"; then return 0; fi
    "$PYTHON" -c 'from lab.config import load; from lab.stack import artifacts as a
raise SystemExit(not a.installed(load()))' || skip "neither $OPENSEARCH_IMAGE nor an installed OpenSearch (make install)"
    say "The embedded OpenSearch stands in for $OPENSEARCH_IMAGE, which cannot be pulled"
    mkdir "$WORK/opensearch"
    "$PYTHON" -c 'from lab.config import load; print(load().cache)' |
        while read -r cache; do cp -r "$cache"/opensearch-* "$cache"/jars "$WORK/opensearch/"; done
    cat >"$WORK/opensearch/start.py" <<'PY'
import os
import re

from lab.config import load
from lab.stack import opensearch

config = load()
os.chdir(opensearch.prepare(config))
command = opensearch.java_command(config)
settings = {k: v for k, v in os.environ.items() if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_.]+", k)}
os.execv(command[0], [*command, *(f"-E{key}={value}" for key, value in settings.items())])
PY
    cat >"$WORK/opensearch/Dockerfile" <<DOCKERFILE
FROM $LAB_IMAGE
COPY --chown=1000:1000 . /opt/cache
USER root
RUN mkdir -p /usr/share/opensearch/data && chown 1000:1000 /usr/share/opensearch/data
USER 1000:1000
ENV LAB_HOME=/usr/share/opensearch/data LAB_CACHE=/opt/cache
CMD ["python", "/opt/cache/start.py"]
DOCKERFILE
    MADE_IMAGES+=("$OPENSEARCH_IMAGE")
    docker build --quiet --tag "$OPENSEARCH_IMAGE" "$WORK/opensearch" >/dev/null 2>"$WORK/build.log" ||
        { cat "$WORK/build.log"; fail "the image of the embedded OpenSearch"; }
    STAND_IN=yes
}

say "The compose file is valid, with Dashboards and without"
docker compose --profile dashboards config --quiet
docker compose config --quiet

make_base
say "The image builds"
docker compose build --quiet localstack
make_opensearch

say "up: every server becomes healthy"
compose 'up(config)'

say "status"
compose '
for s in status(config):
    print(f"{s.name:<12}{s.state:<9}{s.endpoint}  {(s.memory_bytes or 0) / 1e6:.0f} MB  {s.uptime_seconds or 0:.0f} s {s.detail}")
    assert s.state == "running" and s.memory_bytes and s.uptime_seconds, s'

say "Published on 127.0.0.1 only"
docker inspect --format '{{range $p, $b := .HostConfig.PortBindings}}{{range $b}}{{.HostIp}}:{{.HostPort}}{{"\n"}}{{end}}{{end}}' \
    $(containers) | sed '/^$/d' | tee "$WORK/ports"
if grep -v '^127\.0\.0\.1:' "$WORK/ports"; then fail "a port is open to the network"; fi

say "No container runs as root, has a capability or writes to its image"
for id in $(containers); do
    [ "$(docker exec "$id" id -u)" != 0 ] || [ "$(id -u)" = 0 ] || fail "a container runs as root"
    docker inspect --format '{{.Name}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.ReadonlyRootfs}}' "$id"
done | tee "$WORK/rights"
[ "$(grep -c '\[ALL\] \[no-new-privileges:true\]' "$WORK/rights")" = 3 ] || fail "a container has rights that it does not need"
[ "$(grep -c ' true$' "$WORK/rights")" = 2 ] || fail "LocalStack's image can be written to"

say "A round trip through the services"
"$PYTHON" scripts/round_trip.py
[ "$(stat -c %u "$LAB_HOME/s3" 2>/dev/null || stat -f %u "$LAB_HOME/s3")" = "$(id -u)" ] ||
    fail "S3's files do not belong to the user who started the lab"

say "logs"
compose 'lines = list(logs(config, "localstack")); assert lines; print(lines[-1])'

say "up again: nothing is started anew"
before=$(containers | sort)
compose 'up(config)'
[ "$before" = "$(containers | sort)" ] || fail "up made other containers"

say "kill -9 of LocalStack: it comes back, with its S3 and with OpenSearch still beside it"
cat >"$WORK/s3.py" <<'PY'
import sys

import boto3

from lab.config import load

s3 = boto3.client("s3", endpoint_url=load().endpoint_url, region_name="us-east-1",
                  aws_access_key_id="test", aws_secret_access_key="test")
if sys.argv[1] == "put":
    s3.create_bucket(Bucket="survivor")
    s3.put_object(Bucket="survivor", Key="key", Body=b"still here")
else:
    print(s3.get_object(Bucket="survivor", Key="key")["Body"].read().decode())
PY
"$PYTHON" "$WORK/s3.py" put
docker exec "$(container localstack)" python -c '
import psutil
for process in psutil.process_iter(["cmdline"]):
    if "localstack.runtime.main" in process.info["cmdline"]:
        process.kill()' || true
for _ in $(seq 50); do
    restarts=$(docker inspect --format '{{.RestartCount}}' "$(container localstack)")
    if [ "$restarts" -gt 0 ]; then break; fi
    sleep 0.2
done
[ "$restarts" = 1 ] || fail "the engine did not restart LocalStack"
compose 'up(config)'
[ "$("$PYTHON" "$WORK/s3.py" get)" = "still here" ] || fail "S3 lost an object"
"$PYTHON" scripts/round_trip.py

say "down, then up: what S3 and OpenSearch have stored is there"
document="http://127.0.0.1:$LAB_OPENSEARCH_PORT/survivors/_doc/1"
curl --fail --silent --output /dev/null --request PUT --header 'Content-Type: application/json' --data '{"still": "here"}' "$document"
compose 'down(config)'
[ -z "$(containers)" ] || fail "containers are left"
compose 'assert {s.state for s in status(config)} == {"stopped"}'
compose 'up(config)'
[ "$("$PYTHON" "$WORK/s3.py" get)" = "still here" ] || fail "S3 lost an object"
curl --fail --silent "$document" | grep '"still":' || fail "OpenSearch lost a document"

say "reset: nothing is left"
compose 'down(config, volumes=True)'
[ -z "$(containers)" ] || fail "containers are left"
[ -z "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$PROJECT")" ] || fail "a volume is left"

if [ "${STAND_IN:-no}" = yes ]; then
    echo "NOT TRIED: the official images of OpenSearch and Dashboards, which cannot be pulled here."
fi
echo "PASSED: the lab works in containers."
