"""New labels for sources that the lake has: their rows anew, and a row of table `source` for each that says so.

A batch like any other. What the rows say otherwise stays, and so do the sources' ids: no input is read.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.lake.datafile import encode, read_rows
from pipeline.lake.keep import changed, staged
from pipeline.lake.layout import source_column
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.writer import Staged, stage
from pipeline.schema import tables
from pipeline.values import DataFile, Int64s, Snapshot

Labels = Mapping[str, str]
# Rows of a labelled table and the labels of each, to the rows with all that follows from labels.
Relabelled: TypeAlias = Callable[[pa.Table, Sequence[Labels]], pa.Table]
_MANY = 5


def relabel(lake: str, inputs: Sequence[str], labels: Labels, *, relabelled: Relabelled) -> list[str]:
    """Give sources labels, beside those they have; returns the uris of those that had others.

    inputs  files, folders, globs or uris, as they were offered
    Raises UsageError for one that no source was offered as.
    """
    told: list[str] = []

    def change(snapshot: Snapshot) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
        told.clear()
        wanted = _named(snapshot, inputs)
        touched: set[int] = set()
        for name, files in snapshot.files.items():
            column = source_column(tables()[name])
            if column is None or "labels" not in tables()[name].schema.names:
                continue
            for file in files:
                yield from _anew(lake, file, column, wanted, labels, relabelled=relabelled, touched=touched)
        if touched:
            rows = _facts(snapshot, np.array(sorted(touched), np.int64))
            told.extend(sorted(rows["uri"].to_pylist()))
            yield _stage(snapshot, rows), ()

    changed(lake, change)
    return told


def labels_of(lake: str) -> Mapping[int, Labels]:
    """The labels of every source whose rows have some, or may."""
    found: dict[int, Labels] = {}
    for name, files in read_snapshot(lake).files.items():
        column = source_column(tables()[name])
        if column is None or "labels" not in tables()[name].schema.names:
            continue
        for file in files:
            rows = read_rows(lake, file.path, columns=(column, "labels"))
            found.update(zip(rows[column].to_pylist(), map(dict, rows["labels"].to_pylist()), strict=True))
    return found


def _named(snapshot: Snapshot, inputs: Sequence[str]) -> Int64s:
    """The sources that were offered as one of the inputs, or inside of it."""
    told = _told(snapshot)
    told = told.filter(pc.is_in(told["status"], pa.array(["ingested", "known"])))
    uris, paths = told["uri"].to_pylist(), told["path"].to_pylist()
    keep: set[int] = set()
    for given in inputs:
        fits = [_fits(given, uri, path) for uri, path in zip(uris, paths, strict=True)]
        if not any(fits):
            some = sorted({os.path.dirname(path) or path for path in paths})
            more = f" and {len(some) - _MANY:,} more" if len(some) > _MANY else ""
            raise UsageError(
                f"{given}: no source of {snapshot.lake} was offered as this, or from in there; there are some of "
                f"{', '.join(some[:_MANY])}{more}; new ones go in with: heapscape ingest INPUT... --label KEY=VALUE"
            )
        keep.update(told.filter(pa.array(fits))["source_hash"].to_pylist())
    return np.array(sorted(keep), np.int64)


def _fits(given: str, uri: str, path: str) -> bool:
    if given in (uri, path) or fnmatch.fnmatchcase(path, given):
        return True
    if "://" in given:
        return path.startswith(given.rstrip("/") + "/")
    whole, found = os.path.abspath(given), os.path.abspath(path)
    return found == whole or found.startswith(whole.rstrip("/") + "/")


def _anew(
    lake: str,
    file: DataFile,
    column: str,
    wanted: Int64s,
    labels: Labels,
    *,
    relabelled: Relabelled,
    touched: set[int],
) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
    """One file with the new labels, where that changes something of it."""
    rows = read_rows(lake, file.path)
    old: list[Labels] = [dict(one) for one in rows["labels"].to_pylist()]
    is_wanted = np.isin(rows[column].to_numpy(), wanted).tolist()
    new = [{**one, **labels} if wants else one for one, wants in zip(old, is_wanted, strict=True)]
    changes = [one != other for one, other in zip(old, new, strict=True)]
    if any(changes):
        touched.update(rows.filter(pa.array(changes))[column].to_pylist())
        anew = relabelled(_with_partition(rows, file), new)
        yield staged(lake, file, anew.select(rows.schema.names)), (file,)


def _with_partition(rows: pa.Table, file: DataFile) -> pa.Table:
    """The rows with what their folder says of all of them."""
    for part in file.path.split("/")[1:-1]:
        name, _, value = part.partition("=")
        rows = rows.append_column(name, pa.array([unquote(value)] * rows.num_rows, pa.string()))
    return rows


def _facts(snapshot: Snapshot, touched: Int64s) -> pa.Table:
    """Rows of table `source` that say which sources have other labels since this batch."""
    told = _told(snapshot)
    told = told.filter(pc.and_(pc.equal(told["status"], "ingested"), pc.is_in(told["source_hash"], pa.array(touched))))
    count = told.num_rows
    facts = {
        "status": pa.array(["relabelled"] * count, pa.string()),
        "reason": pa.array([str(snapshot.batch + 1)] * count, pa.string()),
        # Of the labels it had.
        "offered_hash": pa.nulls(count, pa.int64()),
        "ingested_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("us", "UTC")),
    }
    for name, values in facts.items():
        told = told.set_column(told.schema.get_field_index(name), told.schema.field(name), values)
    return told


def _stage(snapshot: Snapshot, rows: pa.Table) -> Staged:
    table = tables()["source"]
    return stage(snapshot.lake, encode(rows, table=table), rows=rows.num_rows, table=table, folder="source")


def _told(snapshot: Snapshot) -> pa.Table:
    return pa.concat_tables([read_rows(snapshot.lake, file.path) for file in snapshot.files["source"]])
