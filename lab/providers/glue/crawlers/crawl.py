"""One crawl: look at the files of the targets, group them into tables, write these.

Source: AWS Glue User Guide, "How crawlers work", "Incremental crawls for adding new partitions".
"""

import json
import logging
from collections.abc import Callable, Iterator

from lab.config import load
from lab.providers.glue.crawlers import folders, grouping
from lab.providers.glue.crawlers.changes import Changes
from lab.providers.glue.crawlers.crawl_log import CrawlLog
from lab.providers.glue.crawlers.descriptors import columns
from lab.providers.glue.crawlers.folders import Folder
from lab.providers.glue.crawlers.grouping import FoundTable, Leaf
from lab.providers.glue.crawlers.recognition import UNKNOWN, Recognition
from lab.providers.glue.crawlers.schemas import SIMILAR, Schema, is_compatible, merged
from lab.providers.glue.crawlers.settings import Settings, read
from lab.providers.glue.crawlers.writer import Writer
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import DataCatalog, Table
from lab.providers.glue.storage import Key, Record
from lab.providers.s3.layout import Layout
from lab.providers.s3.models import find_bucket

LOG = logging.getLogger(__name__)

NEW_FOLDERS = "CRAWL_NEW_FOLDERS_ONLY"
SEEN = "crawled_folder"
"""The kind of record that says that a crawler has looked at a folder."""


class CrawlError(Exception):
    """Why a crawl failed, as its log and its state say it."""


class Cancelled(Exception):  # noqa: N818 - no error
    """The crawler was stopped."""


class Crawl:
    """``is_stopped`` is asked before each file."""

    def __init__(
        self, catalog: DataCatalog, crawler: Record, log: CrawlLog, is_stopped: Callable[[], bool]
    ) -> None:
        self._catalog = catalog
        self._crawler = crawler
        self._log = log
        self._is_stopped = is_stopped
        self._layout = Layout(load().s3_dir)
        self._settings: Settings = read(crawler.get("Configuration"))
        self._writer = Writer(catalog, crawler, self._settings, log)
        self._recognition = Recognition(self._classifiers())

    @property
    def changes(self) -> Changes:
        return self._writer.changes

    def run(self) -> None:
        """CrawlError when it fails; what it has written by then stays."""
        name = self._crawler["Name"]
        self._log.benchmark(f"Running Start Crawl for Crawler {name}")
        targets = self._crawler["Targets"]
        try:
            if targets.get("CatalogTargets"):
                self._crawl_tables(targets["CatalogTargets"])
            else:
                self._crawl_paths(targets["S3Targets"])
        except GlueError as error:
            raise CrawlError(error.message) from error
        self._log.benchmark("Finished writing to Catalog")
        for line in self.changes.lines():
            self._log.info(line)

    def _classifiers(self) -> list[Record]:
        names = self._crawler.get("Classifiers") or []
        found = (self._catalog.storage.get("classifier", (name,)) for name in names)
        return [classifier for classifier in found if classifier is not None]

    def _classified(self, database: str) -> None:
        self._log.benchmark(f"Classification complete, writing results to database {database}")
        policy = json.dumps(self._crawler["SchemaChangePolicy"], separators=(",", ":"))
        configuration = self._crawler.get("Configuration")
        if configuration:
            self._log.info(
                f"Crawler configured with Configuration {configuration} and SchemaChangePolicy"
                f" {policy}. Note that values in the Configuration override values in the"
                " SchemaChangePolicy for S3 Targets."
            )
        else:
            self._log.info(f"Crawler configured with SchemaChangePolicy {policy}.")

    def _crawl_paths(self, targets: list[Record]) -> None:
        roots = [self._root(target) for target in targets]
        database = self._crawler.get("DatabaseName") or "default"
        is_new_only = self._crawler["RecrawlPolicy"]["RecrawlBehavior"] == NEW_FOLDERS
        seen = set(self._catalog.storage.keys(SEEN, (self._crawler["Name"],)))
        if is_new_only and seen:
            self._crawl_new_folders(database, targets, roots, seen)
        else:
            found = [
                table
                for target, root in zip(targets, roots, strict=True)
                for table in self._found(target, root)
            ]
            self._check(found)
            self._classified(database)
            self._make_database(database)
            written = {self._writer.write(database, table) for table in found}
            self._writer.retire(database, written)
        if is_new_only:
            self._remember(roots)

    def _root(self, target: Record) -> Folder:
        bucket, _ = folders.split(target["Path"])
        if find_bucket(bucket) is None:
            raise CrawlError(f"The specified bucket does not exist: {bucket}")
        return folders.read(self._layout, target["Path"], target.get("Exclusions") or [])

    def _found(self, target: Record, root: Folder) -> Iterator[FoundTable]:
        for folder in root.below():
            self._look(folder, target.get("SampleSize"))
        yield from grouping.tables(root, self._settings.combine, self._settings.level)

    def _look(self, folder: Folder, most: int | None = None) -> None:
        """Classify the objects of a folder, or as many of them as a sample has."""
        for each in folder.objects[:most]:
            if self._is_stopped():
                raise Cancelled
            each.reading = self._recognition.reading(each.path, each.key, each.size)
            if each.reading is None:
                self._log.warn(
                    f"s3://{folder.bucket}/{each.key} could not be read, and is left out"
                )
            elif each.reading.schema.classification == UNKNOWN:
                self._log.warn(f"No classifier recognizes s3://{folder.bucket}/{each.key}")

    def _check(self, found: list[FoundTable]) -> None:
        most = self._settings.threshold
        if most is not None and len(found) > most:
            raise CrawlError(
                f"The number of tables detected by crawler: {len(found)} is greater than the table"
                f" threshold value provided: {most}. Failing crawler without writing to Data"
                " Catalog."
            )

    def _make_database(self, database: str) -> None:
        if not self._catalog.storage.has("database", (database.lower(),)):
            self._catalog.create_database({"Name": database})

    def _crawl_new_folders(
        self, database: str, targets: list[Record], roots: list[Folder], seen: set[Key]
    ) -> None:
        new: list[Folder] = []
        for target, root in zip(targets, roots, strict=True):
            for folder in root.below():
                if (folder.location,) not in seen:
                    self._look(folder, target.get("SampleSize"))
                    new.append(folder)
        self._classified(database)
        for folder in new:
            self._add_folder(database, folder)

    def _add_folder(self, database: str, folder: Folder) -> None:
        """Add a new folder to the table above it as a partition, if it fits."""
        schemas = [each.reading.schema for each in folder.objects if each.reading is not None]
        names = folder.prefix.rstrip("/").split("/")
        for depth in range(1, len(names) + 1):
            above = "/".join(names[:-depth])
            table = self._writer.at(database, f"s3://{folder.bucket}/{above}")
            if table is None or len(table.partition_keys) != depth:
                continue
            if schemas and all(_fits(table, schema) for schema in schemas):
                values = tuple(grouping.pair(name)[1] for name in names[-depth:])
                leaf = Leaf(values, folder.location, folder.objects, merged(schemas))
                self._writer.write_partitions(table, [leaf])
                return
        self._log.info(f"{folder.location} fits no table, and is not added to the Data Catalog")

    def _remember(self, roots: list[Folder]) -> None:
        with self._catalog.transaction():
            for root in roots:
                for folder in root.below():
                    key = (self._crawler["Name"], folder.location)
                    self._catalog.storage.put(SEEN, key, {})

    def _crawl_tables(self, targets: list[Record]) -> None:
        found: list[tuple[Table, FoundTable | None]] = []
        for target in targets:
            for name in target["Tables"]:
                table = self._catalog.table(target["DatabaseName"], name)
                found.append((table, self._of_table(table)))
        self._classified(targets[0]["DatabaseName"])
        for table, seen in found:
            if seen is None:
                self._log.info(
                    f"Table {table.key[1]} is left as it is because a matching schema was not found"
                    " at the table's location."
                )
            else:
                self._writer.update(table, seen)

    def _of_table(self, table: Table) -> FoundTable | None:
        """What lies at a table's location, with as many partition keys as it has; None when
        nothing is there, or nothing alike.
        """
        location = (table.description.get("StorageDescriptor") or {}).get("Location") or ""
        root = self._root({"Path": location})
        depth = len(table.partition_keys)
        leaves = []
        for folder in root.below():
            below = folder.prefix[len(root.prefix) :].split("/")[:-1]
            if len(below) < depth:
                continue
            self._look(folder)
            schemas = [each.reading.schema for each in folder.objects if each.reading is not None]
            if schemas:
                values = tuple(grouping.pair(name)[1] for name in below[:depth])
                place = "/".join((root.location.rstrip("/"), *below[:depth])) + "/"
                leaves.append(Leaf(values, place, folder.objects, merged(schemas)))
        if not leaves or not all(is_compatible(leaves[0].schema, leaf.schema) for leaf in leaves):
            return None
        schema = merged(leaf.schema for leaf in leaves)
        keys = tuple(key["Name"] for key in table.partition_keys)
        return FoundTable(table.key[1], location, grouping.Whole(schema, keys, _joined(leaves)))


def _joined(leaves: list[Leaf]) -> list[Leaf]:
    """One leaf for each partition, whatever folders it has."""
    found: dict[tuple[str, ...], Leaf] = {}
    for leaf in leaves:
        old = found.get(leaf.values)
        found[leaf.values] = (
            leaf
            if old is None
            else old._replace(
                objects=[*old.objects, *leaf.objects], schema=merged((old.schema, leaf.schema))
            )
        )
    return list(found.values())


def _fits(table: Table, schema: Schema) -> bool:
    """Whether a schema is similar to that of a table of the catalog."""
    parameters = table.description.get("Parameters") or {}
    storage = table.description.get("StorageDescriptor") or {}
    known = {column["Name"] for column in storage.get("Columns") or []}
    names = {column["Name"] for column in columns(schema)}
    if parameters.get("classification") != schema.classification:
        return False
    return len(known & names) >= SIMILAR * max(len(known), len(names), 1)
