"""Table properties: those that Athena allows, and what they are called in Iceberg's metadata.

Source: Amazon Athena User Guide, "Create Iceberg tables", Table properties.
"""

from lab.engine.errors import QueryError, unsupported

NUMBERS = (
    "optimize_rewrite_min_data_file_size_bytes",
    "optimize_rewrite_max_data_file_size_bytes",
    "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold",
    "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep",
    "write_target_data_file_size_bytes",
)
MOST_THRESHOLD = 50
FORMATS = ("parquet", "orc", "avro")
COMPRESSIONS = {
    **{name: name for name in ("zstd", "gzip", "snappy", "lz4")},
    "none": "uncompressed",
}
FORMAT, CODEC, LEVEL = (
    "write.format.default",
    "write.parquet.compression-codec",
    "write.parquet.compression-level",
)
NAMES = {"format": FORMAT, "write_compression": CODEC, "compression_level": LEVEL}
MEGABYTE = 1024 * 1024
DEFAULTS = {
    "optimize_rewrite_min_data_file_size_bytes": 384 * MEGABYTE,
    "optimize_rewrite_max_data_file_size_bytes": 922 * MEGABYTE,
    "optimize_rewrite_data_file_threshold": 5,
    "optimize_rewrite_delete_file_threshold": 2,
    "vacuum_min_snapshots_to_keep": 1,
    "vacuum_max_snapshot_age_seconds": 432_000,
    "vacuum_max_metadata_files_to_keep": 100,
}


def translated(given: dict[str, str]) -> dict[str, str]:
    """The properties in Iceberg's words. INVALID_TABLE_PROPERTY for one that Athena does not know
    or for a value that it does not take.
    """
    found = {}
    for key, value in given.items():
        name = key.lower()
        if name == "format":
            found[FORMAT] = _one_of(name, value.lower(), FORMATS)
            if found[FORMAT] != "parquet":
                raise unsupported(f"an Iceberg table with format = '{value}'")
        elif name == "write_compression":
            found[CODEC] = COMPRESSIONS[_one_of(name, value.lower(), tuple(COMPRESSIONS))]
        elif name in NUMBERS or name == "compression_level":
            most = MOST_THRESHOLD if name.endswith("_threshold") else float("inf")
            if not value.isdecimal() or int(value) >= most:
                raise QueryError("INVALID_TABLE_PROPERTY", f"Invalid value for {name}: {value}")
            found[NAMES.get(name, name)] = value
        elif name == "write_data_path_enabled":
            raise unsupported(f"the table property {name}")
        else:
            message = f"Unsupported table property key: {key}"
            raise QueryError("INVALID_TABLE_PROPERTY", message)
    return found


def names(keys: tuple[str, ...]) -> list[str]:
    """Keys in Iceberg's words."""
    for key in keys:
        if key.lower() not in (*NUMBERS, *NAMES):
            message = f"Unsupported table property key: {key}"
            raise QueryError("INVALID_TABLE_PROPERTY", message)
    return [NAMES.get(key.lower(), key.lower()) for key in keys]


def shown(properties: dict[str, str]) -> dict[str, str]:
    """The properties of a table in Athena's words."""
    words = {value: key for key, value in NAMES.items()}
    plain = {value: key for key, value in COMPRESSIONS.items()}
    found = {words.get(k, k): v for k, v in properties.items() if k in words or k in NUMBERS}
    if "write_compression" in found:
        found["write_compression"] = plain.get(found["write_compression"], "zstd")
    return found


def number(properties: dict[str, str], key: str) -> int:
    """A number that steers OPTIMIZE or VACUUM."""
    return int(properties.get(key, DEFAULTS[key]))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        message = f"Unsupported value for {name}: {value}. Supported values: {', '.join(allowed)}"
        raise QueryError("INVALID_TABLE_PROPERTY", message)
    return value
