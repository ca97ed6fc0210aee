"""One snapshot that adds data files and takes rows from others, by position delete files: merge on
read, as Athena writes format version 2. pyiceberg reads such files and has no writer for them; this
is the one manifest that it lacks.
"""

from typing import Any

from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.table import Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles


class DeleteManifestWriter(ManifestWriterV2):  # type: ignore[misc]  # pyiceberg is untyped here
    """A manifest of delete files."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class RowDelta(_OverwriteFiles):  # type: ignore[misc]  # likewise
    """Data files that come, data files that go, and delete files."""

    def __init__(self, operation: Operation, transaction: Transaction, io: Any) -> None:
        super().__init__(operation, transaction, io)
        self._added_data_files: list[DataFile]
        self._operation: Operation
        self._replaces = operation == Operation.REPLACE
        self._delete_files: list[DataFile] = []

    def append_delete_file(self, file: DataFile) -> None:
        self._delete_files.append(file)

    def _manifests(self) -> list[ManifestFile]:
        by_spec: dict[int, list[DataFile]] = {}
        for file in self._delete_files:
            by_spec.setdefault(file.spec_id, []).append(file)
        return [*super()._manifests(), *(self._deletes(*one) for one in by_spec.items())]

    def _deletes(self, spec_id: int, files: list[DataFile]) -> ManifestFile:
        with DeleteManifestWriter(
            self.spec(spec_id),
            self.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            self._compression,
        ) as writer:
            for file in files:
                writer.add(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                )
        return writer.to_manifest_file()

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        """The delete files count too; a rewrite is summed up as an overwrite and named a replace,
        a name for which pyiceberg has no sums.
        """
        added = self._added_data_files
        self._added_data_files = [*added, *self._delete_files]
        self._operation = Operation.OVERWRITE if self._replaces else self._operation
        try:
            found = super()._summary(snapshot_properties or {})
        finally:
            self._added_data_files = added
        return (
            found.model_copy(update={"operation": Operation.REPLACE}) if self._replaces else found
        )

    def _validate_concurrency(self) -> None:
        """Positions are those of one snapshot; any other commit since may have moved them."""
        if self._commit_window is not None and not self._commit_window.is_empty():
            raise ValidationException("Found conflicting files")
