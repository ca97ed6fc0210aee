"""CloudWatch, all of it ours: metrics in a file, their mathematics, alarms, dashboards, pictures.

Other providers tell of themselves with the names that this package gives.
"""

from lab.providers.cloudwatch.metrics import (
    Metric,
    Moment,
    Publisher,
    Source,
    install,
    publisher,
)

__all__ = ("Metric", "Moment", "Publisher", "Source", "install", "publisher")
