"""Requests in which something is missing that the service model does not require."""

from typing import Any

import pytest

from tests.providers.glue.support import refused

pytestmark = pytest.mark.lab
INVALID = "InvalidInputException"


def test_a_resource_link_without_a_target(glue: Any) -> None:
    link = {"Name": "mf_link", "TargetDatabase": {"CatalogId": "000000000000"}}
    expected = (INVALID, "TargetDatabase must have a DatabaseName")
    assert refused(glue.create_database, DatabaseInput=link) == expected


def test_a_function_without_a_name(glue: Any, database: str) -> None:
    given = {"DatabaseName": database, "FunctionInput": {"ClassName": "c"}}
    expected = (INVALID, "FunctionName must not be null or empty")
    assert refused(glue.create_user_defined_function, **given) == expected


def test_a_crawler_with_an_empty_policy(glue: Any, database: str) -> None:
    targets = {"S3Targets": [{"Path": "s3://mf/"}]}
    given = {"Name": "mf", "Role": "r", "DatabaseName": database, "Targets": targets}
    glue.create_crawler(**given, RecrawlPolicy={})
    glue.update_crawler(Name="mf", RecrawlPolicy={})
    policy = glue.get_crawler(Name="mf")["Crawler"]["RecrawlPolicy"]
    assert policy == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    glue.start_crawler(Name="mf")
    filters = [{"FieldName": "STATE"}]
    expected = (INVALID, "The filter STATE needs a FilterOperator and a FieldValue")
    assert refused(glue.list_crawls, CrawlerName="mf", Filters=filters) == expected
