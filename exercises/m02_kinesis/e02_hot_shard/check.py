"""Makes a stream with a hot shard, then checks how it is measured and whether it is cured."""

import json
from collections import Counter, defaultdict

from lab.checks import Bench, expect, prepare, streams, task

HOT = "departures-hot"
CURED = "departures"
SHARDS = 8
FILE = "flights.jsonl"
IN_FILE = 8_000
IN_HOT = 2_400
SENT = 4_000
LARGEST_SHARE = 0.20


@prepare
def make_streams(bench: Bench) -> None:
    kinesis = bench.client("kinesis")
    for name in (HOT, CURED):
        streams.make(kinesis, name, SHARDS)
    (bench.work / FILE).write_text("".join(f"{line}\n" for line in lines(bench, "file", IN_FILE)))
    if not streams.read(kinesis, HOT):
        made = bench.flights("hot", IN_HOT)
        records = [(flight["origin"], json.dumps(flight).encode()) for flight in made]
        streams.put(kinesis, HOT, records)


@task(
    1,
    points=2,
    fr="measure.py compte les enregistrements de chaque shard",
    en="measure.py counts the records of each shard",
)
def shards_are_measured(bench: Bench) -> None:
    streams.need(bench, HOT, "kinesis.hot_shard", code="not-prepared")
    found = Counter(one.shard for one in streams.read(bench.client("kinesis"), HOT))
    wanted = {
        shard["ShardId"]: found[shard["ShardId"]]
        for shard in streams.shards(bench.client("kinesis"), HOT)
    }
    ran = bench.run("measure.py", HOT)
    form = {
        "code": "measure-form",
        "fr": "measure.py affiche un objet JSON : l'identifiant de chaque shard et un nombre",
        "en": "measure.py prints a JSON object: each shard's id and a number",
    }
    with bench.reading(ran=ran, **form):
        measured = dict(json.loads(ran.stdout))
    look = f"aws kinesis list-shards --stream-name {HOT}"
    expect(
        sorted(measured),
        equals=sorted(wanted),
        code="measure-shards",
        fr="measure.py nomme tous les shards du flux, et eux seuls",
        en="measure.py names all the shards of the stream, and nothing else",
        look=look,
    )
    expect(
        sorted(measured.items()),
        equals=sorted(wanted.items()),
        code="measure-count",
        fr="measure.py donne pour chaque shard le nombre de ses enregistrements",
        en="measure.py gives for each shard the number of its records",
        look=look,
    )


@task(
    2,
    points=1,
    fr="produce.py envoie chaque vol, une fois",
    en="produce.py sends each flight, once",
)
def flights_arrive(bench: Bench) -> None:
    found = produced(bench)
    expect(
        len(found),
        equals=SENT,
        code="flights-lost",
        fr=f"les 4 000 vols envoyés à produce.py sont dans le flux {CURED}, une fois chacun",
        en=f"the 4,000 flights sent to produce.py are in the stream {CURED}, once each",
        look=f"python measure.py {CURED}",
    )


@task(
    3,
    points=2,
    fr="Les vols d'un avion restent ensemble",
    en="The flights of one aircraft stay together",
)
def aircraft_stay_together(bench: Bench) -> None:
    places = defaultdict(set)
    for one in produced(bench):
        if tailnum := json.loads(one.data)["tailnum"]:
            places[tailnum].add(one.shard)
    spread = [
        f"{tailnum}: {', '.join(sorted(shards))}"
        for tailnum, shards in sorted(places.items())
        if len(shards) > 1
    ]
    expect(
        spread[:1],
        equals=[],
        code="order-lost",
        fr="chaque avion est dans un seul shard (en voici un qui ne l'est pas)",
        en="each aircraft is in one shard only (here is one that is not)",
        look=f"python measure.py {CURED}",
    )


@task(
    4,
    points=2,
    fr="Aucun shard ne prend plus de 20 % des vols",
    en="No shard takes more than 20 % of the flights",
)
def load_is_spread(bench: Bench) -> None:
    found = produced(bench)
    largest = max(Counter(one.shard for one in found).values(), default=0)
    expect(
        round(largest / max(len(found), 1), 3),
        at_most=LARGEST_SHARE,
        code="hot-shard",
        fr="le shard le plus chargé prend au plus 0,2 des vols, soit 20 %",
        en="the most loaded shard takes at most 0.2 of the flights, which is 20 %",
        look=f"python measure.py {CURED}",
    )


def produced(bench: Bench) -> list[streams.Found]:
    """What this learner's produce.py puts into the stream, from flights that it does not know;
    it is run once for all tasks.
    """
    if "produced" not in bench.memory:
        streams.need(bench, CURED, "kinesis.hot_shard", code="not-prepared")
        kinesis = bench.client("kinesis")
        text = "\n".join(lines(bench, "check", SENT)) + "\n"
        bench.memory["produced"] = streams.during(
            kinesis, CURED, lambda: bench.run("produce.py", stdin=text)
        )
    return bench.memory["produced"]


def lines(bench: Bench, purpose: str, count: int) -> list[str]:
    return [json.dumps(flight) for flight in bench.flights(purpose, count)]
