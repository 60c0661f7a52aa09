"""What a lake holds and what it weighs, from its logs and the small tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.lake.datafile import read_rows
from pipeline.lake.layout import partition_values
from pipeline.schema import tables
from pipeline.values import DataFile, Snapshot


@dataclass(frozen=True, slots=True)
class Weight:
    """Files, rows and bytes."""

    files: int
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Description:
    """What a lake holds.

    tables    by name
    days      by UTC day, of the tables that are partitioned by it
    services  profiles by service, "" for those without one
    sources   by outcome: ingested, expired, refused
    notes     by kind, how many sources have one
    """

    batch: int
    tables: Mapping[str, Weight]
    days: Mapping[str, Weight]
    services: Mapping[str, int]
    sources: Mapping[str, int]
    notes: Mapping[str, int]


def describe(snapshot: Snapshot) -> Description:
    """What is in the lake, and how large it is."""
    by_day: dict[str, list[DataFile]] = {}
    for files in snapshot.files.values():
        for file in files:
            if day := partition_values(file.path).get("day"):
                by_day.setdefault(day, []).append(file)
    services = Counter(service or "" for service in _column(snapshot, "profile", "service"))
    return Description(
        batch=snapshot.batch,
        tables={name: _weight(files) for name, files in sorted(snapshot.files.items())},
        days={day: _weight(files) for day, files in sorted(by_day.items())},
        services=dict(sorted(services.items())),
        sources=_outcomes(snapshot),
        notes=dict(sorted(Counter(map(str, _column(snapshot, "ingest_note", "kind"))).items())),
    )


def _outcomes(snapshot: Snapshot) -> Mapping[str, int]:
    """Each source by what it came to: refused only if it never went in."""
    told = pa.table({name: _array(snapshot, "source", name) for name in ("source_hash", "status")})
    by_outcome = {name: set(_of_status(told, name)) for name in ("ingested", "expired", "refused")}
    ingested, expired, refused = by_outcome.values()
    return {"ingested": len(ingested - expired), "expired": len(expired), "refused": len(refused - ingested)}


def _of_status(told: pa.Table, status: str) -> Sequence[int]:
    found: list[int] = told.filter(pc.equal(told["status"], status))["source_hash"].to_pylist()
    return found


def _column(snapshot: Snapshot, table: str, name: str) -> list[str | None]:
    found: list[str | None] = _array(snapshot, table, name).to_pylist()
    return found


def _array(snapshot: Snapshot, table: str, name: str) -> pa.ChunkedArray:
    kind = tables()[table].schema.field(name).type
    parts = [
        read_rows(snapshot.lake, file.path, columns=[name])[name].cast(kind) for file in snapshot.files.get(table, ())
    ]
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], kind)


def _weight(files: Sequence[DataFile]) -> Weight:
    return Weight(len(files), sum(file.rows for file in files), sum(file.size_bytes for file in files))
