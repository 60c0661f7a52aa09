"""Do the files say what the lake's logs say, and nothing else? Also: what a crash left behind, and its removal.

How duplicates are found without holding the lake in memory: a row with a source has that source in its key, and the rows
of a source went in with one batch; so keys need comparing only among files that share sources. Symbols belong to no source
and are compared across the lake, by key and a hash of the whole row.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.errors import LakeError
from pipeline.hashes import hexadecimal
from pipeline.lake import batch_log, delta
from pipeline.lake.datafile import read_rows, read_shape
from pipeline.lake.layout import BATCH, batch_number, content_name, partition_values, source_column
from pipeline.lake.store import store_of
from pipeline.schema import Table, tables
from pipeline.values import DataFile, Int64s, Snapshot

_RESTORE = "restore the file from a copy, or ingest its inputs into a new lake"
_BUG = "this is a bug of heapscape: report it, and ingest the inputs into a new lake"
_VACUUM = "harmless; `heapscape lake vacuum` removes it once it is old"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; severity `error` means wrong answers, `info` none."""

    severity: str
    path: str
    problem: str
    advice: str


@dataclass(frozen=True, slots=True)
class _Sound:
    """A listed file that is what the log says, and so can be read."""

    file: DataFile
    schema: pa.Schema


def verify(snapshot: Snapshot) -> Iterator[Finding]:
    """Everything that is wrong with a lake, file by file and then across files; nothing for a sound one."""
    lake = snapshot.lake
    checked: list[_Sound] = []
    for files in snapshot.files.values():
        for file in files:
            found = yield from _check_file(lake, file)
            if found:
                checked.append(found)
    by_table: dict[str, list[_Sound]] = {name: [] for name in tables()}
    for one in checked:
        by_table[one.file.table].append(one)
    yield from _check_sources(lake, by_table)
    yield from _check_symbols(lake, checked)
    yield from _check_references(lake, checked)
    for table, paths in groupby(_strays(lake), key=lambda path: path.partition("/")[0]):
        first, *others = paths
        told = f"no log lists it{f', nor {len(others):,} more of table {table}' if others else ''}"
        yield Finding("info", first, f"{told}; a crash, a busy writer or a compaction left it", _VACUUM)


def vacuum(lake: str, *, older_than_hours: float) -> list[str]:
    """Remove what has not counted for so long; returns the paths, relative to the lake. Other people's files are let be.

    Choose an age no batch takes to be written: a younger file may be one that is about to be committed.
    """
    batch_log.roll_forward(lake, batch_log.pending(lake))
    latest = time.time() - 3600 * older_than_hours
    staged = _staged(lake, latest)
    removed = sorted([*staged, *_unlisted(lake, older_than_hours=round(older_than_hours))])
    for path in removed:
        store_of(lake).remove(path)
    return removed


def _strays(lake: str) -> list[str]:
    """What `vacuum` would remove if it were old."""
    return sorted([*_staged(lake, time.time()), *_unlisted(lake, older_than_hours=0)])


def _unlisted(lake: str, *, older_than_hours: int) -> list[str]:
    found = (path for name in _names() for path in delta.unlisted(lake, name, older_than_hours=older_than_hours))
    return [path for path in found if content_name(path) or batch_number(path.rpartition("/")[2])]


def _names() -> list[str]:
    return [BATCH, *(name for name, table in tables().items() if table.in_lake)]


def _staged(lake: str, latest: float) -> list[str]:
    """Files that were being written until then, which Delta takes for somebody else's."""
    return [path for name in _names() for path in store_of(lake).staged_before(name, latest)]


def _check_file(lake: str, file: DataFile) -> Generator[Finding, None, _Sound | None]:
    """Yields findings; returns the file when its content can be relied on."""
    store, named = store_of(lake), content_name(file.path)
    try:
        size = store.size(file.path)
        if size is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        sha256 = store.sha256(file.path) if named else ""
    except OSError as error:
        yield Finding("error", file.path, f"cannot be read: {error.strerror}; it has {file.rows} rows", _RESTORE)
        return None
    if size != file.size_bytes:
        yield Finding("error", file.path, f"{size} bytes, the log says {file.size_bytes}", _RESTORE)
        return None
    if named and not sha256.startswith(named):
        yield Finding("error", file.path, f"sha256 {sha256}, which its name does not begin", _RESTORE)
        return None
    return (yield from _check_shape(lake, file))


def _check_shape(lake: str, file: DataFile) -> Generator[Finding, None, _Sound | None]:
    try:
        schema, rows = read_shape(lake, file.path)
    except LakeError as error:
        yield Finding("error", file.path, str(error), _BUG)
        return None
    if rows != file.rows:
        yield Finding("error", file.path, f"{rows} rows, the log says {file.rows}", _BUG)
        return None
    if file.table not in tables():
        yield Finding("info", file.path, f"table {file.table} is not declared", "a newer heapscape wrote it: upgrade")
        return None
    wrong = list(_check_schema(schema, file, table=tables()[file.table]))
    yield from wrong
    return None if any(finding.severity == "error" for finding in wrong) else _Sound(file, schema)


def _check_schema(schema: pa.Schema, file: DataFile, *, table: Table) -> Iterator[Finding]:
    """A file may lack columns declared later, if they may be NULL, and have columns that a newer heapscape declares."""
    partition = partition_values(file.path)
    if tuple(partition) != table.partition:
        yield Finding("error", file.path, f"partitioned by {list(partition)}, declared {list(table.partition)}", _BUG)
    declared = table.schema
    for field in declared:
        if field.name in partition:
            continue
        if field.name not in schema.names:
            if not field.nullable:
                yield Finding("error", file.path, f"column {field.name} is not in it, and is NOT NULL", _BUG)
        elif schema.field(field.name).type != field.type:
            found = schema.field(field.name).type
            yield Finding("error", file.path, f"column {field.name} is {found}, declared {field.type}", _BUG)
    for name in schema.names:
        if name not in declared.names:
            yield Finding("info", file.path, f"column {name} is not declared", "a newer heapscape wrote it: upgrade")


def _check_sources(lake: str, by_table: dict[str, list[_Sound]]) -> Iterator[Finding]:
    """Each source went in once, rows are of sources that did, and no key is there twice."""
    ingested: list[int] = []
    for one in by_table["source"]:
        rows = _frame(read_rows(lake, one.file.path, columns=["source_hash", "status"]))
        ingested += rows.filter(pl.col("status") == "ingested")["source_hash"].to_list()
    known = np.unique(np.array(ingested, np.int64))
    if len(known) < len(ingested):
        yield Finding(
            "error", "source", f"{len(ingested) - len(known)} sources went in twice; their rows count twice", _BUG
        )
    for name, parts in by_table.items():
        column = source_column(tables()[name])
        if column is None or name == "source":
            continue
        sources = [_distinct(lake, [one], column) for one in parts]
        for one, found in zip(parts, sources, strict=True):
            for source in found[~np.isin(found, known)][:3].tolist():
                problem = f"rows of source {hexadecimal(source)}, which did not go in"
                yield Finding("error", one.file.path, problem, _BUG)
        for together in _sharing(parts, sources):
            yield from _check_keys(lake, together, table=tables()[name])


def _sharing(parts: Sequence[_Sound], sources: Sequence[Int64s]) -> Iterator[list[_Sound]]:
    """The files in groups, such that no two groups have rows of one source."""
    group_of: dict[int, list[int]] = {}
    groups: list[list[int]] = []
    for place, found in enumerate(sources):
        together = [place]
        for group in {id(group_of[one]): group_of[one] for one in found.tolist() if one in group_of}.values():
            together += group
            groups.remove(group)
        groups.append(together)
        group_of.update((one, together) for member in together for one in sources[member].tolist())
    for group in groups:
        yield [parts[place] for place in group]


def _check_keys(lake: str, parts: Sequence[_Sound], *, table: Table) -> Iterator[Finding]:
    key = [column for column in table.key if column not in table.partition]
    rows = pl.concat([_frame(read_rows(lake, one.file.path, columns=key)) for one in parts])
    repeated = rows.height - rows.n_unique()
    if repeated:
        example = rows.filter(rows.is_duplicated()).row(0, named=True)
        problem = f"{repeated} rows repeat a key ({', '.join(key)}), such as {example}"
        yield Finding("error", parts[0].file.path, problem, _BUG)


def _check_symbols(lake: str, files: Sequence[_Sound]) -> Iterator[Finding]:
    """Rows with one key must be the same row wherever they stand; a file has each key once."""
    for name, parts in _symbol_files(files).items():
        (key,) = tables()[name].key
        hashes = []
        for one in parts:
            rows = _frame(read_rows(lake, one.file.path))
            if rows[key].n_unique() != rows.height:
                yield Finding("error", one.file.path, f"{key} is not unique in it", _BUG)
            declared = [column for column in tables()[name].schema.names if column in rows.columns]
            hashes.append(pl.DataFrame({"key": rows[key], "content": rows.select(declared).hash_rows()}))
        distinct = pl.concat(hashes).unique()
        clashing = distinct.filter(distinct["key"].is_duplicated())["key"].unique().sort().to_list()
        for clash in clashing[:3]:
            problem = f"{key} {hexadecimal(clash)} has different contents in two files ({len(clashing)} such keys)"
            yield Finding("error", name, problem, _BUG)


def _symbol_files(files: Sequence[_Sound]) -> dict[str, list[_Sound]]:
    found: dict[str, list[_Sound]] = {}
    for one in files:
        if source_column(tables()[one.file.table]) is None:
            found.setdefault(one.file.table, []).append(one)
    return found


def _check_references(lake: str, files: Sequence[_Sound]) -> Iterator[Finding]:
    """Every declared reference lands, and so do the ids inside lists."""
    by_table: dict[str, list[_Sound]] = {name: [] for name in tables()}
    for one in files:
        by_table[one.file.table].append(one)
    targets: dict[tuple[str, str], Int64s] = {}
    for name, table in tables().items():
        for column, to_table, to_column in _references(table):
            if not by_table[name]:
                continue
            if (to_table, to_column) not in targets:
                targets[to_table, to_column] = _distinct(lake, by_table[to_table], to_column)
            for one in by_table[name]:
                yield from _dangling(lake, one, column, targets[to_table, to_column], to_table=to_table)


def _references(table: Table) -> Iterator[tuple[str, str, str]]:
    """(column, table, column) of each reference; for one inside a list the column is a path, `lines.function_hash`.

    SQL cannot declare a reference from inside a list, so there the name says it: `X_hash` and `X_hashes` are of table X.
    """
    for reference in table.references:
        if tables()[reference.to_table].in_lake:
            yield reference.column, reference.to_table, reference.to_column
    for column in table.schema:
        if not pa.types.is_list(column.type):
            continue
        inner = column.type.value_type
        if pa.types.is_struct(inner):
            for field in inner.fields:
                if field.name.removesuffix("_hash") in tables():
                    yield f"{column.name}.{field.name}", field.name.removesuffix("_hash"), field.name
        elif column.name.removesuffix("_hashes") in tables():
            target = column.name.removesuffix("_hashes")
            yield column.name, target, f"{target}_hash"


def _dangling(lake: str, one: _Sound, column: str, target: Int64s, *, to_table: str) -> Iterator[Finding]:
    found = _distinct(lake, [one], column)
    lost = found[~np.isin(found, target)]
    if len(lost):
        first = ", ".join(hexadecimal(value) for value in lost[:3].tolist())
        yield Finding("error", one.file.path, f"{len(lost)} ids of {column} are not in table {to_table}: {first}", _BUG)


def _distinct(lake: str, files: Sequence[_Sound], column: str) -> Int64s:
    """The distinct ids in a column of some files, sorted; of `list.field` those inside the list."""
    outer, _, inner = column.partition(".")
    found = [np.empty(0, np.int64)]
    for one in files:
        if outer not in one.schema.names:
            continue
        for chunk in read_rows(lake, one.file.path, columns=[outer])[outer].chunks:
            found.append(np.unique(_ids(chunk, inner).drop_null().to_numpy(zero_copy_only=False)))
    return np.unique(np.concatenate(found))


def _ids(chunk: pa.Array[Any], inner: str) -> pa.Array[Any]:
    if not isinstance(chunk, pa.ListArray):
        return chunk
    values = chunk.flatten()
    return values.field(inner) if inner and isinstance(values, pa.StructArray) else values


def _frame(rows: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame
