"""What the operations of crawlers and classifiers answer, and how they refuse."""

import json
from typing import Any

import pytest

from tests.providers.glue.crawlers.lake import Lake
from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab

TARGETS = {"S3Targets": [{"Path": "s3://some/where/"}]}


@pytest.mark.fidelity("glue_crawlers.operations")
def test_a_crawler_as_it_is_shown(lake: Lake) -> None:
    glue, name = lake.glue, lake.name
    glue.create_crawler(
        Name=name,
        Role="service-role/Crawl",
        DatabaseName=name,
        Targets=TARGETS,
        Description="one",
        TablePrefix="raw_",
        Tags={"team": name},
    )
    shown = glue.get_crawler(Name=name)["Crawler"]
    assert shown["LastUpdated"] == shown["CreationTime"]
    assert {key: value for key, value in shown.items() if "Time" not in key} == {
        "Name": name,
        "Role": "service-role/Crawl",
        "Targets": {
            "S3Targets": [{"Path": "s3://some/where/", "Exclusions": []}],
            "JdbcTargets": [],
            "MongoDBTargets": [],
            "DynamoDBTargets": [],
            "CatalogTargets": [],
            "DeltaTargets": [],
            "IcebergTargets": [],
            "HudiTargets": [],
        },
        "DatabaseName": name,
        "Description": "one",
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {
            "UpdateBehavior": "UPDATE_IN_DATABASE",
            "DeleteBehavior": "DEPRECATE_IN_DATABASE",
        },
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
        "State": "READY",
        "TablePrefix": "raw_",
        "LastUpdated": shown["LastUpdated"],
        "Version": 1,
    }
    glue.update_crawler(Name=name, Description="two")
    both = glue.batch_get_crawlers(CrawlerNames=[name, "none"])
    assert [(one["Description"], one["Version"]) for one in both["Crawlers"]] == [("two", 2)]
    assert both["CrawlersNotFound"] == ["none"]
    assert glue.list_crawlers(Tags={"team": name})["CrawlerNames"] == [name]
    arn = f"arn:aws:glue:us-east-1:000000000000:crawler/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": name}
    assert name in [one["Name"] for one in glue.get_crawlers()["Crawlers"]]
    glue.delete_crawler(Name=name)
    assert refused(glue.get_crawler, Name=name) == (
        "EntityNotFoundException",
        f"Crawler entry with name {name} does not exist",
    )


@pytest.mark.fidelity("glue_crawlers.operations")
@pytest.mark.parametrize(
    "operation", ["start_crawler", "stop_crawler", "delete_crawler", "update_crawler"]
)
def test_what_is_not_there(lake: Lake, operation: str) -> None:
    entry = "Crawler entry" if operation == "update_crawler" else "Crawler"
    assert refused(getattr(lake.glue, operation), Name="none") == (
        "EntityNotFoundException",
        f"{entry} with name none does not exist",
    )


@pytest.mark.fidelity("glue_crawlers.operations")
def test_a_name_that_is_taken(lake: Lake) -> None:
    lake.create()
    given = {"Name": lake.name, "Role": "r", "DatabaseName": lake.name, "Targets": TARGETS}
    assert refused(lake.glue.create_crawler, **given) == (
        "AlreadyExistsException",
        f"Crawler with name {lake.name} already exists",
    )
    assert refused(lake.glue.stop_crawler, Name=lake.name) == (
        "CrawlerNotRunningException",
        f"Crawler with name {lake.name} isn't running",
    )


LACK = "is not supported by this lab's Glue."


@pytest.mark.fidelity("glue_crawlers.refused")
@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"Targets": {"JdbcTargets": [{"Path": "x"}]}}, "Targets.JdbcTargets"),
        ({"Targets": {"DynamoDBTargets": [{"Path": "x"}]}}, "Targets.DynamoDBTargets"),
        ({"Targets": {"MongoDBTargets": [{"Path": "x"}]}}, "Targets.MongoDBTargets"),
        ({"Targets": {"DeltaTargets": [{"DeltaTables": ["x"]}]}}, "Targets.DeltaTargets"),
        ({"Targets": {"HudiTargets": [{"Paths": ["x"]}]}}, "Targets.HudiTargets"),
        ({"Targets": {"IcebergTargets": [{"Paths": ["x"]}]}}, "Targets.IcebergTargets"),
        (
            {"Targets": {"S3Targets": [{"Path": "s3://b/", "EventQueueArn": "q"}]}},
            "Targets.S3Targets.EventQueueArn",
        ),
        (
            {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}},
            "RecrawlPolicy.RecrawlBehavior CRAWL_EVENT_MODE",
        ),
        (
            {"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}},
            "LineageConfiguration.CrawlerLineageSettings ENABLE",
        ),
        ({"CrawlerSecurityConfiguration": "x"}, "CrawlerSecurityConfiguration"),
    ],
)
def test_what_is_refused_by_name(lake: Lake, more: dict[str, Any], what: str) -> None:
    given = {"Name": lake.name, "Role": "r", "DatabaseName": "d", "Targets": TARGETS, **more}
    code, message = refused(lake.glue.create_crawler, **given)
    assert code == "OperationNotSupportedException"
    assert message.startswith(f"{what} is not supported by this lab's Glue")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Targets": {}}, "At least one crawl target must be specified."),
        (
            {"Targets": {"S3Targets": [{"Path": "bucket/x"}]}},
            "The path of an S3 target must be s3://bucket/prefix: bucket/x",
        ),
        (
            {"Targets": {"S3Targets": [{"Path": "s3://b/", "Exclusions": ["{a"]}]}},
            "The exclude pattern is not valid: {a",
        ),
        (
            {"Targets": {"S3Targets": [{"Path": "s3://b/", "SampleSize": 250}]}},
            "SampleSize must be between 1 and 249: 250",
        ),
        ({"Schedule": "rate(1 day)"}, "The schedule expression rate(1 day) is not valid."),
        ({"Classifiers": ["none"]}, "Classifier with name none does not exist"),
        (
            {"Configuration": "{"},
            "The Configuration of the crawler is not valid: it is no JSON.",
        ),
        (
            {"Configuration": json.dumps({"Version": 1.0, "Grouping": {"By": 1}})},
            "The Configuration of the crawler is not valid: Grouping.By is not known.",
        ),
    ],
)
def test_what_is_not_valid(lake: Lake, more: dict[str, Any], message: str) -> None:
    given = {"Name": lake.name, "Role": "r", "DatabaseName": "d", "Targets": TARGETS, **more}
    assert refused(lake.glue.create_crawler, **given) == ("InvalidInputException", message)


@pytest.mark.fidelity("glue_crawlers.grok")
def test_a_grok_classifier(lake: Lake) -> None:
    name = lake.name
    pattern = "%{CODE:code:int} %{WORD:level} %{GREEDYDATA:text}"
    grok = {"Name": name, "Classification": "app", "GrokPattern": pattern}
    create = lake.glue.create_classifier
    assert refused(create, GrokClassifier=grok) == (
        "InvalidInputException",
        "The grok pattern is not valid: HIVE_CURSOR_ERROR: No definition for grok pattern CODE",
    )
    create(GrokClassifier={**grok, "CustomPatterns": "CODE [0-9]{3}"})
    lake.put({"app/a.log": "200 INFO all is well\n500 WARN not at all\n"})
    lake.crawl("app/", Classifiers=[name])
    assert lake.table()["Parameters"]["classification"] == "app"
    assert lake.columns() == {"code": "int", "level": "string", "text": "string"}
    assert lake.ask("SELECT level, code + 1 FROM app WHERE code > 300") == [["WARN", "501"]]
    lake.glue.update_classifier(GrokClassifier={"Name": name, "GrokPattern": "%{WORD:w}"})
    shown = lake.glue.get_classifier(Name=name)["Classifier"]["GrokClassifier"]
    assert (shown["Version"], shown["GrokPattern"]) == (2, "%{WORD:w}")
    lake.glue.delete_classifier(Name=name)
    assert refused(lake.glue.get_classifier, Name=name) == (
        "EntityNotFoundException",
        f"Classifier with name {name} does not exist",
    )


@pytest.mark.fidelity("glue_crawlers.custom_csv")
def test_a_csv_classifier(lake: Lake) -> None:
    lake.glue.create_classifier(
        CsvClassifier={
            "Name": lake.name,
            "Delimiter": "^",
            "QuoteSymbol": "'",
            "ContainsHeader": "ABSENT",
            "Header": ["word", "count"],
        }
    )
    lake.put({"t/a.csv": "'one^two'^1\n'three'^2\n"})
    lake.crawl("t/", Classifiers=[lake.name])
    assert lake.columns() == {"word": "string", "count": "bigint"}
    assert lake.table()["Parameters"]["areColumnsQuoted"] == "true"
    serde = lake.table()["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert lake.ask("SELECT word, count FROM t ORDER BY 2") == [["one^two", "1"], ["three", "2"]]
    lake.glue.delete_classifier(Name=lake.name)


@pytest.mark.fidelity("glue_crawlers.custom_json")
def test_a_json_classifier(lake: Lake) -> None:
    create = lake.glue.create_classifier
    assert refused(create, JsonClassifier={"Name": lake.name, "JsonPath": "rows"}) == (
        "InvalidInputException",
        "The JSON path is not valid: rows",
    )
    create(JsonClassifier={"Name": lake.name, "JsonPath": "$.rows[*]"})
    lake.put({"t/a.json": json.dumps({"rows": [{"a": 1}, {"a": 2, "b": "x"}], "n": 2})})
    lake.crawl("t/", Classifiers=[lake.name])
    assert lake.columns() == {"a": "int", "b": "string"}
    lake.glue.delete_classifier(Name=lake.name)


@pytest.mark.fidelity("glue_crawlers.refused")
def test_classifiers_that_are_refused(lake: Lake) -> None:
    create = lake.glue.create_classifier
    xml = {"Name": "x", "Classification": "x", "RowTag": "row"}
    assert refused(create, XMLClassifier=xml) == (
        "OperationNotSupportedException",
        f"XMLClassifier {LACK}",
    )
    assert refused(create, CsvClassifier={"Name": "x", "CustomDatatypeConfigured": True}) == (
        "OperationNotSupportedException",
        f"CsvClassifier.CustomDatatypeConfigured {LACK}",
    )
    assert refused(create) == (
        "InvalidInputException",
        "Exactly one of the classifier types must be specified.",
    )
