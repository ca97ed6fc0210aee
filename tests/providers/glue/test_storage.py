"""The file of the catalogue: through kill -9, damaged, and with many partitions."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.providers.glue import dispatch, partitions
from lab.providers.glue.errors import GlueError
from lab.providers.glue.models import DataCatalog
from lab.providers.glue.storage import Storage
from tests.providers.glue.support import columns

Opener = Callable[[Path], DataCatalog]
WHERE = {"DatabaseName": "d", "TableName": "t"}
WRITER = """
import sys
from pathlib import Path
from lab.providers.glue import partitions
from lab.providers.glue.models import DataCatalog
catalog, number = DataCatalog("000000000000", "us-east-1", Path(sys.argv[1])), 0
catalog.create_database({"Name": "d"})
catalog.create_table("d", {"Name": "t", "PartitionKeys": [{"Name": "p", "Type": "int"}]})
while True:
    inputs = [{"Values": [str(number + each)]} for each in range(10)]
    where = {"DatabaseName": "d", "TableName": "t"}
    partitions.batch_create_partition(catalog, {**where, "PartitionInputList": inputs})
    number += 10
    print(number, flush=True)
"""


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    made = Storage(tmp_path / "file.sqlite")
    yield made
    made.close()


def fill(catalog: DataCatalog, count: int) -> DataCatalog:
    """Make a table of ``count`` partitions."""
    with catalog.transaction():
        catalog.create_database({"Name": "d"})
        catalog.create_table("d", {"Name": "t", "PartitionKeys": columns("p")})
        table = catalog.table("d", "t")
        for number in range(count):
            catalog.create_partition(table, {"Values": [f"{number:05d}"]})
    return catalog


@pytest.mark.fidelity("glue_catalog.durable")
def test_nothing_answered_is_lost_by_kill_9(tmp_path: Path, open_catalog: Opener) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer, writer.stdout:
        lines = [writer.stdout.readline() for _ in range(30)]
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    answered = max(int(line) for line in lines if line.endswith("\n"))
    catalog = open_catalog(tmp_path)
    found = [values for values, *_ in catalog.partition_places(catalog.table("d", "t"))]
    assert {str(number) for number in range(answered)} <= {values[0] for values in found}
    assert len(found) % 10 == 0  # a batch is there as a whole or not at all


@pytest.mark.fidelity("glue_catalog.durable")
@pytest.mark.parametrize("damage", ["text", "torn", "format"])
def test_a_damaged_file_is_set_aside(
    tmp_path: Path, open_catalog: Opener, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(open_catalog(tmp_path), 500).storage.close()
    file = tmp_path / "000000000000" / "us-east-1.sqlite"
    content = bytearray(file.read_bytes())
    if damage == "text":
        content = bytearray(b"no database at all, but long enough to be looked at" * 10)
    elif damage == "torn":
        content = content[: len(content) // 2]
    else:
        content[60:64] = (99).to_bytes(4, "big")  # SQLite's user version
    file.write_bytes(content)
    catalog = open_catalog(tmp_path)
    assert catalog.databases() == []
    catalog.create_database({"Name": "new"})
    kept = list(file.parent.glob("us-east-1.sqlite.unreadable-*"))
    assert [one.read_bytes() for one in kept] == [bytes(content)]
    assert "make its resources again" in caplog.text
    assert str(kept[0]) in caplog.text


@pytest.mark.fidelity("glue_catalog.partitions")
def test_pages_begin_where_the_one_before_ended(tmp_path: Path, open_catalog: Opener) -> None:
    """More than are read at once, and some that come and go meanwhile."""
    catalog = fill(open_catalog(tmp_path), 9000)
    table = catalog.table("d", "t")
    found, token = [], None
    while token is not None or not found:
        request: dict[str, Any] = {**WHERE, "Expression": "p like '%5'", "NextToken": token}
        answer = partitions.get_partitions(catalog, {**request, "MaxResults": 250})
        found += [one["Values"][0] for one in answer["Partitions"]]
        token = answer.get("NextToken")
        if token:
            catalog.delete_partition(table, [found[-1]])
            catalog.create_partition(table, {"Values": [found[-1] + "-5"]})
    wanted = {f"{number:05d}" for number in range(9000) if number % 10 == 5}
    assert set(found) >= wanted
    assert len(found) == len(set(found))


def test_a_transaction_is_made_as_a_whole(storage: Storage) -> None:
    with pytest.raises(KeyError), storage.transaction():
        storage.put("kind", ("a",), {})
        with storage.transaction():
            storage.put("kind", ("b",), {})
        raise KeyError
    assert list(storage.keys("kind")) == []


@pytest.mark.fidelity("glue_catalog.durable")
def test_a_full_disk_undoes_the_change_and_says_so(
    tmp_path: Path, open_catalog: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = fill(open_catalog(tmp_path), 0)
    catalog.storage._connection.execute("PRAGMA max_page_count = 40")
    monkeypatch.setattr(dispatch, "catalog_of", lambda *_: catalog)
    context: Any = SimpleNamespace(
        operation=SimpleNamespace(name="BatchCreatePartition", input_shape=None),
        account_id=catalog.account,
        region=catalog.region,
    )
    inputs = [{"Values": [str(number)], "Parameters": {"x": "y" * 9000}} for number in range(100)]
    create = dispatch.answering(partitions.batch_create_partition)
    with pytest.raises(GlueError) as caught:
        create(context, {**WHERE, "PartitionInputList": inputs})
    assert (caught.value.code, caught.value.message) == (
        "InternalServiceException",
        "The file of the Data Catalog cannot be used: database or disk is full",
    )
    assert list(catalog.partition_places(catalog.table("d", "t"))) == []
    assert create(context, {**WHERE, "PartitionInputList": inputs[:1]}) == {"Errors": []}


def test_records_come_back_as_they_were(storage: Storage) -> None:
    record = {"when": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "bytes": b"\x00\xff", "text": "é"}
    storage.put("kind", ("a", "b"), record)
    assert storage.get("kind", ("a", "b")) == record
    maps = {"parameters": {"$time": "1"}, "other": {"$bytes": "x"}}
    storage.put("kind", ("a", "b"), maps)
    assert storage.get("kind", ("a", "b")) == maps
    assert json.loads(json.dumps(storage.records("kind"))) == [maps]


def test_what_begins_with_a_key(storage: Storage) -> None:
    for key in (("a",), ("a", "1"), ("a", "2"), ("a b",), ("ab", "1")):
        storage.put("kind", key, {"key": "/".join(key)})
    assert list(storage.keys("kind", ("a",))) == [("1",), ("2",)]
    assert list(storage.keys("kind", ("a",), ("1",))) == [("2",)]
    assert [row[1] for row in storage.fields("kind", ("a",), "$.key")] == ["a/1", "a/2"]
    storage.delete_under(("a",), "kind")
    assert list(storage.keys("kind")) == [("a b",), ("ab", "1")]
