"""Tags of databases, connections and crawlers. Source: AWS Glue API reference, "Tagging APIs"."""

from lab.providers.glue.errors import invalid, not_found
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Record
from lab.providers.handlers import handlers

MOST = 50
KINDS = ("database", "connection", "crawler", "job", "trigger", "workflow")


def put_tags(catalog: DataCatalog, arn: str, tags: dict[str, str]) -> None:
    """Add tags to those that a resource has."""
    if not tags:
        return
    with catalog.transaction():
        found = {**(catalog.storage.get("tags", (arn,)) or {}), **tags}
        if len(found) > MOST:
            raise invalid(f"The number of tags exceeds the maximum of {MOST}")
        catalog.storage.put("tags", (arn,), found)


def _checked(catalog: DataCatalog, arn: str) -> str:
    """The ARN of a resource that is there and may have tags."""
    kind, _, name = arn.removeprefix(catalog.arn("")).partition("/")
    if not arn.startswith(catalog.arn("")) or kind not in KINDS or not name:
        raise invalid(f"Invalid Arn: {arn}")
    if not catalog.storage.has(kind, (name,)):
        raise not_found(f"Resource {arn} not found.")
    return arn


def tag_resource(catalog: DataCatalog, request: Record) -> Record:
    put_tags(catalog, _checked(catalog, request["ResourceArn"]), request["TagsToAdd"])
    return {}


def untag_resource(catalog: DataCatalog, request: Record) -> Record:
    arn, removed = _checked(catalog, request["ResourceArn"]), request["TagsToRemove"]
    with catalog.transaction():
        tags = catalog.storage.get("tags", (arn,)) or {}
        kept = {key: value for key, value in tags.items() if key not in removed}
        catalog.storage.put("tags", (arn,), kept)
    return {}


def get_tags(catalog: DataCatalog, request: Record) -> Record:
    return {"Tags": catalog.storage.get("tags", (_checked(catalog, request["ResourceArn"]),)) or {}}


HANDLERS = handlers(tag_resource, untag_resource, get_tags)
