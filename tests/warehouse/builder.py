"""Lakes for warehouse tests, from profiles of a few words, through the real rooms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.schema import tables
from pipeline.warehouse.modules import modules
from tests.builders.executable import BUILD_ID, Call, Function, executable
from tests.builders.profile import message, profile

LIMITS = Limits(max_plain_bytes=1 << 24, max_ratio=1_100, max_members=100, max_depth=2)
_TYPES = ("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes")
_START = 1_767_225_600_000_000_000
REPORT = """# app/store
store/cache.go:88:5: moved to heap: entry
store/cache.go:90:5: &Entry{...} escapes to heap
"""

_PATHS = """
SELECT
  stack_id,
  lines,
  list(label ORDER BY level),
  list(DISTINCT label_id ORDER BY label_id) = list_sort(coalesce(distinct_label_ids, any_value(label_ids)))
FROM (SELECT *, unnest(label_ids) AS label_id, unnest(range(len(label_ids))) AS level FROM stack_path)
JOIN stack_label USING (label_id)
GROUP BY stack_id, lines, distinct_label_ids
ORDER BY stack_id
"""

_COUNTED = """
SELECT counts.stack_id, list(names.label ORDER BY names.label), any_value(leaf.label)
FROM (SELECT *, unnest(label_ids) AS label_id FROM flame._counted) AS counts
JOIN stack_label AS names USING (label_id)
JOIN stack_label AS leaf ON leaf.label_id = counts.leaf_label_id
GROUP BY counts.stack_id
"""


def heap(minute: int, *, grow: int, walk: int = 50, build_id: str = "build-1") -> bytes:
    """A heap profile of one service: `grow` bytes live at store/cache.go:88, `walk` bytes in a recursion.

    The allocation total rises by 1000 bytes a minute.
    """
    allocated = grow + 1000 * minute
    return profile(
        f"app/store.(*Cache).Put@/app/store/cache.go:88 main.main@/app/main.go:5 1 {allocated} 1 {grow} {{bytes=48}}",
        f"main.walk@/app/main.go:9 main.walk@/app/main.go:9 main.main@/app/main.go:6 1 {walk} 1 {walk}",
        types=_TYPES,
        time_ns=_START + minute * 60_000_000_000,
        period=1,
        build_id=build_id,
    )


PROGRAM = executable(
    Function("runtime.newobject", "runtime/malloc.go", 2140),
    Function("main.main", "main.go", 5, [Call("runtime.newobject")]),
)


def bare(minute: int, *, build_id: str = BUILD_ID) -> bytes:
    """A heap profile of `PROGRAM` without symbols: both its frames are in main.main."""
    made = message(
        f"leaf root 1 {minute * 64} 1 {minute * 32}",
        types=_TYPES,
        time_ns=_START + minute * 60_000_000_000,
        period=1,
        build_id=build_id,
        binary="/app/program",
    )
    for place, location in enumerate(made.location):
        location.address = (
            made.mapping[0].memory_start + PROGRAM.code - PROGRAM.base + PROGRAM.entry["main.main"] + 4 * place
        )
        del location.line[:]
    del made.function[:]
    return made.SerializeToString()


def offer(lake: Path, name: str, content: bytes, *, limits: Limits = LIMITS) -> None:
    """Put one file into a lake, as one commit."""
    path = lake.parent / "offered" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    flow.ingest([str(path)], str(lake), labels={}, limits=limits)


def answers(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of every table and view but for the clock, with hashes in place of the numbers that a database gives."""
    views = [name for name, module in modules().items() if module.kind == "VIEW"]
    with flow.open_warehouse(str(database)) as connection:
        names = _names(connection)
        found = {
            name: _named(connection.sql(f"FROM {name}"), names) for name in (*tables(), *views) if name not in _OF_LOAD
        }
        # Names are numbered as they come.
        found["stack_label"] = connection.sql("SELECT label FROM stack_label ORDER BY ALL").fetchall()
        found["stack_path"] = _named(connection.sql(_PATHS), names)
        found["flame._counted"] = _named(connection.sql(_COUNTED), names)
        for name in ("attribution._site", "attribution.growth_by_site", "gate.measure"):
            found[name] = _named(connection.sql(f"SELECT * EXCLUDE (site_index) FROM {name}"), names)
        found["attribution._live"] = _named(connection.sql(_LIVE), names)
        found["attribution._allocation"] = _named(connection.sql(_SITES), names)
        # When it was read, and how many batches it took, are no answers.
        for name in ("source", "inventory.sources"):
            found[name] = _named(connection.sql(f"SELECT * EXCLUDE (ingested_at) FROM {name}"), names)
        found["warehouse_state"] = connection.sql("SELECT declarations, heapscape FROM warehouse_state").fetchall()
    return found


# A site has the number of one of its stacks.
_SITES = """
SELECT sites.* EXCLUDE (site_index), allocations.stack_id, allocations.escape_site_id AS of_escape_site_id
FROM attribution._allocation AS allocations
JOIN attribution.growth_by_site AS sites USING (series_id, site_index)
"""
# Its lists are in any order.
_LIVE = "SELECT series_id, list_sort(list_zip(moments, sizes)) AS live FROM attribution._live"
_OF_LOAD = ("loaded_file", "warehouse_state")
_ID = re.compile(r"(?:^|_)(source|profile|trace|stack|location|function|mapping|label_set|escape_site|series)_ids?$")


def _names(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[int, object]]:
    """What stands for each number of each dimension in every database: a hash, and of a series when it began too."""
    kinds = ("source", "profile", "trace", "stack", "location", "function", "mapping", "label_set", "escape_site")
    names = {kind: dict(connection.sql(f"SELECT {kind}_id, {kind}_hash FROM {kind}").fetchall()) for kind in kinds}
    series = "SELECT series_id, series_hash || MIN(time_ns) FROM profile GROUP BY series_id, series_hash"
    return {**names, "series": dict(connection.sql(series).fetchall())}


def _named(rows: duckdb.DuckDBPyRelation, names: Mapping[str, Mapping[int, object]]) -> list[tuple[object, ...]]:
    kinds = [found[1] if (found := _ID.search(column)) else None for column in rows.columns]
    named = [
        tuple(
            _name(_lines_named(value, names["function"]), names.get(kind or "", {}))
            for value, kind in zip(row, kinds, strict=True)
        )
        for row in rows.fetchall()
    ]
    return sorted(named, key=repr)


def _lines_named(value: object, functions: Mapping[int, object]) -> object:
    """Lines of a location have numbers inside."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "function_id" in value[0]:
        return [{**line, "function_id": functions[line["function_id"]]} for line in value]
    return value


def _name(value: object, of: Mapping[int, object]) -> object:
    if isinstance(value, list):
        return [_name(item, of) for item in value]
    return of.get(value, value) if isinstance(value, int) else value
