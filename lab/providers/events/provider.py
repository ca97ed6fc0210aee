"""The EventBridge API is LocalStack's. What it lacks is that schedules are AWS's and fire on time,
and that rules, targets, buses and archives are still there after a stop.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.events import provider as localstack_provider
from localstack.services.events.api_destination import APIDestinationService
from localstack.services.events.archive import ArchiveService
from localstack.services.events.connection import ConnectionService
from localstack.services.events.event_bus import EventBusService
from localstack.services.events.models import EventsStore, Rule, events_stores
from localstack.services.events.provider import EventsProvider, is_archive_arn, matches_event
from localstack.services.events.rule import RuleService
from localstack.services.plugins import Service

from lab.providers import cloudwatch
from lab.providers.clock import work
from lab.providers.events import targets
from lab.providers.events.delivery import Deliveries
from lab.providers.events.rules import ScheduledRuleService, Schedules
from lab.providers.snapshots import snapshot_of

CHANGES_OF_RULES = ("DeleteRule", "DisableRule", "EnableRule", "PutRule", "PutTargets")


class LabEventsProvider(EventsProvider):
    """LocalStack's provider with our rules and schedules."""

    def __init__(self) -> None:
        super().__init__()
        self._deliveries = Deliveries()
        self.schedules = Schedules(self._target_sender_store.get, self._deliveries.deliver)
        work().register("events", self._deliveries.under_way)
        targets.install()
        # What matches the rules of an event begins here, and is counted as under way.
        localstack_provider.start_worker_thread = self._start

    def _start(self, match: Callable[[Any], None], params: Any, **_name: str) -> None:
        self._deliveries.run(partial(match, params))

    def on_before_start(self) -> None:
        """Without LocalStack's scheduler."""

    def on_before_stop(self) -> None:
        """Without LocalStack's scheduler."""

    def create_rule_service(self, *settings: Any) -> RuleService:
        service = ScheduledRuleService.create_rule_service(*settings)
        self._rule_services_store[service.arn] = service
        return service

    def _process_rules(
        self, rule: Rule, region: str, account_id: str, event_formatted: Any, trace_header: Any
    ) -> None:
        """Have each target of a rule that matches the event called, in a thread of its own."""
        if not matches_event(rule.event_pattern, event_formatted):
            return
        for target in list(rule.targets.values()):
            if is_archive_arn(target["Arn"]):
                self._put_to_archive(region, account_id, target["Id"], event_formatted)
            elif sender := self._target_sender_store.get(f"{rule.arn}-{target['Id']}"):
                self._deliveries.run(
                    partial(self._deliveries.deliver, sender, event_formatted, trace_header)
                )

    def restore(self) -> None:
        """Make what LocalStack keeps beside its stores: the services around each resource."""
        for account, regions in list(events_stores.items()):
            for region, store in list(regions.items()):
                self._restore(account, region, store)
                self.schedules.follow(account, region, store)

    def _restore(self, account: str, region: str, store: EventsStore) -> None:
        for bus in store.event_buses.values():
            self._event_bus_services_store[bus.arn] = EventBusService(bus)
            for rule in bus.rules.values():
                self._rule_services_store[rule.arn] = ScheduledRuleService(rule)
                for target in rule.targets.values():
                    self.create_target_sender(target, rule.arn, rule.name, region, account)
        for archive in store.archives.values():
            created = archive.creation_time
            self._archive_service_store[archive.arn] = ArchiveService(archive)
            archive.creation_time = created
        for connection in store.connections.values():
            service = ConnectionService.restore_from_connection(connection)
            self._connection_service_store[connection.arn] = service
        for destination in store.api_destinations.values():
            connection = self._connection_service_store[destination.connection_arn].connection
            self._api_destination_service_store[destination.arn] = (
                APIDestinationService.restore_from_api_destination_and_connection(
                    destination, connection
                )
            )


def create_service() -> Service:
    cloudwatch.install()
    snapshot = snapshot_of(events_stores)
    snapshot.restore()
    provider = LabEventsProvider()
    provider.restore()
    service = Service.for_provider(provider)
    table = service.skeleton.dispatch_table
    for name in CHANGES_OF_RULES:
        table[name] = _following(provider, table[name])
    put_events = table["PutEvents"]
    snapshot.follow(service)
    table["PutEvents"] = _archiving(put_events, snapshot.save)
    return service


def _following(provider: LabEventsProvider, call: Callable[..., Any]) -> Callable[..., Any]:
    def follow(context: RequestContext, request: Any) -> Any:
        answer = call(context, request)
        store = provider.get_store(context.region, context.account_id)
        provider.schedules.follow(context.account_id, context.region, store)
        return answer

    return follow


def _archiving(call: Callable[..., Any], save: Callable[[], None]) -> Callable[..., Any]:
    """Events change a store only where an archive keeps them."""

    def put(context: RequestContext, request: Any) -> Any:
        answer = call(context, request)
        if events_stores[context.account_id][context.region].archives:
            save()
        return answer

    return put
