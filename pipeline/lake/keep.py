"""Keeping house: few large files in place of many small ones, and an end for what is old.

Both are batches like any other: written down first, then done table by table, so that no reader sees half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import __version__
from pipeline.lake import batch_log
from pipeline.lake.batch_log import Batch
from pipeline.lake.datafile import encode, read_rows
from pipeline.lake.layout import is_symbols, source_column
from pipeline.lake.rows import fold
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.writer import Staged, publish, stage
from pipeline.schema import Table, tables
from pipeline.values import DataFile, Int64s, Snapshot

# A file is large enough from here on, and what is read to make one stands in memory.
_TARGET_BYTES = 32 << 20
# One that was merged is merged again when so much more of its kind has come.
_LEAST_FILES = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping house did: files before and after, and their bytes, of each table that it changed."""

    files: Mapping[str, tuple[int, int]]
    size_bytes: Mapping[str, tuple[int, int]]


def compact(lake: str) -> Kept:
    """Merge small files of each table and partition, and of symbols those that repeat; every row stays as it is."""
    return changed(lake, _merged)


def changed(lake: str, change: Callable[[Snapshot], Iterator[tuple[Staged | None, tuple[DataFile, ...]]]]) -> Kept:
    """Do what `change` says of a snapshot, in one batch; again from the beginning when another writer was faster.

    change  yields a file to be added, or None, and the files that it takes the place of
    """
    while True:
        batch_log.roll_forward(lake, batch_log.pending(lake))
        snapshot = read_snapshot(lake)
        steps = list(change(snapshot))
        added = publish(lake, [one for one, _ in steps if one])
        gone = tuple(file for _, files in steps for file in files)
        if not added and not gone:
            return Kept({}, {})
        now = datetime.now(UTC)
        nothing = np.empty(0, np.int64)
        by = f"heapscape {__version__}"
        batch = Batch(snapshot.batch + 1, snapshot.batch, now, by, nothing, added, _without(gone, added))
        if batch_log.append(lake, batch):
            batch_log.roll_forward(lake, [batch])
            return _told(snapshot, added, gone)


def _without(gone: Iterable[DataFile], added: Sequence[DataFile]) -> tuple[DataFile, ...]:
    """What is gone but for what came out as it was."""
    stays = {file.path for file in added}
    return tuple(file for file in gone if file.path not in stays)


def _merged(snapshot: Snapshot) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
    for name, files in snapshot.files.items():
        table = tables()[name]
        folders: dict[str, list[DataFile]] = {}
        for file in files:
            if file.size_bytes < _TARGET_BYTES:
                folders.setdefault(file.path.rpartition("/")[0], []).append(file)
        for folder, small in folders.items():
            for group in _groups(small):
                yield _merge(snapshot.lake, table, folder, group), tuple(group)


def _groups(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    """Files to be merged into one each, in their order."""
    group: list[DataFile] = []
    size = 0
    for file in sorted(files, key=lambda file: file.path):
        if group and size + file.size_bytes > _TARGET_BYTES:
            if len(group) >= _LEAST_FILES:
                yield group
            group, size = [], 0
        group.append(file)
        size += file.size_bytes
    if len(group) >= _LEAST_FILES:
        yield group


def _merge(lake: str, table: Table, folder: str, files: Sequence[DataFile]) -> Staged:
    kept = [field for field in table.schema if field.name not in table.partition]
    parts = [as_declared(read_rows(lake, file.path), pa.schema(kept)) for file in files]
    rows = fold(parts, key=table.key[0]) if is_symbols(table) else pa.concat_tables(parts).unify_dictionaries()
    return stage(lake, encode(rows, table=table), rows=rows.num_rows, table=table, folder=folder)


def as_declared(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows of an older release, which lack columns that may be NULL, with those columns."""
    columns = [
        rows[field.name].cast(field.type) if field.name in rows.schema.names else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def expire(lake: str, *, before: datetime) -> Kept:
    """Take out what was taken before a moment: its rows, and symbols that nothing else speaks of.

    A profile or trace that does not say when it was taken, a report and an executable go by when they were read. All
    stay known, so that old files in a folder that is read again and again do not come back.
    """
    return changed(lake, lambda snapshot: _expired(snapshot, before))


def _expired(snapshot: Snapshot, before: datetime) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
    gone = _old_sources(snapshot, before)
    if not len(gone):
        return
    used: dict[str, list[Int64s]] = {}
    for name, files in snapshot.files.items():
        column = source_column(tables()[name])
        if name == "source" or column is None:
            continue
        for file in files:
            yield from _without_sources(snapshot.lake, file, column, gone, used=used)
    yield _tombstones(snapshot, gone), ()
    yield from _unused_symbols(snapshot, used)


def _old_sources(snapshot: Snapshot, before: datetime) -> Int64s:
    """The sources that are to go, sorted."""
    moment = pa.scalar(before.astimezone(UTC), pa.timestamp("us", "UTC"))
    unknown = pa.scalar(datetime(1970, 1, 1, tzinfo=UTC), pa.timestamp("us", "UTC"))
    taken = _read(snapshot, "profile", ("source_hash", "taken_at"))
    dated = taken.filter(pc.not_equal(taken["taken_at"], unknown))
    told = _read(snapshot, "source", ("source_hash", "status", "ingested_at"))
    expired = told.filter(pc.equal(told["status"], "expired"))["source_hash"].to_numpy()
    ingested = told.filter(pc.equal(told["status"], "ingested"))
    old = np.concatenate(
        [
            dated.filter(pc.less(dated["taken_at"], moment))["source_hash"].to_numpy(),
            np.setdiff1d(
                ingested.filter(pc.less(ingested["ingested_at"], moment))["source_hash"].to_numpy(),
                dated["source_hash"].to_numpy(),
            ),
        ]
    )
    return np.setdiff1d(np.unique(old), expired)


def _without_sources(
    lake: str, file: DataFile, column: str, gone: Int64s, *, used: dict[str, list[Int64s]]
) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
    """One file without the rows of some sources; what its other rows speak of is added to `used`."""
    table = tables()[file.table]
    rows = read_rows(lake, file.path)
    stays = ~np.isin(rows[column].to_numpy(), gone)
    if stays.all():
        kept = rows
    else:
        kept = rows.filter(pa.array(stays))
        yield staged(lake, file, kept), (file,)
    for reference in table.references:
        if is_symbols(tables()[reference.to_table]):
            values = kept[reference.column].drop_null().to_numpy()
            used.setdefault(reference.to_table, []).append(np.unique(values))


def staged(lake: str, file: DataFile, kept: pa.Table) -> Staged | None:
    """What takes the place of a file; None when nothing is left of it."""
    table, folder = tables()[file.table], file.path.rpartition("/")[0]
    if not kept.num_rows:
        return None
    return stage(lake, encode(kept, table=table), rows=kept.num_rows, table=table, folder=folder)


def _tombstones(snapshot: Snapshot, gone: Int64s) -> Staged:
    """Rows of table `source` that say which sources are no longer there."""
    table = tables()["source"]
    told = pa.concat_tables([read_rows(snapshot.lake, file.path) for file in snapshot.files["source"]])
    told = told.filter(pc.and_(pc.equal(told["status"], "ingested"), pc.is_in(told["source_hash"], pa.array(gone))))
    now = pa.array([datetime.now(UTC)] * told.num_rows, pa.timestamp("us", "UTC"))
    for name, column in (("status", pa.array(["expired"] * told.num_rows)), ("ingested_at", now)):
        told = told.set_column(told.schema.get_field_index(name), told.schema.field(name), column)
    return stage(snapshot.lake, encode(told, table=table), rows=told.num_rows, table=table, folder="source")


def _unused_symbols(
    snapshot: Snapshot, used: dict[str, list[Int64s]]
) -> Iterator[tuple[Staged | None, tuple[DataFile, ...]]]:
    """Symbol files without what nothing speaks of any more; each table after those whose rows speak of it."""
    for name in ("stack", "location", "function", "mapping", "label_set"):
        table = tables()[name]
        wanted = np.unique(np.concatenate([np.empty(0, np.int64), *used.get(name, [])]))
        for file in snapshot.files.get(name, ()):
            rows = read_rows(snapshot.lake, file.path)
            stays = np.isin(rows[table.key[0]].to_numpy(), wanted)
            kept = rows.filter(pa.array(stays))
            for target, values in _spoken_of(kept):
                used.setdefault(target, []).append(np.unique(values))
            if kept.num_rows < rows.num_rows:
                yield staged(snapshot.lake, file, kept), (file,)


def _spoken_of(rows: pa.Table) -> Iterator[tuple[str, Int64s]]:
    """The symbols that symbols are made of."""
    if "location_hashes" in rows.schema.names:
        yield "location", pc.list_flatten(rows["location_hashes"]).to_numpy()
    if "lines" in rows.schema.names:
        lines = pc.list_flatten(rows["lines"])
        yield "function", pc.struct_field(lines, "function_hash").to_numpy()
        yield "mapping", rows["mapping_hash"].drop_null().to_numpy()


def _read(snapshot: Snapshot, name: str, columns: Sequence[str]) -> pa.Table:
    schema = pa.schema([tables()[name].schema.field(column) for column in columns])
    files = snapshot.files.get(name, ())
    parts = [read_rows(snapshot.lake, file.path, columns=columns).cast(schema) for file in files]
    return pa.concat_tables([schema.empty_table(), *parts])


def _told(snapshot: Snapshot, added: Sequence[DataFile], gone: Sequence[DataFile]) -> Kept:
    names = sorted({file.table for file in (*added, *gone)})
    before = {name: snapshot.files.get(name, ()) for name in names}
    left = {name: [*(file for file in before[name] if file not in gone), *_of(added, name)] for name in names}
    return Kept(
        {name: (len(before[name]), len(left[name])) for name in names},
        {name: (_bytes(before[name]), _bytes(left[name])) for name in names},
    )


def _of(files: Iterable[DataFile], table: str) -> list[DataFile]:
    return [file for file in files if file.table == table]


def _bytes(files: Iterable[DataFile]) -> int:
    return sum(file.size_bytes for file in files)
