"""Work groups: where results go, whether clients may say otherwise, and how much a query may scan.

Source: Amazon Athena API reference, "WorkGroupConfiguration", "WorkGroupConfigurationUpdates".
"""

from localstack.aws.api import RequestContext

from lab.providers.athena.errors import invalid
from lab.providers.athena.models import (
    ENGINE_VERSION,
    AthenaStore,
    Record,
    WorkGroup,
    default_configuration,
    store_of,
)

REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}
MINIMUM_CUTOFF = 10_000_000


def _store(context: RequestContext) -> AthenaStore:
    return store_of(context.account_id, context.region)


def create_work_group(context: RequestContext, request: Record) -> Record:
    store = _store(context)
    with store.lock:
        name = request["Name"]
        if name in store.work_groups:
            raise invalid("WorkGroup is already created")
        given = request.get("Configuration") or {}
        _check_cutoff(given.get("BytesScannedCutoffPerQuery"))
        # A work group that says nothing enforces its configuration; only primary does not.
        defaults = {
            **default_configuration(),
            "EnforceWorkGroupConfiguration": True,
            "PublishCloudWatchMetricsEnabled": True,
        }
        configuration = {**defaults, **given, "EngineVersion": dict(ENGINE_VERSION)}
        store.work_groups[name] = WorkGroup(name, configuration, request.get("Description"))
    return {}


def _check_cutoff(cutoff: int | None) -> None:
    if cutoff is not None and cutoff < MINIMUM_CUTOFF:
        raise invalid(f"BytesScannedCutoffPerQuery must be at least {MINIMUM_CUTOFF}")


def get_work_group(context: RequestContext, request: Record) -> Record:
    return {"WorkGroup": _store(context).work_group(request["WorkGroup"]).describe()}


def list_work_groups(context: RequestContext, _request: Record) -> Record:
    groups = _store(context).work_groups
    summaries = []
    for name in sorted(groups):
        described = groups[name].describe()
        described.pop("Configuration")
        summaries.append({**described, "EngineVersion": ENGINE_VERSION})
    return {"WorkGroups": summaries}


def update_work_group(context: RequestContext, request: Record) -> Record:
    store = _store(context)
    with store.lock:
        group = store.work_group(request["WorkGroup"])
        updates = dict(request.get("ConfigurationUpdates") or {})
        _check_cutoff(updates.get("BytesScannedCutoffPerQuery"))
        result = updates.pop("ResultConfigurationUpdates", None) or {}
        kept = dict(group.configuration["ResultConfiguration"])
        for removal, field in REMOVALS.items():
            if result.pop(removal, False):
                kept.pop(field, None)
        if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
            group.configuration.pop("BytesScannedCutoffPerQuery", None)
        updates.pop("EngineVersion", None)
        group.configuration = {
            **group.configuration,
            **updates,
            "ResultConfiguration": {**kept, **result},
        }
        group.description = request.get("Description", group.description)
        group.state = request.get("State", group.state)
    return {}


def delete_work_group(context: RequestContext, request: Record) -> Record:
    store = _store(context)
    with store.lock:
        name = request["WorkGroup"]
        store.work_group(name)
        if name == "primary":
            raise invalid("The primary workgroup cannot be deleted")
        runs = [run for run in store.executions.values() if run.work_group == name]
        if runs and not request.get("RecursiveDeleteOption"):
            raise invalid(f"WorkGroup {name} is not empty")
        for run in runs:
            del store.executions[run.id]
        del store.work_groups[name]
    return {}


HANDLERS = {
    "CreateWorkGroup": create_work_group,
    "GetWorkGroup": get_work_group,
    "ListWorkGroups": list_work_groups,
    "UpdateWorkGroup": update_work_group,
    "DeleteWorkGroup": delete_work_group,
}
