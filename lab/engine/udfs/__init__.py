"""Functions in Python where DuckDB's SQL does not reach: exact, and slower than SQL.

Python's functions cost DuckDB a second and many megabytes at their first use (it imports numpy and
pandas), so that none is registered before a statement mentions it. A function is given no NULL, and
answers None for what the SQL around it then turns into NULL or into an error.
"""

import inspect
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import duckdb

MENTIONED = re.compile(r"\blab_[a-z0-9_]+")
Entry = tuple[str, str, tuple[str, ...], str]
TEXT = "VARCHAR"

# Name in SQL: module, function, types of the parameters, type of the result.
UDFS: dict[str, Entry] = {
    "lab_double_text": ("texts", "double_text", ("DOUBLE",), TEXT),
    "lab_real_text": ("texts", "real_text", ("FLOAT",), TEXT),
    "lab_from_utf8": ("texts", "from_utf8", ("BLOB",), TEXT),
    "lab_replace_invalid": ("texts", "replace_invalid", ("BLOB", TEXT), TEXT),
    "lab_split_limit": ("texts", "split_limit", (TEXT, TEXT, "INTEGER"), "VARCHAR[]"),
    "lab_split_escaped": ("lab.engine.lazy_text", "split_escaped", (TEXT,) * 3, "VARCHAR[]"),
    "lab_iceberg_bucket": (
        "lab.engine.iceberg.partitions", "bucket_of", (TEXT, TEXT, "INTEGER"), "INTEGER",
    ),
    "lab_hive_hash": ("lab.engine.buckets", "hash_of", (TEXT,), "BIGINT"),
    "lab_csv_fields": ("lab.engine.open_csv", "fields_of", (TEXT,) * 4, "VARCHAR[]"),
    "lab_normalize": ("texts", "normalize", (TEXT, TEXT), TEXT),
    "lab_bar": ("texts", "bar", ("DOUBLE", "BIGINT"), TEXT),
    "lab_levenshtein": ("texts", "levenshtein", (TEXT, TEXT), "BIGINT"),
    "lab_decimal_divide": ("texts", "decimal_divide", (TEXT, TEXT, "INTEGER"), TEXT),
    "lab_soundex": ("texts", "soundex", (TEXT,), TEXT),
    "lab_groups": ("lab.engine.patterned", "groups_of", (TEXT,) * 3, "VARCHAR[]"),
    "lab_json_number": ("jsons", "json_number", (TEXT, TEXT), TEXT),
    "lab_json": ("jsons", "json_text", (TEXT,), TEXT),
    "lab_json_as_written": ("jsons", "json_as_written", (TEXT,), TEXT),
    "lab_double_json": ("jsons", "double_json", ("DOUBLE",), TEXT),
    "lab_real_json": ("jsons", "real_json", ("FLOAT",), TEXT),
    "lab_json_items": ("jsons", "items", (TEXT,), "VARCHAR[]"),
    "lab_json_keys": ("jsons", "keys", (TEXT,), "VARCHAR[]"),
    "lab_json_values": ("jsons", "values", (TEXT,), "VARCHAR[]"),
    "lab_json_field": ("jsons", "member", (TEXT, TEXT), TEXT),
    "lab_json_query": ("json_path", "query", (TEXT, TEXT, TEXT), "VARCHAR[]"),
    "lab_json_object": ("json_path", "make_object", ("VARCHAR[]", "VARCHAR[]"), TEXT),
    "lab_url_encode": ("urls", "url_encode", (TEXT,), TEXT),
    "lab_url_decode": ("urls", "url_decode", (TEXT,), TEXT),
    "lab_url_part": ("urls", "url_part", (TEXT, TEXT), TEXT),
    "lab_url_parameter": ("urls", "url_parameter", (TEXT, TEXT), TEXT),
    "lab_digest": ("hashes", "digest", ("BLOB", TEXT), "BLOB"),
    "lab_hmac": ("hashes", "hmac_digest", ("BLOB", "BLOB", TEXT), "BLOB"),
    "lab_crc32": ("hashes", "crc32", ("BLOB",), "BIGINT"),
    "lab_xxhash64": ("hashes", "xxhash64", ("BLOB",), "BLOB"),
    "lab_murmur3": ("hashes", "murmur3", ("BLOB",), "BLOB"),
    "lab_spooky32": ("hashes", "spooky32", ("BLOB",), "BLOB"),
    "lab_spooky64": ("hashes", "spooky64", ("BLOB",), "BLOB"),
    "lab_checksum": ("hashes", "checksum", ("BLOB",), "UBIGINT"),
    "lab_base32": ("hashes", "to_base32", ("BLOB",), TEXT),
    "lab_unbase32": ("hashes", "from_base32", (TEXT,), "BLOB"),
    "lab_ieee64": ("hashes", "to_ieee64", ("DOUBLE",), "BLOB"),
    "lab_ieee32": ("hashes", "to_ieee32", ("FLOAT",), "BLOB"),
    "lab_unieee64": ("hashes", "from_ieee64", ("BLOB",), "DOUBLE"),
    "lab_unieee32": ("hashes", "from_ieee32", ("BLOB",), "FLOAT"),
    "lab_format": ("formats", "java_format", (TEXT, TEXT, "VARCHAR[]"), TEXT),
    "lab_format_number": ("formats", "format_number", ("DOUBLE",), TEXT),
    "lab_readable_seconds": ("formats", "human_readable_seconds", ("DOUBLE",), TEXT),
    "lab_duration": ("formats", "parse_duration", (TEXT,), "BIGINT"),
    "lab_data_size": ("formats", "parse_data_size", (TEXT,), "DECIMAL(38,0)"),
    "lab_joda_format": ("joda", "format_datetime", ("TIMESTAMP", TEXT, TEXT), TEXT),
    "lab_joda_parse": ("joda", "parse_datetime", (TEXT, TEXT), "TIMESTAMP"),
    "lab_mysql_parse": ("joda", "parse_mysql", (TEXT, TEXT), "TIMESTAMP"),
    "lab_regex_like": ("regexes", "like", (TEXT, TEXT), "BOOLEAN"),
    "lab_regex_extract": ("regexes", "extract", (TEXT, TEXT, "INTEGER"), TEXT),
    "lab_regex_extract_all": ("regexes", "extract_all", (TEXT, TEXT, "INTEGER"), "VARCHAR[]"),
    "lab_regex_replace": ("regexes", "replace", (TEXT, TEXT, TEXT), TEXT),
    "lab_regex_split": ("regexes", "split", (TEXT, TEXT), "VARCHAR[]"),
    "lab_regex_position": ("regexes", "position", (TEXT, TEXT, "BIGINT", "BIGINT"), "INTEGER"),
    "lab_regex_pieces": (
        "regexes", "pieces", (TEXT, TEXT), "STRUCT(before VARCHAR, groups VARCHAR[])[]",
    ),
    "lab_normal_cdf": ("statistics", "normal_cdf", ("DOUBLE",) * 3, "DOUBLE"),
    "lab_inverse_normal_cdf": ("statistics", "inverse_normal_cdf", ("DOUBLE",) * 3, "DOUBLE"),
    "lab_beta_cdf": ("statistics", "beta_cdf", ("DOUBLE",) * 3, "DOUBLE"),
    "lab_inverse_beta_cdf": ("statistics", "inverse_beta_cdf", ("DOUBLE",) * 3, "DOUBLE"),
    "lab_t_cdf": ("statistics", "t_cdf", ("DOUBLE",) * 2, "DOUBLE"),
    "lab_t_pdf": ("statistics", "t_pdf", ("DOUBLE",) * 2, "DOUBLE"),
    "lab_from_base": ("texts", "from_base", (TEXT, "BIGINT"), "BIGINT"),
    "lab_to_base": ("texts", "to_base", ("BIGINT", "BIGINT"), TEXT),
    "lab_luhn": ("texts", "luhn_check", (TEXT,), "BOOLEAN"),
    "lab_ip": ("networks", "parse_ip", (TEXT,), TEXT),
    "lab_ip_text": ("networks", "ip_text", (TEXT,), TEXT),
    "lab_ip_contains": ("networks", "contains", (TEXT, TEXT), "BOOLEAN"),
    "lab_ip_prefix_min": ("networks", "subnet_min", (TEXT,), TEXT),
    "lab_ip_prefix_max": ("networks", "subnet_max", (TEXT,), TEXT),
    "lab_ip_prefix": ("networks", "ip_prefix", (TEXT, "BIGINT"), TEXT),
    "lab_match": ("row_patterns", "find_matches", ("INTEGER[]", TEXT, TEXT), "INTEGER[][]"),
    "lab_tile": ("tiles", "tile", ("INTEGER",) * 3, TEXT),
    "lab_tile_key": ("tiles", "from_key", (TEXT,), TEXT),
    "lab_tile_at": ("tiles", "tile_at", ("DOUBLE",) * 3, TEXT),
    "lab_tile_coordinates": ("tiles", "coordinates", (TEXT,), "INTEGER[]"),
    "lab_tile_polygon": ("tiles", "polygon", (TEXT,), TEXT),
    "lab_geometry": ("geometry", "evaluate", (TEXT, TEXT, TEXT), TEXT),
}  # fmt: skip


@dataclass(slots=True)
class Registry:
    """The functions that one DuckDB database knows so far."""

    known: set[str] = field(default_factory=set)
    # DuckDB holds no reference of its own once the cursor that registered a function is closed.
    kept: list[Callable[..., Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def require(self, connection: duckdb.DuckDBPyConnection, *texts: str) -> None:
        """Register what the texts mention."""
        mentioned = {name for text in texts for name in MENTIONED.findall(text)}
        if mentioned & UDFS.keys() <= self.known:
            return
        from duckdb.func import SPECIAL

        with self.lock:
            for name in sorted(mentioned & UDFS.keys() - self.known):
                module, function, parameters, returns = UDFS[name]
                made = passing_null(implementation(module, function))
                connection.create_function(
                    name, made, list(parameters), returns, null_handling=SPECIAL
                )
                self.kept.append(made)
                self.known.add(name)


def implementation(module: str, function: str) -> Callable[..., Any]:
    home = module if "." in module else f"{__name__}.{module}"
    found: Callable[..., Any] = getattr(import_module(home), function)
    return found


def passing_null(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL in, NULL out; of four parameters, only the first counts."""
    # DuckDB counts the parameters, so one version per number of them.
    count = len(inspect.signature(function).parameters)
    if count == 1:
        return lambda a: None if a is None else function(a)
    if count == 2:
        return lambda a, b: None if a is None or b is None else function(a, b)
    if count == 3:
        return lambda a, b, c: None if a is None or b is None or c is None else function(a, b, c)
    return lambda a, b, c, d: None if a is None else function(a, b, c, d)
