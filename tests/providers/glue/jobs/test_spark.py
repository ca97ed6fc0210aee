"""Runs of ``glueetl`` jobs on a real Spark."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from lab.config import ROOT
from tests.providers.glue.jobs.bench import Bench

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(
        not (ROOT / ".venv-spark").exists() and not os.environ.get("CI"), reason="make spark"
    ),
]

BEGIN = """
import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
bucket = args["bucket"]
sc = SparkContext.getOrCreate()
context = GlueContext(sc)
spark = context.spark_session
job = Job(context)
job.init(args["JOB_NAME"], args)
"""


def spark_job(bench: Bench, script: str, **arguments: str) -> str:
    given = {"--bucket": bench.bucket, **arguments}
    return bench.job(BEGIN + script, "glueetl", GlueVersion="4.0", DefaultArguments=given)


def printed(bench: Bench, run: dict[str, Any]) -> list[str]:
    if run["JobRunState"] != "SUCCEEDED":
        said = "\n".join(bench.log("/aws-glue/jobs/error", run["Id"])[-400:])
        pytest.fail(f"{run.get('ErrorMessage')}\n{said}")
    return bench.log("/aws-glue/jobs/output", run["Id"])


@pytest.fixture
def database(bench: Bench) -> Any:
    name = bench.bucket
    bench.glue.create_database(
        DatabaseInput={"Name": name, "LocationUri": f"s3://{bench.bucket}/warehouse/"}
    )
    yield name
    bench.glue.delete_database(Name=name)


def rows_of(client: Callable[..., Any], bench: Bench, query: str) -> list[list[str]]:
    athena = client("athena")
    place = {"OutputLocation": f"s3://{bench.bucket}/athena/"}
    query_id = athena.start_query_execution(QueryString=query, ResultConfiguration=place)
    query_id = query_id["QueryExecutionId"]

    from tests.providers.lambda_.functions import eventually

    def look() -> Any:
        found = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        return found if found["State"] in ("SUCCEEDED", "FAILED") else None

    status = eventually(look, within=60)
    assert status["State"] == "SUCCEEDED", status
    answer = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [[each.get("VarCharValue") for each in row["Data"]] for row in answer[1:]]


@pytest.mark.fidelity("glue_jobs.dynamic_frames", "glue_jobs.bookmarks", "glue_jobs.sinks")
def test_choices_sinks_and_bookmarks(
    bench: Bench, database: str, client: Callable[..., Any]
) -> None:
    lines = [
        {"id": 1, "price": 7, "who": {"name": "Ada"}, "tags": ["x", "y"], "month": 1},
        {"id": 2, "price": "5.5", "who": {"name": "Bo"}, "month": 2},
    ]
    bench.put("in/1.json", "\n".join(map(json.dumps, lines)))
    job = spark_job(
        bench,
        """
frame = context.create_dynamic_frame.from_options(
    "s3", {"paths": [f"s3://{bucket}/in/"], "recurse": True}, "json", transformation_ctx="in")
print("read", frame.count())
if frame.count():
    frame.select_fields(["price"]).printSchema()
    frame = frame.resolveChoice(specs=[("price", "cast:double")])
    tables = frame.relationalize("root", f"s3://{bucket}/tmp/")
    print(sorted(tables.keys()), tables["root_tags"].count())
    flat = ApplyMapping.apply(frame=frame, mappings=[
        ("id", "int", "id", "long"), ("who.name", "string", "name", "string"),
        ("price", "double", "price", "double"), ("month", "int", "month", "int")])
    sink = context.getSink(connection_type="s3", path=f"s3://{bucket}/out/",
        enableUpdateCatalog=True, partitionKeys=["month"])
    sink.setFormat("glueparquet")
    sink.setCatalogInfo(catalogDatabase=bucket, catalogTableName="sold")
    sink.writeFrame(flat)
    old = context.create_dynamic_frame.from_catalog(
        database=bucket, table_name="sold", push_down_predicate="month > 1")
    old.show()
job.commit()
""",
        **{"--job-bookmark-option": "job-bookmark-enable"},
    )

    first = printed(bench, bench.run(job))

    assert first == [
        "read 2",
        "root",
        "|-- price: choice",
        "|    |-- int",
        "|    |-- string",
        "['root', 'root_tags'] 2",
        '{"id": 2, "name": "Bo", "price": 5.5, "month": 2}',
    ]
    query = f"SELECT id, name, price, month FROM {database}.sold ORDER BY id"
    assert rows_of(client, bench, query) == [["1", "Ada", "7.0", "1"], ["2", "Bo", "5.5", "2"]]
    assert not [key for key in bench.keys("out/") if not key.endswith(".parquet")]

    bench.put("in/2.json", json.dumps({**lines[0], "id": 3}))
    assert printed(bench, bench.run(job))[0] == "read 1"
    entry = bench.glue.get_job_bookmark(JobName=job)["JobBookmarkEntry"]
    assert (entry["Run"], entry["Attempt"]) == (2, 0)
    bench.glue.reset_job_bookmark(JobName=job)
    assert printed(bench, bench.run(job))[0] == "read 3"


@pytest.mark.fidelity("glue_jobs.metastore")
def test_spark_and_athena_share_the_catalog(
    bench: Bench, database: str, client: Callable[..., Any]
) -> None:
    columns = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string"}]
    serde = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    storage = {
        "Columns": columns,
        "Location": f"s3://{bench.bucket}/people/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": serde,
    }
    bench.glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "people",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "csv"},
            "StorageDescriptor": storage,
        },
    )
    bench.put("people/1.csv", "1,Ada\n2,Bo\nthree,Cy\n")
    job = spark_job(
        bench,
        """
print([row[0] for row in spark.sql(f"SHOW TABLES IN {bucket}").select("tableName").collect()])
print(spark.table(f"{bucket}.people").where("id > 1").collect())
spark.sql(f"CREATE TABLE {bucket}.made USING parquet PARTITIONED BY (kind) "
          f"AS SELECT id, upper(name) name, 'a' kind FROM {bucket}.people WHERE id IS NOT NULL")
spark.sql(f"INSERT INTO {bucket}.made VALUES (9, 'NEW', 'b')")
print(spark.sql(f"SELECT count(*) FROM {bucket}.made WHERE kind = 'b'").first()[0])
typed = context.create_dynamic_frame.from_catalog(database=bucket, table_name="people")
typed.printSchema()
typed.resolveChoice(choice="match_catalog", database=bucket, table_name="people").show(1)
""",
        **{"--enable-glue-datacatalog": "true"},
    )

    said = printed(bench, bench.run(job))

    assert said == [
        "['people']",
        "[Row(id=2, name='Bo')]",
        "1",
        "root",
        "|-- id: choice",
        "|    |-- long",
        "|    |-- string",
        "|-- name: string",
        '{"id": 1, "name": "Ada"}',
    ]
    query = f"SELECT id, name, kind FROM {database}.made ORDER BY id"
    assert rows_of(client, bench, query) == [
        ["1", "ADA", "a"],
        ["2", "BO", "a"],
        ["9", "NEW", "b"],
    ]
    partitions = bench.glue.get_partitions(DatabaseName=database, TableName="made")["Partitions"]
    assert [each["Values"] for each in partitions] == [["a"], ["b"]]


@pytest.mark.fidelity("glue_jobs.errors", "glue_jobs.metrics", "glue_jobs.without_effect")
def test_an_exception_is_the_runs_message(bench: Bench, client: Callable[..., Any]) -> None:
    job = spark_job(bench, "spark.range(10).count()\n1 / 0\n", **{"--enable-metrics": "true"})

    without_effect = {"--enable-job-insights": "true", "--enable-spark-ui": "true"}
    run = bench.run(job, {"--enable-continuous-cloudwatch-log": "true", **without_effect})

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "ZeroDivisionError: division by zero"
    for group, stream in (("error", run["Id"]), ("logs-v2", f"{run['Id']}-driver")):
        said = bench.log(f"/aws-glue/jobs/{group}", stream)
        assert said[-1] == "ZeroDivisionError: division by zero"
    metrics = client("cloudwatch").list_metrics(
        Namespace="Glue", Dimensions=[{"Name": "JobRunId", "Value": run["Id"]}]
    )["Metrics"]
    assert sorted(each["MetricName"].rpartition(".")[2] for each in metrics) == [
        "bytesRead",
        "elapsedTime",
        "numCompletedTasks",
        "numFailedTasks",
        "shuffleBytesWritten",
    ]


@pytest.mark.fidelity("glue_jobs.awsglue_refused")
def test_what_awsglue_has_not_is_named(bench: Bench) -> None:
    job = spark_job(
        bench,
        'context.create_dynamic_frame.from_options("mysql", {"url": "jdbc:mysql://h/d"})\n',
    )
    assert bench.run(job)["ErrorMessage"] == (
        "NotInTheLabError: The connection type mysql is not supported by this lab's awsglue."
    )
