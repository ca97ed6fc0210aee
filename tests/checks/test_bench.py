"""What checks ask of AWS, with the command that asks the same, and data that is the learner's."""

import pytest

from lab.checks import Bench, Failed, resources, streams
from lab.checks.bench import command
from lab.config import Config


@pytest.fixture
def at_lab(lab: Config, bench: Bench) -> Bench:
    return Bench(lab, bench.work, "seed")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (
            ("kinesis", "describe_stream_summary", {"StreamName": "clicks"}),
            "aws kinesis describe-stream-summary --stream-name clicks",
        ),
        (
            ("athena", "get_work_group", {"WorkGroup": "two words"}),
            "aws athena get-work-group --work-group 'two words'",
        ),
        (
            ("kinesis", "list_shards", {"StreamName": "s", "ShardFilter": {"Type": "AT_LATEST"}}),
            'aws kinesis list-shards --stream-name s --shard-filter \'{"Type": "AT_LATEST"}\'',
        ),
        (("iam", "list_roles", {"MaxItems": 5}), "aws iam list-roles --max-items 5"),
    ],
)
def test_a_call_is_shown_as_the_aws_cli_has_it(
    asked: tuple[str, str, dict[str, object]], shown: str
) -> None:
    assert command(*asked) == shown


def test_a_learner_s_numbers_come_again_and_are_no_one_else_s(bench: Bench) -> None:
    other = Bench(bench.config, bench.work, "another")
    mine, again, theirs = (
        b.random("keys").random() for b in (bench, Bench(bench.config, bench.work, "seed"), other)
    )
    assert mine == again != theirs
    assert bench.random("more").random() != mine
    assert len(bench.flights("a", 50)) == 50
    assert bench.flights("a", 50) != other.flights("a", 50)


@pytest.mark.lab
def test_what_aws_refuses_is_the_learner_s(at_lab: Bench) -> None:
    with pytest.raises(Failed) as caught:
        at_lab.ask(
            "kinesis", "list_shards", code="no-stream", fr="il", en="there is one", StreamName="x"
        )
    failure = caught.value
    assert failure.code == "no-stream"
    assert failure.there().startswith("ResourceNotFoundException: Stream x under account")
    assert failure.look == "aws kinesis list-shards --stream-name x"


@pytest.mark.lab
def test_a_stream_is_read_whole_or_from_a_bookmark(at_lab: Bench) -> None:
    kinesis = at_lab.client("kinesis")
    kinesis.create_stream(StreamName="read-by-checks", ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName="read-by-checks")
    records = [{"Data": str(n).encode(), "PartitionKey": str(n)} for n in range(20)]
    kinesis.put_records(StreamName="read-by-checks", Records=records)
    since = streams.bookmarks(kinesis, "read-by-checks")
    kinesis.put_records(StreamName="read-by-checks", Records=records)
    found = streams.read(kinesis, "read-by-checks", since)
    assert sorted(int(one.data) for one in found) == list(range(20))
    assert len({one.shard for one in found}) == 2
    assert len(streams.read(kinesis, "read-by-checks")) == 40
    assert resources.delete(at_lab, {"kinesis_streams": ["read-by-checks"]}) == ["read-by-checks"]


@pytest.mark.lab
def test_what_an_exercise_made_is_deleted_and_nothing_else(at_lab: Bench) -> None:
    s3, glue = at_lab.client("s3"), at_lab.client("glue")
    for bucket in ("made-by-exercise", "kept-by-reset"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    s3.put_bucket_versioning(
        Bucket="made-by-exercise", VersioningConfiguration={"Status": "Enabled"}
    )
    s3.put_object(Bucket="made-by-exercise", Key="a/b", Body=b"y")
    s3.delete_object(Bucket="made-by-exercise", Key="a/b")
    glue.create_database(DatabaseInput={"Name": "made_by_exercise"})
    made = {"s3_buckets": ["made-by-exercise"], "glue_databases": ["made_by_exercise"]}
    assert resources.delete(at_lab, made) == ["made-by-exercise", "made_by_exercise"]
    assert resources.delete(at_lab, {**made, "kinesis_streams": ["none"]}) == []
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert "kept-by-reset" in names
    assert "made-by-exercise" not in names
    assert at_lab.client("lambda").list_functions()["Functions"] is not None
    assert resources.delete(at_lab, {"lambda_functions": ["none"]}) == []
