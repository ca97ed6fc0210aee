"""Work groups: where results go, whether clients may say otherwise, and how much a query may scan.

Source: Amazon Athena API reference, "WorkGroupConfiguration", "WorkGroupConfigurationUpdates".
"""

import time

from lab.providers.athena.errors import invalid
from lab.providers.athena.locations import check_place
from lab.providers.athena.models import ENGINE_VERSION, Record, moment
from lab.providers.athena.store import Store
from lab.providers.athena.validation import page

KIND, PRIMARY = "work group", "primary"
NAMED_QUERY, PREPARED_STATEMENT, TAGS = "named query", "prepared statement", "tags"
# Updates that remove a field, and the field.
REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}
OTHER_REMOVALS = {
    "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "RemoveCustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
}
MAX_TAGS = 50
ENGINES = ("AUTO", "Athena engine version 3")


def default_configuration() -> Record:
    return {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EngineVersion": dict(ENGINE_VERSION),
        "EnableMinimumEncryptionConfiguration": False,
    }


def find(store: Store, name: str) -> Record:
    """A WorkGroup; CreationTime is in seconds since the epoch."""
    found = store.get(KIND, name)
    if found is None and name == PRIMARY:
        found = _new(PRIMARY, default_configuration())
        store.put(KIND, PRIMARY, found)
    if found is None:
        raise invalid("WorkGroup is not found.")
    return found


def _new(name: str, configuration: Record) -> Record:
    return {
        "Name": name,
        "State": "ENABLED",
        "Configuration": configuration,
        "CreationTime": time.time(),
    }


def _check(configuration: Record) -> None:
    """Refuse a place that is none, and by name what the lab has not."""
    for name in ("ResultConfiguration", "ResultConfigurationUpdates"):
        if location := (configuration.get(name) or {}).get("OutputLocation"):
            check_place(location)
    engine = (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    if engine not in ENGINES:
        raise invalid(f"{engine} is not supported by this lab")
    for name, switch in (
        ("ManagedQueryResultsConfiguration", "Enabled"),
        ("ManagedQueryResultsConfigurationUpdates", "Enabled"),
        ("IdentityCenterConfiguration", "EnableIdentityCenter"),
        ("QueryResultsS3AccessGrantsConfiguration", "EnableS3AccessGrants"),
    ):
        if (configuration.get(name) or {}).get(switch):
            raise invalid(f"{name} is not supported by this lab")


def _with_engine(configuration: Record) -> Record:
    selected = (configuration.get("EngineVersion") or ENGINE_VERSION).get(
        "SelectedEngineVersion", "AUTO"
    )
    return {
        **configuration,
        "EngineVersion": {**ENGINE_VERSION, "SelectedEngineVersion": selected},
    }


def create(store: Store, request: Record) -> Record:
    with store.lock:
        name = request["Name"]
        if name == PRIMARY or store.get(KIND, name) is not None:
            raise invalid("WorkGroup is already created")
        given = request.get("Configuration") or {}
        _check(given)
        # A work group that says nothing enforces its configuration; only primary does not.
        defaults = {
            **default_configuration(),
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
        }
        made = _new(name, _with_engine({**defaults, **given}))
        if "Description" in request:
            made["Description"] = request["Description"]
        if request.get("Tags"):
            put_tags(store, arn(store, name), request["Tags"])
        store.put(KIND, name, made)
    return {}


def put_tags(store: Store, resource: str, given: list[Record]) -> None:
    """Add tags to those that a resource has."""
    tags = store.get(TAGS, resource) or {}
    tags |= {one["Key"]: one.get("Value", "") for one in given}
    if len(tags) > MAX_TAGS:
        raise invalid(f"A resource can have at most {MAX_TAGS} tags")
    store.put(TAGS, resource, tags)


def arn(store: Store, name: str) -> str:
    return f"arn:aws:athena:{store.region}:{store.account}:workgroup/{name}"


def _shown(group: Record) -> Record:
    return {**group, "CreationTime": moment(group["CreationTime"])}


def get(store: Store, request: Record) -> Record:
    return {"WorkGroup": _shown(find(store, request["WorkGroup"]))}


def list_all(store: Store, request: Record) -> Record:
    find(store, PRIMARY)
    summaries = []
    for group in store.all(KIND):
        summary = {"Description": "", **_shown(group)}
        summary["EngineVersion"] = summary.pop("Configuration")["EngineVersion"]
        summaries.append(summary)
    return page(summaries, request, "WorkGroups")


def update(store: Store, request: Record) -> Record:
    with store.lock:
        group = find(store, request["WorkGroup"])
        updates = dict(request.get("ConfigurationUpdates") or {})
        _check(updates)
        updates.pop("ManagedQueryResultsConfigurationUpdates", None)
        configuration = group["Configuration"]
        result = updates.pop("ResultConfigurationUpdates", None) or {}
        kept = {**configuration["ResultConfiguration"], **_removing(result, REMOVALS)}
        changed = {**configuration, **_removing(updates, OTHER_REMOVALS)}
        changed["ResultConfiguration"] = _present(kept)
        group["Configuration"] = _with_engine(_present(changed))
        for field in ("Description", "State"):
            if field in request:
                group[field] = request[field]
        store.put(KIND, group["Name"], group)
    return {}


def _removing(updates: Record, removals: dict[str, str]) -> Record:
    """The updates with what they remove as None."""
    found = {key: value for key, value in updates.items() if key not in removals}
    return found | {field: None for flag, field in removals.items() if updates.get(flag)}


def _present(record: Record) -> Record:
    return {key: value for key, value in record.items() if value is not None}


def delete(store: Store, request: Record) -> Record:
    with store.lock:
        name = request["WorkGroup"]
        if name == PRIMARY:
            raise invalid("The primary workgroup cannot be deleted")
        find(store, name)
        queries = [one for one in store.all(NAMED_QUERY) if one["WorkGroup"] == name]
        used = store.history(name) or queries or store.all(PREPARED_STATEMENT, name)
        if used and not request.get("RecursiveDeleteOption"):
            raise invalid(f"WorkGroup {name} is not empty")
        store.forget(name)
        store.clear(PREPARED_STATEMENT, name)
        for query in queries:
            store.remove(NAMED_QUERY, query["NamedQueryId"])
        store.remove(TAGS, arn(store, name))
        store.remove(KIND, name)
    return {}


HANDLERS = {
    "CreateWorkGroup": create,
    "GetWorkGroup": get,
    "ListWorkGroups": list_all,
    "UpdateWorkGroup": update,
    "DeleteWorkGroup": delete,
}
