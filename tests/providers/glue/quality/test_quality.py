"""Glue Data Quality through boto3: rulesets, runs, and what each rule says of a table."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::000000000000:role/glue"
ROWS = [
    {"id": 1, "tail": "N1", "dep": 5.5, "day": "2013-01-01", "city": "Paris"},
    {"id": 2, "tail": "N2", "dep": -3.0, "day": "2013-01-01", "city": "Lyon"},
    {"id": 3, "tail": None, "dep": 60.0, "day": "2013-01-02", "city": ""},
    {"id": 4, "tail": "N1", "dep": None, "day": "2013-01-02", "city": "Paris"},
]


@pytest.fixture(scope="module")
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


@pytest.fixture(scope="module")
def database(client: Callable[..., Any], glue: Any) -> Iterator[str]:
    """Two tables: ``flights`` partitioned by month, and ``planes``."""
    name = f"dq{uuid.uuid4().hex[:8]}"
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    glue.create_database(DatabaseInput={"Name": name})
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    formats = {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    }

    def storage(folder: str, **columns: str) -> dict[str, Any]:
        given = [{"Name": column, "Type": kind} for column, kind in columns.items()]
        location = f"s3://{name}/{folder}/"
        return {"Columns": given, "Location": location, "SerdeInfo": serde, **formats}

    flights = {"id": "bigint", "tail": "string", "dep": "double", "day": "date", "city": "string"}
    glue.create_table(
        DatabaseName=name,
        TableInput={
            "Name": "flights",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "month", "Type": "string"}],
            "StorageDescriptor": storage("flights", **flights),
        },
    )
    for month, rows in (("01", ROWS[:2]), ("02", ROWS[2:])):
        body = "".join(json.dumps(row) + "\n" for row in rows)
        s3.put_object(Bucket=name, Key=f"flights/month={month}/rows.json", Body=body.encode())
        glue.create_partition(
            DatabaseName=name,
            TableName="flights",
            PartitionInput={
                "Values": [month],
                "StorageDescriptor": storage(f"flights/month={month}", **flights),
            },
        )
    glue.create_table(
        DatabaseName=name,
        TableInput={
            "Name": "planes",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage("planes", tail="string"),
        },
    )
    s3.put_object(Bucket=name, Key="planes/rows.json", Body=b'{"tail": "N1"}\n')
    yield name
    glue.delete_database(Name=name)


def table(database: str, name: str = "flights", **options: str) -> dict[str, Any]:
    found: dict[str, Any] = {"DatabaseName": database, "TableName": name}
    return {"GlueTable": {**found, **({"AdditionalOptions": options} if options else {})}}


def evaluate(glue: Any, database: str, rules: str, **run: Any) -> dict[str, Any]:
    """Make a ruleset, evaluate it, delete it; the result."""
    name = f"r{uuid.uuid4().hex[:8]}"
    glue.create_data_quality_ruleset(Name=name, Ruleset=f"Rules = [ {rules} ]")
    given = {"DataSource": table(database), **run}
    run_id = glue.start_data_quality_ruleset_evaluation_run(
        Role=ROLE, RulesetNames=[name], **given
    )["RunId"]
    done = wait(glue, run_id)
    glue.delete_data_quality_ruleset(Name=name)
    assert done["Status"] == "SUCCEEDED", done.get("ErrorString")
    [result_id] = done["ResultIds"]
    found: dict[str, Any] = glue.get_data_quality_result(ResultId=result_id)
    return found


def wait(glue: Any, run_id: str) -> dict[str, Any]:
    for _ in range(6000):
        run: dict[str, Any] = glue.get_data_quality_ruleset_evaluation_run(RunId=run_id)
        if run["Status"] not in ("STARTING", "RUNNING"):
            return run
    raise AssertionError(run)


RULES: list[tuple[str, str, str, dict[str, float]]] = [
    ("RowCount = 4", "PASS", "", {"Dataset.*.RowCount": 4.0}),
    ("RowCount > 4", "FAIL", "4.0", {"Dataset.*.RowCount": 4.0}),
    ("RowCount = 2 where \"month = '01'\"", "PASS", "", {"Dataset.*.RowCount": 2.0}),
    ("ColumnCount = 6", "PASS", "", {"Dataset.*.ColumnCount": 6.0}),
    ('ColumnExists "tail"', "PASS", "", {}),
    ('IsComplete "id"', "PASS", "", {"Column.id.Completeness": 1.0}),
    ('IsComplete "tail"', "FAIL", "0.75", {"Column.tail.Completeness": 0.75}),
    ('Completeness "tail" >= 0.7', "PASS", "", {"Column.tail.Completeness": 0.75}),
    ('IsUnique "id"', "PASS", "", {"Column.id.Uniqueness": 1.0}),
    ('Uniqueness "tail" between 0.3 and 0.4', "PASS", "", {"Column.tail.Uniqueness": 1 / 3}),
    ('UniqueValueRatio "tail" = 0.5', "PASS", "", {"Column.tail.UniqueValueRatio": 0.5}),
    ('DistinctValuesCount "tail" = 2', "PASS", "", {"Column.tail.DistinctValuesCount": 2.0}),
    ('IsPrimaryKey "id"', "PASS", "", {"Column.id.Uniqueness": 1.0}),
    ('IsPrimaryKey "tail"', "FAIL", "NULL", {"Column.tail.Uniqueness": 0.0}),
    ('IsPrimaryKey "day" "id"', "PASS", "", {"Multicolumn.day,id.Uniqueness": 1.0}),
    (
        'ColumnValues "id" between 0 and 5',
        "PASS",
        "",
        {"Column.id.Minimum": 1.0, "Column.id.Maximum": 4.0},
    ),
    (
        'ColumnValues "id" > 1',
        "FAIL",
        "1.0",
        {"Column.id.Minimum": 1.0, "Column.id.Maximum": 4.0},
    ),
    (
        'ColumnValues "dep" > -10',
        "FAIL",
        "NULL",
        {"Column.dep.Minimum": -3.0, "Column.dep.Maximum": 60.0},
    ),
    (
        'ColumnValues "dep" > 0 with threshold >= 0.5',
        "PASS",
        "",
        {"Column.dep.ColumnValues.Compliance": 0.5},
    ),
    (
        'ColumnValues "city" in ["Paris", "Lyon", EMPTY]',
        "PASS",
        "",
        {"Column.city.ColumnValues.Compliance": 1.0},
    ),
    (
        'ColumnValues "tail" not in ["N9"]',
        "PASS",
        "",
        {"Column.tail.ColumnValues.Compliance": 1.0},
    ),
    (
        'ColumnValues "tail" matches "N\\d"',
        "FAIL",
        "NULL",
        {"Column.tail.ColumnValues.Compliance": 0.75},
    ),
    (
        'ColumnValues "day" >= "2013-01-01"',
        "PASS",
        "",
        {"Column.day.ColumnValues.Compliance": 1.0},
    ),
    (
        'ColumnLength "tail" = 2 where "tail is not null"',
        "PASS",
        "",
        {"Column.tail.MinimumLength": 2.0, "Column.tail.MaximumLength": 2.0},
    ),
    (
        'ColumnDataType "day" = "Date"',
        "PASS",
        "",
        {"Column.day.ColumnDataType.Compliance": 1.0},
    ),
    ('Mean "id" = 2.5', "PASS", "", {"Column.id.Mean": 2.5}),
    ('Sum "id" = 10', "PASS", "", {"Column.id.Sum": 10.0}),
    ('StandardDeviation "id" < 2', "PASS", "", {"Column.id.StandardDeviation": 1.25**0.5}),
    ('DataFreshness "day" > 24 hours', "PASS", "", {"Column.day.DataFreshness.Compliance": 1.0}),
    (
        'CustomSql "select count(*) from primary where dep > 0" = 2',
        "PASS",
        "",
        {"Dataset.*.CustomSQL": 2.0},
    ),
    (
        'ReferentialIntegrity "tail" "planes.tail" = 0.5',
        "PASS",
        "",
        {"Column.tail.ReferentialIntegrity": 0.5},
    ),
    ('(RowCount = 9) or (IsComplete "id")', "PASS", "", {}),
    ('(RowCount = 4) and (IsComplete "tail")', "FAIL", "0.75", {}),
]


@pytest.mark.fidelity("glue_quality.rules")
def test_what_each_rule_says(glue: Any, database: str) -> None:
    """All in one ruleset: they are evaluated together."""
    result = evaluate(
        glue,
        database,
        ",\n".join(rule for rule, *_ in RULES),
        AdditionalDataSources={"planes": table(database, "planes")},
    )
    passed = sum(expected == "PASS" for _, expected, *_ in RULES)
    assert result["Score"] == pytest.approx(passed / len(RULES))
    for found, (rule, expected, shown, metrics) in zip(result["RuleResults"], RULES, strict=True):
        assert (found["EvaluatedRule"], found["Result"]) == (rule, expected), found
        message = f"Value: {shown} does not meet the constraint requirement!" if shown else None
        assert found.get("EvaluationMessage") == message, rule
        for name, value in metrics.items():
            assert found["EvaluatedMetrics"][name] == pytest.approx(value), rule


@pytest.mark.fidelity("glue_quality.rules")
def test_a_rule_that_cannot_be_evaluated_is_an_error(glue: Any, database: str) -> None:
    result = evaluate(glue, database, 'IsComplete "nowhere", Sum "city" > 1, RowCount = 4')
    assert [rule["Result"] for rule in result["RuleResults"]] == ["ERROR", "ERROR", "PASS"]
    message = "Column nowhere not found in the input dataset."
    assert result["RuleResults"][0]["EvaluationMessage"] == message


@pytest.mark.fidelity("glue_quality.partitions")
def test_a_predicate_chooses_partitions(glue: Any, database: str) -> None:
    source = table(database, pushDownPredicate="month == '02'")
    result = evaluate(glue, database, "RowCount = 2", DataSource=source)
    assert result["Score"] == 1.0


@pytest.mark.fidelity("glue_quality.operations")
def test_rulesets_and_runs_are_listed(glue: Any, database: str) -> None:
    name = f"r{uuid.uuid4().hex[:8]}"
    target = {"DatabaseName": database, "TableName": "flights"}
    glue.create_data_quality_ruleset(
        Name=name, Ruleset="Rules = [ RowCount > 0, ColumnCount > 1 ]", TargetTable=target
    )
    [listed] = glue.list_data_quality_rulesets(Filter={"TargetTable": target})["Rulesets"]
    assert (listed["Name"], listed["RuleCount"]) == (name, 2)
    glue.update_data_quality_ruleset(Name=name, Ruleset="Rules = [ RowCount > 1 ]")
    assert glue.get_data_quality_ruleset(Name=name)["Ruleset"] == "Rules = [ RowCount > 1 ]"
    given = {"DataSource": table(database), "Role": ROLE, "RulesetNames": [name]}
    token = uuid.uuid4().hex
    first, again = (
        glue.start_data_quality_ruleset_evaluation_run(ClientToken=token, **given)["RunId"]
        for _ in range(2)
    )
    assert first == again
    done = wait(glue, first)
    assert (done["RulesetNames"], done["Role"]) == ([name], ROLE)
    runs = glue.list_data_quality_ruleset_evaluation_runs(Filter={"DataSource": table(database)})[
        "Runs"
    ]
    assert first in [run["RunId"] for run in runs]
    results = glue.list_data_quality_results(Filter={"DataSource": table(database)})["Results"]
    assert done["ResultIds"][0] in [each["ResultId"] for each in results]
    batch = glue.batch_get_data_quality_result(ResultIds=[*done["ResultIds"], "none"])
    assert (len(batch["Results"]), batch["ResultsNotFound"]) == (1, ["none"])
    glue.delete_data_quality_ruleset(Name=name)


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.fidelity("glue_quality.refused")
def test_what_is_refused(glue: Any, database: str) -> None:
    assert refused(glue.create_data_quality_ruleset, Name="bad", Ruleset="Rules = [ Foo ]") == (
        "InvalidInputException",
        "Invalid DQDL: There is no rule type Foo.",
    )
    glue.create_data_quality_ruleset(Name="twice", Ruleset="Rules = [ RowCount > 0 ]")
    assert refused(
        glue.create_data_quality_ruleset, Name="twice", Ruleset="Rules = [ RowCount > 0 ]"
    ) == ("AlreadyExistsException", "DataQualityRuleset twice already exists")
    assert refused(glue.get_data_quality_ruleset, Name="none") == (
        "EntityNotFoundException",
        "Data Quality Ruleset is not found: none",
    )
    start = glue.start_data_quality_ruleset_evaluation_run
    source = table(database, "nothing")
    assert refused(start, DataSource=source, Role=ROLE, RulesetNames=["twice"]) == (
        "EntityNotFoundException",
        "Table nothing not found.",
    )
    code, message = refused(
        glue.start_data_quality_rule_recommendation_run, DataSource=table(database), Role=ROLE
    )
    assert code == "OperationNotSupportedException"
    assert message.startswith("StartDataQualityRuleRecommendationRun is not supported")
    glue.delete_data_quality_ruleset(Name="twice")


@pytest.mark.fidelity("glue_quality.events")
def test_the_result_reaches_cloudwatch_and_the_event_bus(
    client: Callable[..., Any], glue: Any, database: str
) -> None:
    queue = client("sqs").create_queue(QueueName=database)["QueueUrl"]
    events = client("events")
    events.put_rule(Name=database, EventPattern=json.dumps({"source": ["aws.glue-dataquality"]}))
    target = {"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:000000000000:{database}"}
    events.put_targets(Rule=database, Targets=[target])
    evaluate(
        glue,
        database,
        'RowCount = 4, IsComplete "tail"',
        AdditionalRunOptions={"CloudWatchMetricsEnabled": True},
    )
    message = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "Data Quality Evaluation Results Available"
    detail = event["detail"]
    assert (detail["state"], detail["score"]) == ("FAILED", 0.5)
    assert (detail["numRulesSucceeded"], detail["numRulesFailed"]) == (1, 1)
    names = {
        metric["MetricName"]
        for metric in client("cloudwatch").list_metrics(Namespace="Glue Data Quality")["Metrics"]
    }
    assert names == {"glue.data.quality.rules.passed", "glue.data.quality.rules.failed"}
    events.remove_targets(Rule=database, Ids=["q"])
    events.delete_rule(Name=database)
