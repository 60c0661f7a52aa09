"""Do the files say what the manifest says, and nothing else? Also: what a crash left behind, and its removal.

How duplicates are found without holding the lake in memory: a row with a source has that source in its key, each
source goes in with one commit only, and each commit's rows are of its own sources; so keys need comparing within one
commit only. Symbols belong to no source and are compared across the lake, by key and a hash of the whole row; and so
are the few tables whose files later commits replace, when what was refused goes in.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.errors import LakeError
from pipeline.lake import durable
from pipeline.lake.datafile import read_rows, read_shape
from pipeline.lake.layout import MANIFEST, REFUSED_IN, is_data_name, is_staged_name, partition_values, source_column
from pipeline.lake.manifest import Entry, entries, exclusive_lock
from pipeline.lake.rows import refusals
from pipeline.lake.snapshot import advanced, history
from pipeline.schema import Table, tables
from pipeline.values import DataFile, Snapshot, UInt64s

_RESTORE = "restore the file from a copy, or ingest its inputs into a new lake"
_BUG = "this is a bug of heapscape: report it, and ingest the inputs into a new lake"
_SWEEP = "harmless; `heapscape lake sweep` removes it once it is old"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; severity `error` means wrong answers, `info` none."""

    severity: str
    path: str
    problem: str
    advice: str


@dataclass(frozen=True, slots=True)
class _Sound:
    """A listed file that is what the manifest says, and so can be read."""

    file: DataFile
    schema: pa.Schema


def verify(lake: str) -> Iterator[Finding]:
    """Everything that is wrong with a lake, file by file and then across files; nothing for a sound one."""
    try:
        commits = list(history(lake, after=0))
    except LakeError as error:
        yield Finding("error", MANIFEST, str(error), "nothing else can be checked before this is repaired")
        return
    everything: list[_Sound] = []
    known: set[int] = set()
    for commit, listed in zip(commits, _counting(commits), strict=True):
        checked: list[_Sound] = []
        for file in listed:
            found = yield from _check_file(lake, file)
            if found:
                checked.append(found)
        known |= commit.sources
        yield from _check_sources(lake, commit, checked, known=known)
        yield from _check_keys(lake, [one for one in checked if one.file.table not in REFUSED_IN])
        everything += checked
    yield from _check_single_commits(commits)
    yield from _check_keys(lake, [one for one in everything if one.file.table in REFUSED_IN])
    yield from _check_source_rows(lake, commits, everything)
    yield from _check_symbols(lake, everything)
    yield from _check_references(lake, everything)
    for path in _strays(lake, listed={file.path for commit in commits for file in commit.files}):
        yield Finding("info", path, "no manifest entry lists it; a crash or a busy writer left it", _SWEEP)


def sweep(lake: str, *, older_than_s: float) -> list[str]:
    """Remove strays last touched more than `older_than_s` seconds ago; returns their paths, relative to the lake.

    Choose an age no batch takes to be written: a younger file may be one that is about to be committed.
    """
    if not Path(lake, MANIFEST).is_dir() and not Path(lake).is_dir():
        return []
    removed = []
    with exclusive_lock(lake):
        # Files that were replaced stay too: who read the lake before may be about to read them.
        listed = {file.path for entry in entries(lake, after=0) for file in entry.files}
        latest = time.time() - older_than_s
        for path in _strays(lake, listed=listed):
            if _modified_at(Path(lake, path)) <= latest:
                durable.remove(Path(lake, path))
                removed.append(path)
    return removed


def _strays(lake: str, *, listed: set[str]) -> Iterator[str]:
    """Files that only heapscape can have written and that no entry lists; other people's files are let be."""
    for path in sorted(Path(lake).rglob("*")):
        relative = path.relative_to(lake).as_posix()
        if relative.partition("/")[0] not in {*tables(), MANIFEST} or relative in listed:
            continue
        if is_staged_name(path.name) or (is_data_name(path.name) and not relative.startswith(f"{MANIFEST}/")):
            yield relative


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _check_file(lake: str, file: DataFile) -> Generator[Finding, None, _Sound | None]:
    """Yields findings; returns the file when its content can be relied on."""
    path = Path(lake, file.path)
    try:
        size, sha256 = path.stat().st_size, _sha256(path)
    except OSError as error:
        yield Finding("error", file.path, f"cannot be read: {error.strerror}; it has {file.rows} rows", _RESTORE)
        return None
    if size != file.size_bytes:
        yield Finding("error", file.path, f"{size} bytes, the manifest says {file.size_bytes}", _RESTORE)
        return None
    if sha256 != file.sha256:
        yield Finding("error", file.path, f"sha256 {sha256}, the manifest says {file.sha256}", _RESTORE)
        return None
    return (yield from _check_shape(path, file))


def _check_shape(path: Path, file: DataFile) -> Generator[Finding, None, _Sound | None]:
    try:
        schema, rows = read_shape(path)
    except LakeError as error:
        yield Finding("error", file.path, str(error), _BUG)
        return None
    if rows != file.rows:
        yield Finding("error", file.path, f"{rows} rows, the manifest says {file.rows}", _BUG)
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


def _counting(commits: Sequence[Entry]) -> list[list[DataFile]]:
    """The files of each commit that no later one removed."""
    counting: dict[str, int] = {}
    for place, commit in enumerate(commits):
        for path in commit.removed:
            counting.pop(path, None)
        counting.update((file.path, place) for file in commit.files)
    return [[file for file in commit.files if counting.get(file.path) == at] for at, commit in enumerate(commits)]


def _check_sources(lake: str, commit: Entry, files: Sequence[_Sound], *, known: Set[int]) -> Iterator[Finding]:
    """Each row's source must be one that the commit ingests; what it refuses has rows in a few tables only.

    known  all sources up to this commit: files in place of others have rows of earlier ones
    """
    refused = frozenset(commit.refused or {})
    may_be_refused = known if commit.removed else commit.sources
    for one in files:
        column = source_column(tables()[one.file.table])
        if column is None:
            continue
        found = set(_distinct(lake, [one], column).tolist())
        allowed = may_be_refused if one.file.table in REFUSED_IN else commit.sources - refused
        for source in sorted(found - allowed)[:3]:
            says = "lists as refused" if source in refused else "does not list"
            yield Finding(
                "error", one.file.path, f"rows of source {source:016x}, which commit {commit.version} {says}", _BUG
            )


def _check_single_commits(commits: Sequence[Entry]) -> Iterator[Finding]:
    """Each source is in one commit, or was refused by it and a later one says that it replaces that."""
    seen: dict[int, int] = {}
    refused: set[int] = set()
    for commit in commits:
        for source in sorted(commit.sources):
            if source in seen and not (source in commit.replaced and source in refused):
                problem = (
                    f"source {source:016x} is in commits {seen[source]} and {commit.version}; its rows count twice"
                )
                yield Finding("error", MANIFEST, problem, _BUG)
            seen[source] = commit.version
        refused -= commit.replaced
        refused |= frozenset(commit.refused or {})


def _check_source_rows(lake: str, commits: Sequence[Entry], files: Sequence[_Sound]) -> Iterator[Finding]:
    """Table source must have a row of every source that counts, and say of each what the manifest says."""
    state = advanced(Snapshot(lake, 0, {}, frozenset()), commits)
    told: dict[int, str] = {}
    rows: set[int] = set()
    for one in (one for one in files if one.file.table == "source"):
        found = read_rows(Path(lake, one.file.path), columns=["source_id", "status", "reason"])
        rows |= set(found["source_id"].to_pylist())
        told |= refusals(found)
    for commit in commits:
        if absent := (commit.sources & state.sources) - rows:
            first = ", ".join(f"{source:016x}" for source in sorted(absent)[:3])
            problem = f"commit {commit.version} lists {len(absent)} sources that table source has no row of: {first}"
            yield Finding("error", MANIFEST, problem, _BUG)
    for commit in commits:
        if left := (commit.replaced & rows) - state.sources:
            problem = f"commit {commit.version} replaces source {min(left):016x}, and table source has a row of it"
            yield Finding("error", MANIFEST, problem, _BUG)
    wrong = [source for source in sorted(rows & state.sources) if told.get(source) != state.refused.get(source)]
    for source in wrong[:3]:
        problem = (
            f"source {source:016x} is {_outcome(told, source)}, and in the manifest {_outcome(state.refused, source)}"
        )
        yield Finding("error", "source", problem, _BUG)


def _outcome(refused: Mapping[int, str], source: int) -> str:
    return f"refused ({refused[source]})" if source in refused else "ingested"


def _check_keys(lake: str, files: Sequence[_Sound]) -> Iterator[Finding]:
    """Keys of tables with sources, within the files of one commit."""
    by_table: dict[str, list[_Sound]] = {}
    for one in files:
        if source_column(tables()[one.file.table]) is not None:
            by_table.setdefault(one.file.table, []).append(one)
    for name, parts in by_table.items():
        key = [column for column in tables()[name].key if column not in tables()[name].partition]
        rows = pl.concat([_frame(read_rows(Path(lake, one.file.path), columns=key)) for one in parts])
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
            rows = _frame(read_rows(Path(lake, one.file.path)))
            if rows[key].n_unique() != rows.height:
                yield Finding("error", one.file.path, f"{key} is not unique in it", _BUG)
            declared = [column.name for column in tables()[name].columns if column.name in rows.columns]
            hashes.append(pl.DataFrame({"key": rows[key], "content": rows.select(declared).hash_rows()}))
        distinct = pl.concat(hashes).unique()
        clashing = distinct.filter(distinct["key"].is_duplicated())["key"].unique().sort().to_list()
        for clash in clashing[:3]:
            problem = f"{key} {clash:016x} has different contents in two files ({len(clashing)} such keys)"
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
    targets: dict[tuple[str, str], UInt64s] = {}
    for name, table in tables().items():
        for column, to_table, to_column in _references(table):
            if not by_table[name]:
                continue
            if (to_table, to_column) not in targets:
                targets[to_table, to_column] = _distinct(lake, by_table[to_table], to_column)
            for one in by_table[name]:
                yield from _dangling(lake, one, column, targets[to_table, to_column], to_table=to_table)


def _references(table: Table) -> Iterator[tuple[str, str, str]]:
    """(column, table, column) of each reference; for one inside a list the column is a path, `lines.function_id`.

    SQL cannot declare a reference from inside a list, so there the name says it: `X_id` and `X_ids` are of table X.
    """
    for reference in table.references:
        if tables()[reference.to_table].in_lake:
            yield reference.column, reference.to_table, reference.to_column
    for column in table.columns:
        if not pa.types.is_list(column.arrow_type):
            continue
        inner = column.arrow_type.value_type
        if pa.types.is_struct(inner):
            for field in inner.fields:
                if field.name.removesuffix("_id") in tables():
                    yield f"{column.name}.{field.name}", field.name.removesuffix("_id"), field.name
        elif column.name.removesuffix("_ids") in tables():
            target = column.name.removesuffix("_ids")
            yield column.name, target, f"{target}_id"


def _dangling(lake: str, one: _Sound, column: str, target: UInt64s, *, to_table: str) -> Iterator[Finding]:
    found = _distinct(lake, [one], column)
    lost = found[~np.isin(found, target)]
    if len(lost):
        first = ", ".join(f"{value:016x}" for value in lost[:3].tolist())
        yield Finding("error", one.file.path, f"{len(lost)} ids of {column} are not in table {to_table}: {first}", _BUG)


def _distinct(lake: str, files: Sequence[_Sound], column: str) -> UInt64s:
    """The distinct ids in a column of some files, sorted; of `list.field` those inside the list."""
    outer, _, inner = column.partition(".")
    found = [np.empty(0, np.uint64)]
    for one in files:
        if outer not in one.schema.names:
            continue
        for chunk in read_rows(Path(lake, one.file.path), columns=[outer])[outer].chunks:
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
