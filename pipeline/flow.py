"""The corridor: the only file that knows the order of the rooms.

What brings in a compiler, polars or DuckDB is imported where it is used: a command that needs none of them
should not wait for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.inputs.find import find
from pipeline.inputs.limits import Limits
from pipeline.inputs.plan import plan
from pipeline.lake.commit import commit
from pipeline.lake.identity import fingerprint
from pipeline.lake.snapshot import changes, read_snapshot
from pipeline.lake.verify import Finding, sweep, verify
from pipeline.values import Loss, Snapshot

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.load import Loaded

# Inputs of one batch: enough to spread per-batch costs, few enough to bound memory and to show progress. Where less may be
# held of one input than of a batch, the batch is as small.
_BATCH_BYTES = 24 << 20
_BATCH_FILES = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an ingest did.

    ingested  inputs that went in, by what they are: a kind of profile, `escape report`, `binary`; `site` counts verdicts
    known     inputs that were in the lake already, or twice in this run
    refusals  uri and reason of each input that was refused, for the first time or again
    losses    what was lost of inputs that went in
    """

    snapshot: Snapshot
    ingested: Mapping[str, int]
    known: int
    refusals: tuple[tuple[str, str], ...]
    losses: tuple[Loss, ...]


def ingest(
    paths: Sequence[str],
    lake: str,
    *,
    labels: Mapping[str, str],
    limits: Limits,
    skip: Sequence[str] = (),
    executor: Executor | None = None,
    advance: Callable[[int], None] = lambda inputs: None,
) -> Receipt:
    """Read every input under `paths` and commit it to the lake; inputs already there are skipped.

    What was refused before is tried again: limits and releases change.

    skip      files that heapscape writes itself, should they lie in a folder of inputs; the lake is always skipped
    executor  where batches are decoded; None is this process
    advance   told how many more inputs are done, after each batch
    """
    from pipeline.batch import ingest_batch
    from pipeline.formats import is_known

    snapshot = read_snapshot(lake)
    batches = list(
        plan(
            find(paths, labels=labels, skip=(lake, *skip), is_data=is_known),
            target_bytes=min(_BATCH_BYTES, limits.max_plain_bytes),
            target_files=_BATCH_FILES,
        )
    )
    work = partial(ingest_batch, lake=lake, limits=limits, known=snapshot.ingested, refused=snapshot.refused)
    ingested: Counter[str] = Counter()
    known = 0
    refusals: list[tuple[str, str]] = []
    losses: list[Loss] = []
    for batch, result in zip(batches, executor.map(work, batches) if executor else map(work, batches), strict=True):
        snapshot = commit(lake, result.written, known=snapshot)
        ingested.update(result.ingested)
        known += result.known
        refusals += result.refusals
        losses += result.losses
        advance(len(batch))
    return Receipt(snapshot, ingested, known, tuple(refusals), tuple(losses))


def load(lake: str, database: str, *, threads: int | None = None, memory: str | None = None) -> Loaded:
    """Bring the DuckDB file up to the lake; only what was committed since the last load is read."""
    from pipeline.warehouse.load import load as load_database

    snapshot = _filled(lake)
    return load_database(
        database,
        lake=fingerprint(lake),
        version=snapshot.version,
        changes=partial(changes, snapshot),
        threads=threads,
        memory=memory,
    )


def verify_lake(lake: str) -> Iterator[Finding]:
    """Everything that is not as the manifest says, and what a crash left behind."""
    _filled(lake)
    return verify(lake)


def sweep_lake(lake: str, *, older_than_s: float) -> list[str]:
    """Remove what crashes left behind and nobody touched for so long; returns the paths, relative to the lake."""
    _filled(lake)
    return sweep(lake, older_than_s=older_than_s)


def open_warehouse(
    database: str, *, threads: int | None = None, memory: str | None = None
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """The database for questions, read-only."""
    from pipeline.warehouse.connect import open_readonly

    return open_readonly(database, threads=threads, memory=memory)


def _filled(lake: str) -> Snapshot:
    """The lake's snapshot; raises UsageError when nothing was ever committed, so that no typing error empties a database."""
    snapshot = read_snapshot(lake)
    if not snapshot.version:
        raise UsageError(
            f"{lake}: the lake is empty or not there; fill it with: heapscape ingest INPUT... --lake {lake}"
        )
    return snapshot
