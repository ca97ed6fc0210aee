"""DESCRIBE, SHOW and what ALTER says of tables that are not Iceberg's."""

import pytest

from tests.engine.support import Athena
from tests.engine.test_iceberg import CREATE, ICEBERG, failure


@pytest.mark.fidelity("athena_iceberg.refusals")
def test_a_hive_table_is_not_renamed(athena: Athena) -> None:
    athena.run("CREATE EXTERNAL TABLE h (id int) STORED AS PARQUET LOCATION 's3://data/h/'")
    said = failure(athena, "ALTER TABLE h RENAME TO x")
    assert said.startswith("FAILED: Execution Error, return code 1 from")
    assert "InvalidInputException: Table cannot be renamed (Service: AmazonDataCatalog;" in said


@pytest.mark.fidelity("athena_iceberg.describe")
def test_describe_has_icebergs_types(athena: Athena) -> None:
    columns = "d decimal(10,2), m map<string,int>, s struct<a:int,b:array<string>>, f float"
    athena.run(f"CREATE TABLE t ({columns}) {ICEBERG}")
    assert [row[0] for row in athena.run("DESCRIBE t")][2:6] == [
        "d\tdecimal(10, 2)\t",
        "m\tmap<string, int>\t",
        "s\tstruct<a: int, b: array<string>>\t",
        "f\tfloat\t",
    ]
    made = "CREATE TABLE u WITH (table_type = 'ICEBERG', location = 's3://data/u/') AS SELECT"
    athena.run(f"{made} TIME '01:02:03' AS t")
    assert failure(athena, "DESCRIBE u") == (
        "UNSUPPORTED_COLUMNS: Table has unsupported column types"
    )


@pytest.mark.fidelity("athena_iceberg.describe")
def test_describe_and_show(athena: Athena) -> None:
    athena.run(
        CREATE.replace("id bigint", "id bigint COMMENT 'key'").replace(
            ICEBERG, f"PARTITIONED BY (name, day(ts)) {ICEBERG}"
        )
    )
    described = [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tbigint\tkey",
        "name\tstring\t",
        "ts\ttimestamp\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "name\tidentity\tname",
        "ts_day\tday\tts",
    ]
    assert [row[0] for row in athena.run("DESCRIBE t")] == described
    assert athena.run("DESCRIBE t id") == [["id\tbigint\tkey"]]
    assert athena.outcome.count == 0
    assert [row[0] for row in athena.run("DESCRIBE FORMATTED t")] == [
        *described,
        "\t\t",
        "Name:\ticeberg.lab.t\t",
        "Location:\ts3://data/t\t",
        "\t\t",
        "# Table properties:\t\t",
        "# key\tvalue\t",
        "write_compression\tzstd\t",
        "\t\t",
        "# Iceberg storage table properties:\t\t",
        "# key\tvalue\t",
        "write.object-storage.enabled\ttrue\t",
        "write.parquet.compression-codec\tzstd\t",
    ]
    assert athena.run("SHOW COLUMNS IN t") == [["id"], ["name"], ["ts"]]
    athena.run("ALTER TABLE t SET TBLPROPERTIES ('write_compression'='gzip')")
    assert athena.run("SHOW TBLPROPERTIES t") == [
        ["table_type\ticeberg"],
        ["write_compression\tgzip"],
    ]
    text = "\n".join(str(row[0]) for row in athena.run("SHOW CREATE TABLE t"))
    assert text == (
        "CREATE TABLE lab.t (\n  id bigint COMMENT 'key',\n  name string,\n  ts timestamp)\n"
        "PARTITIONED BY (`name`, day(`ts`))\nLOCATION 's3://data/t'\nTBLPROPERTIES (\n"
        "  'table_type'='iceberg',\n  'write_compression'='gzip'\n);"
    )
    # It makes the same table again.
    athena.run("DROP TABLE t")
    athena.run(text.rstrip(";"))
    assert "\n".join(str(row[0]) for row in athena.run("SHOW CREATE TABLE t")) == text
