"""What an account has set for a whole region: the minimum throughput billing commitment, which
makes its on-demand streams "On-demand Advantage" streams.

Kept in ``account.json`` beside the folders of the account's streams.

Source: API reference, UpdateAccountSettings and MinimumThroughputBillingCommitmentInput.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.providers.kinesis.models import Registry

COMMITMENT_SECONDS = 86_400


class Commitment:
    """An account's commitment in a region. Times are seconds of the Unix epoch."""

    def __init__(self, registry: Registry, account: str, region: str) -> None:
        self._clock = registry.timing.clock
        self._path: Path = registry.home / account / region / "account.json"
        found = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._started: float | None = found.get("started")
        self._ends: float | None = found.get("ends")

    @property
    def is_enabled(self) -> bool:
        ended = self._ends is not None and self._ends <= self._clock()
        return self._started is not None and not ended

    def enable(self) -> None:
        """Begin, or take back an end that is still to come."""
        if not self.is_enabled:
            self._started = self._clock()
        self._ends = None
        self._save()

    def disable(self) -> None:
        """End, at the earliest when it has lasted 24 hours."""
        if self.is_enabled and self._started is not None:
            self._ends = max(self._clock(), self._started + COMMITMENT_SECONDS)
            self._save()

    def describe(self) -> dict[str, Any]:
        """As MinimumThroughputBillingCommitmentOutput."""
        if self._started is None:
            return {"Status": "DISABLED"}
        shown: dict[str, Any] = {
            "Status": "ENABLED" if self.is_enabled else "DISABLED",
            "StartedAt": _moment(self._started),
        }
        if self.is_enabled:
            shown["EarliestAllowedEndAt"] = _moment(self._started + COMMITMENT_SECONDS)
            if self._ends is not None:
                shown["Status"] = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
        elif self._ends is not None:
            shown["EndedAt"] = _moment(self._ends)
        return shown

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({"started": self._started, "ends": self._ends}))
        draft.replace(self._path)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
