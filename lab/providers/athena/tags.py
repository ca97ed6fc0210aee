"""Tags of work groups and data catalogues, and what this Athena can run on.

Source: Amazon Athena API reference, "TagResource", "ListEngineVersions",
"ListApplicationDPUSizes".
"""

import re

from lab.providers.athena import metadata, work_groups
from lab.providers.athena.errors import AthenaError, invalid
from lab.providers.athena.models import ENGINE_VERSION, Record
from lab.providers.athena.store import Store
from lab.providers.athena.validation import page

ARN = re.compile(r"arn:aws:athena:([a-z0-9-]+):(\d{12}):(workgroup|datacatalog)/(.+)")


def _check(store: Store, arn: str) -> None:
    """The ARN is of something that is there."""
    match = ARN.fullmatch(arn)
    if match is None:
        raise invalid("Invalid Amazon Resource Name (ARN)")
    region, account, kind, name = match.groups()
    there = (region, account) == (store.region, store.account)
    if kind == "workgroup":
        known = name == work_groups.PRIMARY or store.get(work_groups.KIND, name) is not None
    else:
        known = name.lower() == metadata.NAME.lower()
    if not (there and known):
        raise AthenaError("ResourceNotFoundException", f"Resource {arn} was not found")


def tag(store: Store, request: Record) -> Record:
    arn = request["ResourceARN"]
    _check(store, arn)
    with store.lock:
        work_groups.put_tags(store, arn, request["Tags"])
    return {}


def untag(store: Store, request: Record) -> Record:
    arn = request["ResourceARN"]
    _check(store, arn)
    with store.lock:
        tags = store.get(work_groups.TAGS, arn) or {}
        kept = {key: value for key, value in tags.items() if key not in request["TagKeys"]}
        store.put(work_groups.TAGS, arn, kept)
    return {}


def list_tags(store: Store, request: Record) -> Record:
    arn = request["ResourceARN"]
    _check(store, arn)
    tags = store.get(work_groups.TAGS, arn) or {}
    return page([{"Key": k, "Value": v} for k, v in sorted(tags.items())], request, "Tags", 75)


def list_engine_versions(_store: Store, request: Record) -> Record:
    version = ENGINE_VERSION["EffectiveEngineVersion"]
    versions = [ENGINE_VERSION, {**ENGINE_VERSION, "SelectedEngineVersion": version}]
    return page(versions, request, "EngineVersions", 10)


def list_application_dpu_sizes(_store: Store, request: Record) -> Record:
    """Sizes of Spark applications: there are none here."""
    return page([], request, "ApplicationDPUSizes")


HANDLERS = {
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
    "ListEngineVersions": list_engine_versions,
    "ListApplicationDPUSizes": list_application_dpu_sizes,
}
