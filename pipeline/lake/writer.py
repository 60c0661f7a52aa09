"""Tables of one batch become Parquet files: collected, folded, written side by side, named by content."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from threading import Semaphore

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SchemaError
from pipeline.hashes import hexadecimal
from pipeline.lake.datafile import encode, statistics
from pipeline.lake.layout import data_path, folder_path, is_symbols
from pipeline.lake.rows import checked, fold, source_hashes, split
from pipeline.lake.store import store_of
from pipeline.schema import Table, tables
from pipeline.values import DataFile, Written

# Flushes that are written at the same time: to encode rows takes as long as to decode them.
_FLUSHES = 2
# Small batches are folded once, when they are written.
_LEAST_FOLDED_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Staged:
    """A data file that is written and not published; `path` is where it is until then, relative to the lake."""

    path: str
    file: DataFile


@dataclass(slots=True)
class _Buffer:
    """Rows of one table that no file has yet; `folded_bytes` is what was left by the last folding."""

    table: Table
    declared: pa.Schema
    parts: list[pa.Table] = field(default_factory=list)
    size_bytes: int = 0
    folded_bytes: int = 0

    def append(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        self.parts.append(rows)
        self.size_bytes += rows.nbytes
        # Small profiles of one service repeat their stacks. Folding only what has doubled costs each row a
        # constant share of a sort, and memory stays within twice the distinct rows.
        if is_symbols(self.table) and self.size_bytes > _LEAST_FOLDED_BYTES + 2 * self.folded_bytes:
            self.parts = [fold(self.parts, key=_symbol_key(self.table))]
            self.size_bytes = self.folded_bytes = self.parts[0].nbytes


class Writer:
    """Collects one batch and writes its files; nothing is visible until they are committed.

    Buffered rows stay under `flush_bytes`, and one `add` above it; while they are collected, up to twice as many are
    being written, which may hold a sorted copy.
    """

    def __init__(self, lake: str, *, flush_bytes: int, pool: Executor, is_trial: bool = False) -> None:
        self._lake = lake
        self._is_trial = is_trial
        self._flush_bytes = flush_bytes
        self._pool = pool
        # Of three files that two cores encode, the longest would end last and alone. To sync them needs no core.
        self._cores = Semaphore(os.cpu_count() or 1)
        self._buffers: dict[str, _Buffer] = {}
        self._staged: list[Staged] = []
        self._being_written: deque[list[Future[None]]] = deque()
        self._sources: set[int] = set()
        self._found_sources: dict[int, str] = {}
        self._written: Written | None = None

    @property
    def written(self) -> Written:
        """The files of the batch, once closed."""
        assert self._written is not None, "the writer is still open"
        return self._written

    def add(self, rows_by_table: Mapping[str, pa.Table]) -> None:
        """Take rows of any tables; raises SchemaError for a table that is not exactly as declared."""
        assert self._written is None, "the writer is closed"
        for name, rows in rows_by_table.items():
            if name not in self._buffers:
                table = _declared(name)
                self._buffers[name] = _Buffer(table, table.schema)
            fitting = checked(rows, table=name, declared=self._buffers[name].declared)
            if name == "source":
                self._note_sources(fitting)
            self._buffers[name].append(fitting)
        # The first at half of it, for until then those who write have nothing to do.
        is_first = not (self._staged or self._being_written)
        most = self._flush_bytes // 2 if is_first else self._flush_bytes
        if sum(buffer.size_bytes for buffer in self._buffers.values()) > most:
            self._wait(_FLUSHES - 1)
            self._flush(keep_bytes=self._flush_bytes // 2, most_bytes=self._flush_bytes // 4 if is_first else None)

    def close(self) -> None:
        """Write what is left and give every file its name."""
        if self._written is not None:
            return
        self._flush(keep_bytes=0, most_bytes=self._flush_bytes // 4)
        self._wait(0)
        self._refuse_strangers()
        files = publish(self._lake, self._staged)
        self._staged.clear()
        rows: Counter[str] = Counter()
        for file in files:
            rows[file.table] += file.rows
        self._written = Written(files, np.array(sorted(self._sources), np.int64), dict(rows))

    def discard(self) -> None:
        """Remove what was written and has no name yet."""
        store_of(self._lake).discard(staged.path for staged in self._staged)
        self._staged.clear()
        self._buffers.clear()

    def _note_sources(self, rows: pa.Table) -> None:
        for source in rows.filter(pc.equal(rows["status"], "ingested"))["source_hash"].to_pylist():
            if source in self._sources:
                raise SchemaError(
                    f"table source: {hexadecimal(source)} was added twice to one batch, expected once; "
                    "the same bytes under two names are one source, so plan each content once"
                )
            self._sources.add(source)

    def _refuse_strangers(self) -> None:
        for source, table in self._found_sources.items():
            if source not in self._sources and table != "source":
                raise SchemaError(
                    f"table {table}: has rows of source {hexadecimal(source)}, and table source of this batch has no such row; "
                    "add it with the others, or offering the file again would double them"
                )

    def _flush(self, *, keep_bytes: int, most_bytes: int | None = None) -> None:
        """Write the largest buffers until no more than `keep_bytes` are left.

        The largest first, so that the long one does not start last; symbols, which repeat, stay to be folded.

        most_bytes  what takes more becomes two files, which two write: one would be at it when all others are done
        """
        full = sorted((one for one in self._buffers.values() if one.parts), key=lambda one: one.size_bytes)
        left = sum(buffer.size_bytes for buffer in full)
        jobs = []
        while full and left > keep_bytes:
            buffer = full.pop()
            left -= buffer.size_bytes
            del self._buffers[buffer.table.name]
            is_long = most_bytes is not None and buffer.size_bytes > most_bytes
            shares = _halves(buffer) if is_long else [buffer]
            jobs += [self._pool.submit(self._write, share) for share in shares]
        self._being_written.append(jobs)

    def _wait(self, most: int) -> None:
        """Until at most so many flushes are being written, so that memory does not grow with what is added."""
        while len(self._being_written) > most:
            jobs = self._being_written.popleft()
            wait(jobs)
            for job in jobs:
                job.result()

    def _write(self, buffer: _Buffer) -> None:
        # Before they are put in order: until then the rows of a source follow one another.
        for added in buffer.parts:
            self._found_sources |= dict.fromkeys(source_hashes(added, table=buffer.table).tolist(), buffer.table.name)
        rows = _joined(buffer)
        for partition, part in split(rows, by=buffer.table.partition):
            folder = folder_path(buffer.table.name, partition)
            with self._cores:
                content = encode(part, table=buffer.table)
            if self._is_trial:
                continue
            self._staged.append(stage(self._lake, content, rows=part.num_rows, table=buffer.table, folder=folder))


def stage(lake: str, encoded: pa.Buffer, *, rows: int, table: Table, folder: str) -> Staged:
    """Write the bytes of a Parquet file with so many rows into `folder`, under a name that nobody reads."""
    content = memoryview(encoded)
    sha256 = hashlib.sha256(content).hexdigest()
    path = data_path(folder, sha256=sha256)
    file = DataFile(table.name, path, rows, len(content), statistics(encoded))
    return Staged(store_of(lake).stage(path, content), file)


def publish(lake: str, staged: Sequence[Staged]) -> tuple[DataFile, ...]:
    """Give staged files the names that a log can list, and make the names last."""
    store_of(lake).publish([(one.path, one.file.path) for one in staged])
    by_path = {one.file.path: one.file for one in staged}
    return tuple(by_path[path] for path in sorted(by_path))


def _declared(name: str) -> Table:
    known = sorted(table.name for table in tables().values() if table.in_lake)
    if name not in known:
        raise SchemaError(f"table {name}: not declared in schemas/ as one of the lake; expected {', '.join(known)}")
    return tables()[name]


def _symbol_key(table: Table) -> str:
    if len(table.key) != 1:
        raise SchemaError(
            f"table {table.name}: key is {', '.join(table.key) or 'not declared'}; rows that belong to no source are "
            "told apart by one content id, so declare one column X_hash as the key, or add source_id"
        )
    return table.key[0]


def _halves(buffer: _Buffer) -> list[_Buffer]:
    rows = _joined(buffer)
    half = rows.num_rows // 2
    return [_Buffer(buffer.table, buffer.declared, [share]) for share in (rows.slice(0, half), rows.slice(half))]


def _joined(buffer: _Buffer) -> pa.Table:
    if is_symbols(buffer.table):
        return fold(buffer.parts, key=_symbol_key(buffer.table))
    rows = pa.concat_tables(buffer.parts)
    if len(buffer.parts) > 1:
        # Chunks stay chunks: to copy them into one would take the memory of all twice.
        rows = rows.unify_dictionaries()
    return rows
