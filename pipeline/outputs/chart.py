"""Any answer as the lines or bars that assets/app.js draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.tabular import is_number
from pipeline.values import Result

# Told apart by colour, of which there are as many.
MAX_SERIES: Final = 6
# Of the height of a chart, about what a line is thick.
_NEAR: Final = 0.008
# Columns carry their unit.
_UNITS: Final = {"_bytes": "bytes", "_ns": "nanoseconds", "_s": "seconds"}


class Chart(TypedDict):
    """What assets/app.js and chart_svg.py draw: lines over x, or bars that have labels.

    x       numbers; seconds since 1970 where `time` is true
    series  names, each with a value for every x; None is a gap that the line passes over
    across  what x is
    ids     of the profiles, where some of them can be chosen; the first and last of which are the window
    windows  where there are several: what is chosen in each, the names of the two fields that have it, and its ends
    """

    unit: str
    time: bool
    x: Sequence[float | None]
    series: Sequence[tuple[str, Sequence[float | None]]]
    kind: Literal["line", "bars"]
    labels: NotRequired[Sequence[str]]
    across: NotRequired[str]
    ids: NotRequired[Sequence[int]]
    window: NotRequired[tuple[int, int] | None]
    windows: NotRequired[Sequence[tuple[str, tuple[str, str], tuple[int, int] | None]]]


def chart(found: Result) -> Chart | None:
    """The numbers of an answer over its first time, over its first column where that is one of several numbers, else by row.

    Lines over time or numbers, one for each column of the first one's unit; where a column is text, one for each of the
    largest of its values. Bars with names where neither is there. None when there is nothing to draw.
    """
    table = found.table
    numbers = [field.name for field in table.schema if is_number(field)]
    names = [field.name for field in table.schema if pa.types.is_string(field.type)]
    times = [field.name for field in table.schema if pa.types.is_timestamp(field.type) or pa.types.is_date(field.type)]
    first = table.schema.names[0] if table.num_columns else ""
    x = times[0] if times else first if first in numbers[:1] and len(numbers) > 1 else ""
    drawn = [name for name in numbers if name != x]
    if not drawn or not table.num_rows or len(set(table.schema.names)) < table.num_columns:
        return None
    if x:
        table = table.filter(pc.is_valid(table[x])).sort_by(x)
    drawn = [name for name in drawn if _unit(name) == _unit(drawn[0])][:MAX_SERIES]
    told: Chart = {
        "unit": _unit(drawn[0]),
        "time": bool(times),
        "across": x,
        "x": _positions(table, x),
        "kind": "line" if x else "bars",
        "series": _by_name(table, names[0], drawn[0]) if x and names else [(one, _floats(table[one])) for one in drawn],
    }
    if not (x and names):
        told["labels"] = [text or "" for text in table[names[0]].to_pylist()] if names else []
    return told


def layers(drawn: Chart) -> list[int]:
    """How many lines each one lies upon, all the way: the eye would take them for one, were it not dashed."""
    values = [np.array([np.nan if value is None else value for value in line], float) for _, line in drawn["series"]]
    known = [line[np.isfinite(line)] for line in values]
    near = _NEAR * max((float(np.abs(line).max()) for line in known if len(line)), default=0.0)
    found: list[int] = []
    for place, line in enumerate(values):
        below = [1 + found[other] for other in range(place) if _is_upon(line, values[other], near)]
        # Colours begin anew.
        found.append(max(below, default=min(place // MAX_SERIES, 1)))
    return found


def _is_upon(line: npt.NDArray[np.float64], other: npt.NDArray[np.float64], near: float) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.abs(line - other)
    return bool(np.isfinite(apart).any() and np.nanmax(apart) <= near)


def _by_name(table: pa.Table, name: str, value: str) -> list[tuple[str, list[float | None]]]:
    """A series for each of the names with the largest values; a row of another has nothing in it."""
    texts = pc.fill_null(table[name], "")
    numbers = pa.chunked_array([_numbers(table[value])])
    largest = pa.table({"name": texts, "size": pc.abs(numbers)}).group_by("name").aggregate([("size", "max")])
    largest = largest.sort_by([("size_max", "descending"), ("name", "ascending")]).slice(0, MAX_SERIES)
    return [(text, _floats(pc.if_else(pc.equal(texts, text), numbers, None))) for text in largest["name"].to_pylist()]


def _positions(table: pa.Table, x: str) -> list[float | None]:
    if not x:
        return list(range(table.num_rows))
    column = table[x]
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        moments = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return [moment / 1e6 for moment in moments.to_pylist()]
    return _floats(column)


def _floats(column: pa.ChunkedArray) -> list[float | None]:
    """Numbers as JSON has them."""
    numbers = _numbers(column)
    return pc.if_else(pc.is_finite(numbers), numbers, None).to_pylist()


def _numbers(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.float64(), safe=False).combine_chunks()


def _unit(name: str) -> str:
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "count")
