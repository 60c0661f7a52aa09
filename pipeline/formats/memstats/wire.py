"""MemStats in JSON objects to one frame of raw fields, a row per moment.

Where in an object they stand is looked up in some of them; then all are read by columns, and what does not fit in one
by one. Field names are those of Go, in its spelling; see runtime/mstats.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from pipeline.formats.memstats.recognise import DISTINCT, FEWEST
from pipeline.values import Note

INTEGERS: Final = (
    *(
        "Alloc",
        "TotalAlloc",
        "Sys",
        "Mallocs",
        "Frees",
        "HeapAlloc",
        "HeapSys",
        "HeapIdle",
        "HeapInuse",
        "HeapReleased",
    ),
    *("HeapObjects", "StackInuse", "StackSys", "MSpanInuse", "MSpanSys", "MCacheInuse", "MCacheSys", "BuckHashSys"),
    *("GCSys", "OtherSys", "NextGC", "LastGC", "PauseTotalNs", "NumGC", "NumForcedGC"),
)
_FRACTION: Final = "GCCPUFraction"
_RINGS: Final = ("PauseNs", "PauseEnd")
_CLASS: Final = ("Size", "Mallocs", "Frees")
_SCALARS: Final = (*INTEGERS, _FRACTION)
_CLASSES: Final = pl.List(pl.Struct(dict.fromkeys(_CLASS, pl.Int64)))
FIELDS: Final[Mapping[str, Any]] = {
    **RAW_TIMES,
    **dict.fromkeys(INTEGERS, pl.Int64),
    _FRACTION: pl.Float64,
    **dict.fromkeys(_RINGS, pl.List(pl.Int64)),
    "BySize": _CLASSES,
    "unfit": pl.Int64,
}
ROWS: Final[Mapping[str, Any]] = {"row": pl.Int64, **FIELDS}
_ARROW: Final[Mapping[str, pa.DataType]] = {
    **dict.fromkeys(INTEGERS, pa.uint64()),
    _FRACTION: pa.float64(),
    **dict.fromkeys(_RINGS, pa.list_(pa.uint64())),
    "BySize": pa.list_(pa.struct([(name, pa.uint64()) for name in _CLASS])),
}
_INT64_LIMIT: Final = 1 << 63
_LOOKED_AT: Final = 16
_FEW: Final = 4


def moments(portion: Portion) -> tuple[pl.DataFrame, list[Note]]:
    """Every object's MemStats as ROWS, `row` being its place in the portion; what has none is noted."""
    objects = portion.objects
    frames = list(_in_bulk(objects)) if len(objects) > _FEW else []
    found = np.zeros(len(objects), np.bool_)
    for frame in frames:
        found[frame["row"].to_numpy()] = True
    rest = np.flatnonzero(~found).tolist()
    rows, strange, unread = _one_by_one(objects, rest)
    frames.append(pl.DataFrame(rows, schema=pl.Schema(ROWS), orient="row"))
    notes = [*broken(portion, unread), *broken(portion, strange, kind="other_lines")]
    return pl.concat(frames).sort("row"), notes


# In bulk ---------------------------------------------------------------------------------------------------------------


def _in_bulk(objects: Sequence[bytes]) -> Iterator[pl.DataFrame]:
    some = (objects[int(place)] for place in np.linspace(0, len(objects) - 1, _LOOKED_AT))
    shape = shape_of(some, has_memstats, taken=_ARROW)
    if not shape.paths:
        return
    schema = schema_of(shape, _ARROW)
    for first, _, table in tables(objects, schema):
        frame = pl.DataFrame(table).lazy()
        moment = pl.coalesce(pl.when(_is_moment(path)).then(_fields(path, shape)) for path in shape.paths)
        chosen = frame.select(moment.alias("moment")).with_row_index("row", offset=first)
        yield chosen.filter(pl.col("moment").is_not_null()).unnest("moment").cast(pl.Schema(ROWS)).collect()


def _is_moment(path: Path) -> pl.Expr:
    there = [at((*path, name)).is_not_null() for name in _SCALARS]
    distinct = [at((*path, name)).is_not_null() for name in DISTINCT]
    return (pl.sum_horizontal(there) >= FEWEST) & pl.any_horizontal(distinct)


def _fields(path: Path, shape: Shape) -> pl.Expr:
    integers = [at((*path, name)) for name in INTEGERS]
    unfit = pl.sum_horizontal([(one >= _INT64_LIMIT).cast(pl.Int64) for one in integers])
    return pl.struct(
        *raw_times(path, shape),
        *(one.cast(pl.Int64, strict=False).alias(name) for one, name in zip(integers, INTEGERS, strict=True)),
        at((*path, _FRACTION)).alias(_FRACTION),
        *(at((*path, name)).cast(pl.List(pl.Int64), strict=False).alias(name) for name in _RINGS),
        at((*path, "BySize")).cast(_CLASSES, strict=False).alias("BySize"),
        unfit.alias("unfit"),
    )


# One by one ------------------------------------------------------------------------------------------------------------


def _one_by_one(objects: Sequence[bytes], rows: Iterable[int]) -> tuple[list[tuple[Any, ...]], list[int], list[int]]:
    """The moments among some objects, the places of those that have none, and of those that are no objects."""
    read: list[tuple[Any, ...]] = []
    strange, unread = [], []
    for row in rows:
        value = loaded(objects[row])
        path = None if value is None else find(value, has_memstats)
        if value is None:
            unread.append(row)
        elif path is None:
            strange.append(row)
        else:
            read.append((row, *_moment(value, path)))
    return read, strange, unread


def has_memstats(value: Object) -> bool:
    """Whether an object has enough fields of MemStats to be one."""
    there = [name for name in _SCALARS if _is_number(value.get(name))]
    return len(there) >= FEWEST and any(name in DISTINCT for name in there)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _moment(value: Object, path: Path) -> tuple[Any, ...]:
    """One object's MemStats, in the order of FIELDS."""
    around = holders(value, path)
    return (*times_of(around), *values_of(around[0][1]))


def values_of(found: Object) -> tuple[Any, ...]:
    """The fields of one MemStats behind the times, in the order of FIELDS."""
    integers = [integer(found.get(name)) for name in INTEGERS]
    unfit = sum(one is None and _is_number(found.get(name)) for one, name in zip(integers, INTEGERS, strict=True))
    rings = [found.get(name) for name in _RINGS]
    return (
        *integers,
        _fraction(found.get(_FRACTION)),
        *([integer(one) for one in ring] if isinstance(ring, list) else None for ring in rings),
        _classes(found.get("BySize")),
        unfit,
    )


def integer(value: object) -> int | None:
    """The number, however it is written, if it is a whole one of 63 bits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < _INT64_LIMIT else None


def _fraction(value: object) -> float | None:
    is_sound = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _INT64_LIMIT
    return float(value) if is_sound else None  # type: ignore[arg-type]


def _classes(value: object) -> list[dict[str, int | None]] | None:
    if not isinstance(value, list):
        return None
    return [{name: integer(one.get(name)) for name in _CLASS} for one in value if isinstance(one, dict)]
