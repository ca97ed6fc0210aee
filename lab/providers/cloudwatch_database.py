"""LocalStack's store of metrics, made to answer as CloudWatch does and kept in the lab's home.

LocalStack finds dimensions by a part of their text: it would count the stream ``a10`` for ``a1``,
and a shard's metrics for its stream's. Here they are compared whole. Whoever reads is shown all
that has happened up to then.

Percentiles are refused: sums are all that is kept. After 15 days metrics are gone; CloudWatch keeps
coarser ones for 15 months.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from localstack.services.cloudwatch import provider_v2
from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase

from lab.config import load
from lab.providers.cloudwatch import publisher

KEPT_SECONDS = 15 * 86_400

_STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")

_INSERT = """
INSERT INTO AGGREGATED_METRICS (account_id, region, namespace, metric_name, timestamp, dimensions,
    unit, storage_resolution, sample_count, sum, min, max)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_SELECT = """
SELECT (timestamp - :start) / :period AS place, SUM(count), SUM(total), MIN(low), MAX(high)
FROM (
    SELECT account_id, region, namespace, metric_name, timestamp, dimensions, unit,
        1 AS count, value AS total, value AS low, value AS high
    FROM SINGLE_METRICS
    UNION ALL
    SELECT account_id, region, namespace, metric_name, timestamp, dimensions, unit,
        sample_count, sum, min, max
    FROM AGGREGATED_METRICS
)
WHERE account_id = :account AND region = :region AND namespace = :namespace AND metric_name = :name
    AND dimensions IS :dimensions AND (:any_unit OR unit IS :unit)
    AND timestamp >= :start AND timestamp < :end
GROUP BY place ORDER BY place
"""

_VALUES: dict[str, Callable[[float, float, float, float], float]] = {
    "SampleCount": lambda count, _total, _low, _high: count,
    "Sum": lambda _count, total, _low, _high: total,
    "Average": lambda count, total, _low, _high: total / count,
    "Minimum": lambda _count, _total, low, _high: low,
    "Maximum": lambda _count, _total, _low, high: high,
}


class MetricDatabase(CloudwatchDatabase):
    """The same tables and the same interface as LocalStack's, in another folder."""

    CLOUDWATCH_DATA_ROOT = str(load().home / "cloudwatch")
    METRICS_DB = f"{CLOUDWATCH_DATA_ROOT}/{CloudwatchDatabase.DB_NAME}"
    METRICS_DB_READ_ONLY = f"file:{METRICS_DB}?mode=ro"

    def __init__(self) -> None:
        super().__init__()
        end = {"end": time.time() - KEPT_SECONDS}
        with self.DATABASE_LOCK, closing(sqlite3.connect(self.METRICS_DB)) as connection:
            connection.execute("DELETE FROM SINGLE_METRICS WHERE timestamp < :end", end)
            connection.execute("DELETE FROM AGGREGATED_METRICS WHERE timestamp < :end", end)
            connection.commit()

    def add_metric_data(
        self, account_id: str, region: str, namespace: str, metric_data: list[dict[str, Any]]
    ) -> None:
        """Sums are stored in one transaction; LocalStack makes one for each."""
        rows = [
            (
                *(account_id, region, namespace, data["MetricName"]),
                int(data["Timestamp"].timestamp()) if data.get("Timestamp") else int(time.time()),
                self._get_ordered_dimensions_with_separator(data.get("Dimensions")),
                *(data.get("Unit"), data.get("StorageResolution")),
                *(data["StatisticValues"][each] for each in _STATISTICS),
            )
            for data in metric_data
            if data.get("StatisticValues")
        ]
        with self.DATABASE_LOCK, closing(sqlite3.connect(self.METRICS_DB)) as connection:
            connection.executemany(_INSERT, rows)
            connection.commit()
        others = [data for data in metric_data if not data.get("StatisticValues")]
        super().add_metric_data(account_id, region, namespace, others)

    def get_metric_data_stat(self, **asked: Any) -> dict[str, list[Any]]:
        """The values of one statistic, by period, the latest first unless asked otherwise."""
        publisher().flush()
        wanted, metric = asked["query"]["MetricStat"], asked["query"]["MetricStat"]["Metric"]
        statistic, unit, period = wanted["Stat"], wanted.get("Unit"), wanted["Period"]
        if statistic not in _VALUES:
            raise NotImplementedError(f"The lab does not implement the statistic {statistic}.")
        start = int(asked["start_time"].timestamp())
        if "Id" not in asked["query"]:
            # GetMetricStatistics rounds it down. An alarm's windows must not overlap.
            start -= start % 60
        arguments = {
            "account": asked["account_id"],
            "region": asked["region"],
            "namespace": metric.get("Namespace"),
            "name": metric.get("MetricName"),
            "dimensions": self._get_ordered_dimensions_with_separator(metric.get("Dimensions")),
            "any_unit": not unit,
            "unit": None if unit == "NULL_VALUE" else unit,
            "start": start,
            "end": int(asked["end_time"].timestamp()),
            "period": period,
        }
        with self.DATABASE_LOCK, closing(sqlite3.connect(self.METRICS_DB)) as connection:
            rows = connection.execute(_SELECT, arguments).fetchall()
        if asked["scan_by"] != "TimestampAscending":
            rows.reverse()
        return {
            "timestamps": [start + place * period for place, *_ in rows],
            "values": [_VALUES[statistic](*numbers) for _, *numbers in rows],
        }

    def get_units_for_metric_data_stat(self, **asked: Any) -> Any:
        publisher().flush()
        return super().get_units_for_metric_data_stat(**asked)

    def list_metrics(self, *asked: Any) -> dict[str, list[dict[str, Any]]]:
        publisher().flush()
        found = super().list_metrics(*asked)["metrics"]
        return {"metrics": [each for each in found if _has(each["dimensions"] or [], asked[-1])]}


def _has(dimensions: list[dict[str, str]], filters: list[dict[str, str]]) -> bool:
    return all(any(each.items() >= wanted.items() for each in dimensions) for wanted in filters)


def install() -> None:
    """Put our class where LocalStack looks for its own; before the provider is made."""
    provider_v2.CloudwatchDatabase = MetricDatabase
