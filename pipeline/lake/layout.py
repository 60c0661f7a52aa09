"""Names and paths of the lake: pure functions, nothing is touched.

lake/
  _manifest/0000000001.json                        one entry per commit; which files count is written here, nowhere else
  stack/3f…e1.parquet                              a data file, named by the first half of its SHA-256
  sample/kind=heap/day=2026-11-23/90…4c.parquet    the same in a partitioned table
  stack/.5d…07.tmp                                 being written; nobody reads it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

from pipeline.schema import Table

MANIFEST = "_manifest"
MANIFEST_LOCK = f"{MANIFEST}/.lock"
# The tables that may have rows of a refused source: these may be replaced, all others never change.
REFUSED_IN = ("source", "ingest_note")

_DIGITS = 10
_HASH_LENGTH = 32
_ENTRY = re.compile(r"^(\d{10})\.json$")
_DATA = re.compile(r"^[0-9a-f]{32}\.parquet$")
_STAGED = re.compile(r"^\.[0-9a-f]{32}\.tmp$")
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def entry_path(version: int) -> str:
    """Where the manifest entry of a version stands."""
    return f"{MANIFEST}/{version:0{_DIGITS}d}.json"


def entry_version(name: str) -> int | None:
    """The version a manifest file's name says; None when it is no entry."""
    found = _ENTRY.match(name)
    return int(found[1]) if found else None


def folder_path(table: str, partition: Sequence[tuple[str, object]]) -> str:
    """The folder of a table's partition, hive style: values are percent-encoded, NULL has hive's own word."""
    return "/".join([table, *(f"{name}={_encoded(value)}" for name, value in partition)])


def data_path(folder: str, *, sha256: str) -> str:
    """Where a data file with this content stands."""
    return f"{folder}/{sha256[:_HASH_LENGTH]}.parquet"


def staged_path(folder: str, *, token: str) -> str:
    """Where a file is written before it has its name; `token` is 32 hex digits nobody else has."""
    return f"{folder}/.{token}.tmp"


def partition_values(path: str) -> dict[str, str | None]:
    """The partition columns a data file's path spells out."""
    parts = (part.partition("=") for part in path.split("/")[1:-1])
    return {name: None if value == _NULL_PARTITION else unquote(value) for name, _, value in parts}


def is_data_name(name: str) -> bool:
    """Whether a file name is one that only this room gives to finished files."""
    return _DATA.match(name) is not None


def is_staged_name(name: str) -> bool:
    """Whether a file name is one that only this room gives to files it is writing."""
    return _STAGED.match(name) is not None


def folders_above(paths: Iterable[str]) -> list[str]:
    """Every folder that holds one of the paths, down from the lake itself, which is ""."""
    found = {""}
    for path in paths:
        parts = path.split("/")[:-1]
        found.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return sorted(found)


def source_column(table: Table) -> str | None:
    """The column that says which source a row is from; None for symbol tables, whose rows belong to all."""
    names = {column.name for column in table.columns}
    return next((name for name in ("source_id", "profile_id", "trace_id") if name in names), None)


def is_symbols(table: Table) -> bool:
    """Whether its rows belong to no source."""
    return source_column(table) is None


def _encoded(value: object) -> str:
    return _NULL_PARTITION if value is None else quote(str(value), safe="")
