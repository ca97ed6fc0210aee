"""What lies in S3 under the places of a table: files, bytes, and rows by the footers of Parquet.

Of other formats the rows are not known without reading all of it, which is for a query to do.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

FOOTER_BYTES = 64 << 10
MAGIC = b"PAR1"


@dataclass(slots=True)
class Files:
    """``rows`` is None unless all files are Parquet; ``unreadable`` names, by their URI, files that
    end as Parquet and are none.
    """

    count: int = 0
    bytes: int = 0
    rows: int | None = 0
    unreadable: list[str] = field(default_factory=list)


def read_files(s3: Any, locations: Iterable[str]) -> Files:
    """Count what is below the locations; what begins with ``_`` or ``.`` is no data."""
    found = Files()
    for location in locations:
        parsed = urlparse(location)
        if parsed.scheme != "s3":
            continue
        prefix = parsed.path.lstrip("/")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=parsed.netloc, Prefix=prefix)
        for each in (each for page in pages for each in page.get("Contents", ())):
            name = each["Key"].rsplit("/", 1)[-1]
            if each["Size"] and name and name[0] not in "_.":
                _add(found, s3, parsed.netloc, each)
    return found


def _add(found: Files, s3: Any, bucket: str, listed: dict[str, Any]) -> None:
    found.count += 1
    found.bytes += listed["Size"]
    if found.rows is None:
        return
    tail = _tail(s3, bucket, listed["Key"])
    if not tail.endswith(MAGIC):
        if listed["Key"].endswith(".parquet"):
            found.unreadable.append(f"s3://{bucket}/{listed['Key']}")
        found.rows = None
        return
    found.rows += _rows(s3, bucket, listed["Key"], tail)


def _tail(s3: Any, bucket: str, key: str) -> bytes:
    answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{FOOTER_BYTES}")
    return bytes(answer["Body"].read())


def _rows(s3: Any, bucket: str, key: str, tail: bytes) -> int:
    import pyarrow.parquet

    footer = int.from_bytes(tail[-8:-4], "little") + 8
    if footer > len(tail):
        answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{footer}")
        tail = answer["Body"].read()
    return int(pyarrow.parquet.read_metadata(io.BytesIO(MAGIC + tail[-footer:])).num_rows)
