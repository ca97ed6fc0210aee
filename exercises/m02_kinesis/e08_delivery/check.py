"""Sends records through what was built for each case, and looks at where they come out."""

import gzip
import json
import math
from contextlib import suppress
from typing import Any

from lab.checks import Bench, Failed, Text, eventually, expect, prepare, streams, task

BUCKET = "choice-lake-000000000000"
SENT = 60
# The buffer's second, and what a slow machine needs.
DELIVERED_WITHIN = 20.0
LIST = f"aws s3 ls --recursive s3://{BUCKET}/"


@prepare
def make_bucket(bench: Bench) -> None:
    bench.client("s3").create_bucket(Bucket=BUCKET)
    (bench.work / "traffic.json").write_text(json.dumps(traffics(bench)[0], indent=2) + "\n")


@task(
    1,
    points=2,
    fr="meter-readings : les relevés arrivent dans S3, compressés, sans flux à exploiter",
    en="meter-readings: the readings arrive in S3, compressed, without a stream to run",
)
def readings_are_delivered(bench: Bench) -> None:
    refuse_stream(bench, "meter-readings")
    answer = bench.ask(
        "firehose",
        "describe_delivery_stream",
        code="no-delivery",
        fr="Firehose a un flux de diffusion meter-readings",
        en="Firehose has a delivery stream meter-readings",
        DeliveryStreamName="meter-readings",
    )
    expect(
        answer["DeliveryStreamDescription"]["DeliveryStreamType"],
        equals="DirectPut",
        code="direct-put",
        fr="les producteurs écrivent directement dans meter-readings",
        en="the producers write to meter-readings directly",
        look=answer.look,
    )
    sent = texts(bench, "readings")
    records = [{"Data": f"{text}\n".encode()} for text in sent]
    bench.client("firehose").put_record_batch(DeliveryStreamName="meter-readings", Records=records)
    expect_delivered(bench, "readings/", sent)


@task(
    2,
    points=1,
    fr="lift-alarms : chaque alarme se lit aussitôt, dans l'ordre de son ascenseur",
    en="lift-alarms: each alarm can be read at once, in the order of its lift",
)
def alarms_are_read(bench: Bench) -> None:
    stream = need_stream(bench, "lift-alarms")
    expect_read(bench, stream["StreamName"])


@task(
    3,
    points=1,
    fr="ad-views : trois équipes lisent, et 7 jours se relisent",
    en="ad-views: three teams read, and 7 days can be read again",
)
def views_are_kept(bench: Bench) -> None:
    stream = need_stream(bench, "ad-views")
    expect_read(bench, stream["StreamName"])
    expect(
        stream["RetentionPeriodHours"],
        at_least=168,
        code="retention",
        fr="les vues restent au moins 168 heures",
        en="the views stay for at least 168 hours",
        look="aws kinesis describe-stream-summary --stream-name ad-views",
    )


@task(
    4,
    points=2,
    fr="shop-orders : lu en direct, et archivé dans S3",
    en="shop-orders: read live, and archived in S3",
)
def orders_are_archived(bench: Bench) -> None:
    stream = need_stream(bench, "shop-orders")
    expect_read(bench, stream["StreamName"])
    answer = bench.ask(
        "firehose",
        "describe_delivery_stream",
        code="no-archive",
        fr="Firehose a un flux de diffusion shop-orders-archive",
        en="Firehose has a delivery stream shop-orders-archive",
        DeliveryStreamName="shop-orders-archive",
    )
    source = answer["DeliveryStreamDescription"].get("Source", {})
    expect(
        source.get("KinesisStreamSourceDescription", {}).get("KinesisStreamARN"),
        equals=stream["StreamARN"],
        code="archive-source",
        fr="shop-orders-archive lit le flux shop-orders",
        en="shop-orders-archive reads the stream shop-orders",
        look=answer.look,
    )
    sent = texts(bench, "archive")
    put(bench, "shop-orders", sent)
    expect_delivered(bench, "orders/", sent)


@task(5, points=2, fr="price.py donne les deux prix", en="price.py gives both prices")
def prices_are_right(bench: Bench) -> None:
    for traffic in traffics(bench):
        ran = bench.run("price.py", stdin=json.dumps(traffic))
        form = {
            "code": "price-form",
            "fr": "price.py affiche un objet JSON : firehose_usd, stream_usd",
            "en": "price.py prints a JSON object: firehose_usd, stream_usd",
        }
        with bench.reading(ran=ran, **form):
            printed = json.loads(ran.stdout)
            figures = {name: float(printed[name]) for name in prices(traffic)}
        look = f"echo '{json.dumps(traffic)}' | python price.py"
        for name, wanted in prices(traffic).items():
            if not math.isclose(figures[name], wanted, rel_tol=0.01):
                expected = Text(
                    f"{name} est juste, au centième près", f"{name} is right, within a hundredth"
                )
                raise Failed(
                    code="price", expected=expected, actual=figures[name], look=look, wanted=wanted
                )


def refuse_stream(bench: Bench, name: str) -> None:
    names = bench.client("kinesis").list_streams()["StreamNames"]
    expect(
        name in names,
        equals=False,
        code="needless-stream",
        fr=f"{name} n'a besoin d'aucun flux Kinesis : personne ne le lit, et un shard se paie",
        en=f"{name} needs no Kinesis stream: nobody reads it, and a shard has its price",
        look="aws kinesis list-streams",
    )


def need_stream(bench: Bench, name: str) -> dict[str, Any]:
    answer = bench.ask(
        "kinesis",
        "describe_stream_summary",
        code="no-stream",
        fr=f"{name} est un flux Kinesis : Firehose ne promet ni ordre, ni relecture, ni la seconde",
        en=f"{name} is a Kinesis stream: Firehose promises no order, no reading again, no second",
        StreamName=name,
    )
    return answer["StreamDescriptionSummary"]


def expect_read(bench: Bench, stream: str) -> None:
    sent = texts(bench, stream)
    found = streams.during(bench.client("kinesis"), stream, lambda: put(bench, stream, sent))
    expect(
        sorted(one.data.decode() for one in found),
        equals=sorted(sent),
        code="not-read",
        fr=f"ce qui est écrit dans {stream} s'y lit aussitôt",
        en=f"what is written to {stream} can be read there at once",
        look=f"aws kinesis list-shards --stream-name {stream}",
    )


def put(bench: Bench, stream: str, sent: list[str]) -> None:
    records = [(json.loads(text)["tailnum"] or "none", text.encode()) for text in sent]
    streams.put(bench.client("kinesis"), stream, records)


def expect_delivered(bench: Bench, prefix: str, sent: list[str]) -> None:
    def all_there() -> None:
        whole = "".join(objects(bench, prefix))
        expect(
            sum(text in whole for text in sent),
            equals=len(sent),
            code="not-delivered",
            fr=f"les {len(sent)} enregistrements sont dans s3://{BUCKET}/{prefix}, en GZIP",
            en=f"the {len(sent)} records are in s3://{BUCKET}/{prefix}, as GZIP",
            look=LIST,
        )

    eventually(all_there, within=DELIVERED_WITHIN)


def objects(bench: Bench, prefix: str) -> list[str]:
    """The text of each object that is GZIP."""
    s3 = bench.client("s3")
    found = []
    for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", []):
        body = s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        with suppress(gzip.BadGzipFile):
            found.append(gzip.decompress(body).decode(errors="replace"))
    return found


def texts(bench: Bench, purpose: str) -> list[str]:
    return [json.dumps(flight) for flight in bench.flights(purpose, SENT)]


def traffics(bench: Bench) -> list[dict[str, int]]:
    """Records far below a step, somewhat above one, and above a unit."""
    draw = bench.random("traffics")
    shapes = [(400, 240), (90, 5_300), (12, 60_000)]
    return [
        {
            "records": records + draw.randrange(records // 4),
            "bytes": size + draw.randrange(size // 8),
        }
        for records, size in shapes
    ]


def prices(traffic: dict[str, int]) -> dict[str, float]:
    records = traffic["records"] * 730 * 3600
    received = records * math.ceil(traffic["bytes"] / 5120) * 5120
    units = records * math.ceil(traffic["bytes"] / 25_600)
    return {
        "firehose_usd": received / (1 << 30) * 0.029,
        "stream_usd": 730 * 0.015 + units / 1e6 * 0.014,
    }
