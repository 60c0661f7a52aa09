"""Where in JSON objects something stands, and of which type the times beside it are.

That is looked up in some of them; then all are read by columns of exactly that shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import pyarrow as pa

from pipeline.formats.json_objects import loaded
from pipeline.formats.times import TIME_KEYS

Path = tuple[str, ...]
Object = Mapping[str, Any]

# A time as the file has it: of three, one at most is there.
RAW_TIMES: Final[Mapping[str, Any]] = {"time_text": pl.String, "time_integer": pl.Int64, "time_number": pl.Float64}
_RAW_TYPES: Final[Mapping[type, str]] = {str: "time_text", int: "time_integer", float: "time_number"}
_ARROW_TYPES: Final[Mapping[type, pa.DataType]] = {str: pa.string(), int: pa.int64(), float: pa.float64()}
_INT64_LIMIT: Final = 1 << 63
_DEPTH: Final = 3
_MOST_VISITED: Final = 10_000
_MOST_PATHS: Final = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """Where what is wanted stands, nearest to the top first, and the types of the times around it."""

    paths: tuple[Path, ...]
    times: Mapping[Path, type]


def find(value: Object, is_wanted: Callable[[Object], bool]) -> Path | None:
    """Where in an object the wanted one stands, as near its top as may be."""
    todo: list[tuple[Path, Object]] = [((), value)]
    for path, one in todo:
        if is_wanted(one):
            return path
        if len(path) < _DEPTH:
            inner = [((*path, key), child) for key, child in sorted(one.items()) if isinstance(child, dict)]
            todo += inner[: _MOST_VISITED - len(todo)]
    return None


def holders(value: Object, path: Path) -> list[tuple[Path, Object]]:
    """What stands at a path and all that it stands in, from within."""
    found: list[tuple[Path, Object]] = [((), value)]
    for end, name in enumerate(path, start=1):
        found.append((path[:end], found[-1][1][name]))
    return found[::-1]


def times_of(around: Iterable[tuple[Path, Object]]) -> tuple[str | None, int | None, float | None]:
    """The first time of each type in what `holders` gives, in the order of RAW_TIMES."""
    told = [holder[key] for _, holder in around for key in TIME_KEYS if key in holder]
    # Half a character, which JSON can have, no column can.
    text = next((one for one in told if isinstance(one, str) and one.isascii()), None)
    whole = next((one for one in told if type(one) is int), None)
    number = next((one for one in told if isinstance(one, float)), None)
    return text, whole if whole is not None and -_INT64_LIMIT <= whole < _INT64_LIMIT else None, number


def shape_of(objects: Iterable[bytes], is_wanted: Callable[[Object], bool], *, taken: Iterable[str]) -> Shape:
    """The shape of some objects.

    taken  names in what is wanted, in none of which another may stand
    """
    paths: set[Path] = set()
    times: dict[Path, type] = {}
    for content in objects:
        value = loaded(content)
        path = None if value is None else find(value, is_wanted)
        if value is None or path is None:
            continue
        paths.add(path)
        for above, holder in holders(value, path):
            for key in TIME_KEYS:
                # A whole number can be read as one with a fraction, but loses its last digits.
                if type(holder.get(key)) in _RAW_TYPES and times.get((*above, key)) is not int:
                    times[*above, key] = type(holder[key])
    barred = {*taken, *TIME_KEYS}
    clear = sorted((path for path in paths if barred.isdisjoint(path)), key=lambda path: (len(path), path))
    return Shape(tuple(clear[:_MOST_PATHS]), times)


def schema_of(shape: Shape, fields: Mapping[str, pa.DataType]) -> pa.Schema:
    """What Arrow is to read: these fields at every path, and the times around."""
    tree: dict[str, Any] = {}
    for path in shape.paths:
        for end in range(len(path) + 1):
            node = _node(tree, path[:end])
            node |= {key: _ARROW_TYPES[shape.times.get((*path[:end], key), str)] for key in TIME_KEYS}
        node |= fields
    return pa.schema(list(_struct(tree)))


def _node(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    for name in path:
        tree = tree.setdefault(name, {})
    return tree


def _struct(tree: Mapping[str, Any]) -> pa.DataType:
    return pa.struct([(name, _struct(kind) if isinstance(kind, dict) else kind) for name, kind in tree.items()])


def at(path: Path) -> pl.Expr:
    """What stands at a path."""
    found = pl.col(path[0])
    for name in path[1:]:
        found = found.struct.field(name)
    return found


def raw_times(path: Path, shape: Shape) -> Sequence[pl.Expr]:
    """The first time of each type at a path and in all that it stands in, named as in RAW_TIMES."""
    places = [(*path[:end], key) for end in range(len(path), -1, -1) for key in TIME_KEYS]
    return [
        pl.coalesce(
            pl.lit(None, RAW_TIMES[name]), *(at(place) for place in places if shape.times.get(place, str) is kind)
        ).alias(name)
        for kind, name in _RAW_TYPES.items()
    ]
