"""All tables of a batch become visible together, or not at all.

Files first, under names nobody reads; then their names; then the batch is written down, which is the commit
(`batch_log`). A crash before it leaves strays for `vacuum`, a crash after it leaves tables that the next writer completes.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from pipeline import __version__
from pipeline.errors import LakeError
from pipeline.lake import batch_log
from pipeline.lake.batch_log import Batch
from pipeline.lake.snapshot import advanced, later
from pipeline.lake.store import store_of
from pipeline.lake.writer import Writer
from pipeline.values import DataFile, Known, Written

# So many batches are added to the tables in one go: a commit to each of them takes longer than to write a batch down.
_GROUP = 16
_LOOKS = 8


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


def commit(lake: str, written: Written, *, known: Known, written_by: str = f"heapscape {__version__}") -> Known | None:
    """Make a written batch visible; None when another writer has put a source of it into the lake meanwhile.

    known       the lake as it was read earlier, so that only later batches are read
    written_by  who the log says it was
    Returns the lake as it is afterwards; unchanged when there is nothing new.
    """
    while True:
        known = later(lake, known)
        if np.isin(written.sources, known.ingested).any():
            return None
        if not written.files:
            return known
        # Side by side: in a bucket each takes a round trip.
        with ThreadPoolExecutor(_LOOKS) as pool:
            list(pool.map(partial(_must_be_there, lake), written.files))
        now = datetime.now(UTC)
        batch = Batch(known.batch + 1, known.applied, now, written_by, written.sources, written.files)
        if batch_log.append(lake, batch):
            known = advanced(known, [batch])
            return settle(lake, known) if known.batch - known.applied >= _GROUP else known


def settle(lake: str, known: Known) -> Known:
    """Add to all tables what was committed and is not in them yet."""
    if known.applied == known.batch:
        return known
    batch_log.roll_forward(lake, batch_log.since(lake, known.applied))
    return replace(known, applied=known.batch)


def _must_be_there(lake: str, file: DataFile) -> None:
    path = store_of(lake).address(file.path)
    try:
        size = store_of(lake).size(file.path)
    except OSError as error:
        raise LakeError(f"{path}: cannot be looked at before the commit: {error.strerror}; run it again") from error
    if size is None:
        raise LakeError(
            f"{path}: written for this batch and gone before its commit; a vacuum took it for a leftover. "
            "Run the same command again, and vacuum with a higher age"
        )
    if size != file.size_bytes:
        raise LakeError(f"{path}: has {size} bytes, {file.size_bytes} were written; check the disk, then run it again")
