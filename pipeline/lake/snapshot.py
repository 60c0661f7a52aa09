"""What is in the lake now: the files of every table, and the sources that need not be read again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.buckets import is_url
from pipeline.lake import batch_log, delta
from pipeline.lake.batch_log import Batch
from pipeline.lake.datafile import read_rows
from pipeline.schema import tables
from pipeline.values import DataFile, Known, KnownFile, Snapshot

_OF_SOURCE = ("source_hash", "uri", "path", "format", "offered_hash", "sha256", "status", "reason", "ingested_at")
# Formats whose files are other sources under other labels.
_LABELLED = ("escape", "binary")
# Tables and files, of which a bucket answers each after a while.
_OPENED_AT_ONCE = 8


def read_snapshot(lake: str) -> Snapshot:
    """The files of every table; those of batches that are not in all tables yet among them."""
    # First what may move on to the tables, then the tables: a batch that moves in between is in both, and counts once.
    pending = batch_log.pending(lake)
    number = pending[-1].number if pending else 0
    names = [name for name, table in tables().items() if table.in_lake and number]
    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        files = dict(zip(names, pool.map(lambda name: _files(lake, name, pending), names), strict=True))
    return Snapshot(lake, number, {name: found for name, found in files.items() if found})


def read_known(lake: str) -> Known:
    """The sources of the lake; of an absent or empty one none."""
    pending = batch_log.pending(lake)
    if not pending:
        return Known()
    told = _sources(lake, _files(lake, "source", pending))
    is_refused = pc.equal(told["status"], "refused")
    accepted = told.filter(pc.invert(is_refused))
    ingested = np.unique(accepted["source_hash"].to_numpy())
    refused = _latest(told.filter(is_refused), told)
    reasons = dict(zip(refused["source_hash"].to_pylist(), map(str, refused["reason"].to_pylist()), strict=True))
    known = Known(
        batch=pending[-1].number,
        applied=pending[-1].applied,
        ingested=ingested,
        offered=np.unique(accepted["offered_hash"].drop_null().to_numpy()),
        files=_files_of(accepted),
    )
    return replace(known, refused={one: reason for one, reason in reasons.items() if not known.has(one)})


def _files_of(accepted: pa.Table) -> dict[tuple[str, str], KnownFile]:
    labelled = accepted.filter(pc.is_in(accepted["format"], pa.array(_LABELLED)))
    names = zip(labelled["uri"].to_pylist(), labelled["sha256"].to_pylist(), strict=True)
    at_us = pc.if_else(pc.is_null(labelled["offered_hash"]), labelled["ingested_at"].cast(pa.int64()), 0)
    found = map(KnownFile, labelled["source_hash"].to_pylist(), pc.multiply(at_us, 1000).to_pylist())
    return dict(zip(names, found, strict=True))


def later(lake: str, known: Known) -> Known:
    """What is known, and what other writers have committed since."""
    batches = batch_log.since(lake, known.batch)
    return advanced(known, batches) if batches else known


def advanced(known: Known, batches: Sequence[Batch]) -> Known:
    """What is known after some more batches; of what was offered and refused with them it is not."""
    ingested = np.unique(np.concatenate([known.ingested, *(batch.sources for batch in batches)]))
    return replace(known, batch=batches[-1].number, ingested=ingested)


def files(snapshot: Snapshot, table: str) -> list[str]:
    """Absolute paths, or URLs, of a table's files; none for a table nobody has written yet."""
    root = snapshot.lake if is_url(snapshot.lake) else os.path.abspath(snapshot.lake)
    return [f"{root}/{file.path}" for file in snapshot.files.get(table, ())]


def _latest(refused: pa.Table, told: pa.Table) -> pa.Table:
    """The refusals that count, in the order of their times: none whose file came to something else later."""
    if not refused.num_rows:
        return refused
    at = told.filter(pc.is_in(told["path"], refused["path"])).group_by("path").aggregate([("ingested_at", "max")])
    found = refused.join(at, "path").sort_by("ingested_at")
    return found.filter(pc.equal(found["ingested_at"], found["ingested_at_max"]))


def _files(lake: str, name: str, pending: Sequence[Batch]) -> tuple[DataFile, ...]:
    return batch_log.counting(delta.opened(lake, name), name, pending)


def _sources(lake: str, listed: Sequence[DataFile]) -> pa.Table:
    schema = pa.schema([tables()["source"].schema.field(name) for name in _OF_SOURCE])
    with ThreadPoolExecutor(_OPENED_AT_ONCE) as pool:
        found = list(pool.map(lambda file: read_rows(lake, file.path, columns=_OF_SOURCE).cast(schema), listed))
    return pa.concat_tables([schema.empty_table(), *found])
