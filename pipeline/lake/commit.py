"""All tables of a batch become visible together, or not at all.

Files first, under names nobody reads; then their names; then one manifest entry, whose creation is the commit.
A crash before it leaves strays for `sweep`, a crash after it leaves nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pipeline import __version__
from pipeline.errors import LakeError
from pipeline.lake import durable
from pipeline.lake.datafile import encode, read_rows
from pipeline.lake.layout import REFUSED_IN, source_column
from pipeline.lake.manifest import Entry, append, shared_lock
from pipeline.lake.rows import without_sources
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.writer import Staged, Writer, publish, stage
from pipeline.schema import tables
from pipeline.values import DataFile, Snapshot, Written


@contextmanager
def open_writer(
    lake: str, *, flush_bytes: int = 32 << 20, threads: int = 4, is_trial: bool = False
) -> Iterator[Writer]:
    """A writer for one batch, closed at the end of the block; when the block fails, nothing is left of it.

    flush_bytes  Arrow bytes collected before they become files; twice as many may be on their way into files meanwhile
    threads      tables written at the same time
    is_trial     everything is done but to write: what fails now would fail then
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="lake")
    writer = Writer(lake, flush_bytes=flush_bytes, pool=pool, is_trial=is_trial)
    try:
        yield writer
        writer.close()
    except BaseException:
        # Only when no thread writes any more is the list of what to remove complete.
        pool.shutdown(cancel_futures=True)
        writer.discard()
        raise
    finally:
        pool.shutdown()


def commit(
    lake: str, written: Written, *, known: Snapshot | None = None, written_by: str = f"heapscape {__version__}"
) -> Snapshot:
    """Make a written batch visible; sources that another writer committed meanwhile are left out.

    So are refusals that are there already in the same words. What was refused before and now goes in, or is refused
    in other words, takes the place of the old refusal.

    known       a snapshot read earlier, so that only later manifest entries are read
    written_by  who the manifest says it was
    Returns the lake as it is afterwards; unchanged when there is nothing new.
    """
    snapshot = read_snapshot(lake, since=known)
    while True:
        written = _without(lake, written, taken=_taken(written, snapshot))
        replaced = snapshot.refused.keys() & (written.sources | written.outdated)
        if not written.sources and not replaced:
            return snapshot
        if _append(lake, written, replaced=replaced, snapshot=snapshot, written_by=written_by):
            return read_snapshot(lake, since=snapshot)
        snapshot = read_snapshot(lake, since=snapshot)


def _taken(written: Written, snapshot: Snapshot) -> frozenset[int]:
    """The sources of a batch whose rows are in the lake, and stay."""
    ingested = written.sources & snapshot.ingested
    return ingested.union(id_ for id_, reason in written.refused.items() if snapshot.refused.get(id_) == reason)


def _append(lake: str, written: Written, *, replaced: Set[int], snapshot: Snapshot, written_by: str) -> bool:
    """Try for the next version; False when another writer took it."""
    rewritten, removed = _rewritten(lake, snapshot, replaced=replaced)
    # A sweep between the look at the files and the entry would leave an entry without its files.
    with shared_lock(lake):
        for file in (*written.files, *rewritten):
            _must_be_there(lake, file)
        entry = Entry(
            version=snapshot.version + 1,
            committed_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            written_by=written_by,
            sources=written.sources,
            files=(*(file for file in written.files if not _is_listed(file, snapshot)), *rewritten),
            summary=written.summary,
            refused=written.refused,
            replaced=frozenset(replaced),
            removed=removed,
        )
        return append(lake, entry)


def _rewritten(lake: str, snapshot: Snapshot, *, replaced: Set[int]) -> tuple[tuple[DataFile, ...], tuple[str, ...]]:
    """Files in place of those with rows of replaced refusals, and the paths of the latter."""
    before = [file for table in REFUSED_IN for file in snapshot.files.get(table, ())] if replaced else []
    after = _files_without(lake, before, sources=replaced)
    return tuple(file for file in after if file not in before), tuple(f.path for f in before if f not in after)


def _must_be_there(lake: str, file: DataFile) -> None:
    path = Path(lake, file.path)
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise LakeError(
            f"{path}: written for this batch and gone before its commit; a sweep took it for a leftover. "
            "Run the same command again, and sweep with a higher age"
        ) from error
    except OSError as error:
        raise LakeError(f"{path}: cannot be looked at before the commit: {error.strerror}; run it again") from error
    if size != file.size_bytes:
        raise LakeError(f"{path}: has {size} bytes, {file.size_bytes} were written; check the disk, then run it again")


def _is_listed(file: DataFile, snapshot: Snapshot) -> bool:
    """Whether the same content is visible already: symbols of two batches can be the same to the byte."""
    if source_column(tables()[file.table]) is not None:
        return False
    return any(file.path == listed.path for listed in snapshot.files.get(file.table, ()))


def _without(lake: str, written: Written, *, taken: Set[int]) -> Written:
    """The batch without the rows of some sources; symbols stay, they belong to nobody, unless nothing else does."""
    if not taken:
        return written
    sources = written.sources - taken
    kept = _files_without(lake, written.files, sources=taken) if sources else []
    refused = {source: reason for source, reason in written.refused.items() if source not in taken}
    return replace(written, files=tuple(kept), sources=sources, summary=_row_counts(kept), refused=refused)


def _files_without(lake: str, files: Sequence[DataFile], *, sources: Set[int]) -> list[DataFile]:
    """The files, and others in place of those with rows of `sources`.

    The files it replaces are left to `sweep`: another writer may be about to commit one with the same content.
    """
    ids = np.array(sorted(sources), np.uint64)
    kept: list[DataFile] = []
    staged: list[Staged] = []
    try:
        for file in files:
            table = tables()[file.table]
            column = source_column(table)
            if column is None:
                kept.append(file)
                continue
            rows = read_rows(Path(lake, file.path))
            remaining = without_sources(rows, ids, column=column)
            if remaining.num_rows == rows.num_rows:
                kept.append(file)
            elif remaining.num_rows:
                folder = file.path.rpartition("/")[0]
                content = encode(remaining, table=table)
                staged.append(stage(lake, content, rows=remaining.num_rows, table=table, folder=folder))
        kept += publish(lake, staged)
    except BaseException:
        for one in staged:
            durable.remove(Path(lake, one.path))
        raise
    return kept


def _row_counts(files: list[DataFile]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for file in files:
        counts[file.table] = counts.get(file.table, 0) + file.rows
    return counts
