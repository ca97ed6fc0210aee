"""Sends more flights through publish.py than two shards take at once, then two that no shard takes;
and looks at what is in the stream.
"""

import json
from collections import Counter, defaultdict
from typing import NamedTuple

from lab.checks import Bench, expect, prepare, streams, task
from lab.checks.programs import Ran

STREAM = "departures-live"
SHARDS = 2
IN_FILE = 6_000
# Twice what both shards take in their first second.
SENT = 4_000
SENT_WITH_POISON = 300
LOOK = "python publish.py < flights.jsonl"


class Published(NamedTuple):
    """What one run of publish.py put into the stream, and printed."""

    found: list[streams.Found]
    ran: Ran


@prepare
def make_stream(bench: Bench) -> None:
    streams.make(bench.client("kinesis"), STREAM, SHARDS)
    text = "".join(f"{line}\n" for line in lines(bench, "file", IN_FILE))
    (bench.work / "flights.jsonl").write_text(text)


@task(
    1,
    points=3,
    fr="Aucun vol n'est perdu quand les shards refusent",
    en="No flight is lost when the shards refuse",
)
def flights_arrive(bench: Bench) -> None:
    copies = Counter(one.data.decode() for one in under_load(bench).found)
    sent = lines(bench, "load", SENT)
    expect(
        sum(line in copies for line in sent),
        equals=SENT,
        code="flights-lost",
        fr="les 4 000 vols envoyés à publish.py sont dans le flux",
        en="the 4,000 flights sent to publish.py are in the stream",
        look=LOOK,
    )
    expect(
        copies.total(),
        equals=SENT,
        code="flights-twice",
        fr="le flux contient 4 000 enregistrements de plus, chaque vol une seule fois",
        en="the stream holds 4,000 records more, each flight only once",
        look=LOOK,
    )


@task(
    2,
    points=2,
    fr="Les vols d'un avion restent dans l'ordre",
    en="The flights of one aircraft stay in order",
)
def order_is_kept(bench: Bench) -> None:
    arrived = defaultdict(list)
    for one in under_load(bench).found:
        arrived[one.key].append(json.loads(one.data)["event_id"])
    wanted = defaultdict(list)
    for flight in bench.flights("load", SENT):
        wanted[flight["tailnum"] or flight["event_id"]].append(flight["event_id"])
    disordered = sorted(key for key in wanted if wanted[key] != arrived[key])
    some = disordered[0] if disordered else ""
    expect(
        arrived[some],
        equals=wanted[some],
        code="order-lost",
        fr=f"les vols de chaque avion sont dans le flux dans l'ordre de leur envoi (voici {some})",
        en=f"the flights of each aircraft are in the stream in the order of sending (here {some})",
        look=LOOK,
    )


@task(
    3,
    points=2,
    fr="Un enregistrement que Kinesis ne prendra jamais n'arrête pas les autres",
    en="A record that Kinesis will never take does not stop the others",
)
def poison_is_put_aside(bench: Bench) -> None:
    found = with_poison(bench).found
    expect(
        len(found),
        equals=SENT_WITH_POISON,
        code="poison-blocks",
        fr=f"les {SENT_WITH_POISON} vols sains arrivent, malgré une ligne tronquée et une énorme",
        en=f"the {SENT_WITH_POISON} sound flights arrive, despite one cut line and one too large",
        look="cat rejected.jsonl | cut -c1-80",
    )
    file = bench.work / "rejected.jsonl"
    put_aside = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    expect(
        sorted(line[:60] for line in put_aside),
        equals=sorted(line[:60] for line in poison(bench)),
        code="rejected-file",
        fr="rejected.jsonl contient les lignes que Kinesis ne prendra jamais, et elles seules",
        en="rejected.jsonl holds the lines that Kinesis will never take, and no others",
        look="cut -c1-80 rejected.jsonl",
    )


@task(4, points=1, fr="publish.py dit la vérité", en="publish.py tells the truth")
def summary_is_true(bench: Bench) -> None:
    ran = with_poison(bench).ran
    form = {
        "code": "summary-form",
        "fr": 'publish.py affiche un objet JSON, {"sent": ..., "rejected": ...}',
        "en": 'publish.py prints a JSON object, {"sent": ..., "rejected": ...}',
    }
    with bench.reading(ran=ran, **form):
        printed = json.loads(ran.stdout)
        summary = {name: int(printed[name]) for name in ("sent", "rejected")}
    expect(
        summary,
        equals={"sent": SENT_WITH_POISON, "rejected": 2},
        code="summary-false",
        fr="sent compte ce que Kinesis a accepté, rejected ce qui a été mis de côté",
        en="sent counts what Kinesis has accepted, rejected what was put aside",
        look=LOOK,
    )


def under_load(bench: Bench) -> Published:
    return published(bench, "load", lines(bench, "load", SENT))


def with_poison(bench: Bench) -> Published:
    sound = lines(bench, "poison", SENT_WITH_POISON)
    cut, large = poison(bench)
    return published(bench, "poison", [*sound[:100], cut, *sound[100:200], large, *sound[200:]])


def published(bench: Bench, purpose: str, text: list[str]) -> Published:
    """What publish.py made of these lines; it is run once for all tasks."""
    if purpose not in bench.memory:
        streams.need(bench, STREAM, "kinesis.producer", code="not-prepared")
        kinesis = bench.client("kinesis")
        since = streams.bookmarks(kinesis, STREAM)
        ran = bench.run("publish.py", stdin="\n".join(text) + "\n")
        bench.memory[purpose] = Published(streams.read(kinesis, STREAM, since), ran)
    return bench.memory[purpose]


def lines(bench: Bench, purpose: str, count: int) -> list[str]:
    return [json.dumps(flight) for flight in bench.flights(purpose, count)]


def poison(bench: Bench) -> tuple[str, str]:
    """A line that was cut while it was written, and a record of more than 1 MiB."""
    cut, large = bench.flights("damaged", 2)
    return json.dumps(cut)[:-20], json.dumps({**large, "log": "x" * (1 << 20)})
