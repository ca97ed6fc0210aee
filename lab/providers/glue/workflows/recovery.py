"""What goes on after a restart: schedules, batches of events, and the flows that were open."""

from lab.providers.glue.models import DataCatalog
from lab.providers.glue.workflows import batches, timetable
from lab.providers.glue.workflows.engine import engine
from lab.providers.glue.workflows.flow import TRIGGER, open_flows


def recover(catalog: DataCatalog) -> None:
    for trigger in catalog.storage.records(TRIGGER):
        timetable.follow(catalog, trigger)
    batches.recover(catalog)
    for flow in open_flows(catalog):
        engine().recover(flow)
