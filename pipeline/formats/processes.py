"""Which moments of a file are of one process: a counter that falls is another's, that was started anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.formats.times import UTC_TIME
from pipeline.values import Column


def numbered(moments: pl.DataFrame, last: pl.DataFrame | None, *, counters: Sequence[str]) -> pl.DataFrame:
    """Moments with their `position` and `process`, process by process, and first of all `last`, which `is_carried`.

    Where all moments of a file have a time, they are compared in its order.

    moments  `blob_index`, `taken_at` and the counters, in the order of their files
    last     what `last_of` gave for the moments before these; None for a file's first
    """
    before = -1 if last is None else int(last["position"][0])
    moments = moments.with_columns(
        position=pl.int_range(pl.len()).over("blob_index") + before + 1, is_carried=pl.lit(value=False)
    )
    if last is not None:
        moments = pl.concat([last, moments], how="diagonal")
    is_timed = (pl.col("taken_at").is_not_null() | pl.col("is_carried")).all().over("blob_index")
    order = pl.when(is_timed).then("taken_at")
    moments = moments.sort("blob_index", ~pl.col("is_carried"), order, "position", maintain_order=True)
    fell = [pl.col(name) < pl.col(name).forward_fill().shift().over("blob_index") for name in counters]
    fallen = pl.any_horizontal(one.fill_null(value=False) for one in fell)
    first = 0 if last is None else int(last["process"][0])
    return moments.with_columns(process=fallen.cast(pl.Int64).cum_sum().over("blob_index") + first)


def last_of(moments: pl.DataFrame, *, counters: Sequence[str], largest: Sequence[str] = ()) -> pl.DataFrame:
    """What the moments behind these, of the same file, go on from; nothing when there are none.

    largest  further columns, of which the largest value of the last process counts
    """
    running = moments.filter(pl.col("process") == pl.col("process").max())
    return running.select(
        pl.col("blob_index").last(),
        pl.lit(moments["position"].max(), pl.Int64).alias("position"),
        pl.col("process").last(),
        *(pl.col(name).drop_nulls().last() for name in counters),
        *(pl.col(name).max() for name in largest),
        is_carried=pl.lit(value=True),
    ).head(min(1, moments.height))


def first_seen(moments: pl.DataFrame, last: pl.DataFrame | None) -> pl.DataFrame:
    """The processes that were not there before, of which nothing is known but that they are others."""
    known = -1 if last is None else int(last["process"][0])
    own = moments.select("blob_index", "process").unique(maintain_order=True).filter(pl.col("process") > known)
    return own.with_columns(prefix=pl.lit(""), started_at=pl.lit(None, UTC_TIME), started_by=pl.lit(None, pl.String))


def process_columns(processes: pl.DataFrame) -> Mapping[str, Column]:
    """The processes as rows."""
    return {
        "blob_index": processes["blob_index"].to_numpy(),
        **arrow_columns(
            processes.select(
                pl.col("process").cast(pl.Int32), "prefix", pl.col("started_at").cast(UTC_TIME), "started_by"
            )
        ),
    }


def arrow_columns(frame: pl.DataFrame) -> Mapping[str, Column]:
    """A frame as columns of a table."""
    return {name: frame[name].to_arrow() for name in frame.columns}
