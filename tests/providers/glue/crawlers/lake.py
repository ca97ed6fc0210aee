"""What the tests of crawlers share: files put into S3, crawled, and asked for through Athena."""

from collections.abc import Callable, Mapping
from typing import Any

LOOKS = 6000
"""So often a state is looked at before a test gives up; each look is a call."""


class Lake:
    """A bucket, and a database and a crawler of its name."""

    def __init__(self, client: Callable[..., Any], name: str) -> None:
        self.name = name
        self.glue = client("glue")
        self.s3 = client("s3")
        self.athena = client("athena")
        self.s3.create_bucket(Bucket=name)
        self.s3.create_bucket(Bucket=f"{name}-results")
        self.glue.create_database(DatabaseInput={"Name": name})

    def put(self, files: Mapping[str, str | bytes]) -> None:
        for key, body in files.items():
            self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def remove(self, *keys: str) -> None:
        for key in keys:
            self.s3.delete_object(Bucket=self.name, Key=key)

    def create(self, *prefixes: str, **more: Any) -> None:
        paths = [{"Path": f"s3://{self.name}/{prefix}"} for prefix in prefixes or ("",)]
        given = {"Targets": {"S3Targets": paths}, "DatabaseName": self.name, **more}
        self.glue.create_crawler(Name=self.name, Role="crawler", **given)

    def crawl(self, *prefixes: str, **more: Any) -> dict[str, Any]:
        """Make a crawler and let it run; returns it."""
        self.create(*prefixes, **more)
        return self.run()

    def run(self) -> dict[str, Any]:
        self.glue.start_crawler(Name=self.name)
        return self.wait()

    def wait(self) -> dict[str, Any]:
        for _ in range(LOOKS):
            crawler: dict[str, Any] = self.glue.get_crawler(Name=self.name)["Crawler"]
            if crawler["State"] == "READY":
                return crawler
        raise AssertionError(crawler)

    def tables(self) -> dict[str, dict[str, Any]]:
        found = self.glue.get_tables(DatabaseName=self.name)["TableList"]
        return {table["Name"]: table for table in found}

    def table(self) -> dict[str, Any]:
        [found] = self.tables().values()
        return found

    def columns(self, table: str = "") -> dict[str, str]:
        found = self.tables()[table] if table else self.table()
        return {each["Name"]: each["Type"] for each in found["StorageDescriptor"]["Columns"]}

    def partitions(self, table: str) -> dict[str, dict[str, Any]]:
        """By their values, joined by slashes."""
        found = self.glue.get_partitions(DatabaseName=self.name, TableName=table)["Partitions"]
        return {"/".join(each["Values"]): each for each in found}

    def ask(self, sql: str) -> list[list[str | None]]:
        """The rows of a statement, as Athena prints them."""
        query = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.name},
            ResultConfiguration={"OutputLocation": f"s3://{self.name}-results/"},
        )["QueryExecutionId"]
        for _ in range(LOOKS):
            status = self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"][
                "Status"
            ]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
        assert status["State"] == "SUCCEEDED", status
        rows = self.athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]

    def forget(self) -> None:
        names = self.glue.list_crawlers()["CrawlerNames"]
        if self.name in names:
            self.wait()
            self.glue.delete_crawler(Name=self.name)
        self.glue.delete_database(Name=self.name)
