"""The corridor: the only file that knows the order of the rooms.

What brings in a compiler, polars, Delta or DuckDB is imported where it is used: a command that needs none of them
should not wait for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import UsageError
from pipeline.inputs.limits import Limits
from pipeline.inputs.plan import is_small, plan, unread
from pipeline.values import Decoded, Int64s, Known, Loss, Origin, Result, Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from pipeline.batch import Ready
    from pipeline.lake.describe import Description
    from pipeline.lake.keep import Kept
    from pipeline.lake.verify import Finding
    from pipeline.outputs.report import ReportData
    from pipeline.pseudonyms import Pseudonyms
    from pipeline.warehouse.load import Loaded
    from pipeline.warehouse.part import Part

# Inputs of one batch: enough to spread per-batch costs, few enough to bound memory and to show progress. Where less may be
# held of one input than of a batch, the batch is as small.
_BATCH_BYTES = 24 << 20
_BATCH_FILES = 500
# What is asked of so many bytes of files, and of their rows, is asked in memory.
_ONCE_BYTES = 4 << 20
_ONCE_ROW_BYTES = 64 << 20
# Formats of which a file is a profile.
_PROFILES = frozenset({"pprof", "legacy", "otlp"})
# Processes of which a report says what the collector and memory did: those with the most cycles, and those that use most.
_PROCESSES = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an ingest did.

    batch     the latest of the lake
    ingested  inputs that went in, by what they are: a kind of profile, `escape report`, `binary`, `log`, `goroutine dump`, `memstats`, `metrics`;
              what they hold is counted too: `site`, `cycle`, `logged goroutine`, `dumped goroutine`, `memstats moment`, `metrics moment`
    known     inputs that were in the lake already, or twice in this run
    refusals  uri and reason of each input that was refused, for the first time or again
    losses    what was lost of inputs that went in
    unlike    uris of inputs that were in the lake already, under other labels than they were offered with, which stay
    """

    batch: int
    ingested: Mapping[str, int]
    known: int
    refusals: tuple[tuple[str, str], ...]
    losses: tuple[Loss, ...]
    unlike: tuple[str, ...] = ()


def ingest(
    paths: Sequence[str],
    lake: str,
    *,
    labels: Mapping[str, str],
    limits: Limits,
    skip: Sequence[str] = (),
    executor: Executor | None = None,
    check_content: bool = False,
    lasting: bool = True,
    ready: Ready | None = None,
    advance: Callable[[int], None] = lambda inputs: None,
) -> Receipt:
    """Read every input under `paths` and commit it; what is there already is skipped, what was refused is tried again.

    skip      files that heapscape writes itself, should they lie in a folder of inputs; the lake is always skipped
    executor  where batches are decoded; None is this process
    check_content  read files too whose path, size and time of change are known
    lasting   other engines may read the lake: what was committed goes into its Delta tables before this returns
    ready     told which kinds of input will be decoded, before they are, in the process that will
    advance   told how many more inputs are done, after each batch
    """
    from pipeline.batch import ingest_batch, unheard
    from pipeline.lake.commit import commit, settle
    from pipeline.lake.snapshot import read_known

    known = _asked_about(settle(lake, read_known(lake)), lake, labels)
    offered = np.empty(0, np.int64) if check_content else known.offered
    n_known, batches = _planned(paths, labels=labels, skip=(lake, *skip), limits=limits, offered=offered)
    advance(n_known)
    work = partial(ingest_batch, lake=lake, limits=limits, known=known, ready=ready or unheard)
    ingested: Counter[str] = Counter()
    refusals: list[tuple[str, str]] = []
    losses: list[Loss] = []
    unlike: list[str] = []
    for batch, result in zip(batches, executor.map(work, batches) if executor else map(work, batches), strict=True):
        while (after := commit(lake, result.written, known=known)) is None:
            # Another writer was faster with some of it.
            known = replace(read_known(lake), labels=known.labels)
            result = work(batch, known=known)
        known = after
        ingested.update(result.ingested)
        n_known += result.known
        refusals += result.refusals
        losses += result.losses
        unlike += result.unlike
        advance(len(batch))
    if lasting:
        known = settle(lake, known)
    return Receipt(known.batch, ingested, n_known, tuple(refusals), tuple(losses), tuple(unlike))


def _asked_about(known: Known, lake: str, labels: Mapping[str, str]) -> Known:
    """What is known, and under which labels where some are given: what is offered may have others."""
    if not (labels and known.batch):
        return known
    from pipeline.lake.relabel import labels_of

    return replace(known, labels=labels_of(lake))


@contextmanager
def once(
    paths: Sequence[str],
    *,
    limits: Limits,
    threads: int | None,
    memory: str,
    views: Collection[str] | None,
    told: Callable[[Receipt], None],
    ready: Ready | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of some inputs for one question, of which nothing is kept.

    Of small files it is made in memory, of their tables as they were decoded; of anything else beside a lake.

    views  the views and macros that will be asked; all when None
    told   called before it is made; what it raises ends it
    ready  told which kinds of input will be decoded, before they are
    """
    from pipeline.batch import hold_batch, unheard

    _, batches = _planned(paths, labels={}, skip=(), limits=limits, offered=np.empty(0, np.int64))
    if len(batches) == 1 and is_small(batches[0], most_bytes=_ONCE_BYTES):
        held = hold_batch(batches[0], limits=limits, most_bytes=_ONCE_ROW_BYTES, ready=ready or unheard)
        if held:
            result, rows = held
            told(Receipt(1, result.ingested, result.known, result.refusals, result.losses))
            from pipeline.warehouse.load import loaded_once

            with loaded_once(rows, threads=threads, memory=memory, views=views) as connection:
                yield connection
            return
    with TemporaryDirectory(prefix="heapscape-") as folder:
        told(ingest(paths, f"{folder}/lake", labels={}, limits=limits, lasting=False, ready=ready))
        load(f"{folder}/lake", f"{folder}/once.duckdb", threads=threads, memory=memory, views=views)
        with open_warehouse(f"{folder}/once.duckdb", threads=threads, memory=memory) as connection:
            yield connection


def profiles_in(
    paths: Sequence[str], *, limits: Limits, told: Callable[[Receipt], None], ready: Ready | None = None
) -> list[Decoded]:
    """The profiles of some inputs as they were decoded, in the order in which they are named; no database is made.

    told   called with what became of the inputs; what it raises ends it
    ready  told which kinds of input will be decoded, before they are
    """
    from pipeline.batch import unheard
    from pipeline.formats import is_known
    from pipeline.inputs.find import find
    from pipeline.plainly import decode

    origins = find(paths, labels={}, is_data=is_known)
    decoded, result = decode(origins, limits=limits, names=_PROFILES, ready=ready or unheard)
    told(Receipt(0, result.ingested, 0, result.refusals, result.losses))
    return decoded


def _planned(
    paths: Sequence[str], *, labels: Mapping[str, str], skip: Sequence[str], limits: Limits, offered: Int64s
) -> tuple[int, list[tuple[Origin, ...]]]:
    """How many of the inputs need not be read again, and the others in batches."""
    from pipeline.formats import is_known
    from pipeline.inputs.find import find

    found = list(find(paths, labels=labels, skip=skip, is_data=is_known))
    fresh = unread(found, offered=offered)
    batches = plan(fresh, target_bytes=min(_BATCH_BYTES, limits.max_plain_bytes), target_files=_BATCH_FILES)
    return len(found) - len(fresh), list(batches)


def load(
    lake: str,
    database: str,
    *,
    part: Part | None = None,
    threads: int | None = None,
    memory: str | None = None,
    views: Collection[str] | None = None,
    advance: Callable[[float], None] = lambda share: None,
) -> Loaded:
    """Bring the DuckDB file up to the lake; only what was committed since the last load is read.

    part     what of the lake goes in; a file that is there goes on with the part it was made with
    views    the views and macros that will be asked, where the database is for one question; all when None
    advance  told what share of the work is done
    """
    from pipeline.lake.batch_log import fingerprint
    from pipeline.lake.snapshot import files
    from pipeline.lake.store import store_of
    from pipeline.warehouse.load import load as load_database
    from pipeline.warehouse.part import Part

    snapshot = _filled(lake)
    return load_database(
        database,
        lake=fingerprint(lake),
        batch=snapshot.batch,
        files={name: files(snapshot, name) for name in snapshot.files},
        part=part or Part(),
        fetched=store_of(lake).fetched,
        threads=threads,
        memory=memory,
        views=views,
        advance=advance,
    )


def verify_lake(lake: str) -> Iterator[Finding]:
    """Everything that is not as the lake's logs say, and what a crash left behind."""
    from pipeline.lake.verify import verify

    return verify(_filled(lake))


def vacuum_lake(lake: str, *, older_than_hours: float) -> list[str]:
    """Remove what crashes left behind and what no longer counts, if it is so old; returns the paths, relative to the lake."""
    from pipeline.lake.verify import vacuum

    _filled(lake)
    return vacuum(lake, older_than_hours=older_than_hours)


def compact_lake(lake: str) -> Kept:
    """Merge small files of the lake."""
    from pipeline.lake.keep import compact

    _filled(lake)
    return compact(lake)


def expire_lake(lake: str, *, before: datetime) -> Kept:
    """Take out of the lake what was taken before a moment."""
    from pipeline.lake.keep import expire

    _filled(lake)
    return expire(lake, before=before)


def relabel_lake(lake: str, inputs: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """Give sources of the lake labels, beside those they have; returns the uris of those that had others."""
    from pipeline.lake.relabel import relabel
    from pipeline.tables.source import relabelled

    _filled(lake)
    return relabel(lake, inputs, labels, relabelled=relabelled)


def anonymize_lake(lake: str, into: str, *, names: Pseudonyms) -> Mapping[str, int]:
    """Write the lake again under other names, where nothing is yet; returns the rows of each table."""
    from pipeline.lake.nameless import anonymize

    return anonymize(_filled(lake), into, names=names)


def describe_lake(lake: str) -> Description:
    """What is in the lake, and how large it is."""
    from pipeline.lake.describe import describe

    return describe(_filled(lake))


def open_warehouse(
    database: str, *, threads: int | None = None, memory: str | None = None
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """The database for questions, read-only."""
    from pipeline.warehouse.connect import open_ours

    return open_ours(database, threads=threads, memory=memory)


def _filled(lake: str) -> Snapshot:
    """The lake's snapshot; raises UsageError when nothing was ever committed, so that no typing error empties a database."""
    from pipeline.lake.snapshot import read_snapshot

    snapshot = read_snapshot(lake)
    if not snapshot.batch:
        raise UsageError(
            f"{lake}: the lake is empty or not there; fill it with: heapscape ingest INPUT... --lake {lake}"
        )
    return snapshot


def full_report(
    connection: duckdb.DuckDBPyConnection,
    series: Result,
    *,
    owner: Mapping[str, str | None],
    windows: Mapping[int, tuple[int, int]] | None = None,
) -> ReportData:
    """Everything that the report says: of some series, and what the collector and memory of the same owner did.

    owner    service, instance and build; None is any
    windows  as `growth_report` takes them
    """
    from pipeline.warehouse import gc_questions

    collectors, memories = gc_questions.collector(connection, **owner), gc_questions.memory(connection, **owner)
    return replace(
        growth_report(connection, series, windows),
        collectors=[
            (one, gc_questions.cycles(connection, *key), gc_questions.pauses(connection, *key))
            for one, key in _processes(collectors)
        ],
        memories=[(one, gc_questions.memory_over_time(connection, *key)) for one, key in _processes(memories)],
    )


def _processes(found: Result) -> list[tuple[Result, tuple[str, int, int | None]]]:
    """The first processes of an answer, with what each is asked for by."""
    rows = found.first(_PROCESSES).table.select(["source", "source_id", "process"]).to_pylist()
    return [
        (Result(found.name, found.columns, found.table.slice(place, 1)), tuple(row.values()))
        for place, row in enumerate(rows)
    ]


def growth_report(
    connection: duckdb.DuckDBPyConnection, series: Result, windows: Mapping[int, tuple[int, int]] | None = None
) -> ReportData:
    """What the report says of some series; of each from one of its profiles to a later one, where windows are given."""
    from pipeline.outputs.report import ReportData
    from pipeline.warehouse import growth_questions, questions, report_questions

    ids = series.table["series_id"].to_pylist()

    def ask(question: growth_questions.OfSeries) -> Result:
        if windows is None:
            return question(connection, ids)
        return growth_questions.in_windows(question, connection, windows)

    return ReportData(
        series=series,
        growth=ask(report_questions.changed_sites),
        coverage=ask(growth_questions.coverage),
        modules=ask(growth_questions.growth_by_module),
        own=ask(growth_questions.growth_by_own_code),
        flow=questions.flows(connection, ids),
        tree=report_questions.growth_trees(connection, series),
        live=report_questions.live_heap(connection, ids),
        refused=questions.refused(connection),
        notes=questions.notes(connection),
    )
