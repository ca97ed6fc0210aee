"""Mappings that read as a registered consumer of a stream (enhanced fan-out)."""

import pytest

from tests.providers.lambda_.streams import ARN, HALF, SHARDS, Pipeline, eventually

pytestmark = pytest.mark.lab


def register(pipeline: Pipeline, name: str) -> str:
    """A consumer of the pipeline's stream; returns its ARN."""
    kinesis, stream = pipeline.kinesis, ARN + pipeline.stream
    arn: str = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName=name)["Consumer"][
        "ConsumerARN"
    ]

    def is_active() -> bool:
        answer = kinesis.describe_stream_consumer(ConsumerARN=arn)
        return bool(answer["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE")

    eventually(is_active)
    return arn


@pytest.mark.fidelity("event_source_mapping.fan_out")
def test_a_consumer_reads_beside_a_mapping_of_the_stream(pipeline: Pipeline) -> None:
    pipeline.create_stream(2)
    consumer = register(pipeline, "own")
    pipeline.map(EventSourceArn=consumer)
    pipeline.map()
    pipeline.put("low", hash_key=0)
    pipeline.put("high", hash_key=HALF)
    assert sorted(pipeline.received(4)) == ["high", "high", "low", "low"]
    sources = [event["Records"][0]["eventSourceARN"] for event in pipeline.recorder.events]
    assert sorted(sources) == sorted([consumer, ARN + pipeline.stream] * 2)


@pytest.mark.fidelity("event_source_mapping.fan_out")
def test_a_consumer_follows_the_shards(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    consumer = register(pipeline, "own")
    pipeline.map(EventSourceArn=consumer, StartingPosition="LATEST")
    pipeline.put("parent")
    pipeline.split(SHARDS[0])
    pipeline.put("child", hash_key=0)
    assert pipeline.received(2) == ["parent", "child"]


@pytest.mark.fidelity("event_source_mapping.fan_out")
def test_a_consumer_that_is_gone_is_told(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    consumer = register(pipeline, "own")
    uuid = pipeline.map(EventSourceArn=consumer)
    pipeline.put("a")
    pipeline.received(1)
    pipeline.kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    eventually(lambda: pipeline.mapping(uuid)["LastProcessingResult"].startswith("PROBLEM: "))


@pytest.mark.fidelity("event_source_mapping.fan_out")
def test_a_consumer_must_exist(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    arn = f"{ARN}{pipeline.stream}/consumer/nobody:1"
    assert pipeline.refused(EventSourceArn=arn) == (
        "InvalidParameterValueException",
        f"Consumer not found: {arn}",
    )
