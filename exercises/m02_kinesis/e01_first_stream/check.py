"""Checks the stream web-clicks, and what put.py and read.py do with clicks unknown to them."""

import json

from lab.checks import Bench, expect, streams, task

STREAM = "web-clicks"
CLICKS = 60
VISITORS = ["ana", "bo", "chloé", "dmitri", "eve", "faïza", "gus", "hana", "ivo", "jun"]


@task(
    1,
    points=2,
    fr="Le flux web-clicks est actif, avec deux shards",
    en="The stream web-clicks is active, with two shards",
)
def stream_is_active(bench: Bench) -> None:
    summary = describe(bench)
    found = summary["StreamDescriptionSummary"]
    expect(
        found["StreamModeDetails"]["StreamMode"],
        equals="PROVISIONED",
        code="stream-mode",
        fr="le flux est en mode provisionné",
        en="the stream is in provisioned mode",
        look=summary.look,
    )
    expect(
        found["StreamStatus"],
        equals="ACTIVE",
        code="not-active",
        fr="create.py attend que le flux soit ACTIVE avant de se terminer",
        en="create.py waits until the stream is ACTIVE before it ends",
        look=summary.look,
    )
    expect(
        found["OpenShardCount"],
        equals=2,
        code="shard-count",
        fr="le flux a 2 shards ouverts",
        en="the stream has 2 open shards",
        look=summary.look,
    )
    bench.run("create.py")  # a second time: it must be content with what is there


@task(2, points=1, fr="Les enregistrements restent 48 heures", en="Records stay 48 hours")
def retention_is_raised(bench: Bench) -> None:
    summary = describe(bench)
    expect(
        summary["StreamDescriptionSummary"]["RetentionPeriodHours"],
        equals=48,
        code="retention",
        fr="la rétention est de 48 heures",
        en="the retention is 48 hours",
        look=summary.look,
    )


@task(
    3,
    points=2,
    fr="put.py met chaque clic sous la clé de son visiteur",
    en="put.py puts each click under its visitor's key",
)
def clicks_arrive(bench: Bench) -> None:
    describe(bench)
    lines = clicks(bench, "put")
    kinesis = bench.client("kinesis")
    text = "\n".join(lines) + "\n"
    found = streams.during(kinesis, STREAM, lambda: bench.run("put.py", stdin=text))
    look = f"aws kinesis list-shards --stream-name {STREAM}"
    expect(
        len(found),
        equals=CLICKS,
        code="clicks-lost",
        fr=f"les {CLICKS} clics envoyés à put.py sont dans le flux, une fois chacun",
        en=f"the {CLICKS} clicks sent to put.py are in the stream, once each",
        look=look,
    )
    changed = sorted({one.data.decode(errors="replace") for one in found} - set(lines))
    expect(
        changed[:1],
        equals=[],
        code="clicks-changed",
        fr="les données sont les lignes telles qu'elles sont venues, sans leur saut de ligne",
        en="the data are the lines as they came, without their line breaks",
        look=look,
    )
    wrong = [(one.key, one.data.decode()) for one in found if one.key != visitor_of(one.data)]
    expect(
        wrong[:1],
        equals=[],
        code="partition-key",
        fr="la clé de partition de chaque clic est son visiteur (voici une clé et ses données)",
        en="each click's partition key is its visitor (here are a key and its data)",
        look=look,
    )


@task(
    4,
    points=2,
    fr="read.py affiche un shard entier, dans l'ordre",
    en="read.py prints a whole shard, in order",
)
def shard_is_read(bench: Bench) -> None:
    describe(bench)
    kinesis = bench.client("kinesis")
    # Without the learner's put.py: what read.py is worth does not depend on it.
    own = [(visitor_of(line), line.encode()) for line in clicks(bench, "read")]
    streams.put(kinesis, STREAM, own)
    found = streams.read(kinesis, STREAM)
    for shard in streams.open_shards(kinesis, STREAM):
        shard_id = shard["ShardId"]
        texts = [one.data.decode(errors="replace") for one in found if one.shard == shard_id]
        wanted = "\n".join(texts).splitlines()
        printed = bench.run("read.py", shard_id).stdout.splitlines()
        look = f"python read.py {shard_id} | wc -l"
        expect(
            len(printed),
            equals=len(wanted),
            code="read-count",
            fr=f"read.py {shard_id} affiche une ligne par enregistrement du shard",
            en=f"read.py {shard_id} prints a line for each record of the shard",
            look=look,
        )
        expect(
            printed,
            equals=wanted,
            code="read-order",
            fr=f"read.py {shard_id} affiche les données telles quelles, dans l'ordre du shard",
            en=f"read.py {shard_id} prints the data as they are, in the order of the shard",
            look=look,
        )


def describe(bench: Bench):
    return bench.ask(
        "kinesis",
        "describe_stream_summary",
        code="no-stream",
        fr=f"le flux {STREAM} existe",
        en=f"the stream {STREAM} exists",
        StreamName=STREAM,
    )


def clicks(bench: Bench, purpose: str) -> list[str]:
    """Clicks as the shop would send them: of this learner, and for this purpose."""
    draw = bench.random(purpose)
    made = [
        {"visitor": draw.choice(VISITORS), "page": f"/shoes/{draw.randrange(900)}", "n": number}
        for number in range(CLICKS)
    ]
    return [json.dumps(one, ensure_ascii=False) for one in made]


def visitor_of(line: str | bytes) -> str:
    return json.loads(line)["visitor"]
