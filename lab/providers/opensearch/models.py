"""What the lab keeps of a domain, and how AWS describes it.

Source: Amazon OpenSearch Service API Reference, "DomainStatus", "DomainConfig" and
"ChangeProgressStatusDetails".
"""

import json
import os
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from lab.config import ACCOUNT_ID, HOST, load
from lab.providers.opensearch.policy import Document

Options = dict[str, Any]

LATEST = "OpenSearch_3.1"
"""The newest of LocalStack's list of versions. What runs is said by ``GET /`` at the endpoint."""

DEFAULTS: Options = {
    "AccessPolicies": "",
    "AdvancedOptions": {
        "override_main_response_version": "false",
        "rest.action.multi.allow_explicit_index": "true",
    },
    "AdvancedSecurityOptions": {
        "AnonymousAuthEnabled": False,
        "Enabled": False,
        "InternalUserDatabaseEnabled": False,
    },
    "AutoTuneOptions": {"DesiredState": "ENABLED", "UseOffPeakWindow": False},
    "ClusterConfig": {
        "ColdStorageOptions": {"Enabled": False},
        "DedicatedMasterEnabled": False,
        "InstanceCount": 1,
        "InstanceType": "m4.large.search",
        "MultiAZWithStandbyEnabled": False,
        "WarmEnabled": False,
        "ZoneAwarenessEnabled": False,
    },
    "CognitoOptions": {"Enabled": False},
    "DomainEndpointOptions": {
        "CustomEndpointEnabled": False,
        "EnforceHTTPS": False,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07",
    },
    "EBSOptions": {"EBSEnabled": False},
    "EncryptionAtRestOptions": {"Enabled": False},
    "IPAddressType": "ipv4",
    "LogPublishingOptions": {},
    "NodeToNodeEncryptionOptions": {"Enabled": False},
    "OffPeakWindowOptions": {"Enabled": False},
    "SnapshotOptions": {"AutomatedSnapshotStartHour": 0},
    "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": False},
}
SOFTWARE: Options = {
    "AutomatedUpdateDate": datetime.fromtimestamp(0, UTC),
    "Cancellable": False,
    "CurrentVersion": "",
    "Description": "There is no software update available for this domain.",
    "NewVersion": "",
    "OptionalDeployment": True,
    "UpdateAvailable": False,
    "UpdateStatus": "COMPLETED",
}


def now() -> datetime:
    return datetime.now(UTC)


def transition_seconds() -> float:
    """How long a domain is made or changed at least; minutes on AWS."""
    return float(os.environ.get("LAB_OPENSEARCH_TRANSITION_SECONDS") or 0)


@dataclass
class Setting:
    """One group of options: its value, and when it was made and last changed."""

    value: Any
    version: int = 1
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass
class Change:
    """What an UpdateDomainConfig, or the creation, changes."""

    properties: list[str]
    message: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: datetime = field(default_factory=now)
    seconds: float = field(default_factory=transition_seconds)
    finished: datetime | None = None

    @property
    def is_due(self) -> bool:
        return (now() - self.started).total_seconds() >= self.seconds


@dataclass
class Domain:
    """One domain. ``shared`` says that it has the server that the lab runs anyway."""

    name: str
    account: str
    region: str
    engine_version: str
    shared: bool
    settings: dict[str, Setting]
    tags: dict[str, str]
    change: Change
    is_active: bool = False

    @classmethod
    def create(
        cls, name: str, account: str, region: str, request: Options, *, shared: bool
    ) -> "Domain":
        values = {key: merged(default, request.get(key)) for key, default in DEFAULTS.items()}
        return cls(
            name,
            account,
            region,
            request.get("EngineVersion") or LATEST,
            shared,
            {key: Setting(value) for key, value in values.items()},
            {tag["Key"]: tag["Value"] for tag in request.get("TagList") or []},
            Change([], "Creating domain"),
        )

    @property
    def arn(self) -> str:
        return f"arn:aws:es:{self.region}:{self.account}:domain/{self.name}"

    @property
    def slug(self) -> str:
        """What tells it in its region's endpoints: on AWS a random part does."""
        return self.name if self.account == ACCOUNT_ID else f"{self.name}.{self.account}"

    @property
    def endpoint(self) -> str:
        """Without a scheme, as on AWS."""
        return f"{HOST}:{load().port}/opensearch/{self.region}/{self.slug}"

    @property
    def policy(self) -> Document | None:
        text = self.settings["AccessPolicies"].value
        return json.loads(text) if text else None

    @property
    def is_processing(self) -> bool:
        return self.change.finished is None

    def update(self, request: Options) -> None:
        """Apply at once what the request names; the change is shown as long as it lasts."""
        changed = [key for key in DEFAULTS if request.get(key) is not None]
        for key in changed:
            setting = self.settings[key]
            setting.value = merged(setting.value, request[key])
            setting.version += 1
            setting.updated = now()
        self.change = Change(changed, "Updating domain configuration")

    def settle(self) -> None:
        """End the change when its time has passed."""
        if self.is_processing and self.is_active and self.change.is_due:
            self.change.finished = now()

    def processing_status(self) -> str:
        if not self.is_processing:
            return "Active"
        return "Modifying" if self.change.properties else "Creating"

    def status(self, *, deleted: bool = False) -> Options:
        values = {key: deepcopy(setting.value) for key, setting in self.settings.items()}
        tune = values.pop("AutoTuneOptions")
        return {
            **values,
            "ARN": self.arn,
            "AutoTuneOptions": {
                "State": tune["DesiredState"],
                "UseOffPeakWindow": tune["UseOffPeakWindow"],
            },
            "ChangeProgressDetails": self.change_details(),
            "Created": True,
            "Deleted": deleted,
            "DomainId": f"{self.account}/{self.name}",
            "DomainName": self.name,
            "DomainProcessingStatus": "Deleting" if deleted else self.processing_status(),
            "EngineVersion": self.engine_version,
            "Processing": deleted or self.is_processing,
            "ServiceSoftwareOptions": SOFTWARE,
            "UpgradeProcessing": False,
            **({"Endpoint": self.endpoint} if self.is_active and not deleted else {}),
        }

    def config(self) -> Options:
        """Each group of options with its status."""
        told: Options = {key: self._told(key, one) for key, one in self.settings.items()}
        told["EngineVersion"] = {
            "Options": self.engine_version,
            "Status": self._option_status("", self.settings["ClusterConfig"]),
        }
        tune = told["AutoTuneOptions"]
        tune["Status"]["State"] = tune["Options"]["DesiredState"]
        tune["Options"]["RollbackOnDisable"] = "NO_ROLLBACK"
        return {**told, "ChangeProgressDetails": self.change_details()}

    def _told(self, key: str, setting: Setting) -> Options:
        return {"Options": deepcopy(setting.value), "Status": self._option_status(key, setting)}

    def _option_status(self, key: str, setting: Setting) -> Options:
        changes = self.is_processing and (key in self.change.properties or not self.is_active)
        return {
            "CreationDate": setting.created,
            "PendingDeletion": False,
            "State": "Processing" if changes else "Active",
            "UpdateDate": setting.updated,
            "UpdateVersion": setting.version,
        }

    def change_details(self) -> Options:
        change = self.change
        return {
            "ChangeId": change.id,
            "ConfigChangeStatus": "ApplyingChanges" if self.is_processing else "Completed",
            "InitiatedBy": "CUSTOMER",
            "LastUpdatedTime": change.finished or change.started,
            "Message": change.message,
            "StartTime": change.started,
        }

    def progress(self) -> Options:
        change = self.change
        details = self.change_details()
        del details["Message"]
        pending = self.is_processing
        return {
            **details,
            "CompletedProperties": [] if pending else change.properties,
            "PendingProperties": change.properties if pending else [],
            "Status": "PROCESSING" if pending else "COMPLETED",
        }


def merged(old: Any, given: Any) -> Any:
    """A structure keeps the members that are not given anew."""
    if given is None:
        return deepcopy(old)
    return {**deepcopy(old), **given} if isinstance(old, dict) else given


class DomainStore(BaseStore):
    """The domains of one account and region, by name."""

    domains: dict[str, Domain] = LocalAttribute(default=dict)


stores = AccountRegionBundle("opensearch", DomainStore)


def all_domains() -> list[Domain]:
    return [
        domain
        for regions in list(stores.values())
        for store in list(regions.values())
        for domain in list(store.domains.values())
    ]


def find(region: str, slug: str) -> Domain | None:
    """The domain of an endpoint."""
    for domain in all_domains():
        if (domain.region, domain.slug) == (region, slug):
            return domain
    return None
