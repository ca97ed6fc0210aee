"""Puts events into gate-events and looks at what Kinesis pushes to push.py, in two runs; and gives
choose.py cases that it does not know.
"""

import json
import math
from collections import Counter, defaultdict

from lab.checks import Bench, Failed, Text, expect, prepare, streams, task

STREAM = "gate-events"
CONSUMER = "live-board"
IN_STREAM = 200
SENT = 150
LOOK = "python push.py"

type Case = dict[str, float]


@prepare
def make_stream(bench: Bench) -> None:
    kinesis = bench.client("kinesis")
    streams.make(kinesis, STREAM, 2)
    if not streams.read(kinesis, STREAM):
        put(bench, "file", IN_STREAM)
    (bench.work / "case.json").write_text(json.dumps(cases(bench)[0], indent=2) + "\n")


@task(
    1,
    points=2,
    fr="Le consommateur live-board est enregistré",
    en="The consumer live-board is registered",
)
def consumer_is_there(bench: Bench) -> None:
    found = consumer(bench)
    expect(
        found["ConsumerStatus"],
        equals="ACTIVE",
        code="consumer-state",
        fr="register.py attend que le consommateur soit ACTIVE",
        en="register.py waits until the consumer is ACTIVE",
        look=f"aws kinesis describe-stream-consumer --consumer-arn {found['ConsumerARN']}",
    )
    bench.run("register.py")  # a second time: it must be content with what is there


@task(
    2,
    points=2,
    fr="push.py affiche tout ce que Kinesis lui pousse, dans l'ordre",
    en="push.py prints all that Kinesis pushes to it, in order",
)
def all_is_pushed(bench: Bench) -> None:
    consumer(bench)
    first, _ = pushed(bench)
    everything = bench.memory["before"]
    expect(
        len(first),
        equals=len(everything),
        code="push-count",
        fr="sans places.json, push.py affiche une ligne par enregistrement du flux",
        en="without places.json, push.py prints a line for each record of the stream",
        look=LOOK,
    )
    expect(
        by_key(first),
        equals=by_key(everything),
        code="push-order",
        fr="push.py affiche les données telles quelles, celles de chaque avion dans l'ordre",
        en="push.py prints the data as they are, those of each aircraft in order",
        look=LOOK,
    )


@task(
    3,
    points=2,
    fr="push.py reprend là où il s'était arrêté",
    en="push.py goes on where it had stopped",
)
def place_is_kept(bench: Bench) -> None:
    consumer(bench)
    _, second = pushed(bench)
    expect(
        sorted((Counter(second) - Counter(lines(bench, "second", SENT))).elements())[:1],
        equals=[],
        code="push-again",
        fr="un second lancement n'affiche rien de ce qui a déjà été affiché (en voici une ligne)",
        en="a second run prints nothing of what was printed before (here is a line of it)",
        look=LOOK,
    )
    expect(
        len(second),
        equals=SENT,
        code="push-missed",
        fr=f"un second lancement affiche les {SENT} enregistrements arrivés entre-temps",
        en=f"a second run prints the {SENT} records that have arrived in between",
        look=LOOK,
    )


@task(
    4,
    points=2,
    fr="choose.py choisit d'après le délai, le débit et le prix",
    en="choose.py chooses by delay, throughput and price",
)
def choice_is_right(bench: Bench) -> None:
    for case in cases(bench):
        ran = bench.run("choose.py", stdin=json.dumps(case))
        form = {
            "code": "choose-form",
            "fr": "choose.py affiche un objet JSON avec les quatre noms du point de départ",
            "en": "choose.py prints a JSON object with the four names of the starter",
        }
        with bench.reading(ran=ran, **form):
            printed = json.loads(ran.stdout)
            figures = {name: float(printed[name]) for name in figures_of(case)}
            choice = str(printed["choice"])
        look = f"echo '{json.dumps(case)}' | python choose.py"
        for name, wanted in figures_of(case).items():
            if not math.isclose(figures[name], wanted, rel_tol=0.01):
                expected = Text(
                    f"{name} est juste, au centième près", f"{name} is right, within a hundredth"
                )
                raise Failed(
                    code="figure", expected=expected, actual=figures[name], look=look, wanted=wanted
                )
        expect(
            choice,
            equals=choice_of(case),
            code="choice",
            fr="choice est polling quand délai et débit le permettent, sinon fan_out",
            en="choice is polling when delay and throughput allow it, else fan_out",
            look=look,
        )


def consumer(bench: Bench) -> dict[str, str]:
    summary = streams.need(bench, STREAM, "kinesis.fan_out", code="not-prepared")
    answer = bench.ask(
        "kinesis",
        "describe_stream_consumer",
        code="no-consumer",
        fr=f"le flux {STREAM} a un consommateur {CONSUMER}",
        en=f"the stream {STREAM} has a consumer {CONSUMER}",
        StreamARN=summary["StreamDescriptionSummary"]["StreamARN"],
        ConsumerName=CONSUMER,
    )
    return answer["ConsumerDescription"]


def pushed(bench: Bench) -> tuple[list[str], list[str]]:
    """What push.py prints when it begins, and again after more has arrived; run once for all
    tasks.
    """
    if "pushed" not in bench.memory:
        (bench.work / "places.json").unlink(missing_ok=True)
        put(bench, "first", SENT)
        found = streams.read(bench.client("kinesis"), STREAM)
        bench.memory["before"] = [one.data.decode() for one in found]
        first = bench.run("push.py").stdout.splitlines()
        put(bench, "second", SENT)
        bench.memory["pushed"] = (first, bench.run("push.py").stdout.splitlines())
    return bench.memory["pushed"]


def put(bench: Bench, purpose: str, count: int) -> None:
    made = bench.flights(purpose, count)
    records = [(key_of(flight), json.dumps(flight).encode()) for flight in made]
    streams.put(bench.client("kinesis"), STREAM, records)


def lines(bench: Bench, purpose: str, count: int) -> list[str]:
    return [json.dumps(flight) for flight in bench.flights(purpose, count)]


def by_key(texts: list[str]) -> list[tuple[str, list[str]]]:
    """The lines of each aircraft in their order; lines that are no flights stand for themselves."""
    found = defaultdict(list)
    for text in texts:
        try:
            found[key_of(json.loads(text))].append(text)
        except (ValueError, TypeError, KeyError):
            found[text].append(text)
    return sorted(found.items())


def key_of(flight: dict[str, str]) -> str:
    return flight["tailnum"] or flight["event_id"]


def cases(bench: Bench) -> list[Case]:
    """One for polling, one where the delay forbids it, one where the throughput does."""
    draw = bench.random("cases")
    shapes = [(2, 1_000, 0.6), (4, 500, 0.3), (4, 2_000, 0.9), (3, 600, 0.66)]
    return [
        {
            "consumers": consumers,
            "shards": draw.randrange(2, 20),
            "shard_mib": shard_mib,
            "gb_a_month": draw.randrange(200, 4_000),
            "delay_ms": delay,
        }
        for consumers, delay, shard_mib in shapes
    ]


def figures_of(case: Case) -> dict[str, float]:
    served = case["shards"] * 730 * 0.015 + case["gb_a_month"] * 0.013
    return {
        "poll_every_ms": 200 * case["consumers"],
        "poll_mib": 2 / case["consumers"],
        "fan_out_usd": case["consumers"] * served,
    }


def choice_of(case: Case) -> str:
    figures = figures_of(case)
    polls = (
        figures["poll_every_ms"] <= case["delay_ms"] and case["shard_mib"] <= figures["poll_mib"]
    )
    return "polling" if polls else "fan_out"
