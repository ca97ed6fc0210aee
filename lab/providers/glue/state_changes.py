"""Who wants to know when a crawler or a job run changes its state.

Triggers wait for such changes, and crawlers and jobs know nothing of triggers: those who wait
subscribe here. A subscriber is called in the thread of what has changed, after the change is kept;
it must be quick, and what it raises is logged and stops nobody.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

LOG = logging.getLogger(__name__)


class StateChange(NamedTuple):
    """``kind`` is ``crawler`` or ``job``; ``run`` the id of the crawl or the job run; ``state`` as
    the API has it: RUNNING, SUCCEEDED, FAILED, CANCELLED... for a crawl, a JobRunState for a job.
    """

    account: str
    region: str
    kind: str
    name: str
    run: str
    state: str


Subscriber = Callable[[StateChange], None]

_SUBSCRIBERS: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Have ``subscriber`` told of each change from now on; once, however often it subscribes."""
    if subscriber not in _SUBSCRIBERS:
        _SUBSCRIBERS.append(subscriber)


def unsubscribe(subscriber: Subscriber) -> None:
    if subscriber in _SUBSCRIBERS:
        _SUBSCRIBERS.remove(subscriber)


def publish(change: StateChange) -> None:
    """Tell all who have subscribed."""
    for subscriber in tuple(_SUBSCRIBERS):
        try:
            subscriber(change)
        except Exception:  # an edge: the crawl or the run goes on
            LOG.exception("a change of the %s %s was not followed", change.kind, change.name)
