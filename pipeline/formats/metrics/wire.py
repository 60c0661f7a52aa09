"""runtime/metrics as JSON: a map from each metric's name to its number or histogram, a moment an object.

encoding/json writes no infinities, so the bounds of a histogram that are one are null, or texts such as `-Inf`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.formats.json_objects import Portion, broken, loaded, tables
from pipeline.formats.json_shape import (
    RAW_TIMES,
    Object,
    Path,
    Shape,
    at,
    find,
    holders,
    raw_times,
    schema_of,
    shape_of,
    times_of,
)
from pipeline.formats.metrics.recognise import NAME, NAMED
from pipeline.values import Note

MOMENTS: Final[Mapping[str, Any]] = {"row": pl.Int64, **RAW_TIMES, "unfit": pl.Int64}
SCALARS: Final[Mapping[str, Any]] = {
    "row": pl.Int64,
    "metric": pl.String,
    "value_integer": pl.Int64,
    "value": pl.Float64,
}
# Bounds: one more than counts; null, or not finite, where there is none.
HISTOGRAMS: Final[Mapping[str, Any]] = {
    "row": pl.Int64,
    "metric": pl.String,
    "counts": pl.List(pl.Int64),
    "bounds": pl.List(pl.Float64),
    "sample_count": pl.Int64,
}
_HISTOGRAM: Final = pa.struct([("counts", pa.list_(pa.uint64())), ("buckets", pa.list_(pa.float64()))])
_INT64_LIMIT: Final = 1 << 63
# From here on a number of a column with fractions may be another whole one.
_EXACT: Final = float(1 << 53)
_LOOKED_AT: Final = 16
_FEW: Final = 4
# So many names are read by columns; an object of more has none of Go's making.
_MOST_NAMES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Read:
    """What some moments say.

    moments     MOMENTS: a row each, `row` being its place; `unfit` counts values that could not be read
    scalars     SCALARS
    histograms  HISTOGRAMS
    """

    moments: pl.DataFrame
    scalars: pl.DataFrame
    histograms: pl.DataFrame


def read(portion: Portion) -> tuple[Read, list[Note]]:
    """Every object's metrics; what has none is noted."""
    objects = portion.objects
    parts = list(_in_bulk(objects)) if len(objects) > _FEW else []
    found = np.zeros(len(objects), np.bool_)
    for part in parts:
        found[part.moments["row"].to_numpy()] = True
    single, strange, unread = _one_by_one(objects, np.flatnonzero(~found).tolist())
    parts.append(single)
    joined = Read(
        pl.concat([part.moments for part in parts]).sort("row"),
        pl.concat([part.scalars for part in parts]).sort("row", maintain_order=True),
        pl.concat([part.histograms for part in parts]).sort("row", maintain_order=True),
    )
    return joined, [*broken(portion, unread), *broken(portion, strange, kind="other_lines")]


# In bulk ---------------------------------------------------------------------------------------------------------------


def _in_bulk(objects: Sequence[bytes]) -> Iterator[Read]:
    some = [objects[int(place)] for place in np.linspace(0, len(objects) - 1, _LOOKED_AT)]
    shape = shape_of(some, has_metrics, taken=())
    kinds = _kinds(some, shape)
    if not shape.paths or not kinds or len(kinds) > _MOST_NAMES:
        return
    schema = schema_of(shape, kinds)
    for first, last, table in tables(objects, schema):
        frame = pl.DataFrame(table).with_row_index("row", offset=first).with_columns(pl.col("row").cast(pl.Int64))
        named = np.array([len(NAMED.findall(one)) for one in objects[first:last]])
        for path in shape.paths:
            yield _at_path(frame, named, path, shape=shape, kinds=kinds)


def _kinds(objects: Iterable[bytes], shape: Shape) -> dict[str, pa.DataType]:
    """The names that are there, and whether each is a histogram, a number or a whole one."""
    kinds: dict[str, pa.DataType] = {}
    for content in objects:
        value = loaded(content)
        path = None if value is None else find(value, has_metrics)
        if value is None or path not in shape.paths:
            continue
        for name, one in holders(value, path)[0][1].items():
            if NAME.fullmatch(name) and (isinstance(one, dict) or _is_number(one)):
                kind = _HISTOGRAM if isinstance(one, dict) else pa.float64() if "seconds" in name else pa.uint64()
                kinds.setdefault(name, pa.float64() if isinstance(one, float) else kind)
    return kinds


def _at_path(
    frame: pl.DataFrame, named: np.ndarray, path: Path, *, shape: Shape, kinds: Mapping[str, pa.DataType]
) -> Read:
    """The moments at one path whose every metric was read; a name that is new, or stands elsewhere too, is left for later."""
    there = frame.select(pl.sum_horizontal(at((*path, name)).is_not_null() for name in kinds))
    whole = [name for name, kind in kinds.items() if pa.types.is_uint64(kind)]
    floats = [name for name, kind in kinds.items() if pa.types.is_floating(kind)]
    is_exact = pl.all_horizontal([pl.lit(value=True), *(~(at((*path, name)).abs() >= _EXACT) for name in floats)])
    kept = frame.filter(
        (there.to_series() == pl.Series(named)) & (there.to_series() > 0) & is_exact.fill_null(value=True)
    )
    scalars = [_unpivoted(kept, path, names) for names in (whole, floats) if names]
    histograms = [
        kept.filter(at((*path, name)).is_not_null()).select(
            "row",
            pl.lit(name).alias("metric"),
            at((*path, name)).struct.field("counts").cast(pl.List(pl.Int64), strict=False),
            at((*path, name)).struct.field("buckets").alias("bounds"),
            pl.lit(None, pl.Int64).alias("sample_count"),
        )
        for name, kind in kinds.items()
        if pa.types.is_struct(kind)
    ]
    return Read(
        kept.select("row", *raw_times(path, shape), pl.lit(0, pl.Int64).alias("unfit")),
        pl.concat([pl.DataFrame(schema=pl.Schema(SCALARS)), *scalars]),
        pl.concat([pl.DataFrame(schema=pl.Schema(HISTOGRAMS)), *histograms]),
    )


def _unpivoted(kept: pl.DataFrame, path: Path, names: Sequence[str]) -> pl.DataFrame:
    """A row for each value of columns of one type."""
    wide = kept.select("row", *(at((*path, name)).alias(name) for name in names))
    long = wide.unpivot(names, index="row", variable_name="metric", value_name="value").drop_nulls("value")
    value = pl.col("value")
    whole = pl.when(value.cast(pl.Float64) == value.cast(pl.Float64).floor()).then(value)
    return long.select(
        "row", "metric", whole.cast(pl.Int64, strict=False).alias("value_integer"), value.cast(pl.Float64)
    )


# One by one ------------------------------------------------------------------------------------------------------------


def has_metrics(value: Object) -> bool:
    """Whether an object maps a name of runtime/metrics to what may be a value."""
    return any(NAME.fullmatch(name) and (isinstance(one, dict) or _is_number(one)) for name, one in value.items())


def _one_by_one(objects: Sequence[bytes], rows: Iterable[int]) -> tuple[Read, list[int], list[int]]:
    """The moments among some objects, the places of those that have none, and of those that are no objects."""
    moments: list[tuple[Any, ...]] = []
    scalars: list[tuple[Any, ...]] = []
    histograms: list[tuple[Any, ...]] = []
    strange, unread = [], []
    for row in rows:
        value = loaded(objects[row])
        path = None if value is None else find(value, has_metrics)
        if value is None:
            unread.append(row)
        elif path is None:
            strange.append(row)
        else:
            around = holders(value, path)
            unfit = _take(row, around[0][1], scalars, histograms)
            moments.append((row, *times_of(around), unfit))
    return read_of(moments, scalars, histograms), strange, unread


def read_of(
    moments: Sequence[tuple[Any, ...]], scalars: Sequence[tuple[Any, ...]], histograms: Sequence[tuple[Any, ...]]
) -> Read:
    """Rows as frames."""
    return Read(
        pl.DataFrame(moments, schema=pl.Schema(MOMENTS), orient="row"),
        pl.DataFrame(scalars, schema=pl.Schema(SCALARS), orient="row"),
        pl.DataFrame(histograms, schema=pl.Schema(HISTOGRAMS), orient="row"),
    )


def _take(row: int, metrics: Object, scalars: list[tuple[Any, ...]], histograms: list[tuple[Any, ...]]) -> int:
    """Add the metrics of one moment; returns how many of them could not be read."""
    unfit = 0
    for name, one in metrics.items():
        if not NAME.fullmatch(name):
            continue
        if isinstance(one, dict):
            histograms.append((row, name, *_histogram(one), None))
        elif _is_number(one):
            scalars.append((row, name, *scalar(one)))
        else:
            unfit += one is not None
    return unfit


def scalar(value: float) -> tuple[int | None, float | None]:
    """A number as a whole one, where it is one of 64 bits, and as any; None for what is none."""
    if isinstance(value, int):
        return (value if -_INT64_LIMIT <= value < _INT64_LIMIT else None, _float(value))
    whole = int(value) if math.isfinite(value) and value.is_integer() else None
    is_held = whole is not None and -_INT64_LIMIT <= whole < _INT64_LIMIT
    return whole if is_held else None, None if math.isnan(value) else value


def _float(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _histogram(value: Object) -> tuple[list[int | None] | None, list[float | None] | None]:
    """Counts and bounds; None for what is none."""
    counts, bounds = value.get("counts"), value.get("buckets")
    return (
        [scalar(one)[0] if _is_number(one) else None for one in counts] if isinstance(counts, list) else None,
        [_bound(one) for one in bounds] if isinstance(bounds, list) else None,
    )


def _bound(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
