"""Batches for lake tests from a few words: `batch("a b")` is two profiles with their symbols."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.lake.commit import commit, open_writer, settle
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.schema import tables
from pipeline.values import Known, Snapshot, Written


def content_id(*parts: object) -> int:
    """A signed hash of 64 bits that is the same for the same parts in every process."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big", signed=True)


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows under a declared schema; columns that are not given are NULL, or zero or empty where they may not be."""
    given = [{**_blank(name), **row} for row in rows]
    return pa.Table.from_pylist(given, schema=tables()[name].schema)


def _blank(name: str) -> dict[str, Any]:
    return {field.name: _blank_value(field.type) for field in tables()[name].schema if not field.nullable}


def _blank_value(kind: pa.DataType) -> Any:
    if pa.types.is_nested(kind):
        return []
    if pa.types.is_timestamp(kind):
        return datetime(1970, 1, 1, tzinfo=UTC)
    if pa.types.is_boolean(kind):
        return False
    if pa.types.is_date(kind):
        return date(1970, 1, 1)
    return 0 if pa.types.is_integer(kind) else ""


def batch(names: str, *, stacks: str = "", day: date = date(2026, 11, 23), samples: int = 12) -> dict[str, pa.Table]:
    """Profiles called by words, each with `samples` samples over the stacks of `stacks` (by default their own names)."""
    profiles = names.split()
    leaves = stacks.split() or profiles
    return {
        "source": table("source", [_source(name) for name in profiles]),
        "profile": table("profile", [_profile(name, day) for name in profiles]),
        "sample": table("sample", [row for name in profiles for row in _samples(name, leaves, day, samples)]),
        **symbols(leaves),
    }


def refused(names: str, *, reason: str = "cut off", at: int = 12) -> dict[str, pa.Table]:
    """Refusals of the profiles that `batch` has, told at an hour."""
    lost = {"status": "refused", "reason": reason, "ingested_at": datetime(2026, 11, 23, at, tzinfo=UTC)}
    return {"source": table("source", [{**_source(name), **lost} for name in names.split()])}


def refuse(lake: str | Path, names: str, **options: Any) -> Known:
    """Write and commit `refused(names)`."""
    return committed(lake, write(lake, refused(names, **options)))


def symbols(leaves: Iterable[str]) -> dict[str, pa.Table]:
    """For each leaf the stack `leaf main`, with everything it is made of."""
    functions = ["main", *leaves]
    return {
        "function": table("function", [_function(name) for name in functions]),
        "mapping": table("mapping", [_MAPPING]),
        "location": table("location", [_location(name) for name in functions]),
        "stack": table("stack", [_stack(name) for name in functions[1:]]),
        "label_set": table("label_set", [{"label_set_hash": content_id("labels"), "labels": []}]),
    }


def write(lake: str | Path, tables_of_batch: Mapping[str, pa.Table], **options: Any) -> Written:
    """Write one batch without committing it."""
    with open_writer(str(lake), **options) as writer:
        writer.add(tables_of_batch)
    return writer.written


def ingest(lake: str | Path, names: str, **options: Any) -> Snapshot:
    """Write and commit what of `batch(names)` the lake does not have, as the corridor does, until no other is faster."""
    while True:
        known = settle(str(lake), read_known(str(lake)))
        fresh = [name for name in names.split() if not known.has(content_id("source", name))]
        written = write(lake, batch(" ".join(fresh), **options) if fresh else {})
        after = commit(str(lake), written, known=known)
        if after:
            settle(str(lake), after)
            return read_snapshot(str(lake))


def committed(lake: str | Path, written: Written) -> Known:
    """Commit a batch that no other writer is faster with, and add it to all tables."""
    after = commit(str(lake), written, known=read_known(str(lake)))
    assert after, "another writer was faster"
    return settle(str(lake), after)


def _source(name: str) -> dict[str, Any]:
    return {
        "source_hash": content_id("source", name),
        "uri": f"{name}.pb.gz",
        "path": f"{name}.pb.gz",
        "format": "pprof",
        "status": "ingested",
        "size_bytes": 100,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "ingested_at": datetime(2026, 11, 23, 12, tzinfo=UTC),
    }


def _profile(name: str, day: date) -> dict[str, Any]:
    return {
        "profile_hash": content_id("source", name),
        "source_hash": content_id("source", name),
        "kind": "heap",
        "day": day,
        "taken_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "service": "checkout",
        "labels": {"service": "checkout"},
    }


def _samples(name: str, leaves: list[str], day: date, count: int) -> Iterable[dict[str, Any]]:
    for index in range(count):
        yield {
            "profile_hash": content_id("source", name),
            "sample_index": index,
            "stack_hash": content_id("stack", leaves[index % len(leaves)]),
            "value_0": 10 * index + 1,
            "value_1": 1000 * index,
            "label_set_hash": content_id("labels"),
            "kind": "heap",
            "day": day,
        }


def _function(name: str) -> dict[str, Any]:
    return {
        "function_hash": content_id("function", name),
        "name": f"main.{name}",
        "system_name": f"main.{name}",
        "package": "main",
        "file": "main.go",
        "start_line": len(name),
    }


def _location(name: str) -> dict[str, Any]:
    line = {"function_hash": content_id("function", name), "line": 7, "column": 0}
    return {
        "location_hash": content_id("location", name),
        "mapping_hash": _MAPPING["mapping_hash"],
        "address": content_id("address", name) % 2**20,
        "is_folded": False,
        "lines": [line],
    }


def _stack(leaf: str) -> dict[str, Any]:
    path = (leaf, "main")
    return {"stack_hash": content_id("stack", leaf), "location_hashes": [content_id("location", name) for name in path]}


_MAPPING: Mapping[str, Any] = {
    "mapping_hash": content_id("mapping"),
    "file": "/bin/checkout",
    "build_id": "b1",
    "size_bytes": 4096,
    "file_offset_bytes": 0,
    "has_functions": True,
    "has_filenames": True,
    "has_line_numbers": True,
    "has_inline_frames": True,
}
