"""Which folders become tables, and which become partitions of one."""

import json

import pytest

from lab.providers.glue.crawlers import globs
from tests.providers.glue.crawlers.lake import Lake

pytestmark = pytest.mark.lab

ORDER = '{"id": 1, "amount": 2.5}\n'
CUSTOMER = '{"name": "x", "city": "y"}\n'


@pytest.mark.fidelity("glue_crawlers.tables")
def test_folders_that_differ_are_tables(lake: Lake) -> None:
    lake.put({"lake/Order-lines/a.json": ORDER, "lake/customers/a.json": CUSTOMER})
    lake.crawl("lake/", TablePrefix="raw_")
    assert set(lake.tables()) == {"raw_order_lines", "raw_customers"}


@pytest.mark.fidelity("glue_crawlers.partitions")
def test_hive_partitions(lake: Lake) -> None:
    for month in range(1, 4):
        lake.put({f"sales/Year=2026/month={month}/a.json": ORDER})
    lake.put({"sales/_SUCCESS": "x", "sales/empty.json": ""})
    lake.crawl("sales/")
    table = lake.table()
    assert table["Name"] == "sales"
    assert table["PartitionKeys"] == [
        {"Name": "year", "Type": "string"},
        {"Name": "month", "Type": "string"},
    ]
    partitions = lake.partitions("sales")
    assert set(partitions) == {"2026/1", "2026/2", "2026/3"}
    first = partitions["2026/1"]
    assert first["StorageDescriptor"]["Location"] == f"s3://{lake.name}/sales/Year=2026/month=1/"
    assert first["Parameters"]["objectCount"] == "1"
    assert lake.ask(
        "SELECT month, sum(amount) FROM sales WHERE month > '1' GROUP BY 1 ORDER BY 1"
    ) == [
        ["2", "2.5"],
        ["3", "2.5"],
    ]


@pytest.mark.fidelity("glue_crawlers.partitions")
def test_folders_without_names(lake: Lake) -> None:
    for day in ("01", "02"):
        lake.put({f"logs/a/{day}/x.json": ORDER, f"logs/b/{day}/x.json": ORDER})
    lake.crawl("logs/")
    keys = [key["Name"] for key in lake.table()["PartitionKeys"]]
    assert keys == ["partition_0", "partition_1"]
    assert set(lake.partitions("logs")) == {"a/01", "a/02", "b/01", "b/02"}
    assert lake.ask("SELECT count(*) FROM logs WHERE partition_0 = 'a'") == [["2"]]


@pytest.mark.fidelity("glue_crawlers.majority")
def test_a_folder_that_differs_is_outvoted(lake: Lake) -> None:
    lake.put({f"t/k={each}/a.json": ORDER for each in "abc"})
    lake.put({"t/k=d/a.json": CUSTOMER})
    lake.crawl("t/")
    assert lake.columns("t") == {"id": "int", "amount": "double"}
    odd = lake.partitions("t")["d"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in odd] == ["name", "city"]


@pytest.mark.fidelity("glue_crawlers.majority")
def test_half_is_no_majority(lake: Lake) -> None:
    lake.put({"t/k=a/a.json": ORDER, "t/k=b/a.json": CUSTOMER})
    lake.crawl("t/")
    assert set(lake.tables()) == {"k_a", "k_b"}


@pytest.mark.fidelity("glue_crawlers.similar")
def test_seven_columns_of_ten_are_similar(lake: Lake) -> None:
    shared = {f"c{place}": 1 for place in range(7)}
    three = {f"x{place}": 1 for place in range(3)}
    four = {f"y{place}": 1 for place in range(4)}
    lake.put(
        {
            "alike/p=1/a.json": json.dumps(shared),
            "alike/p=2/a.json": json.dumps({**shared, **three}),
            "unlike/p=1/a.json": json.dumps(shared),
            "unlike/p=2/a.json": json.dumps({**shared, **four}),
        }
    )
    lake.crawl("alike/", "unlike/")
    assert set(lake.tables()) == {"alike", "p_1", "p_2"}
    assert len(lake.columns("alike")) == 10


@pytest.mark.fidelity("glue_crawlers.mixed_folder")
def test_objects_that_differ_are_tables_of_their_own(lake: Lake) -> None:
    lake.put({"mix/a.json": ORDER, "mix/b.json": CUSTOMER, "mix/c.csv": "a,b\n1,2\n"})
    lake.crawl("mix/")
    tables = lake.tables()
    assert set(tables) == {"a_json", "b_json", "c_csv"}
    place = tables["a_json"]["StorageDescriptor"]["Location"]
    assert place == f"s3://{lake.name}/mix/a.json"


@pytest.mark.fidelity("glue_crawlers.exclusions")
def test_exclusions_and_samples(lake: Lake) -> None:
    lake.put({f"t/{each}.json": ORDER for each in "abc"})
    lake.put({"t/z.json": CUSTOMER, "t/readme.txt": "no data", "t/old/x.json": CUSTOMER})
    target = {
        "Path": f"s3://{lake.name}/t/",
        "Exclusions": ["**.txt", "old/**"],
        "SampleSize": 2,
    }
    lake.create(Targets={"S3Targets": [target]})
    assert lake.glue.get_crawler(Name=lake.name)["Crawler"]["Targets"]["S3Targets"] == [target]
    lake.run()
    assert lake.columns("t") == {"id": "int", "amount": "double"}
    parameters = lake.table()["Parameters"]
    assert (parameters["objectCount"], parameters["recordCount"]) == ("4", "4")


@pytest.mark.parametrize(
    ("pattern", "excluded", "kept"),
    [
        ("*.csv", "a.csv", "x/a.csv"),
        ("**.csv", "x/a.csv", "a.json"),
        ("x/", "x/y/z", "y/x"),
        ("{a,b?}/*", "bc/1", "c/1"),
        ("[!a-c]*", "d1", "a1"),
        (r"a\*", "a*", "ab"),
        ("[.]x", ".x", "ax"),
    ],
)
def test_patterns(pattern: str, excluded: str, kept: str) -> None:
    matches = globs.compiled(pattern).fullmatch
    assert matches(excluded)
    assert not matches(kept)


@pytest.mark.fidelity("glue_crawlers.partitions")
def test_a_file_that_cannot_be_read_divides_nothing(lake: Lake) -> None:
    lake.put({f"t/k={each}/a.json": ORDER for each in "ab"})
    lake.put({"t/k=c/a.json.gz": b"\x1f\x8b no gzip"})
    lake.crawl("t/")
    assert set(lake.partitions("t")) == {"a", "b"}


@pytest.mark.fidelity("glue_crawlers.grouping_options")
def test_compatible_schemas_are_combined(lake: Lake) -> None:
    lake.put({"t/a/1.json": ORDER, "t/b/1.json": CUSTOMER})
    policy = {"TableGroupingPolicy": "CombineCompatibleSchemas"}
    lake.crawl("t/", Configuration=json.dumps({"Version": 1.0, "Grouping": policy}))
    assert set(lake.columns("t")) == {"id", "amount", "name", "city"}
    assert set(lake.partitions("t")) == {"a", "b"}


@pytest.mark.fidelity("glue_crawlers.grouping_options")
def test_the_level_of_tables(lake: Lake) -> None:
    for table in ("one", "two"):
        lake.put({f"data/{table}/{day}/a.json": ORDER for day in "12"})
    policy = {"TableLevelConfiguration": 3}
    lake.crawl("data/", Configuration=json.dumps({"Version": 1.0, "Grouping": policy}))
    assert set(lake.tables()) == {"one", "two"}
    assert set(lake.partitions("two")) == {"1", "2"}


@pytest.mark.fidelity("glue_crawlers.duplicate_key")
def test_a_key_that_is_a_column_as_well(lake: Lake) -> None:
    lake.put({"t/id=1/a.json": ORDER})
    lake.crawl("t/")
    assert "id" in lake.columns("t")
    assert [key["Name"] for key in lake.table()["PartitionKeys"]] == ["id"]
