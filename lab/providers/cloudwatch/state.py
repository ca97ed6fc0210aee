"""What CloudWatch keeps besides metrics: alarms, their history, dashboards and tags, as records."""

from functools import cache

from lab.config import load
from lab.providers.glue.storage import Storage


@cache
def state() -> Storage:
    """The records of this lab, by kind and then (account, region, name)."""
    return Storage(load().home / "cloudwatch" / "state.sqlite")
