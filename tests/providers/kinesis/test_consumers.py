"""Registered consumers: their states, their limits, how they are named and found again."""

from collections.abc import Callable
from typing import Any

import pytest

from lab.providers.kinesis.metadata import load_all
from lab.providers.kinesis.models import Registry, Timing
from tests.providers.kinesis.conftest import Api, Clock

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


@pytest.fixture
def stream(api: Api, clock: Clock) -> str:
    api("CreateStream", StreamName="s", ShardCount=1)
    clock.advance(10)
    return STREAM


def register(api: Api, name: str, **options: Any) -> dict[str, Any]:
    answer = api("RegisterStreamConsumer", StreamARN=STREAM, ConsumerName=name, **options)
    consumer: dict[str, Any] = answer["Consumer"]
    return consumer


def describe(api: Api, **names: str) -> dict[str, Any]:
    found: dict[str, Any] = api("DescribeStreamConsumer", **names)["ConsumerDescription"]
    return found


@pytest.mark.fidelity("kinesis.consumers")
def test_a_consumer_is_creating_then_active_then_deleting_then_gone(
    api: Api, clock: Clock, stream: str
) -> None:
    consumer = register(api, "c")
    assert consumer["ConsumerARN"] == f"{stream}/consumer/c:{int(clock.now)}"
    assert consumer["ConsumerStatus"] == "CREATING"
    clock.advance(10)
    by_arn = describe(api, ConsumerARN=consumer["ConsumerARN"])
    assert by_arn == {**consumer, "ConsumerStatus": "ACTIVE", "StreamARN": stream}
    assert describe(api, StreamARN=stream, ConsumerName="c") == by_arn
    api("DeregisterStreamConsumer", ConsumerARN=consumer["ConsumerARN"])
    assert describe(api, StreamARN=stream, ConsumerName="c")["ConsumerStatus"] == "DELETING"
    clock.advance(10)
    assert api.refused("DescribeStreamConsumer", ConsumerARN=consumer["ConsumerARN"]) == (
        "ResourceNotFoundException",
        f"Consumer {consumer['ConsumerARN']}, account 000000000000 not found.",
    )
    assert register(api, "c")["ConsumerARN"] != consumer["ConsumerARN"]


def test_a_consumer_that_is_not_active_is_left_alone(api: Api, stream: str) -> None:
    consumer = register(api, "c")
    created = consumer["ConsumerARN"].rsplit(":", 1)[1]
    assert api.refused("DeregisterStreamConsumer", ConsumerARN=consumer["ConsumerARN"]) == (
        "ResourceInUseException",
        f"Consumer c with creation timestamp {created} under stream s and account 000000000000 "
        "is not in ACTIVE status.",
    )
    start = {"Type": "LATEST"}
    assert api.refused(
        "SubscribeToShard",
        ConsumerARN=consumer["ConsumerARN"],
        ShardId="shardId-000000000000",
        StartingPosition=start,
    ) == (
        "ResourceInUseException",
        f"Consumer c with creation timestamp {created} under stream: s , account 000000000000 "
        "is not in ACTIVE status.",
    )
    assert api.refused("RegisterStreamConsumer", StreamARN=stream, ConsumerName="c") == (
        "ResourceInUseException",
        "Consumer c under stream s and account 000000000000 already exists.",
    )


@pytest.mark.fidelity("kinesis.consumers")
def test_twenty_consumers_of_which_five_are_creating(api: Api, clock: Clock, stream: str) -> None:
    for number in range(20):
        if number % 5 == 0:
            clock.advance(10)
        register(api, f"c{number:02d}")
        if number == 4:
            assert api.refused("RegisterStreamConsumer", StreamARN=stream, ConsumerName="x") == (
                "LimitExceededException",
                "No more than 5 consumers can be in CREATING status at the same time under stream "
                "s and account 000000000000.",
            )
    clock.advance(10)
    assert api.refused("RegisterStreamConsumer", StreamARN=stream, ConsumerName="x") == (
        "LimitExceededException",
        "Stream s under account 000000000000 already has the maximum number of registered "
        "consumers: 20.",
    )
    summary = api("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert summary["ConsumerCount"] == 20
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = api("ListStreamConsumers", StreamARN=stream, MaxResults=8, **token)
        names += [each["ConsumerName"] for each in page["Consumers"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert names == [f"c{number:02d}" for number in range(20)]


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (
            {"StreamARN": STREAM},
            (
                "InvalidArgumentException",
                "Either ConsumerARN or both StreamARN and ConsumerName should be provided.",
            ),
        ),
        (
            {"ConsumerARN": f"{STREAM}/consumer/c:1", "ConsumerName": "d"},
            (
                "InvalidArgumentException",
                "ConsumerARN conflicts with the given StreamARN or ConsumerName.",
            ),
        ),
        (
            {"ConsumerARN": f"{STREAM}/consumer/c:1"},
            (
                "ResourceNotFoundException",
                f"Consumer {STREAM}/consumer/c:1, account 000000000000 not found.",
            ),
        ),
        (
            {"ConsumerARN": f"{STREAM}t/consumer/c:1"},
            ("ResourceNotFoundException", "Stream st under account 000000000000 not found."),
        ),
        (
            {"StreamARN": STREAM, "ConsumerName": "c"},
            ("ResourceNotFoundException", "Consumer c, account 000000000000 not found."),
        ),
    ],
)
@pytest.mark.fidelity("kinesis.own_words")
def test_what_names_no_consumer(
    api: Api, stream: str, names: dict[str, str], refusal: tuple[str, str]
) -> None:
    assert api.refused("DescribeStreamConsumer", **names) == refusal


def test_consumers_survive_a_restart(api: Api, clock: Clock, stream: str) -> None:
    kept = register(api, "kept", Tags={"team": "data"})
    going = register(api, "going")
    clock.advance(10)
    api("DeregisterStreamConsumer", ConsumerARN=going["ConsumerARN"])
    registry = Registry(api.registry.home, Timing(clock, clock, lambda: 10.0))
    load_all(registry)
    again = Api(registry)
    listed = again("ListStreamConsumers", StreamARN=stream)["Consumers"]
    assert listed == [{**kept, "ConsumerStatus": "ACTIVE"}]
    tags = again("ListTagsForResource", ResourceARN=kept["ConsumerARN"])["Tags"]
    assert tags == [{"Key": "team", "Value": "data"}]


@pytest.mark.fidelity("kinesis.consumers")
@pytest.mark.lab
def test_a_stream_with_consumers_is_not_deleted_by_mistake(
    kinesis: Any, make_stream: Callable[..., str], refused: Callable[..., tuple[str, str]]
) -> None:
    name = make_stream()
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")
    assert refused(kinesis.delete_stream, StreamName=name) == (
        "ResourceInUseException",
        f"DeleteStream can’t delete 000000000000:{name} because there are consumers associated "
        f"with this data stream. To delete {name} anyway, set the EnforceConsumerDeletion "
        "parameter to true to force the deletion of all the consumers that are associated with it.",
    )
