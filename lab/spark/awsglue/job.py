"""A job's beginning and end. Source: AWS Glue Developer Guide, "Job class" of the PySpark
extensions.
"""

from typing import Any

from awsglue._bookmarks import BOOKMARKS


class Job:
    """``Job(glue_context)``, ``init``, ``commit``: between them bookmarks hold."""

    def __init__(self, glue_context: Any) -> None:
        self._context = glue_context
        self._name: str | None = None

    def init(self, job_name: str, args: dict[str, Any] | None = None) -> None:
        del args
        self._name = job_name
        BOOKMARKS.begin()

    def isInitialized(self) -> bool:  # noqa: N802 - AWS's name
        return self._name is not None

    def commit(self) -> None:
        """Remember what has been read."""
        BOOKMARKS.commit()
