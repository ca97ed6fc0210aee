"""What a crawler does with tables that it finds again, changed or not at all."""

import json
from typing import Any

import pytest

from tests.providers.glue.crawlers.lake import Lake
from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab

ONE = '{"id": 1}\n'
TWO = '{"id": 1, "more": "x"}\n'
LOG = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


def configuration(**output: Any) -> str:
    return json.dumps({"Version": 1.0, "CrawlerOutput": output})


@pytest.mark.fidelity("glue_crawlers.update")
def test_a_schema_that_changes(lake: Lake) -> None:
    lake.put({"t/a.json": ONE})
    lake.crawl("t/")
    table = lake.table()
    storage = {**table["StorageDescriptor"], "Parameters": {"mine": "kept"}}
    kept = {key: table[key] for key in ("Name", "Owner", "Retention", "PartitionKeys", "TableType")}
    changed = {
        **kept,
        "StorageDescriptor": storage,
        "Description": "by hand",
        "Parameters": {**table["Parameters"], "mine": "kept"},
    }
    lake.glue.update_table(DatabaseName=lake.name, TableInput=changed)
    lake.put({"t/a.json": TWO})
    lake.run()
    assert lake.columns() == {"id": "int", "more": "string"}
    table = lake.table()
    assert (table["Description"], table["Parameters"]["mine"]) == ("by hand", "kept")
    version = table["VersionId"]
    lake.run()
    assert lake.table()["VersionId"] == version


@pytest.mark.fidelity("glue_crawlers.update")
def test_changes_that_are_only_logged(lake: Lake) -> None:
    lake.put({"t/k=1/a.json": ONE})
    lake.crawl("t/", SchemaChangePolicy=LOG)
    lake.put({"t/k=1/a.json": TWO, "t/k=2/a.json": TWO})
    lake.run()
    assert lake.columns("t") == {"id": "int"}
    assert set(lake.partitions("t")) == {"1", "2"}


@pytest.mark.fidelity("glue_crawlers.output")
def test_only_new_columns(lake: Lake) -> None:
    lake.put({"t/k=1/a.json": ONE})
    lake.crawl(
        "t/",
        Configuration=configuration(
            Tables={"AddOrUpdateBehavior": "MergeNewColumns"},
            Partitions={"AddOrUpdateBehavior": "InheritFromTable"},
        ),
    )
    lake.put({"t/k=1/a.json": '{"id": "text", "more": 1}\n'})
    lake.run()
    assert lake.columns("t") == {"id": "int", "more": "int"}
    inherited = lake.partitions("t")["1"]["StorageDescriptor"]["Columns"]
    assert {each["Name"]: each["Type"] for each in inherited} == lake.columns("t")


@pytest.mark.fidelity("glue_crawlers.output")
def test_too_many_tables(lake: Lake) -> None:
    lake.put({"a/a.json": ONE, "b/a.json": '{"other": 1}\n'})
    crawler = lake.crawl(Configuration=configuration(Tables={"TableThreshold": 1}))
    last = crawler["LastCrawl"]
    assert (last["Status"], last["ErrorMessage"]) == (
        "FAILED",
        "The number of tables detected by crawler: 2 is greater than the table threshold value"
        " provided: 1. Failing crawler without writing to Data Catalog.",
    )
    assert lake.tables() == {}


@pytest.mark.fidelity("glue_crawlers.output")
def test_partition_indexes(lake: Lake) -> None:
    lake.put({"t/y=1/m=1/a.json": ONE})
    lake.crawl("t/", Configuration=json.dumps({"Version": 1.0, "CreatePartitionIndex": True}))
    [index] = lake.glue.get_partition_indexes(DatabaseName=lake.name, TableName="t")[
        "PartitionIndexDescriptorList"
    ]
    assert (index["IndexName"], [key["Name"] for key in index["Keys"]]) == (
        "crawler_partition_index",
        ["y", "m"],
    )
    assert lake.table()["Parameters"]["partition_filtering.enabled"] == "true"


@pytest.mark.fidelity("glue_crawlers.delete")
@pytest.mark.parametrize(
    ("behaviour", "tables", "deprecated"),
    [
        ("DELETE_FROM_DATABASE", {"a"}, set()),
        ("DEPRECATE_IN_DATABASE", {"a", "b"}, {"b"}),
        ("LOG", {"a", "b"}, set()),
    ],
)
def test_what_is_gone(lake: Lake, behaviour: str, tables: set[str], deprecated: set[str]) -> None:
    lake.put({"a/k=1/x.json": ONE, "a/k=2/x.json": ONE, "b/x.json": '{"other": 1}\n'})
    lake.crawl(SchemaChangePolicy={**LOG, "DeleteBehavior": behaviour})
    assert set(lake.tables()) == {"a", "b"}
    lake.remove("a/k=2/x.json", "b/x.json")
    lake.put({"c/x.json": '{"c": 1, "d": 2}\n'})
    lake.run()
    found = lake.tables()
    assert set(found) == {*tables, "c"}
    assert {n for n, t in found.items() if "DEPRECATED_BY_CRAWLER" in t["Parameters"]} == deprecated
    partitions = lake.partitions("a")
    assert set(partitions) == ({"1"} if behaviour == "DELETE_FROM_DATABASE" else {"1", "2"})
    marked = {v for v, p in partitions.items() if "DEPRECATED_BY_CRAWLER" in p["Parameters"]}
    assert marked == ({"2"} if behaviour == "DEPRECATE_IN_DATABASE" else set())


@pytest.mark.fidelity("glue_crawlers.new_folders")
def test_new_folders_only(lake: Lake) -> None:
    message = (
        'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG'
        " DeleteBehavior value and LOG UpdateBehavior value."
    )
    policy = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    targets = {"S3Targets": [{"Path": f"s3://{lake.name}/t/"}]}
    given = {"Name": lake.name, "Role": "r", "Targets": targets, "DatabaseName": lake.name}
    assert refused(lake.glue.create_crawler, **given, RecrawlPolicy=policy) == (
        "InvalidInputException",
        message,
    )
    lake.put({"t/k=1/a.json": ONE, "t/k=2/a.json": ONE})
    lake.crawl("t/", RecrawlPolicy=policy, SchemaChangePolicy=LOG)
    lake.put({"t/k=1/b.json": ONE, "t/k=3/a.json": ONE, "t/k=4/a.json": '{"q": 1, "r": 2}\n'})
    lake.run()
    partitions = lake.partitions("t")
    assert set(partitions) == {"1", "2", "3"}
    assert partitions["1"]["Parameters"]["objectCount"] == "1"
    crawls = lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]
    assert json.loads(json.loads(crawls[0]["Summary"])["PARTITION"]) == {"ADD": {"Count": 1}}


@pytest.mark.fidelity("glue_crawlers.catalog_targets")
def test_catalog_targets(lake: Lake) -> None:
    lake.put({"t/k=1/a.json": TWO})
    keys = [{"Name": "k", "Type": "int"}]
    storage = {"Columns": [], "Location": f"s3://{lake.name}/t/"}
    given = {"Name": "mine", "PartitionKeys": keys, "StorageDescriptor": storage}
    lake.glue.create_table(DatabaseName=lake.name, TableInput=given)
    targets = {"CatalogTargets": [{"DatabaseName": lake.name, "Tables": ["mine"]}]}
    create = lake.glue.create_crawler
    assert refused(create, Name=lake.name, Role="r", Targets=targets) == (
        "InvalidInputException",
        "The SchemaChangePolicy for Catalog target can have only LOG DeleteBehavior value.",
    )
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    create(Name=lake.name, Role="r", Targets=targets, SchemaChangePolicy=policy)
    crawler = lake.run()
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    assert lake.columns("mine") == {"id": "int", "more": "string"}
    assert lake.table()["PartitionKeys"] == keys
    assert lake.ask("SELECT k, more FROM mine") == [["1", "x"]]


@pytest.mark.fidelity("glue_crawlers.tables")
def test_a_name_that_is_taken(lake: Lake) -> None:
    lake.put({"x/t/a.json": ONE, "y/t/a.json": '{"other": 1}\n'})
    lake.crawl("x/t/", "y/t/")
    first, second = sorted(lake.tables())
    assert first == "t"
    assert len(second) == len("t_") + 32
