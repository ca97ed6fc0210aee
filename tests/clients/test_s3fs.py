"""s3fs, through which pandas, Dask, Polars and pyarrow see S3 as a file system."""

from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import s3fs

pytestmark = pytest.mark.fidelity("clients.s3fs")


@pytest.fixture
def fs() -> s3fs.S3FileSystem:
    return s3fs.S3FileSystem(skip_instance_cache=True)


@pytest.fixture(scope="module")
def lake(bucket: str) -> str:
    fs = s3fs.S3FileSystem()
    for name in ("a.txt", "b.txt", "deep/c.csv", "deep/er/d.txt"):
        fs.pipe(f"{bucket}/lake/{name}", name.encode())
    return f"{bucket}/lake"


@pytest.mark.fidelity("clients.s3fs")
def test_write_read(fs: s3fs.S3FileSystem, bucket: str) -> None:
    path = f"s3://{bucket}/notes.txt"
    with fs.open(path, "w") as file:
        file.write("one\ntwo\n")
    with fs.open(path) as file:
        assert file.readline() == b"one\n"
        file.seek(4)
        assert file.read(2) == b"tw"
    assert fs.cat(path) == b"one\ntwo\n"
    assert fs.cat_file(path, start=4, end=7) == b"two"
    assert fs.head(path, 3) == b"one"
    assert fs.tail(path, 4) == b"two\n"
    assert fs.info(path)["size"] == 8


@pytest.mark.fidelity("clients.s3fs")
def test_append(fs: s3fs.S3FileSystem, bucket: str) -> None:
    """S3 cannot append: s3fs copies the object as the first part of a new one."""
    path = f"{bucket}/log.bin"
    fs.pipe(path, b"a" * 5 * 2**20)
    with fs.open(path, "ab") as file:
        file.write(b"b")
    assert fs.size(path) == 5 * 2**20 + 1
    assert fs.tail(path, 2) == b"ab"


@pytest.mark.fidelity("clients.s3fs")
def test_multipart(fs: s3fs.S3FileSystem, bucket: str) -> None:
    path = f"{bucket}/large.bin"
    with fs.open(path, "wb", block_size=5 * 2**20) as file:
        for letter in b"abc":
            file.write(bytes([letter]) * 4 * 2**20)
    assert fs.size(path) == 12 * 2**20
    assert fs.cat_file(path, start=4 * 2**20 - 1, end=4 * 2**20 + 1) == b"ab"


@pytest.mark.fidelity("clients.s3fs")
def test_listing(fs: s3fs.S3FileSystem, lake: str) -> None:
    assert fs.ls(lake) == [f"{lake}/a.txt", f"{lake}/b.txt", f"{lake}/deep"]
    details = {each["name"]: (each["type"], each["size"]) for each in fs.ls(lake, detail=True)}
    assert details[f"{lake}/a.txt"] == ("file", 5)
    assert details[f"{lake}/deep"] == ("directory", 0)
    assert fs.glob(f"{lake}/*.txt") == [f"{lake}/a.txt", f"{lake}/b.txt"]
    assert len(fs.glob(f"{lake}/**/*.txt")) == 3
    assert len(fs.find(lake)) == 4
    assert [(root, files) for root, _, files in fs.walk(lake)] == [
        (lake, ["a.txt", "b.txt"]),
        (f"{lake}/deep", ["c.csv"]),
        (f"{lake}/deep/er", ["d.txt"]),
    ]
    assert fs.du(lake) == sum(map(len, ("a.txt", "b.txt", "deep/c.csv", "deep/er/d.txt")))
    assert fs.exists(f"{lake}/a.txt")
    assert not fs.exists(f"{lake}/z.txt")
    assert fs.isdir(f"{lake}/deep")
    assert fs.isfile(f"{lake}/a.txt")
    assert lake.partition("/")[0] in fs.ls("")


@pytest.mark.fidelity("clients.s3fs")
def test_copy_move_remove(fs: s3fs.S3FileSystem, bucket: str, lake: str, tmp_path: Any) -> None:
    fs.copy(f"{lake}/a.txt", f"{bucket}/moved/a.txt")
    fs.move(f"{bucket}/moved/a.txt", f"{bucket}/moved/z.txt")
    assert fs.ls(f"{bucket}/moved") == [f"{bucket}/moved/z.txt"]
    fs.get(f"{lake}/deep", str(tmp_path / "here"), recursive=True)
    assert (tmp_path / "here" / "er" / "d.txt").read_text() == "deep/er/d.txt"
    fs.put(str(tmp_path / "here"), f"{bucket}/moved/there", recursive=True)
    assert len(fs.find(f"{bucket}/moved")) == 3
    fs.rm(f"{bucket}/moved", recursive=True)
    assert not fs.exists(f"{bucket}/moved")
    with pytest.raises(FileNotFoundError):
        fs.open(f"{bucket}/moved/z.txt")
    with pytest.raises(FileNotFoundError):
        fs.ls("no-such-bucket-anywhere/x")


@pytest.mark.fidelity("clients.s3fs")
def test_metadata_and_tags(fs: s3fs.S3FileSystem, bucket: str) -> None:
    path = f"{bucket}/tagged.txt"
    fs.pipe_file(path, b"x", ContentType="text/plain", Metadata={"team": "shop"})
    assert fs.metadata(path) == {"team": "shop"}
    assert fs.info(path)["ContentType"] == "text/plain"
    fs.put_tags(path, {"stage": "raw"})
    assert fs.get_tags(path) == {"stage": "raw"}


@pytest.mark.fidelity("clients.s3fs")
def test_presigned_url(fs: s3fs.S3FileSystem, lake: str) -> None:
    with fsspec.open(fs.sign(f"{lake}/a.txt"), "rb") as file:
        assert file.read() == b"a.txt"


@pytest.mark.fidelity("clients.s3fs")
def test_versions(bucket: str, s3: Any) -> None:
    fs = s3fs.S3FileSystem(version_aware=True, skip_instance_cache=True)
    name = f"{bucket}-versions"
    fs.mkdir(name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for text in (b"one", b"two"):
        fs.pipe(f"{name}/file", text)
    versions = fs.object_version_info(f"{name}/file")
    assert [each["IsLatest"] for each in versions] == [True, False]
    with fs.open(f"{name}/file", version_id=versions[1]["VersionId"]) as file:
        assert file.read() == b"one"


@pytest.mark.fidelity("clients.s3fs")
def test_pandas(bucket: str) -> None:
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", "b"]})
    for kind in ("csv", "parquet", "json"):
        path = f"s3://{bucket}/frames/frame.{kind}"
        options = {"csv": {"index": False}, "json": {"orient": "records"}}.get(kind, {})
        getattr(frame, f"to_{kind}")(path, **options)
        pd.testing.assert_frame_equal(
            getattr(pd, f"read_{kind}")(path), frame, check_dtype=kind != "json"
        )


@pytest.mark.fidelity("clients.s3fs")
def test_pyarrow(fs: s3fs.S3FileSystem, bucket: str) -> None:
    table = pa.table({"id": [1, 2, 3], "day": ["x", "y", "y"]})
    pq.write_to_dataset(table, f"{bucket}/arrow", partition_cols=["day"], filesystem=fs)
    dataset = ds.dataset(f"{bucket}/arrow", filesystem=fs, partitioning="hive")
    assert dataset.to_table(filter=ds.field("day") == "y")["id"].to_pylist() == [2, 3]
