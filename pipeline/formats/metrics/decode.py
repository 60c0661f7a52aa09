"""Moments of metrics to rows: of JSON by columns, of Prometheus' text scrape by scrape."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from pipeline.errors import DecodeError
from pipeline.formats.entries import as_lines
from pipeline.formats.escape.recognise import unmarked_pieces
from pipeline.formats.json_objects import (
    PORTION_BYTES,
    Portion,
    head_of,
    in_portions,
    most_held,
    pieces_of,
    together,
    whole_lines,
)
from pipeline.formats.memstats.decode import memstats_rows
from pipeline.formats.memstats.wire import FIELDS, values_of
from pipeline.formats.metrics import wire
from pipeline.formats.metrics.exposition import Moment, Number, Reader, answered, memstats_of
from pipeline.formats.metrics.recognise import ANSWERED, WANTED, is_answer, is_exposition
from pipeline.formats.metrics.wire import Read
from pipeline.formats.processes import arrow_columns, first_seen, last_of, numbered, process_columns
from pipeline.formats.times import taken_at
from pipeline.values import Blob, Column, Decoded, Note

Columns = Mapping[str, Mapping[str, Column]]

# What never falls while a process lives.
_COUNTERS: Final = ("/gc/heap/allocs:bytes", "/gc/heap/allocs:objects", "/gc/cycles/total:gc-cycles")
_OWNED: Final[Mapping[str, Any]] = {"row": pl.Int64, "blob_index": pl.Int64, "position": pl.Int64, "process": pl.Int64}
_PROCESSES: Final[Mapping[str, Any]] = {
    "blob_index": pl.Int64,
    "process": pl.Int64,
    "prefix": pl.String,
    "started_at": pl.Float64,
}
# So many samples of text are made rows together.
_ENOUGH_SAMPLES: Final = 200_000
_NO_MOMENT: Final = (
    "no whole moment of Go's metrics is in it; it may be cut off: compare its size with the one where it was written"
)


def decode(blobs: Sequence[Blob], *, portion_bytes: int = PORTION_BYTES) -> Iterator[Decoded]:
    """Decode files of metrics: small ones together, large ones in portions, so that what is held is bounded."""
    texts = [index for index, blob in enumerate(blobs) if _is_text(head_of(blob.content))]
    large = [index for index, blob in enumerate(blobs) if blob.large or blob.size_bytes > portion_bytes]
    small = sorted(set(range(len(blobs))) - {*texts, *large})
    if small:
        portion = together(((index, blobs[index].content) for index in small), wanted=WANTED)
        columns, notes, _ = _of_portion(portion, None)
        found = set(np.asarray(columns["runtime_metric"]["blob_index"]).tolist())
        refusals = {index: _NO_MOMENT for index in small if index not in found}
        yield Decoded(columns, notes=[note for note in notes if note.blob_index in found], refusals=refusals)
    yield from _of_texts([(index, blobs[index]) for index in texts])
    for index in sorted({*large} - {*texts}):
        yield from _of_large(index, blobs[index], portion_bytes)


def _of_large(index: int, blob: Blob, portion_bytes: int) -> Iterator[Decoded]:
    """Raises DecodeError where the bytes break off, or are others than before, behind portions that were read."""
    last: pl.DataFrame | None = None
    reason = _NO_MOMENT
    try:
        for portion in in_portions(index, blob, wanted=WANTED, portion_bytes=portion_bytes):
            columns, notes, after = _of_portion(portion, last)
            last = after if after.height else last
            yield Decoded(columns, notes=notes)
    except DecodeError as error:
        if last is not None:
            raise
        reason = str(error)
    if last is None:
        yield Decoded({}, refusals={index: reason})


def _of_portion(portion: Portion, last: pl.DataFrame | None) -> tuple[Columns, list[Note], pl.DataFrame]:
    read, notes = wire.read(portion)
    owner = portion.blob_index[read.moments["row"].to_numpy()]
    counted = read.scalars.filter(pl.col("metric").is_in(_COUNTERS)).unique(["row", "metric"], keep="last")
    wide = counted.pivot("metric", index="row", values="value_integer", on_columns=_COUNTERS)
    moments = read.moments.with_columns(blob_index=pl.Series(owner, dtype=pl.Int64), taken_at=taken_at())
    all_of = numbered(moments.join(wide, on="row", how="left", maintain_order="left"), last, counters=_COUNTERS)
    fresh = all_of.filter(~pl.col("is_carried")).sort("blob_index", "position")
    columns, unfit = columns_of(read, fresh)
    columns = {"process": process_columns(first_seen(fresh, last)), **columns}
    return columns, [*portion.notes, *notes, *unfit], last_of(all_of, counters=_COUNTERS)


# Rows --------------------------------------------------------------------------------------------------------------------


def columns_of(read: Read, moments: pl.DataFrame) -> tuple[Columns, list[Note]]:
    """The rows of `runtime_metric` and `runtime_metric_bucket`.

    moments  `row`, as in what was read, with `blob_index`, `position`, `process`, `taken_at` and `unfit`
    """
    own = moments.select("row", "blob_index", "position", pl.col("process").cast(pl.Int32), "taken_at")
    length = pl.col("counts").list.len()
    is_whole = (pl.col("bounds").list.len() == length + 1) & (pl.col("counts").list.min() >= 0)
    is_whole &= pl.col("counts").list.drop_nulls().list.len() == length
    checked = read.histograms.with_columns(is_whole=is_whole.fill_null(value=False))
    sound = checked.filter("is_whole")
    buckets, unbound = _buckets(sound)
    total = pl.coalesce("sample_count", pl.col("counts").list.sum())
    value = pl.col("value")
    rows = pl.concat(
        [
            read.scalars.with_columns(
                value=pl.when(value.is_not_nan()).then(value), sample_count=pl.lit(None, pl.Int64)
            ),
            sound.select(
                "row",
                "metric",
                value_integer=pl.lit(None, pl.Int64),
                value=pl.lit(None, pl.Float64),
                sample_count=total,
            ),
        ]
    ).unique(["row", "metric"], keep="first", maintain_order=True)
    columns = {
        "runtime_metric": _owned(rows.join(own, on="row", how="inner", maintain_order="left")),
        "runtime_metric_bucket": _owned(
            buckets.join(own.drop("process", "taken_at"), on="row", how="inner", maintain_order="left")
        ),
    }
    unfit = pl.concat([checked.filter(~pl.col("is_whole")).select("row"), unbound]).group_by("row").len()
    lost = moments.select("row", "blob_index", "unfit").join(unfit, on="row", how="left")
    counts = lost.group_by("blob_index").agg((pl.col("unfit") + pl.col("len").fill_null(0)).sum()).sort("blob_index")
    return columns, [Note(index, "value_out_of_range", count) for index, count in counts.iter_rows() if count]


def _owned(frame: pl.DataFrame) -> Mapping[str, Column]:
    order = [name for name in ("blob_index", "position", "metric", "bucket") if name in frame.columns]
    return arrow_columns(frame.drop("row").sort(order))


def _buckets(sound: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Buckets that have anything in them; and the rows of those of which nobody knows the bounds."""
    length = pl.col("counts").list.len()
    spread = (
        sound.filter(length > 0)
        .unique(["row", "metric"], keep="first", maintain_order=True)
        .select(
            *("row", "metric", "counts"),
            lower=pl.col("bounds").list.head(length),
            upper=pl.col("bounds").list.tail(length),
            bucket=pl.int_ranges(0, length.cast(pl.Int64), dtype=pl.Int32),
            last=length.cast(pl.Int32) - 1,
        )
        .explode("counts", "lower", "upper", "bucket")
        .filter(pl.col("counts") > 0)
    )
    bound = spread.with_columns(
        lower=pl.when(pl.col("lower").is_null() & (pl.col("bucket") == 0)).then(-math.inf).otherwise("lower"),
        upper=pl.when(pl.col("upper").is_null() & (pl.col("bucket") == pl.col("last")))
        .then(math.inf)
        .otherwise("upper"),
    )
    is_known = ((pl.col("lower") < pl.col("upper")) & pl.col("upper").is_not_nan()).fill_null(value=False)
    return (
        bound.filter(is_known).select("row", "metric", "bucket", "lower", "upper", count="counts"),
        bound.filter(~is_known).select("row"),
    )


# Prometheus' text ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _File:
    """One text: how many moments were read of it, its processes by prefix and start, and the latest start of each prefix."""

    index: int
    reader: Reader
    positions: int = 0
    processes: dict[tuple[str, Number | None], int] = field(default_factory=dict)
    started: dict[str, Number | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Rows:
    """Moments of texts that are made rows together."""

    moments: list[tuple[Any, ...]] = field(default_factory=list)
    owned: list[tuple[Any, ...]] = field(default_factory=list)
    scalars: list[tuple[Any, ...]] = field(default_factory=list)
    histograms: list[tuple[Any, ...]] = field(default_factory=list)
    memstats: list[tuple[Any, ...]] = field(default_factory=list)
    processes: list[tuple[Any, ...]] = field(default_factory=list)

    def take(self, file: _File, moment: Moment) -> None:
        """Add one moment."""
        row = len(self.moments)
        process = self._process(file, moment)
        owned = (row, file.index, file.positions, process)
        time = moment.time
        whole = time if isinstance(time, int) and time < 1 << 63 else None
        values, histograms = _split(moment)
        self.moments.append((row, None, whole, time if isinstance(time, float) else None, 0))
        self.owned.append(owned)
        self.scalars += [(row, name, *wire.scalar(value)) for name, value in values.items()]
        self.histograms += [(row, name, *histogram) for name, histogram in histograms.items()]
        if (fields := memstats_of(moment)) is not None:
            self.memstats.append((*owned, None, None, None, *values_of(fields)))
        file.positions += 1

    def _process(self, file: _File, moment: Moment) -> int:
        """The process's number in its file; the same labels with another start are another one."""
        started = moment.plain.get("process_start_time_seconds")
        started = started if started is not None and 0 < started < 1e11 else None
        if started is None:
            started = file.started.get(moment.prefix)
        file.started[moment.prefix] = started
        key = (moment.prefix, started)
        if key not in file.processes:
            file.processes[key] = len(file.processes)
            self.processes.append((file.index, file.processes[key], *key))
        return file.processes[key]


def _split(
    moment: Moment,
) -> tuple[dict[str, Number], dict[str, tuple[list[int | None], list[float], int | None]]]:
    """Plain values, and histograms as counts, bounds and how many in all, which Go's client has cumulative."""
    values = dict(moment.values)
    histograms = {}
    for name, cumulative in moment.cumulative.items():
        base, brace, own = name.partition("{")
        total = values.pop(f"{base}_count{brace}{own}", None)
        bounds = sorted(cumulative)
        whole = [wire.scalar(cumulative[bound])[0] for bound in bounds]
        below = [0, *whole[:-1]]
        counts = [None if a is None or b is None else a - b for a, b in zip(whole, below, strict=True)]
        in_all = wire.scalar(total)[0] if total is not None else None
        histograms[name] = (counts, [-math.inf, *bounds], in_all)
    return values, histograms


def _of_texts(texts: Iterable[tuple[int, Blob]]) -> Iterator[Decoded]:
    rows = _Rows()
    refusals: dict[int, str] = {}
    notes: list[Note] = []
    for index, blob in texts:
        file = _File(index, Reader(index))
        is_begun = False
        try:
            for scrape in file.reader.moments(_lines(blob)):
                for moment in scrape:
                    rows.take(file, moment)
                if len(rows.scalars) > _ENOUGH_SAMPLES:
                    yield _made(rows, notes)
                    rows, notes, is_begun = _Rows(), [], True
        except DecodeError as error:
            if is_begun or file.positions:
                raise
            refusals[index] = str(error)
            continue
        if file.positions:
            notes += file.reader.notes()
        else:
            refusals[index] = _NO_MOMENT
    if rows.moments or notes:
        yield _made(rows, notes)
    if refusals:
        yield Decoded({}, refusals=refusals)


def _is_text(head: bytes) -> bool:
    return is_exposition(head) or is_answer(head)


def _lines(blob: Blob) -> Iterator[bytes]:
    most_bytes = blob.large.most_held_bytes if blob.large else most_held(blob_bytes=blob.size_bytes)
    has_answers = is_answer(head_of(blob.content))
    pieces = unmarked_pieces(pieces_of(blob))
    for piece in whole_lines(as_lines(pieces, wanted=ANSWERED) if has_answers else pieces, most_bytes=most_bytes):
        for line in piece.split(b"\n"):
            yield from answered(line) if has_answers else (line,)


def _made(rows: _Rows, notes: list[Note]) -> Decoded:
    read = wire.read_of(rows.moments, rows.scalars, rows.histograms)
    owned = pl.DataFrame(rows.owned, schema=pl.Schema(_OWNED), orient="row")
    moments = read.moments.with_columns(taken_at=taken_at()).join(owned, on="row")
    columns, unfit = columns_of(read, moments)
    fields = pl.DataFrame(rows.memstats, schema=pl.Schema({**_OWNED, **FIELDS}), orient="row")
    memstats = fields.join(moments.select("row", "taken_at"), on="row", maintain_order="left")
    processes = pl.DataFrame(rows.processes, schema=pl.Schema(_PROCESSES), orient="row")
    started = (pl.col("started_at") * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    by = pl.when(pl.col("started_at").is_not_null()).then(pl.lit("metric"))
    return Decoded(
        {
            "process": process_columns(processes.with_columns(started_by=by, started_at=started)),
            "memstats": memstats_rows(memstats),
            **columns,
        },
        notes=[*notes, *unfit],
    )
