"""Gives size.py traffics that it does not know, and the stream orders the peak of traffic.json."""

import json
import math
from typing import Any

from lab.checks import Bench, Failed, Text, expect, prepare, streams, task

STREAM = "orders"
FULL = 0.8
SECONDS = 3
MIB = 1 << 20

type Traffic = dict[str, int]


@prepare
def write_traffic(bench: Bench) -> None:
    (bench.work / "traffic.json").write_text(json.dumps(own_traffic(bench), indent=2) + "\n")


@task(
    1,
    points=2,
    fr="size.py donne les shards que demandent les écritures",
    en="size.py gives the shards that the writes need",
)
def writes_are_sized(bench: Bench) -> None:
    compare(
        bench,
        "write_shards",
        code="write-shards",
        fr="write_shards suit la limite, nombre ou taille, qui est atteinte la première, à 80 %",
        en="write_shards follows the limit, number or size, that is reached first, at 80 %",
    )


@task(
    2,
    points=2,
    fr="size.py compte aussi ceux qui interrogent le flux",
    en="size.py counts those who poll the stream as well",
)
def reads_are_sized(bench: Bench) -> None:
    compare(
        bench,
        "shards",
        code="read-shards",
        fr="shards suffit aux écritures et à tous ceux qui interrogent, à 80 %",
        en="shards is enough for the writes and for all who poll, at 80 %",
    )


@task(3, points=2, fr="size.py donne le prix d'un mois", en="size.py gives the price of a month")
def price_is_right(bench: Bench) -> None:
    compare(
        bench,
        "usd_per_month",
        code="price",
        fr="usd_per_month compte les shards, les unités écrites et la diffusion améliorée",
        en="usd_per_month counts the shards, the units written and enhanced fan-out",
    )


@task(
    4,
    points=2,
    fr="Le flux orders tient la pointe, sans un shard de trop",
    en="The stream orders holds the peak, without a shard too many",
)
def peak_is_held(bench: Bench) -> None:
    summary = bench.ask(
        "kinesis",
        "describe_stream_summary",
        code="no-stream",
        fr=f"le flux {STREAM} existe",
        en=f"the stream {STREAM} exists",
        StreamName=STREAM,
    )
    traffic = own_traffic(bench)
    expect(
        summary["StreamDescriptionSummary"]["OpenShardCount"],
        equals=shards(traffic),
        code="stream-size",
        fr="le flux a les shards que demande traffic.json, ni plus ni moins",
        en="the stream has the shards that traffic.json needs, no more and no fewer",
        look=summary.look,
    )
    expect(
        streams.offer(
            bench.client("kinesis"),
            STREAM,
            traffic["peak_records"],
            traffic["record_bytes"],
            SECONDS,
        ),
        equals=0,
        code="refused",
        fr=f"aucun enregistrement n'est refusé pendant {SECONDS} secondes de pointe",
        en=f"no record is refused during {SECONDS} seconds of the peak",
        look=f"python load.py {STREAM} {SECONDS}",
    )


def compare(bench: Bench, name: str, *, code: str, fr: str, en: str) -> None:
    """Fail with the first traffic for which size.py and we differ by more than 1 %."""
    for traffic, printed in sized(bench):
        wanted = right(traffic)[name]
        if not math.isclose(printed[name], wanted, rel_tol=0.01):
            look = f"echo '{json.dumps(traffic)}' | python size.py"
            raise Failed(code, Text(fr, en), printed[name], look, wanted)


def sized(bench: Bench) -> list[tuple[Traffic, dict[str, float]]]:
    """What size.py says of each traffic; it is run once for all tasks."""
    if "sized" not in bench.memory:
        bench.memory["sized"] = [(one, ask(bench, one)) for one in traffics(bench)]
    return bench.memory["sized"]


def ask(bench: Bench, traffic: Traffic) -> dict[str, float]:
    ran = bench.run("size.py", stdin=json.dumps(traffic))
    form = {
        "code": "size-form",
        "fr": "size.py affiche un objet JSON : write_shards, shards, usd_per_month",
        "en": "size.py prints a JSON object: write_shards, shards, usd_per_month",
    }
    with bench.reading(ran=ran, **form):
        printed: dict[str, Any] = json.loads(ran.stdout)
        return {name: float(printed[name]) for name in ("write_shards", "shards", "usd_per_month")}


def own_traffic(bench: Bench) -> Traffic:
    """Of this learner: what a lab on a small machine can be offered in a second."""
    draw = bench.random("own")
    return {
        "peak_records": draw.randrange(1_700, 3_100, 10),
        "average_records": draw.randrange(300, 700, 10),
        "record_bytes": draw.randrange(150, 450),
        "polling_consumers": 2,
        "fan_out_consumers": 1,
    }


def traffics(bench: Bench) -> list[Traffic]:
    """One where the number decides, one where the size does, one where the pollers do, and one of
    records larger than a unit.
    """
    draw = bench.random("unknown")
    shapes = [(9_500, 120, 2, 0), (4_200, 2_900, 1, 2), (6_100, 1_700, 4, 1), (95, 61_000, 2, 1)]
    return [
        {
            "peak_records": records + draw.randrange(records // 10),
            "average_records": records // 4 + draw.randrange(records // 10),
            "record_bytes": size + draw.randrange(size // 10),
            "polling_consumers": polling,
            "fan_out_consumers": pushed,
        }
        for records, size, polling, pushed in shapes
    ]


def shards(traffic: Traffic) -> int:
    return int(right(traffic)["shards"])


def right(traffic: Traffic) -> dict[str, float]:
    """The figures by the limits and prices of the statement."""
    peak, size = traffic["peak_records"], traffic["record_bytes"]
    written = math.ceil(max(peak / 1_000, peak * size / MIB) / FULL)
    polled = math.ceil(peak * size * traffic["polling_consumers"] / (2 * MIB) / FULL)
    count, pushed = max(written, polled), traffic["fan_out_consumers"]
    records = traffic["average_records"] * 730 * 3_600
    price = 730 * 0.015 * count * (1 + pushed)
    price += records * math.ceil(size / 25_600) * 0.014 / 1e6
    price += pushed * records * size / (1 << 30) * 0.013
    return {"write_shards": written, "shards": count, "usd_per_month": round(price, 2)}
