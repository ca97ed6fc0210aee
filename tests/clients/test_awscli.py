"""The AWS CLI: what the documentation of Athena and Glue types at a prompt."""

import io
import json
import subprocess
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import boto3
import pytest
from awscli.clidriver import main


def aws(*words: str, status: int = 0) -> Any:
    """The JSON that the command prints; of one that must fail, what it says.

    In this process, since a command takes a second to start.
    """
    output, errors = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.setattr("sys.argv", ["aws", *words])
        code = main()
    said, complaint = (stream.buffer.getvalue().decode() for stream in (output, errors))
    assert code == status, complaint
    if status:
        return complaint.strip()
    return json.loads(said) if said.startswith(("{", "[")) else said


def test_the_command_itself(bucket: str) -> None:
    done = subprocess.run(["aws", "s3", "ls"], capture_output=True, text=True, check=True)
    assert bucket in done.stdout


def run(sql: str, bucket: str, database: str = "default") -> dict[str, Any]:
    query = aws(
        "athena",
        "start-query-execution",
        "--query-string",
        sql,
        "--query-execution-context",
        f"Database={database}",
        "--result-configuration",
        f"OutputLocation=s3://{bucket}/results/",
    )["QueryExecutionId"]
    wait(query)
    execution = aws("athena", "get-query-execution", "--query-execution-id", query)
    assert execution["QueryExecution"]["Status"]["State"] == "SUCCEEDED", execution
    return execution["QueryExecution"]


def wait(query: str) -> None:
    """Not with the command, which takes long to ask."""
    athena = boto3.client("athena")
    while athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"][
        "State"
    ] in ("QUEUED", "RUNNING"):
        time.sleep(0.05)


@pytest.mark.fidelity("clients.awscli")
def test_a_day_with_athena(bucket: str, tmp_path: Path) -> None:
    """Upload, create a database and a table, load partitions, ask, fetch the result."""
    folder = tmp_path / "sales" / "day=2024-01-01"
    folder.mkdir(parents=True)
    (folder / "sales.csv").write_text("1,anvil\n2,bolt\n")
    aws("s3", "sync", str(tmp_path / "sales"), f"s3://{bucket}/sales", "--quiet")
    database = f"cli_{bucket.replace('-', '_')}"
    run(f"CREATE DATABASE {database} COMMENT 'Made at a prompt'", bucket)
    run(
        f"""CREATE EXTERNAL TABLE {database}.sales (id int, name string)
            PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
            LOCATION 's3://{bucket}/sales/'""",
        bucket,
    )
    run("MSCK REPAIR TABLE sales", bucket, database)
    execution = run("SELECT day, count(*) AS n FROM sales GROUP BY day", bucket, database)
    assert execution["Statistics"]["DataScannedInBytes"] == 15
    query = execution["QueryExecutionId"]
    rows = aws(
        "athena",
        "get-query-results",
        "--query-execution-id",
        query,
        "--query",
        "ResultSet.Rows[].Data[].VarCharValue",
    )
    assert rows == ["day", "n", "2024-01-01", "2"]
    result = execution["ResultConfiguration"]["OutputLocation"]
    assert aws("s3", "cp", result, "-") == '"day","n"\n"2024-01-01","2"\n'
    listed = aws("athena", "list-query-executions", "--max-items", "20")
    assert query in listed["QueryExecutionIds"]
    tables = aws("glue", "get-tables", "--database-name", database, "--query", "TableList[].Name")
    assert tables == ["sales"]
    partitions = aws(
        "glue",
        "get-partitions",
        "--database-name",
        database,
        "--table-name",
        "sales",
        "--expression",
        "day >= '2024-01-01'",
        "--query",
        "Partitions[].Values",
    )
    assert partitions == [["2024-01-01"]]
    metadata = aws(
        "athena",
        "get-table-metadata",
        "--catalog-name",
        "AwsDataCatalog",
        "--database-name",
        database,
        "--table-name",
        "sales",
    )["TableMetadata"]
    assert metadata["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    run(f"DROP DATABASE {database} CASCADE", bucket)
    error = aws("glue", "get-database", "--name", database, status=255)
    assert error.endswith(f"Database {database} not found.")
    assert "EntityNotFoundException" in error


def test_work_groups_and_statements(bucket: str) -> None:
    group = bucket
    aws(
        "athena",
        "create-work-group",
        "--name",
        group,
        "--configuration",
        f"ResultConfiguration={{OutputLocation=s3://{bucket}/group/}}",
        "--tags",
        "Key=team,Value=shop",
    )
    shown = aws("athena", "get-work-group", "--work-group", group)["WorkGroup"]
    assert shown["State"] == "ENABLED"
    assert shown["Configuration"]["EnforceWorkGroupConfiguration"] is True
    aws(
        "athena",
        "create-prepared-statement",
        "--statement-name",
        "one",
        "--work-group",
        group,
        "--query-statement",
        "SELECT ? AS x",
    )
    query = aws(
        "athena",
        "start-query-execution",
        "--query-string",
        "EXECUTE one",
        "--execution-parameters",
        "42",
        "--work-group",
        group,
    )["QueryExecutionId"]
    wait(query)
    rows = aws("athena", "get-query-results", "--query-execution-id", query)["ResultSet"]["Rows"]
    assert rows[1] == {"Data": [{"VarCharValue": "42"}]}
    named = aws(
        "athena",
        "create-named-query",
        "--name",
        "kept",
        "--database",
        "default",
        "--query-string",
        "SELECT 1",
        "--work-group",
        group,
    )["NamedQueryId"]
    listed = aws("athena", "list-named-queries", "--work-group", group)
    assert listed["NamedQueryIds"] == [named]
    error = aws("athena", "delete-work-group", "--work-group", group, status=255)
    assert error.endswith(f"WorkGroup {group} is not empty")
    aws("athena", "delete-work-group", "--work-group", group, "--recursive-delete-option")
    error = aws("athena", "get-work-group", "--work-group", group, status=255)
    assert error.endswith("WorkGroup is not found.")


@pytest.mark.fidelity("clients.awscli")
def test_glue(bucket: str, tmp_path: Path) -> None:
    database = f"glue_{bucket.replace('-', '_')}"
    aws("glue", "create-database", "--database-input", json.dumps({"Name": database}))
    table = {
        "Name": "clicks",
        "StorageDescriptor": {
            "Columns": [{"Name": "page", "Type": "string"}],
            "Location": f"s3://{bucket}/clicks/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
        "TableType": "EXTERNAL_TABLE",
    }
    file = tmp_path / "table.json"
    file.write_text(json.dumps(table))
    aws("glue", "create-table", "--database-name", database, "--table-input", f"file://{file}")
    shown = aws("glue", "get-table", "--database-name", database, "--name", "clicks")["Table"]
    assert shown["VersionId"] == "0"
    assert "Owner" not in shown
    again = aws(
        "glue",
        "create-table",
        "--database-name",
        database,
        "--table-input",
        f"file://{file}",
        status=255,
    )
    assert again.endswith(
        "(AlreadyExistsException) when calling the CreateTable operation: Table already exists."
    )
    aws("glue", "delete-table", "--database-name", database, "--name", "clicks")
    aws("glue", "delete-database", "--name", database)
