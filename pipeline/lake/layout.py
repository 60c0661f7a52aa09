"""Names and paths of the lake: pure functions, nothing is touched.

lake/
  batch/                                           what was committed, batch by batch: the log that makes a batch one step
  stack/_delta_log/                                a Delta table each: which of its files count
  stack/3f…e1.parquet                              a data file, named by the first half of its SHA-256
  sample/kind=heap/day=2026-11-23/90…4c.parquet    the same in a partitioned table
  stack/.5d…07.tmp                                 being written; nobody reads it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

from pipeline.schema import Table

BATCH = "batch"

_DIGITS = 10
_HASH_LENGTH = 32
_BATCH_FILE = re.compile(r"^(\d{10})-[0-9a-f]{32}\.parquet$")
_DATA = re.compile(r"^([0-9a-f]{32})\.parquet$")
_STAGED = re.compile(r"^\.[0-9a-f]{32}\.tmp$")
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def batch_path(number: int, *, token: str) -> str:
    """Where a batch is written down, relative to its table; two writers may claim one number."""
    return f"{number:0{_DIGITS}d}-{token}.parquet"


def batch_number(name: str) -> int:
    """The number that the name of a batch's file says."""
    found = _BATCH_FILE.match(name)
    return int(found[1]) if found else 0


def folder_path(table: str, partition: Sequence[tuple[str, object]]) -> str:
    """The folder of a table's partition, hive style: values are percent-encoded, NULL has hive's own word."""
    return "/".join([table, *(f"{name}={_encoded(value)}" for name, value in partition)])


def data_path(folder: str, *, sha256: str) -> str:
    """Where a data file with this content stands."""
    return f"{folder}/{sha256[:_HASH_LENGTH]}.parquet"


def content_name(path: str) -> str | None:
    """The first half of the SHA-256 that a data file's name says; None of one that a compaction named."""
    found = _DATA.match(path.rpartition("/")[2])
    return found[1] if found else None


def staged_path(folder: str, *, token: str) -> str:
    """Where a file is written before it has its name; `token` is 32 hex digits nobody else has."""
    return f"{folder}/.{token}.tmp"


def is_inside(path: str, table: str) -> bool:
    """Whether a path that a log has stays in its table's folder: a lake may be anybody's, and files are written by it."""
    first, *below = path.split("/")
    return first == table and bool(below) and not {"", ".", ".."} & set(below)


def partition_values(path: str) -> dict[str, str | None]:
    """The partition columns a data file's path spells out."""
    parts = (part.partition("=") for part in path.split("/")[1:-1])
    return {name: None if value == _NULL_PARTITION else unquote(value) for name, _, value in parts}


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
    names = set(table.schema.names)
    return next((name for name in ("source_hash", "profile_hash", "trace_hash") if name in names), None)


def is_symbols(table: Table) -> bool:
    """Whether its rows belong to no source."""
    return source_column(table) is None


def _encoded(value: object) -> str:
    return _NULL_PARTITION if value is None else quote(str(value), safe="")
