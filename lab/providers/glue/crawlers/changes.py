"""What a crawl has changed in the Data Catalog, as ListCrawls, GetCrawlerMetrics, the log and
EventBridge tell it.
"""

import json
from collections import Counter
from dataclasses import dataclass, field

TABLE, PARTITION = "TABLE", "PARTITION"
ADD, UPDATE, DELETE = "ADD", "UPDATE", "DELETE"
MOST_NAMES = 3
LONGEST = 255
"""As long as a crawl's summary may be."""


@dataclass
class Changes:
    """How many tables and partitions were added, updated and deleted, and the tables' names."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, action: str, name: str, count: int = 1) -> None:
        if count:
            self.counts[kind, action] += count
            if kind == TABLE:
                self.names.setdefault(action, []).append(name)

    def of(self, kind: str) -> dict[str, int]:
        """How many by action; without those that did not happen."""
        actions = (ADD, UPDATE, DELETE)
        return {each: self.counts[kind, each] for each in actions if self.counts[kind, each]}

    def lines(self) -> list[str]:
        """As the log sums up a crawl."""
        found = []
        for kind in (PARTITION, TABLE):
            if counts := self.of(kind):
                found.append(f"Run Summary For {kind}:")
                found += [f"{action}: {count}" for action, count in counts.items()]
        return found

    def summary(self) -> str:
        """JSON, no longer than on AWS; names are left out when they are too many."""
        for most in (MOST_NAMES, 0):
            text = json.dumps(self._described(most), separators=(",", ":"))
            if len(text) <= LONGEST:
                break
        return text

    def _described(self, most: int) -> dict[str, object]:
        described: dict[str, object] = {}
        for kind in (TABLE, PARTITION):
            parts = {}
            for action, count in self.of(kind).items():
                names = self.names.get(action, []) if kind == TABLE else []
                details = {"Details": {"names": names}} if names and len(names) <= most else {}
                parts[action] = {**details, "Count": count}
            if parts:
                described[kind] = json.dumps(parts, separators=(",", ":"))
        return described
