"""The compression formats of objects, and the file extensions that Firehose gives them.

Snappy is the framing format; Hadoop Snappy is blocks of raw Snappy behind their lengths, as
Hadoop's BlockCompressorStream writes them.

Source: API reference, S3DestinationConfiguration; "framing_format.txt" of Snappy.
"""

import gzip
import io
import struct
import zipfile

EXTENSIONS = {
    "UNCOMPRESSED": "",
    "GZIP": ".gz",
    "ZIP": ".zip",
    "Snappy": ".snappy",
    "HADOOP_SNAPPY": ".hsnappy",
}
FRAME_BYTES = 65536
HADOOP_BYTES = 256 * 1024
# Enough for text; the levels above cost twice the time for a few per cent.
GZIP_LEVEL = 6


def compress(content: bytes, method: str, name: str) -> bytes:
    """``name`` is what the only file of a ZIP archive is called."""
    match method:
        case "GZIP":
            return gzip.compress(content, GZIP_LEVEL)
        case "ZIP":
            return _zip(content, name)
        case "Snappy":
            return _snappy_frames(content)
        case "HADOOP_SNAPPY":
            return _hadoop_blocks(content)
    return content


def _zip(content: bytes, name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return archive.getvalue()


def _snappy_frames(content: bytes) -> bytes:
    from awscrt.checksums import crc32c

    parts = [b"\xff\x06\x00\x00sNaPpY"]
    for start in range(0, len(content), FRAME_BYTES):
        block = content[start : start + FRAME_BYTES]
        checksum = crc32c(block)
        masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
        packed = _raw_snappy(block)
        parts.append(b"\x00" + struct.pack("<I", len(packed) + 4)[:3])
        parts.append(struct.pack("<I", masked) + packed)
    return b"".join(parts)


def _hadoop_blocks(content: bytes) -> bytes:
    parts = []
    for start in range(0, len(content), HADOOP_BYTES):
        block = content[start : start + HADOOP_BYTES]
        packed = _raw_snappy(block)
        parts.append(struct.pack(">II", len(block), len(packed)) + packed)
    return b"".join(parts)


def _raw_snappy(block: bytes) -> bytes:
    import pyarrow

    return bytes(pyarrow.Codec("snappy").compress(block, asbytes=True))
