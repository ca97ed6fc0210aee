"""Puts flights into replay-log before, during and after an incident, and looks at what replay.py
writes of them, in two runs.
"""

import json
import time
from datetime import datetime
from typing import NamedTuple

from lab.checks import Bench, expect, prepare, streams, task

STREAM = "replay-log"
BUCKET = "replay-lake-000000000000"
PHASE = 20
TWICE = 4  # flights that their producer has sent twice
BREAK = 0.1  # seconds between two phases: more than the resolution of arrival times
LIST = f"aws s3 ls s3://{BUCKET}/flights/"

type Objects = dict[str, bytes]


class Incident(NamedTuple):
    """The moments of an incident, as replay.py is given them."""

    since: datetime
    until: datetime

    @property
    def words(self) -> list[str]:
        return [one.isoformat(timespec="milliseconds") for one in self]


@prepare
def make_incident(bench: Bench) -> None:
    streams.make(bench.client("kinesis"), STREAM, 2)
    bench.client("s3").create_bucket(Bucket=BUCKET)
    since, until = happen(bench, "file").words
    (bench.work / "incident.txt").write_text(f"{since} {until}\n")


@task(
    1,
    points=2,
    fr="replay.py retraite tout ce qui est arrivé pendant l'incident",
    en="replay.py treats again all that arrived during the incident",
)
def incident_is_replayed(bench: Bench) -> None:
    first, _ = replayed(bench)
    written = {content.get("event_id") for content in contents(first)}
    wanted = {flight["event_id"] for flight in during(bench, "check")}
    expect(
        len(wanted & written),
        equals=len(wanted),
        code="replay-missing",
        fr=f"les {PHASE} vols de l'incident sont dans s3://{BUCKET}/flights/",
        en=f"the {PHASE} flights of the incident are in s3://{BUCKET}/flights/",
        look=LIST,
    )
    right = {flight["event_id"]: mended(flight) for flight in during(bench, "check")}
    wrong = [one for one in contents(first) if right.get(one.get("event_id"), one) != one]
    expect(
        wrong[:1],
        equals=[],
        code="object-content",
        fr="chaque objet est ce que transform fait du vol (en voici un qui ne l'est pas)",
        en="each object is what transform makes of the flight (here is one that is not)",
        look=LIST,
    )


@task(
    2,
    points=2,
    fr="replay.py ne touche à rien d'autre",
    en="replay.py touches nothing else",
)
def nothing_else_is_touched(bench: Bench) -> None:
    first, _ = replayed(bench)
    wanted = {flight["event_id"] for flight in during(bench, "check")}
    expect(
        len(first),
        at_least=1,
        code="replay-missing",
        fr=f"replay.py écrit des objets dans s3://{BUCKET}/flights/",
        en=f"replay.py writes objects to s3://{BUCKET}/flights/",
        look=LIST,
    )
    outside = sorted(str(one.get("event_id")) for one in contents(first))
    expect(
        [one for one in outside if one not in wanted][:1],
        equals=[],
        code="replay-outside",
        fr="aucun vol d'avant ou d'après l'incident n'est réécrit (en voici un)",
        en="no flight from before or after the incident is written again (here is one)",
        look=LIST,
    )


@task(
    3,
    points=2,
    fr="Rejouer deux fois ne change rien",
    en="To replay twice changes nothing",
)
def replay_is_idempotent(bench: Bench) -> None:
    first, second = replayed(bench)
    expect(
        len(second),
        equals=PHASE,
        code="replay-twice",
        fr=f"après deux lancements, il y a {PHASE} objets, un par vol",
        en=f"after two runs there are {PHASE} objects, one for each flight",
        look=LIST,
    )
    expect(
        first == second,
        equals=True,
        code="replay-changes",
        fr="le second lancement laisse les mêmes objets que le premier",
        en="the second run leaves the same objects as the first",
        look=LIST,
    )


def replayed(bench: Bench) -> tuple[Objects, Objects]:
    """The objects after one run of replay.py and after another; done once for all tasks."""
    if "replayed" not in bench.memory:
        streams.need(bench, STREAM, "kinesis.replay", code="not-prepared")
        incident = happen(bench, "check")
        for key in objects(bench):
            bench.client("s3").delete_object(Bucket=BUCKET, Key=key)
        bench.run("replay.py", *incident.words)
        first = objects(bench)
        bench.run("replay.py", *incident.words)
        bench.memory["replayed"] = (first, objects(bench))
    return bench.memory["replayed"]


def happen(bench: Bench, purpose: str) -> Incident:
    """Put flights in three phases; when the second one began and the third."""
    kinesis = bench.client("kinesis")
    begun = []
    flights = bench.flights(purpose, 3 * PHASE)
    for number in range(3):
        time.sleep(BREAK)
        phase = flights[number * PHASE : (number + 1) * PHASE]
        again = phase[:TWICE] if number == 1 else []
        found = streams.during(
            kinesis,
            STREAM,
            lambda sent=[*phase, *again]: streams.put(
                kinesis, STREAM, [(one["event_id"], json.dumps(one).encode()) for one in sent]
            ),
        )
        begun.append(min(one.at for one in found))
    return Incident(begun[1], begun[2])


def during(bench: Bench, purpose: str) -> list[dict[str, object]]:
    return bench.flights(purpose, 3 * PHASE)[PHASE : 2 * PHASE]


def mended(flight: dict[str, object]) -> dict[str, object]:
    delay = flight["departure_delay"]
    return {
        "event_id": flight["event_id"],
        "tailnum": flight["tailnum"],
        "delay_hours": None if delay is None else round(delay / 60, 2),
    }


def objects(bench: Bench) -> Objects:
    """The lake's objects by key."""
    s3 = bench.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def contents(found: Objects) -> list[dict[str, object]]:
    """What the objects say; one that is no JSON object stands as its text."""
    said = []
    for body in found.values():
        try:
            said.append(dict(json.loads(body)))
        except (ValueError, TypeError):
            said.append({"event_id": body.decode(errors="replace")[:80]})
    return said
