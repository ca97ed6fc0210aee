"""Event source mappings for Kinesis as resources: states, updates, deletion, what is refused."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.providers.lambda_.streams import ARN, Pipeline, eventually

pytestmark = pytest.mark.lab

INVALID = "InvalidParameterValueException"


def out_of_bounds(member: str, value: int, constraint: str) -> tuple[str, str]:
    return (
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: Member must have value {constraint}",
    )


@pytest.mark.fidelity("event_source_mapping.states", "event_source_mapping.last_processing_result")
def test_a_new_mapping_has_the_defaults_of_aws(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    answer = pipeline.create_mapping(StartingPosition="LATEST")
    assert answer["State"] == "Creating"
    pipeline.wait_for(answer["UUID"], "Enabled")
    found = pipeline.mapping(answer["UUID"])
    found = {key: found[key] for key in found.keys() - {"ResponseMetadata", "LastModified"}}
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{pipeline.function}"
    mapping = "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:"
    assert found == {
        "UUID": answer["UUID"],
        "EventSourceMappingArn": mapping + answer["UUID"],
        "StartingPosition": "LATEST",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "EventSourceArn": ARN + pipeline.stream,
        "FunctionArn": function,
        "LastProcessingResult": "No records processed",
        "State": "Enabled",
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
    }


@pytest.mark.fidelity("event_source_mapping.states")
def test_a_disabled_mapping_goes_on_where_it_stopped(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map()
    pipeline.wait_for(uuid, "Enabled")
    pipeline.put("a")
    pipeline.received(1)
    update = pipeline.lambda_.update_event_source_mapping
    assert update(UUID=uuid, Enabled=False)["State"] == "Disabling"
    pipeline.wait_for(uuid, "Disabled")
    pipeline.put("b")
    assert update(UUID=uuid, Enabled=True)["State"] == "Enabling"
    pipeline.wait_for(uuid, "Enabled")
    pipeline.put("c")
    assert pipeline.received(3) == ["a", "b", "c"]


@pytest.mark.fidelity("event_source_mapping.states")
def test_a_mapping_is_disabled_when_its_batch_in_hand_is_done(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    states: list[str] = []

    def reply(_: Any) -> dict[str, Any]:
        answer = pipeline.lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
        states.extend([answer["State"], pipeline.mapping(uuid)["State"]])
        return {}

    uuid = pipeline.map()
    pipeline.wait_for(uuid, "Enabled")
    pipeline.recorder.reply = reply
    pipeline.put("a")
    pipeline.wait_for(uuid, "Disabled")
    assert states == ["Disabling", "Disabling"]
    pipeline.recorder.reply = lambda _: {}
    pipeline.lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    pipeline.put("b")
    assert pipeline.received(2) == ["a", "b"]


@pytest.mark.fidelity("event_source_mapping.updates", "event_source_mapping.states")
def test_an_update_repeats_nothing_and_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(BatchSize=10)
    pipeline.wait_for(uuid, "Enabled")
    sent = [str(number) for number in range(300)]
    for part in range(0, 300, 20):
        pipeline.put(*sent[part : part + 20])
        answer = pipeline.lambda_.update_event_source_mapping(UUID=uuid, BatchSize=5 + part)
        assert answer["State"] == "Updating"
    assert pipeline.received(300) == sent
    assert pipeline.mapping(uuid)["BatchSize"] == 285
    pipeline.wait_for(uuid, "Enabled")


@pytest.mark.fidelity("event_source_mapping.updates")
def test_another_parallelization_factor_loses_nothing(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(BatchSize=10)
    sent = [str(number) for number in range(300)]
    for part in range(0, 300, 50):
        pipeline.put(*sent[part : part + 50])
        factor = 3 if pipeline.mapping(uuid)["ParallelizationFactor"] == 1 else 1
        pipeline.lambda_.update_event_source_mapping(UUID=uuid, ParallelizationFactor=factor)
    pipeline.received_all(set(sent))


@pytest.mark.fidelity("event_source_mapping.updates")
def test_an_update_ends_the_time_that_records_are_gathered(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(MaximumBatchingWindowInSeconds=300)
    pipeline.wait_for(uuid, "Enabled")
    pipeline.put("a")
    pipeline.lambda_.update_event_source_mapping(UUID=uuid, MaximumBatchingWindowInSeconds=0)
    assert pipeline.received(1) == ["a"]


@pytest.mark.fidelity("event_source_mapping.deletion")
@pytest.mark.parametrize("enabled", [True, False])
def test_a_deleted_mapping_is_gone(pipeline: Pipeline, enabled: bool) -> None:
    pipeline.create_stream()
    uuid = pipeline.map(Enabled=enabled)
    pipeline.wait_for(uuid, "Enabled" if enabled else "Disabled")
    assert pipeline.delete_mapping(uuid)["State"] == "Deleting"
    with pytest.raises(ClientError) as caught:
        pipeline.mapping(uuid)
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "The resource you requested does not exist.",
    }
    find = pipeline.lambda_.list_event_source_mappings
    eventually(lambda: not find(FunctionName=pipeline.function)["EventSourceMappings"])
    pipeline.put("a")
    pipeline.map()
    assert pipeline.received(1) == ["a"]


@pytest.mark.fidelity("event_source_mapping.validation")
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (
            {"BatchSize": 10_001},
            out_of_bounds("batchSize", 10_001, "less than or equal to 10000"),
        ),
        (
            {"MaximumBatchingWindowInSeconds": 301},
            out_of_bounds("maximumBatchingWindowInSeconds", 301, "less than or equal to 300"),
        ),
        (
            {"ParallelizationFactor": 11},
            out_of_bounds("parallelizationFactor", 11, "less than or equal to 10"),
        ),
        (
            {"MaximumRetryAttempts": 10_001},
            out_of_bounds("maximumRetryAttempts", 10_001, "less than or equal to 10000"),
        ),
        (
            {"MaximumRecordAgeInSeconds": 604_801},
            out_of_bounds("maximumRecordAgeInSeconds", 604_801, "less than or equal to 604800"),
        ),
        (
            {"TumblingWindowInSeconds": 901},
            out_of_bounds("tumblingWindowInSeconds", 901, "less than or equal to 900"),
        ),
        (
            {"MaximumRecordAgeInSeconds": 59},
            (INVALID, "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800."),
        ),
        (
            {"StartingPosition": "AT_TIMESTAMP"},
            (
                INVALID,
                "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.",
            ),
        ),
        (
            {"StartingPosition": "LATEST", "StartingPositionTimestamp": 1},
            (
                INVALID,
                "StartingPositionTimestamp is only allowed when StartingPosition is AT_TIMESTAMP.",
            ),
        ),
        (
            {
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": time.time() + 86_400,
            },
            (INVALID, "StartingPositionTimestamp cannot be in the future."),
        ),
        (
            {"EventSourceArn": f"{ARN}nowhere"},
            (INVALID, f"Stream not found: {ARN}nowhere"),
        ),
    ],
)
def test_what_aws_refuses(
    pipeline: Pipeline, options: dict[str, Any], refusal: tuple[str, str]
) -> None:
    pipeline.create_stream()
    assert pipeline.refused(**options) == refusal


@pytest.mark.fidelity("event_source_mapping.validation")
def test_a_second_mapping_of_the_same_stream_and_function_is_refused(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map()
    assert pipeline.refused() == (
        "ResourceConflictException",
        f'The event source arn (" {ARN}{pipeline.stream} ") and function '
        f'(" {pipeline.function} ") provided mapping already exists. Please update or delete the '
        f"existing mapping with UUID {uuid}",
    )


@pytest.mark.fidelity("event_source_mapping.validation")
def test_an_update_is_checked_as_well(pipeline: Pipeline) -> None:
    pipeline.create_stream()
    uuid = pipeline.map()
    with pytest.raises(ClientError) as caught:
        pipeline.lambda_.update_event_source_mapping(UUID=uuid, MaximumRecordAgeInSeconds=1)
    assert caught.value.response["Error"] == {
        "Code": INVALID,
        "Message": "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.",
    }
    assert pipeline.mapping(uuid)["MaximumRecordAgeInSeconds"] == -1


@pytest.mark.fidelity("event_source_mapping.refused_settings")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KMSKeyArn", "arn:aws:kms:us-east-1:000000000000:key/1"),
        ("MetricsConfig", {"Metrics": ["EventCount"]}),
        ("ScalingConfig", {"MaximumConcurrency": 2}),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    pipeline: Pipeline, name: str, value: Any
) -> None:
    pipeline.create_stream()
    message = f"The lab does not support {name} for Kinesis event sources."
    assert pipeline.refused(**{name: value}) == (INVALID, message)
