"""Every format and compression that Athena writes: the files, and what is read back from them."""

import bz2
import gzip
import json
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from lab.engine import avro_blocks, compression
from lab.engine.catalog import StoredFile
from lab.engine.errors import QueryError
from lab.engine.output_format import CODECS, SUFFIXES, TEXT_CODECS
from tests.engine.support import Athena

VALUES = (
    "SELECT 1 AS a, CAST(NULL AS varchar) AS b, 'x' || chr(9) || 'é\"' AS c, true AS d,"
    " TIMESTAMP '2024-01-01 00:00:00.500' AS e, DATE '2024-02-29' AS g, 2.50 AS h, 1e20 AS i,"
    " ARRAY[1,NULL,3] AS l, MAP(ARRAY['k','q'], ARRAY[1,NULL]) AS m,"
    " CAST(ROW(1, 'z', ARRAY['p']) AS ROW(x integer, y varchar, z array(varchar))) AS r,"
    " BIGINT '-5' AS u, TINYINT '3' AS v"
)
ROW = [
    "1", None, 'x\té"', "true", "2024-01-01 00:00:00.500", "2024-02-29", "2.50", "1.0E20",
    "[1, null, 3]", "{k=1, q=null}", "{x=1, y=z, z=[p]}", "-5", "3",
]  # fmt: skip


def create(athena: Athena, form: str, codec: str, more: str = "") -> StoredFile:
    athena.run(
        f"CREATE TABLE t WITH (format = '{form}', write_compression = '{codec}',"
        f" external_location = 's3://data/t/'{more}) AS {VALUES}"
    )
    (file,) = athena.objects.list("s3://data/t/")
    return file


@pytest.mark.fidelity("athena_storage.written_formats")
@pytest.mark.parametrize(
    ("form", "codec"), [(form, codec) for form, codecs in CODECS.items() for codec in codecs]
)
def test_what_is_written_is_read_back(athena: Athena, form: str, codec: str) -> None:
    file = create(athena, form, codec)
    suffix = SUFFIXES[TEXT_CODECS[codec]] if form in ("JSON", "TEXTFILE") else ""
    assert file.path.suffix == suffix
    assert codec_in(file.path, form) == codec
    assert athena.run("SELECT * FROM t") == [ROW]
    athena.run("INSERT INTO t SELECT * FROM t")
    assert athena.run("SELECT count(*), min(c), max(e) FROM t") == [["2", ROW[2], ROW[4]]]
    codecs = {codec_in(one.path, form) for one in athena.objects.list("s3://data/t/")}
    assert codecs == {codec}


def codec_in(path: Path, form: str) -> str:
    """The compression that the file itself tells, in Athena's words."""
    if form == "PARQUET":
        found = pq.read_metadata(path).row_group(0).column(0).compression
        return {"UNCOMPRESSED": "NONE"}.get(found, found)
    if form == "ORC":
        return orc.ORCFile(path).compression.replace("UNCOMPRESSED", "NONE")
    if form == "AVRO":
        with path.open("rb") as file:
            found = avro_blocks.codec_of(file).upper()
        return {"NULL": "NONE", "ZSTANDARD": "ZSTD"}.get(found, found)
    return {suffix: codec for codec, suffix in zip(TEXT_CODECS, SUFFIXES.values(), strict=True)}[
        path.suffix
    ]


@pytest.mark.parametrize(
    ("codec", "unpacked"),
    [
        ("GZIP", gzip.decompress),
        ("BZIP2", bz2.decompress),
        ("ZSTD", lambda data: pa.input_stream(pa.BufferReader(data), compression="zstd").read()),
    ],
)
def test_text_as_others_read_it(athena: Athena, codec: str, unpacked: object) -> None:
    """A field delimiter for text; collections by the control characters that Hive takes."""
    file = create(athena, "TEXTFILE", codec, ", field_delimiter = '|'")
    assert (
        unpacked(file.path.read_bytes())
        == (  # type: ignore[operator]
            '1|\\N|x\té"|true|2024-01-01 00:00:00.5|2024-02-29|2.50|1.0E20|1\x02\\N\x023|'
            "k\x031\x02q\x03\\N|1\x02z\x02p|-5|3\n"
        ).encode()
    )


def test_json_as_others_read_it(athena: Athena) -> None:
    file = create(athena, "JSON", "NONE")
    assert json.loads(file.path.read_bytes()) == {
        "a": 1, "b": None, "c": 'x\té"', "d": True, "e": "2024-01-01 00:00:00.5",
        "g": "2024-02-29", "h": 2.5, "i": 1e20, "l": [1, None, 3], "m": {"k": 1, "q": None},
        "r": {"x": 1, "y": "z", "z": ["p"]}, "u": -5, "v": 3,
    }  # fmt: skip


@pytest.mark.fidelity("athena_storage.orc_timestamps")
@pytest.mark.parametrize("form", list(CODECS))
def test_extreme_values(athena: Athena, form: str) -> None:
    athena.run(
        f"CREATE TABLE t WITH (format = '{form}') AS SELECT nan() AS a, -infinity() AS b,"
        " TIMESTAMP '9999-12-31 23:59:59.999' AS c, TIMESTAMP '0001-01-01 00:00:00.000' AS d,"
        " DATE '9999-12-31' AS e, BIGINT '-9223372036854775808' AS f, CAST(NULL AS double) AS g,"
        " DECIMAL '99999999999999999999999999999999999999' AS h, '' AS i"
    )
    if form == "ORC":
        with pytest.raises(QueryError) as caught:
            athena.run("SELECT c FROM t")
        assert str(caught.value) == (
            "NOT_SUPPORTED: an ORC timestamp before 1677 or after 2262 is not supported by this lab"
        )
        return
    assert athena.run("SELECT * FROM t") == [
        ["NaN", "-Infinity", "9999-12-31 23:59:59.999", "0001-01-01 00:00:00.000", "9999-12-31",
         "-9223372036854775808", None, "9" * 38, ""]
    ]  # fmt: skip


def test_avro_as_others_read_it(athena: Athena) -> None:
    file = create(athena, "AVRO", "DEFLATE")
    with file.path.open("rb") as content:
        (row,) = fastavro.reader(content)
    assert (row["a"], row["b"], row["m"], row["r"]) == (
        1, None, {"k": 1, "q": None}, {"x": 1, "y": "z", "z": ["p"]},
    )  # fmt: skip
    assert row["e"].isoformat() == "2024-01-01T00:00:00.500000+00:00"


@pytest.mark.parametrize("form", ["PARQUET", "TEXTFILE", "JSON"])
def test_levels_of_zstandard(athena: Athena, form: str) -> None:
    create(athena, form, "ZSTD", ", compression_level = 19")
    assert athena.run("SELECT * FROM t") == [ROW]
    table = athena.catalog.table("lab", "t")
    assert table is not None
    assert table.parameters["compression_level"] == "19"


@pytest.mark.parametrize("codec", ["bzip2", "snappy", "lz4", "zstd"])
def test_packing_of_more_than_one_block(tmp_path: Path, codec: str) -> None:
    plain, packed, again = (tmp_path / name for name in ("plain", "packed", "again"))
    plain.write_bytes(b"".join(b"%d,%d\n" % (i, i * i) for i in range(60_000)))
    compression.pack(plain, codec, packed, lambda: None)
    if codec == "zstd":
        assert pa.input_stream(str(packed), compression="zstd").read() == plain.read_bytes()
        return
    compression.unpack(packed, SUFFIXES[codec], again, lambda: None)
    assert again.read_bytes() == plain.read_bytes()
    assert packed.stat().st_size < plain.stat().st_size


@pytest.mark.fidelity("athena_storage.text_compressions")
@pytest.mark.parametrize("suffix", [".deflate", ".lz4"])
def test_what_is_only_read(athena: Athena, suffix: str) -> None:
    """Hadoop's deflate, and LZ4 with frames of its own."""
    import zlib

    content = b"1,x\n2,y\n"
    packed = zlib.compress(content)
    if suffix == ".lz4":
        packed = pa.Codec("lz4").compress(content, asbytes=True)
    athena.objects.write(f"s3://data/t/1{suffix}", packed)
    athena.run(
        "CREATE EXTERNAL TABLE t (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
        " LOCATION 's3://data/t/'"
    )
    assert athena.run("SELECT * FROM t ORDER BY a") == [["1", "x"], ["2", "y"]]
    assert athena.bytes == len(packed)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("1.lzo", b"x",
         "NOT_SUPPORTED: the compression of t/1.lzo is not supported by this lab"),
        ("1.tar.gz", b"x",
         "NOT_SUPPORTED: the compression of t/1.tar.gz is not supported by this lab"),
        ("1.bz2", b"x", "HIVE_CURSOR_ERROR: Failed to read file: 1.bz2: Invalid data stream"),
        ("1.snappy", b"\x00\x00\x00\x05\x00",
         "HIVE_CURSOR_ERROR: Unexpected end of input stream"),
    ],
)  # fmt: skip
@pytest.mark.fidelity("athena_storage.text_compressions")
def test_what_is_not_read(athena: Athena, name: str, content: bytes, error: str) -> None:
    athena.objects.write(f"s3://data/t/{name}", content)
    athena.run("CREATE EXTERNAL TABLE t (a string) STORED AS TEXTFILE LOCATION 's3://data/t/'")
    with pytest.raises(QueryError) as caught:
        athena.run("SELECT a FROM t")
    assert str(caught.value) == error
