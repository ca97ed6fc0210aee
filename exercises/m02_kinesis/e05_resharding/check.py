"""Reshards a stream of its own in the middle of flights, and looks at what split.py and follow.py
make of it.
"""

import json
from collections import Counter, defaultdict
from typing import Any

from lab.checks import Bench, expect, prepare, streams, task

STREAM = "gates"
OWN = "gates-check"
FIRST = "shardId-000000000000"
IN_STREAM = 600
PHASE = 300  # flights before, between and after two reshardings
LOOK = f"aws kinesis list-shards --stream-name {OWN}"


@prepare
def make_stream(bench: Bench) -> None:
    kinesis = bench.client("kinesis")
    streams.make(kinesis, STREAM, 2)
    if not streams.read(kinesis, STREAM):
        streams.put(kinesis, STREAM, records(bench.flights("file", IN_STREAM)))


@task(
    1,
    points=2,
    fr="split.py divise un shard en deux moitiés égales",
    en="split.py divides a shard into two equal halves",
)
def shard_is_split(bench: Bench) -> None:
    kinesis = bench.client("kinesis")
    begin_again(kinesis)
    before = streams.shards(kinesis, OWN)[0]["HashKeyRange"]
    bench.run("split.py", OWN, FIRST)
    children = [s for s in streams.shards(kinesis, OWN) if s.get("ParentShardId") == FIRST]
    expect(
        len(children),
        equals=2,
        code="split-none",
        fr=f"split.py {OWN} {FIRST} donne 2 enfants à ce shard",
        en=f"split.py {OWN} {FIRST} gives that shard 2 children",
        look=LOOK,
    )
    start, end = int(before["StartingHashKey"]), int(before["EndingHashKey"])
    expect(
        [child["HashKeyRange"]["StartingHashKey"] for child in children],
        equals=[str(start), str((start + end + 1) // 2)],
        code="split-uneven",
        fr="chaque enfant possède la moitié des clés de hachage, au chiffre près",
        en="each child owns half of the hash keys, to the last digit",
        look=LOOK,
    )
    expect(
        kinesis.describe_stream_summary(StreamName=OWN)["StreamDescriptionSummary"]["StreamStatus"],
        equals="ACTIVE",
        code="not-active",
        fr="split.py attend que le flux soit de nouveau ACTIVE",
        en="split.py waits until the stream is ACTIVE again",
        look=f"aws kinesis describe-stream-summary --stream-name {OWN}",
    )


@task(
    2,
    points=2,
    fr="follow.py lit chaque enregistrement, une fois, shards fermés compris",
    en="follow.py reads each record, once, closed shards included",
)
def all_is_read(bench: Bench) -> None:
    printed = Counter(followed(bench))
    sent = [json.dumps(flight) for flight in flights(bench)]
    expect(
        sum(line in printed for line in sent),
        equals=len(sent),
        code="records-lost",
        fr=f"follow.py {OWN} affiche les {len(sent)} vols, d'avant et d'après les redécoupages",
        en=f"follow.py {OWN} prints the {len(sent)} flights, from before and after the reshardings",
        look=LOOK,
    )
    expect(
        printed.total(),
        equals=len(sent),
        code="records-twice",
        fr=f"follow.py {OWN} affiche {len(sent)} lignes, chaque vol une seule fois",
        en=f"follow.py {OWN} prints {len(sent)} lines, each flight only once",
        look=f"python follow.py {OWN} | wc -l",
    )


@task(
    3,
    points=3,
    fr="follow.py garde l'ordre de chaque avion",
    en="follow.py keeps the order of each aircraft",
)
def order_is_kept(bench: Bench) -> None:
    arrived = defaultdict(list)
    for line in followed(bench):
        flight = json.loads(line)
        arrived[key_of(flight)].append(flight["event_id"])
    wanted = defaultdict(list)
    for flight in flights(bench):
        wanted[key_of(flight)].append(flight["event_id"])
    disordered = sorted(key for key in wanted if wanted[key] != arrived[key])
    some = disordered[0] if disordered else ""
    expect(
        arrived[some],
        equals=wanted[some],
        code="order-lost",
        fr=f"les vols d'un avion sortent dans l'ordre où ils ont été envoyés (voici {some})",
        en=f"an aircraft's flights come out in the order in which they were sent (here {some})",
        look=f"python follow.py {OWN} | grep {some}",
    )


def followed(bench: Bench) -> list[str]:
    """What follow.py prints of a stream that was split, then merged, while flights arrived; it is
    run once for all tasks.
    """
    if "followed" not in bench.memory:
        kinesis = bench.client("kinesis")
        begin_again(kinesis)
        sent = records(flights(bench))
        streams.put(kinesis, OWN, sent[:PHASE])
        kinesis.split_shard(StreamName=OWN, ShardToSplit=FIRST, NewStartingHashKey=str(1 << 126))
        streams.wait(kinesis, OWN)
        streams.put(kinesis, OWN, sent[PHASE : 2 * PHASE])
        kinesis.merge_shards(
            StreamName=OWN,
            ShardToMerge="shardId-000000000003",
            AdjacentShardToMerge="shardId-000000000001",
        )
        streams.wait(kinesis, OWN)
        streams.put(kinesis, OWN, sent[2 * PHASE :])
        ran = bench.run("follow.py", OWN)
        form = {
            "code": "follow-form",
            "fr": "follow.py affiche les données de chaque enregistrement, une par ligne",
            "en": "follow.py prints the data of each record, one a line",
        }
        with bench.reading(ran=ran, **form):
            for line in ran.stdout.splitlines():
                json.loads(line)["event_id"]
        bench.memory["followed"] = ran.stdout.splitlines()
    return bench.memory["followed"]


def begin_again(kinesis: Any) -> None:
    """A stream of ours with two shards that have never been divided."""
    streams.drop(kinesis, OWN)
    streams.make(kinesis, OWN, 2)


def flights(bench: Bench) -> list[dict[str, Any]]:
    return bench.flights("check", 3 * PHASE)


def records(made: list[dict[str, Any]]) -> list[tuple[str, bytes]]:
    return [(key_of(flight), json.dumps(flight).encode()) for flight in made]


def key_of(flight: dict[str, Any]) -> str:
    return flight["tailnum"] or flight["event_id"]
