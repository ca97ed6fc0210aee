"""Where results go: the client's place or the work group's, and the file's name by the statement.

Source: Amazon Athena User Guide, "Specify a query result location", "Override client-side
settings", "Work with query results and recent queries".
"""

from lab.engine.errors import QueryError
from lab.providers.athena.errors import invalid
from lab.providers.athena.models import Record
from lab.providers.athena.objects import S3Objects, split_uri

NO_OUTPUT = (
    "No output location provided. An output location is required either through the Workgroup"
    " result configuration setting or as an API input."
)
WRITERS = ("INSERT", "UNLOAD")
CHANGES = ("UPDATE", "DELETE", "MERGE")


def chosen(group: Record, asked: Record | None) -> Record:
    """The ResultConfiguration of a query, its OutputLocation a valid place."""
    given = {key: value for key, value in (asked or {}).items() if value}
    configuration = group["Configuration"]
    configured = configuration.get("ResultConfiguration") or {}
    enforced = configuration["EnforceWorkGroupConfiguration"] and configured.get("OutputLocation")
    result = dict(configured) if enforced else {**configured, **given}
    location = result.get("OutputLocation")
    if not location:
        raise invalid(NO_OUTPUT)
    check_place(location)
    return result


def check_place(location: str) -> None:
    """InvalidRequestException when it is no place in S3."""
    try:
        split_uri(location)
    except QueryError as error:
        raise invalid("outputLocation is not a valid S3 path.") from error


def check_bucket(objects: S3Objects, configuration: Record) -> None:
    """The bucket exists, and belongs to whom the client expects."""
    bucket, _ = split_uri(configuration["OutputLocation"])
    owner = objects.owner(bucket)
    if owner is None:
        raise invalid(f"Unable to verify/create output bucket {bucket}")
    expected = configuration.get("ExpectedBucketOwner")
    if expected and expected != owner:
        raise invalid(
            f"Unable to verify/create output bucket {bucket}. If specifying an expected bucket"
            " owner, confirm the bucket is owned by the expected account."
        )


def result_file(location: str, identifier: str, kind: str, subkind: str) -> str:
    """The OutputLocation that GetQueryExecution shows."""
    folder = location.rstrip("/")
    if subkind == "CREATE_TABLE_AS_SELECT":
        return f"{folder}/tables/{identifier}"
    if subkind in WRITERS:
        return f"{folder}/{identifier}"
    text = (kind != "DML" or subkind == "EXPLAIN") and subkind != "SHOW_FUNCTIONS"
    return f"{folder}/{identifier}.{'txt' if text else 'csv'}"
