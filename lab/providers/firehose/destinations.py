"""Which destination a stream's settings mean, and the backup of its source records."""

from typing import Any, Protocol

from lab.providers.firehose.conversion import converter
from lab.providers.firehose.failures import Failure
from lab.providers.firehose.http_destination import HttpDestination
from lab.providers.firehose.models import DeliveryStream
from lab.providers.firehose.opensearch_destination import OpenSearchDestination
from lab.providers.firehose.s3_destination import S3Destination
from lab.providers.firehose.source import Item, Lanes


class Destination(Protocol):
    """Where records go: it buffers them, delivers them, and keeps what it cannot deliver yet."""

    @property
    def is_full(self) -> bool:
        """It takes no more before it has delivered."""

    def add(self, items: list[Item]) -> list[Failure]: ...

    def fail(self, failures: list[Failure]) -> None: ...

    def undelivered(self) -> Lanes: ...

    def due_at(self) -> float | None: ...

    def deliver_due(self) -> None: ...


def destination_of(stream: DeliveryStream) -> Destination:
    destination: dict[str, Any] = stream.definition["destination"]
    settings: dict[str, Any] = destination["settings"]
    match destination["kind"]:
        case "Amazonopensearchservice":
            backup = S3Destination(stream, settings["S3Configuration"], is_backup=True)
            return OpenSearchDestination(stream, settings, backup)
        case "HttpEndpoint":
            backup = S3Destination(stream, settings["S3Configuration"], is_backup=True)
            return HttpDestination(stream, settings, backup)
    conversion = settings.get("DataFormatConversionConfiguration") or {}
    encode = converter(stream, conversion) if conversion.get("Enabled") else None
    return S3Destination(stream, settings, encode)


def backup_of(stream: DeliveryStream) -> S3Destination | None:
    """The backup of the records as they came, which an S3 destination may have."""
    settings = stream.definition["destination"]["settings"]
    if settings.get("S3BackupMode") != "Enabled":
        return None
    return S3Destination(stream, settings["S3BackupConfiguration"], is_backup=True)
