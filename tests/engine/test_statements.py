"""What SHOW, DESCRIBE and ALTER print and do, and which kind Athena says each statement is."""

import pytest

from lab.engine.catalog import Column, Partition
from lab.engine.errors import QueryError
from tests.engine.support import Athena

TABLE = (
    "CREATE EXTERNAL TABLE t (a int COMMENT 'first', b string) COMMENT 'about' PARTITIONED BY"
    " (dt string, h int) STORED AS PARQUET LOCATION 's3://data/t' TBLPROPERTIES ('k'='v')"
)
PARTITIONS = " ".join(
    f"PARTITION (dt = '{day}', h = {hour})" for day in ("2013", "2014") for hour in (1, 2, 10)
)


def _cells(*names: str) -> str:
    return "\t".join(name.ljust(20) for name in names)


COLUMNS = [
    _cells("a", "int", "first"), _cells("b", "string", ""), _cells("dt", "string", ""),
    _cells("h", "int", ""),
]  # fmt: skip
HEADING = "# col_name            \tdata_type           \tcomment             "
KEYS = ["\t \t ", "# Partition Information\t \t ", HEADING, "\t \t ", *COLUMNS[2:]]


@pytest.fixture
def shop(athena: Athena) -> Athena:
    """A table with six partitions, one of JSON, and a view."""
    athena.run(TABLE)
    athena.run(f"ALTER TABLE t ADD {PARTITIONS}")
    athena.run(
        "CREATE EXTERNAL TABLE j (a int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
        " LOCATION 's3://data/j/'"
    )
    athena.run("CREATE VIEW v AS SELECT 1 AS n, 'a' AS s")
    return athena


def lines(athena: Athena, sql: str) -> list[str | None]:
    return [line for (line,) in athena.run(sql)]


@pytest.mark.fidelity("athena_statements.show")
@pytest.mark.parametrize(
    ("sql", "headings", "printed"),
    [
        ("SHOW TABLES", ["tab_name"], ["j", "t", "v"]),
        ("SHOW TABLES IN `lab` 't.*'", ["tab_name"], ["t"]),
        ("SHOW TABLES IN awsdatacatalog.lab LIKE 'j|v'", ["tab_name"], ["j", "v"]),
        ("SHOW VIEWS IN lab LIKE 'v*'", ["views"], ["v"]),
        ("SHOW DATABASES LIKE '.*a.*'", ["database_name"], ["lab"]),
        ("SHOW SCHEMAS LIKE 'la*'", ["database_name"], []),
        ("SHOW SCHEMAS LIKE 'LAB'", ["database_name"], []),
        ("SHOW SCHEMAS LIKE '*'", ["database_name"], ["lab"]),
        (
            "SHOW COLUMNS IN t",
            ["field"],
            ["a".ljust(20), "b".ljust(20), "dt".ljust(20), "h".ljust(20)],
        ),
        ("SHOW COLUMNS FROM j IN lab", ["field"], ["a".ljust(20)]),
        ("SHOW COLUMNS FROM v", ["column", "type"], ["n\tinteger", "s\tvarchar(1)"]),
        (
            "SHOW TBLPROPERTIES t",
            ["prpt_name", "prpt_value"],
            ["EXTERNAL\tTRUE", "comment\tabout", "k\tv", "transient_lastDdlTime\t1767323045"],
        ),
        ("SHOW TBLPROPERTIES t('k')", ["prpt_name", "prpt_value"], ["v"]),
        (
            "SHOW TBLPROPERTIES lab.t('no')",
            ["prpt_name", "prpt_value"],
            ["Table lab.t does not have property: no"],
        ),
        (
            "SHOW CREATE VIEW v",
            ["create view"],
            ["CREATE VIEW lab.v AS", "SELECT 1 AS n, 'a' AS s"],
        ),
        ("SHOW CREATE TABLE `lab.j`", ["createtab_stmt"], None),
    ],
)  # fmt: skip
def test_show(shop: Athena, sql: str, headings: list[str], printed: list[str] | None) -> None:
    found = lines(shop, sql)
    assert printed is None or found == printed
    assert [column.name for column in shop.outcome.columns] == headings


@pytest.mark.fidelity("athena_statements.show")
def test_properties_of_an_iceberg_table(athena: Athena) -> None:
    athena.run(
        "CREATE TABLE i (id bigint) LOCATION 's3://data/i/' TBLPROPERTIES ('table_type'='ICEBERG',"
        " 'write_compression'='snappy')"
    )
    assert lines(athena, "SHOW TBLPROPERTIES i") == [
        "table_type\ticeberg",
        "write_compression\tsnappy",
    ]
    assert lines(athena, "SHOW TBLPROPERTIES i('no')") == ["Table lab.i does not have property: no"]


@pytest.mark.fidelity("athena_statements.view_text")
def test_of_a_view(shop: Athena) -> None:
    shop.run("CREATE OR REPLACE VIEW v AS SELECT 1  AS n")
    assert lines(shop, "SHOW CREATE VIEW v") == ["CREATE VIEW lab.v AS", "SELECT 1  AS n"]
    assert shop.engine.read("DESCRIBE v").subkind == "DESCRIBE_TABLE"


@pytest.mark.fidelity("athena_statements.describe")
@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("DESCRIBE t", COLUMNS + KEYS),
        ("DESC `lab`.`t`", COLUMNS + KEYS),
        ("DESCRIBE t PARTITION (dt = '2013', h = 1)", COLUMNS + KEYS),
        ("DESCRIBE t b", [_cells("b", "string", "")]),
        ("DESCRIBE j", [_cells("a", "int", "from deserializer")]),
        ("DESCRIBE v", ["n\tinteger", "s\tvarchar(1)"]),
        ("DESCRIBE VIEW v", ["n\tinteger", "s\tvarchar(1)"]),
    ],
)
def test_describe(shop: Athena, sql: str, printed: list[str]) -> None:
    assert lines(shop, sql) == printed


@pytest.mark.fidelity("athena_statements.describe")
def test_describe_formatted(shop: Athena) -> None:
    io = "org.apache.hadoop.hive.ql.io.parquet."
    assert lines(shop, "DESCRIBE FORMATTED t") == [
        HEADING,
        "\t \t ",
        *COLUMNS[:2],
        *KEYS,
        "\t \t ",
        "# Detailed Table Information\t \t ",
        _cells("Database:", "lab") + "\t ",
        _cells("Owner:", "hadoop") + "\t ",
        _cells("CreateTime:", "UNKNOWN") + "\t ",
        _cells("LastAccessTime:", "UNKNOWN") + "\t ",
        _cells("Retention:", "0") + "\t ",
        _cells("Location:", "s3://data/t") + "\t ",
        _cells("Table Type:", "EXTERNAL_TABLE") + "\t ",
        "Table Parameters:\t \t ",
        "\t" + _cells("EXTERNAL", "TRUE"),
        "\t" + _cells("k", "v"),
        "\t" + _cells("transient_lastDdlTime", "1767323045"),
        "\t \t ",
        "# Storage Information\t \t ",
        _cells("SerDe Library:", f"{io}serde.ParquetHiveSerDe") + "\t ",
        _cells("InputFormat:", f"{io}MapredParquetInputFormat") + "\t ",
        _cells("OutputFormat:", f"{io}MapredParquetOutputFormat") + "\t ",
        _cells("Compressed:", "No") + "\t ",
        _cells("Num Buckets:", "-1") + "\t ",
        _cells("Bucket Columns:", "[]") + "\t ",
        _cells("Sort Columns:", "[]") + "\t ",
        "Storage Desc Params:\t \t ",
        "\t" + _cells("serialization.format", "1"),
    ]


@pytest.mark.fidelity("athena_statements.describe")
def test_describe_extended(shop: Athena) -> None:
    *columns, blank, extended = lines(shop, "DESCRIBE EXTENDED t")
    assert (columns, blank) == (COLUMNS + KEYS, "\t \t ")
    assert extended is not None
    assert extended.startswith(
        "Detailed Table Information\tTable(tableName:t, dbName:lab, owner:hadoop, createTime:0,"
        " lastAccessTime:0, retention:0, sd:StorageDescriptor(cols:[FieldSchema(name:a, type:int,"
        " comment:first), FieldSchema(name:b, type:string, comment:null), "
    )
    of_partition = lines(shop, "DESCRIBE EXTENDED t PARTITION (dt='2013', h=2)")[-1]
    assert of_partition is not None
    assert "location:s3://data/t/dt=2013/h=2, " in of_partition


@pytest.mark.fidelity("athena_statements.alter")
@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("ADD COLUMNS (c double COMMENT 'new')", "a int, b string, c double"),
        ("REPLACE COLUMNS (c double)", "c double"),
        ("CHANGE COLUMN a a2 bigint", "a2 bigint, b string"),
        ("CHANGE b b string FIRST", "b string, a int"),
        ("CHANGE COLUMN a a int COMMENT 'x' AFTER b", "b string, a int"),
    ],
)
def test_columns(shop: Athena, sql: str, columns: str) -> None:
    shop.run(f"ALTER TABLE `lab`.`t` {sql}")
    made = shop.catalog.table("lab", "t")
    assert made is not None
    assert ", ".join(f"{c.name} {c.type}" for c in made.columns) == columns
    # A comment stays unless there is another.
    comment = "x" if "'x'" in sql else "first"
    assert {c.comment for c in made.columns if c.name in ("a", "a2")} <= {comment}


@pytest.mark.fidelity("athena_statements.alter")
def test_places(shop: Athena) -> None:
    shop.run("ALTER TABLE t SET LOCATION 's3://other/t/'")
    shop.run("ALTER TABLE t PARTITION (dt='2013', h=1) SET LOCATION 's3://other/p/'")
    shop.run("ALTER TABLE t PARTITION (dt='2013', h=2) RENAME TO PARTITION (dt='2012', h=2)")
    shop.run("ALTER TABLE t PARTITION (dt='2013', h=10) REPLACE COLUMNS (z int)")
    table = shop.catalog.table("lab", "t")
    assert table is not None
    assert table.location == "s3://other/t/"
    assert shop.catalog.partitions(table)[:3] == [
        Partition(("2013", "1"), "s3://other/p/"),
        Partition(("2012", "2"), "s3://data/t/dt=2013/h=2"),
        Partition(("2013", "10"), "s3://data/t/dt=2013/h=10", (Column("z", "int"),)),
    ]


@pytest.mark.fidelity("athena_statements.drop_partition")
@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        ("PARTITION (dt = '2013')", "2014/1 2014/10 2014/2"),
        ("PARTITION (h > 1)", "2013/1 2014/1"),
        ("PARTITION (h <= 2, dt <> '2013')", "2013/1 2013/10 2013/2 2014/10"),
        ("PARTITION (dt >= '2014', h != 2), PARTITION (dt < '2014')", "2014/2"),
        ("IF EXISTS PARTITION (dt = 'no')", "2013/1 2013/10 2013/2 2014/1 2014/10 2014/2"),
    ],
)
def test_drop_partition(shop: Athena, conditions: str, left: str) -> None:
    if conditions.startswith("IF"):
        shop.run(f"ALTER TABLE t DROP {conditions}")
    else:
        shop.run(f"ALTER TABLE t DROP {conditions}")
    names = (name or "" for name in lines(shop, "SHOW PARTITIONS t"))
    assert " ".join(name.replace("dt=", "").replace("h=", "") for name in names) == left


@pytest.mark.fidelity("athena_statements.repair")
def test_repair(shop: Athena) -> None:
    assert lines(shop, "MSCK REPAIR TABLE nowhere") == ["Tables not in metastore:\tnowhere"]
    assert lines(shop, "MSCK REPAIR TABLE t") == ["Tables missing on filesystem:\tt"]
    for place in ("t/dt=2013/h=1/f", "t/dt=2015/h=1/f", "t/2016/1/f", "j/f"):
        shop.objects.write(f"s3://data/{place}", b"x")
    assert lines(shop, "MSCK REPAIR TABLE j") == []
    missing = [f"t:dt={d}/h={h}" for d, h in [
        (2013, 2), (2013, 10), (2014, 1), (2014, 2), (2014, 10)
    ]]  # fmt: skip
    assert lines(shop, "MSCK REPAIR TABLE t") == [
        "Partitions not in metastore:\tt:dt=2015/h=1",
        "\t".join(["Partitions missing from filesystem:", *missing]),
        "Repair: Added partition to metastore t:dt=2015/h=1",
    ]


@pytest.mark.fidelity("athena_statements.databases")
def test_database_properties(athena: Athena) -> None:
    athena.run("CREATE DATABASE d COMMENT 'c' LOCATION 's3://b/' WITH DBPROPERTIES ('a'='1')")
    athena.run("ALTER DATABASE d SET DBPROPERTIES ('b'='2')")
    found = athena.catalog.database("d")
    assert found is not None
    assert dict(found.parameters) == {"a": "1", "b": "2"}


SEMANTIC = "FAILED: SemanticException [Error "
TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
NOT_IN_ATHENA = "SYNTAX_ERROR: Queries of this type are not supported"
LAB = " is not supported by this lab"


@pytest.mark.fidelity("athena_statements.refusals")
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("DESCRIBE t nope", SEMANTIC + "10002]: Invalid column reference nope"),
        ("DESCRIBE t PARTITION (dt='1', h=1)",
            SEMANTIC + "10006]: Partition not found (dt=1, h=1)"),
        ("DESCRIBE VIEW t", "NOT_SUPPORTED: line 1:1: Relation 'awsdatacatalog.lab.t' is a table,"
            " not a view"),
        ("ALTER TABLE t REPLACE COLUMNS (dt int)",
            TASK + "Partition column name dt conflicts with table columns."),
        ("ALTER TABLE j REPLACE COLUMNS (b int)",
            TASK + "Replace columns is not supported for table lab.j. SerDe may be incompatible."),
        ("ALTER TABLE t CHANGE COLUMN no x int", TASK + "Invalid column reference"),
        ("ALTER TABLE t CHANGE COLUMN a h int", TASK + "Duplicate column name: h"),
        ("ALTER TABLE t ADD COLUMNS (A int)", TASK + "Duplicate column name: a"),
        ("ALTER TABLE v ADD COLUMNS (x int)",
            SEMANTIC + "10131]: To alter a view you need to use the ALTER VIEW command."),
        ("ALTER TABLE t ADD PARTITION (h > 1)", "SYNTAX_ERROR: line 1:32: mismatched input '>'"),
        ("ALTER TABLE t DROP PARTITION (x = 1)",
            SEMANTIC + "10006]: Partition spec {x} does not match the partition keys"),
        ("ALTER TABLE t DROP PARTITION (h > 99)",
            SEMANTIC + "10006]: Partition not found (h>99)"),
        ("ALTER TABLE t PARTITION (dt='2013', h=1) RENAME TO PARTITION (dt='2013', h=2)",
            TASK + "Rename partition destination partition [dt=2013, h=2] already exists."),
        ("ALTER DATABASE no SET DBPROPERTIES ('a'='b')",
            SEMANTIC + "10072]: Database does not exist: no"),
        ("MSCK REPAIR TABLE v", TASK + "Can not create a Path from an empty string"),
        ("SHOW PARTITIONS j", TASK + "Table j is not a partitioned table"),
        ("DROP TABLE v", SEMANTIC + "10077]: Cannot drop a view with DROP TABLE"),
        ("DROP VIEW no", "TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.lab.no' does not exist"),
        ("DROP VIEW t", "GENERIC_USER_ERROR: line 1:1: View 'awsdatacatalog.lab.t' does not exist,"
            " but a table with that name exists. Did you mean DROP TABLE awsdatacatalog.lab.t?"),
        *((sql, NOT_IN_ATHENA) for sql in (
            "COMMENT ON TABLE t IS 'x'", "GRANT SELECT ON t TO x", "REVOKE SELECT ON t FROM x",
            "SET SESSION a = 1", "START TRANSACTION", "COMMIT", "ROLLBACK", "CALL p()", "USE lab",
            "CREATE FUNCTION f(x int) RETURNS int RETURN x", "TRUNCATE TABLE t", "ANALYZE TABLE t",
            "CREATE ROLE r", "DROP FUNCTION f", "SHOW STATS FOR t", "SHOW ROLES",
            "DESCRIBE INPUT p",
        )),
        ("SHOW TABLES IN other.lab", "CATALOG_NOT_FOUND: Catalog 'other' does not exist"),
        ("DESCRIBE other.lab.t", "CATALOG_NOT_FOUND: Catalog 'other' does not exist"),
        ("CREATE TABLE x LIKE t", "SYNTAX_ERROR: line 1:16: mismatched input 'LIKE'"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: Only one sql statement is allowed. Got: SELECT 1;"
            " SELECT 2"),
        (" ; ", "SYNTAX_ERROR: Empty sql statement:  ;"),
    ],
)  # fmt: skip
def test_refusals(shop: Athena, sql: str, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        shop.run(sql)
    assert str(caught.value) == error


@pytest.mark.fidelity("athena_statements.not_there")
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'f' SELECT f(1)",
            "NOT_SUPPORTED: USING EXTERNAL FUNCTION" + LAB),
        ("ALTER VIEW v ADD DIALECT AS 'SELECT 1'", "NOT_SUPPORTED: ALTER VIEW" + LAB),
        ("CREATE PROTECTED MULTI DIALECT VIEW w SECURITY DEFINER AS SELECT 1 AS a",
            "NOT_SUPPORTED: CREATE PROTECTED MULTI DIALECT VIEW" + LAB),
        ("SHOW FUNCTIONS FROM s", "NOT_SUPPORTED: SHOW FUNCTIONS FROM a schema" + LAB),
        ("EXPLAIN CREATE VIEW w AS SELECT 1 AS a", "NOT_SUPPORTED: EXPLAIN of CREATE VIEW" + LAB),
        ("EXPLAIN ANALYZE INSERT INTO j SELECT 1",
            "NOT_SUPPORTED: EXPLAIN ANALYZE of INSERT" + LAB),
        ("SELECT * FROM information_schema.table_privileges",
            "NOT_SUPPORTED: line 1:15: information_schema.table_privileges" + LAB),
    ],
)  # fmt: skip
def test_not_there(shop: Athena, sql: str, error: str) -> None:
    test_refusals(shop, sql, error)


@pytest.mark.fidelity("athena_statements.kinds")
@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("(SELECT 1)", "DML SELECT"),
        ("VALUES 1", "DML SELECT"),
        ("TABLE t", "DML SELECT"),
        ("INSERT INTO t SELECT 1", "DML INSERT"),
        ("UNLOAD (SELECT 1) TO 's3://b/' WITH (format='AVRO')", "DML UNLOAD"),
        ("EXPLAIN SELECT 1", "DML EXPLAIN"),
        ("EXPLAIN ANALYZE SELECT 1", "DML EXPLAIN"),
        ("CREATE TABLE x AS SELECT 1 AS a", "DDL CREATE_TABLE_AS_SELECT"),
        ("CREATE VIEW x AS SELECT 1 AS a", "DDL CREATE_VIEW"),
        ("CREATE SCHEMA x", "DDL CREATE_DATABASE"),
        ("DROP SCHEMA x", "DDL DROP_DATABASE"),
        ("DROP TABLE x", "DDL DROP_TABLE"),
        ("DROP VIEW x", "DDL DROP_VIEW"),
        ("MSCK REPAIR TABLE x", "DDL MSCK_REPAIR"),
        ("ALTER TABLE x ADD COLUMNS (a int)", "DDL ALTER_TABLE_ADD_COLUMN"),
        ("ALTER TABLE x REPLACE COLUMNS (a int)", "DDL ALTER_TABLE_REPLACE_COLUMN"),
        ("ALTER TABLE x CHANGE COLUMN a b int", "DDL ALTER_TABLE_CHANGE_COLUMN"),
        ("ALTER TABLE x SET TBLPROPERTIES ('a'='b')", "DDL ALTER_TABLE_PROPERTIES"),
        ("ALTER TABLE x SET LOCATION 's3://b/'", "DDL ALTER_TABLE_SET_LOCATION"),
        ("ALTER TABLE x ADD PARTITION (a=1)", "DDL ALTER_TABLE_ADD_PARTITION"),
        ("ALTER TABLE x DROP PARTITION (a=1)", "DDL ALTER_TABLE_DROP_PARTITION"),
        ("SHOW SCHEMAS", "UTILITY SHOW_DATABASES"),
        ("SHOW TABLES", "UTILITY SHOW_TABLES"),
        ("SHOW VIEWS", "UTILITY SHOW_VIEWS"),
        ("SHOW COLUMNS IN t", "UTILITY SHOW_COLUMNS"),
        ("SHOW PARTITIONS t", "UTILITY SHOW_PARTITIONS"),
        ("SHOW TBLPROPERTIES t", "UTILITY SHOW_TABLE_PROPERTIES"),
        ("SHOW CREATE TABLE t", "UTILITY SHOW_CREATE_TABLE"),
        ("SHOW CREATE VIEW t", "UTILITY SHOW_CREATE_VIEW"),
        ("/* SELECT */ DESC t", "UTILITY DESCRIBE_TABLE"),
        ("DESCRIBE VIEW t", "UTILITY DESC_VIEW"),
    ],
)
def test_kinds(athena: Athena, sql: str, kind: str) -> None:
    statement = athena.engine.read(sql)
    assert f"{statement.kind} {statement.subkind}" == kind
