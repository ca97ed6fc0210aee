"""Where a crawler looks: folders of S3, or tables of the catalog. Data stores that this lab has not
are refused by name.

Source: AWS Glue API reference, "CrawlerTargets", "S3Target", "CatalogTarget".
"""

from typing import Any

from lab.providers.glue.crawlers import globs
from lab.providers.glue.errors import invalid
from lab.providers.glue.refused import refuse

Record = dict[str, Any]

KINDS = (
    *("S3Targets", "JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets"),
    *("DeltaTargets", "IcebergTargets", "HudiTargets"),
)
SUPPORTED = ("S3Targets", "CatalogTargets")
NOT_SUPPORTED = ("ConnectionName", "EventQueueArn", "DlqEventQueueArn")
MOST_SAMPLED = 249


def checked(given: Record) -> Record:
    """The targets as GetCrawler shows them: all kinds, and exclusions of each path."""
    for kind in KINDS:
        if given.get(kind) and kind not in SUPPORTED:
            raise refuse(f"Targets.{kind}")
    paths, tables = given.get("S3Targets") or [], given.get("CatalogTargets") or []
    if not paths and not tables:
        raise invalid("At least one crawl target must be specified.")
    if paths and tables:
        raise invalid("Catalog targets cannot be combined with targets of other types.")
    for target in (*paths, *tables):
        for name in NOT_SUPPORTED:
            if target.get(name):
                raise refuse(f"Targets.{'S3' if paths else 'Catalog'}Targets.{name}")
    found: Record = {kind: [] for kind in KINDS}
    return {**found, "S3Targets": [_path(each) for each in paths], "CatalogTargets": tables}


def _path(target: Record) -> Record:
    path = target.get("Path") or ""
    if not path.startswith("s3://") or not path.removeprefix("s3://").partition("/")[0]:
        raise invalid(f"The path of an S3 target must be s3://bucket/prefix: {path}")
    exclusions = target.get("Exclusions") or []
    for pattern in exclusions:
        try:
            globs.compiled(pattern)
        except globs.PatternError as error:
            raise invalid(f"The exclude pattern is not valid: {pattern}") from error
    size = target.get("SampleSize")
    if size is not None and not 1 <= size <= MOST_SAMPLED:
        raise invalid(f"SampleSize must be between 1 and {MOST_SAMPLED}: {size}")
    return {
        "Path": path,
        "Exclusions": exclusions,
        **({"SampleSize": size} if size is not None else {}),
    }
