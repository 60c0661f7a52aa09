"""Moments of MemStats to rows: when they were taken, of which process, its pauses and its size classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from pipeline.errors import DecodeError
from pipeline.formats.json_objects import PORTION_BYTES, Portion, head_of, in_portions, together
from pipeline.formats.memstats import wire
from pipeline.formats.memstats.recognise import WANTED, is_gc_stats
from pipeline.formats.processes import arrow_columns, first_seen, last_of, numbered, process_columns
from pipeline.formats.times import from_nanoseconds, taken_at
from pipeline.values import Blob, Column, Decoded, Note

Columns = Mapping[str, Mapping[str, Column]]

NAMED: Final = {
    "TotalAlloc": "total_alloc_bytes",
    "Sys": "sys_bytes",
    "Mallocs": "mallocs",
    "Frees": "frees",
    "HeapSys": "heap_sys_bytes",
    "HeapIdle": "heap_idle_bytes",
    "HeapInuse": "heap_inuse_bytes",
    "HeapReleased": "heap_released_bytes",
    "HeapObjects": "heap_objects",
    "StackInuse": "stack_inuse_bytes",
    "StackSys": "stack_sys_bytes",
    "MSpanInuse": "mspan_inuse_bytes",
    "MSpanSys": "mspan_sys_bytes",
    "MCacheInuse": "mcache_inuse_bytes",
    "MCacheSys": "mcache_sys_bytes",
    "BuckHashSys": "bucket_hash_sys_bytes",
    "GCSys": "gc_sys_bytes",
    "OtherSys": "other_sys_bytes",
    "NextGC": "next_gc_bytes",
    "PauseTotalNs": "pause_total_ns",
    "NumGC": "cycles",
    "NumForcedGC": "forced_cycles",
}
# What never falls while a process lives.
_COUNTERS: Final = ("TotalAlloc", "Mallocs", "NumGC")
_RING: Final = 256
_NO_MOMENT: Final = "no whole object in it has fields of runtime.MemStats; it may be cut off: compare its size with the one where it was written"
_GC_STATS: Final = (
    "is debug.GCStats, which heapscape does not read; runtime.ReadMemStats gives the same pauses and the heap with them"
)


@dataclass(frozen=True, slots=True)
class _Told:
    """The rows of some moments, and what those behind them in the same file go on from."""

    columns: Columns
    notes: list[Note]
    last: pl.DataFrame


def decode(blobs: Sequence[Blob], *, portion_bytes: int = PORTION_BYTES) -> Iterator[Decoded]:
    """Decode dumps: small ones together, large ones in portions, so that what is held is bounded."""
    for batch in _batches(blobs, portion_bytes):
        portion = together(((index, blobs[index].content) for index in batch), wanted=WANTED)
        told = _told(portion, None)
        found = set(np.asarray(told.columns["memstats"]["blob_index"]).tolist())
        refusals = {index: _refusal(blobs[index]) for index in batch if index not in found}
        yield Decoded(told.columns, notes=told.notes, refusals=refusals)
    for index, blob in enumerate(blobs):
        if _is_large(blob, portion_bytes):
            yield from _in_portions(index, blob, portion_bytes)


def _is_large(blob: Blob, portion_bytes: int) -> bool:
    return blob.large is not None or blob.size_bytes > portion_bytes


def _batches(blobs: Sequence[Blob], portion_bytes: int) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for index, blob in enumerate(blobs):
        if _is_large(blob, portion_bytes):
            continue
        batch.append(index)
        size += blob.size_bytes
        if size >= portion_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _in_portions(index: int, blob: Blob, portion_bytes: int) -> Iterator[Decoded]:
    """Raises DecodeError where the bytes break off, or are others than before, behind portions that were read."""
    last: pl.DataFrame | None = None
    try:
        for portion in in_portions(index, blob, wanted=WANTED, portion_bytes=portion_bytes):
            told = _told(portion, last)
            last = told.last if told.last.height else last
            yield Decoded(told.columns, notes=told.notes)
    except DecodeError as error:
        if last is not None:
            raise
        yield Decoded({}, refusals={index: str(error)})
        return
    if last is None:
        yield Decoded({}, refusals={index: _refusal(blob)})


def _refusal(blob: Blob) -> str:
    return _GC_STATS if is_gc_stats(head_of(blob.content)) else _NO_MOMENT


def _told(portion: Portion, last: pl.DataFrame | None) -> _Told:
    moments, notes = wire.moments(portion)
    owner = portion.blob_index[moments["row"].to_numpy()]
    told = _of_moments(moments.with_columns(blob_index=pl.Series(owner, dtype=pl.Int64)), last)
    return _Told(told.columns, [*portion.notes, *notes, *told.notes], told.last)


def columns_of(moments: pl.DataFrame) -> tuple[Columns, list[Note]]:
    """The rows of moments, each with its `blob_index`, `row` and wire.FIELDS, in the order of their files."""
    told = _of_moments(moments, None)
    return told.columns, told.notes


def _of_moments(moments: pl.DataFrame, last: pl.DataFrame | None) -> _Told:
    ring = pl.when(pl.col("PauseNs").list.len() == _RING).then("NumGC")
    all_of = numbered(moments.with_columns(taken_at=taken_at(), ring=ring), last, counters=_COUNTERS)
    told = pl.col("ring").cum_max().forward_fill().shift().over("blob_index", "process").fill_null(0)
    fresh = all_of.with_columns(told=told).filter(~pl.col("is_carried")).sort("blob_index", "position")
    pauses, unfit = _pauses(fresh)
    classes, odd = _size_classes(fresh)
    columns = {
        "process": process_columns(first_seen(fresh, last)),
        "memstats": memstats_rows(fresh),
        "memstats_size_class": classes,
        "memstats_pause": pauses,
    }
    lost = fresh.select("blob_index", pl.col("unfit") + unfit + odd).group_by("blob_index", maintain_order=True).sum()
    notes = [Note(index, "value_out_of_range", count) for index, count in lost.iter_rows() if count]
    return _Told(columns, notes, last_of(all_of, counters=_COUNTERS, largest=("ring",)))


# Rows --------------------------------------------------------------------------------------------------------------------


def memstats_rows(fresh: pl.DataFrame) -> Mapping[str, Column]:
    """A row for each moment, which has its fields and `blob_index`, `position`, `process` and `taken_at`."""
    fraction = pl.col("GCCPUFraction")
    frame = fresh.select(
        "position",
        "taken_at",
        *(pl.col(name).alias(column) for name, column in NAMED.items()),
        process=pl.col("process").cast(pl.Int32),
        heap_alloc_bytes=pl.coalesce("HeapAlloc", "Alloc"),
        last_gc_at=from_nanoseconds(pl.col("LastGC")),
        gc_cpu_fraction=pl.when(fraction.is_finite()).then(fraction),
        max_rss_bytes=pl.col("MaxRSS") if "MaxRSS" in fresh.columns else pl.lit(None, pl.Int64),
    )
    return {"blob_index": fresh["blob_index"].to_numpy(), **arrow_columns(frame)}


def _pauses(fresh: pl.DataFrame) -> tuple[Mapping[str, Column], pl.Series]:
    """A row for each cycle whose pause was not told before; and how many of each moment have no number."""
    cycle = fresh["ring"].fill_null(0).to_numpy()
    first = np.maximum(fresh["told"].to_numpy(), cycle - _RING) + 1
    count = np.where(fresh["ring"].is_not_null().to_numpy(), np.maximum(cycle - first + 1, 0), 0)
    row = np.repeat(np.arange(fresh.height), count)
    own = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    slot = pl.Series((own - 1) % _RING, dtype=pl.Int64)
    told = fresh[row].select("blob_index", "position", "process", "PauseNs", "PauseEnd")
    ended = pl.col("PauseEnd").list.get(pl.col("slot"), null_on_oob=True)
    frame = told.with_columns(cycle=pl.Series(own, dtype=pl.Int64), slot=slot).select(
        "blob_index",
        "position",
        "cycle",
        process=pl.col("process").cast(pl.Int32),
        pause_ns=pl.col("PauseNs").list.get(pl.col("slot")),
        ended_ns=pl.when((pl.col("PauseEnd").list.len() == _RING) & (ended > 0)).then(ended),
    )
    lost = np.bincount(row[frame["pause_ns"].is_null().to_numpy()], minlength=fresh.height)
    return arrow_columns(frame.drop_nulls("pause_ns")), pl.Series(lost, dtype=pl.Int64)


def _size_classes(fresh: pl.DataFrame) -> tuple[Mapping[str, Column], pl.Series]:
    """A row for each size class; and how many of each moment have no numbers."""
    frame = fresh.select("blob_index", "position", "BySize").with_row_index("at").explode("BySize").drop_nulls("BySize")
    frame = frame.unnest("BySize").filter((pl.col("Size") > 0) | pl.col("Size").is_null())
    whole = frame.drop_nulls().unique(["at", "Size"], keep="first", maintain_order=True)
    lost = np.bincount(frame["at"].to_numpy(), minlength=fresh.height)
    lost -= np.bincount(whole["at"].to_numpy(), minlength=fresh.height)
    named = whole.select("blob_index", "position", size_bytes="Size", mallocs="Mallocs", frees="Frees")
    return arrow_columns(named), pl.Series(lost, dtype=pl.Int64)
