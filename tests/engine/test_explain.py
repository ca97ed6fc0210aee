"""EXPLAIN shows what the engine does, without a byte scanned; EXPLAIN ANALYZE does it."""

import json

import pytest

from lab.engine.errors import QueryError
from tests.engine.support import Athena


@pytest.fixture
def table(athena: Athena) -> Athena:
    """Two partitions of one file each."""
    athena.run(
        "CREATE EXTERNAL TABLE t (a int, b string) PARTITIONED BY (dt string) STORED AS PARQUET"
        " LOCATION 's3://data/t'"
    )
    athena.run("INSERT INTO t SELECT 1, 'x', '1' UNION ALL SELECT 2, 'y', '2'")
    return athena


def lines(athena: Athena, sql: str) -> list[str]:
    return [line or "" for (line,) in athena.run(sql)]


GROUPED = "SELECT b, count(*) AS n FROM t WHERE a > 0 AND dt = '1' GROUP BY b ORDER BY n LIMIT 3"


@pytest.mark.fidelity("athena_statements.explain")
def test_text(table: Athena) -> None:
    table.run(GROUPED)
    scanned = table.bytes
    assert lines(table, f"EXPLAIN {GROUPED}") == [
        "Fragment 0 [SINGLE]",
        "    Output layout: [b, n]",
        "    Output partitioning: SINGLE []",
        "    Output[columnNames = [b, n]]",
        "    │   Layout: [b:varchar, n:bigint]",
        "    └─ TopN[orderBy = [c1 ASC], count = [3]]",
        "       └─ Aggregate[keys = [b]]",
        "          │   count_star()",
        "          └─ Project[]",
        "             │   b",
        "             └─ TableScan[table = awsdatacatalog:lab:t, filterPredicate = [a>0, dt='1']]",
        "                    Layout: [b:varchar]",
        f"                    Input: {scanned}B, files: 1",
        "                    Partitions: 1 of 2",
        "",
        "",
        "",
    ]
    assert table.bytes == 0
    assert [column.name for column in table.outcome.columns] == ["Query Plan"]


@pytest.mark.fidelity("athena_statements.explain")
def test_logical_json(table: Athena) -> None:
    *plan, empty = lines(table, "EXPLAIN (TYPE LOGICAL, FORMAT JSON) SELECT a FROM t")
    root = json.loads("\n".join(plan))
    assert (empty, root["name"], root["descriptor"]) == ("", "Output", {"columnNames": "[a]"})
    (scan,) = root["children"]
    assert scan["name"] == "TableScan"
    assert scan["descriptor"] == {"table": "awsdatacatalog:lab:t"}
    assert scan["outputs"] == [{"symbol": "a", "type": "integer"}]
    assert scan["details"][1] == "Partitions: 2 of 2"


@pytest.mark.fidelity("athena_statements.explain")
def test_graphviz(table: Athena) -> None:
    graph = lines(table, "EXPLAIN (FORMAT GRAPHVIZ) SELECT a FROM t JOIN (VALUES 1) v(a) USING (a)")
    assert graph[:3] == ["digraph distributed_plan {", "subgraph cluster_0 {", 'label = "SINGLE"']
    assert graph[-3:] == ["}", "", ""]
    assert sum("InnerJoin" in line for line in graph) == 1
    assert sum(" -> " in line for line in graph) == 4


@pytest.mark.fidelity("athena_statements.explain")
def test_io(table: Athena) -> None:
    table.run("SELECT a FROM t WHERE dt = '2'")
    scanned = table.bytes
    found = json.loads("\n".join(lines(table, "EXPLAIN (TYPE IO) SELECT a FROM t WHERE dt = '2'")))
    (one,) = found["inputTableColumnInfos"]
    assert one["table"]["schemaTable"] == {"schema": "lab", "table": "t"}
    value = {"value": "2", "bound": "EXACTLY"}
    assert one["columnConstraints"] == [
        {
            "columnName": "dt",
            "type": "varchar",
            "domain": {"nullsAllowed": False, "ranges": [{"low": value, "high": value}]},
        }
    ]
    assert one["estimate"]["outputSizeInBytes"] == scanned
    assert table.bytes == 0


@pytest.mark.fidelity("athena_statements.explain")
def test_validate(table: Athena) -> None:
    assert lines(table, "EXPLAIN (TYPE VALIDATE) SELECT a FROM t") == ["true", ""]
    assert [column.name for column in table.outcome.columns] == ["Valid"]
    with pytest.raises(QueryError, match="line 1:32: Column 'nope' cannot be resolved"):
        table.run("EXPLAIN (TYPE VALIDATE) SELECT nope FROM t")


@pytest.mark.fidelity("athena_statements.explain_analyze")
def test_analyze(table: Athena) -> None:
    text = lines(table, "EXPLAIN ANALYZE SELECT a FROM t WHERE dt = '1'")
    assert table.bytes > 0
    assert text[0].startswith("Planning: ")
    assert text[1] == "Fragment 0 [SINGLE]"
    assert text[2].endswith(f"Input: 1 rows ({table.bytes}B)")
    assert f"    │   awsdatacatalog:lab:t: {table.bytes}B scanned" in text
    assert any(line.endswith("Output: 1 rows") for line in text)
    assert not any(str(table.objects.root) in line for line in text)


@pytest.mark.fidelity("athena_statements.explain_analyze")
def test_analyze_json(table: Athena) -> None:
    text = lines(table, "EXPLAIN ANALYZE VERBOSE (FORMAT JSON) SELECT count(*) FROM t, t AS u")
    root = json.loads("\n".join(text))["0"]
    assert root["details"] == ["awsdatacatalog:lab:t: 0B scanned"] * 2


@pytest.mark.fidelity("athena_statements.explain")
@pytest.mark.parametrize(
    ("sql", "root"),
    [
        ("CREATE TABLE x AS SELECT a FROM t", "TableCommit[target = x]"),
        ("INSERT INTO lab.t SELECT * FROM t", "TableCommit[target = awsdatacatalog:lab:t]"),
        (
            "UNLOAD (SELECT a FROM t) TO 's3://out/u/' WITH (format = 'ORC')",
            "TableCommit[target = s3://out/u/]",
        ),
    ],
)
def test_writers(table: Athena, sql: str, root: str) -> None:
    before = table.run("SELECT count(*) FROM t")
    text = lines(table, f"EXPLAIN (TYPE LOGICAL) {sql}")
    assert text[:2] == [root, "└─ TableWriter[]"]
    assert table.run("SELECT count(*) FROM t") == before
    assert table.catalog.table("lab", "x") is None


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("EXPLAIN MSCK REPAIR TABLE t", "SYNTAX_ERROR: line 1:9: mismatched input 'MSCK'"),
        (
            "EXPLAIN CREATE EXTERNAL TABLE x (a int) LOCATION 's3://out/x/'",
            "SYNTAX_ERROR: line 1:16: mismatched input 'EXTERNAL'",
        ),
        ("EXPLAIN (TYPE NO) SELECT 1", "SYNTAX_ERROR: line 1:15: mismatched input 'NO'"),
        (
            "EXPLAIN ANALYZE (TYPE IO) SELECT 1",
            "SYNTAX_ERROR: line 1:18: mismatched input 'TYPE'",
        ),
        (
            "EXPLAIN SELECT * FROM nope",
            "TABLE_NOT_FOUND: line 1:23: Table 'awsdatacatalog.lab.nope' does not exist",
        ),
    ],
)
def test_errors(table: Athena, sql: str, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        table.run(sql)
    assert str(caught.value) == error
