"""Rows that nobody would write and every declared table may hold: the ends of each type, nothing at all, and any mix.

A text column holds the words that the SQL compares it with, and some columns mostly what they usually have, so that views
have something to say; ids are few, so that joins find partners. What a row refers to is there, for those who make tables
see to it, and keys are unique. A profile mostly has the sample types of its kind.

What only rows that belong together say (cycles of a log that are a trace's, verdicts told twice) chance does not bring about:
the cases of the views have such rows, and here those with extremes in place of their numbers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.lake.commit import commit, open_writer
from pipeline.lake.snapshot import read_known
from pipeline.resources import views
from pipeline.schema import Table, TableColumn, tables
from tests.sql.case import Block, Case

_LOW, _HIGH = -(2**63), 2**63 - 1
_NUMBERS = {
    "BIGINT": (_LOW, _LOW + 1, -(2**62), -1, 0, 1, 2, 3, 16, 8192, 2**31, 2**53 + 1, 2**62, _HIGH - 1, _HIGH),
    "UBIGINT": (0, 8192, 8193, 2**63 - 1, _LOW, -8192, -1),
    "INTEGER": (-(2**31), -1, 0, 1, 2, 3, 10, 2**31 - 1),
}
# Of a case's numbers, which DuckDB reads.
_ENDS: Mapping[str, tuple[float, ...]] = {
    "BIGINT": (_LOW, _LOW + 1, -1, 0, 1, 2**62, _HIGH - 1, _HIGH),
    "UBIGINT": (0, 8192, 2**64 - 1),
    "INTEGER": (-(2**31), 0, 2**31 - 1),
    "DOUBLE": (0.0, -1.5, 5e-324, 1e308, -1e308),
}
_HASHES = (0, 1, 2, 3, 4, 5, _LOW, -1)
_ACTORS = ("goroutine", "proc", "thread", "by_goroutine", "task", "parent")
_MOMENTS = tuple(datetime(year, 1, 1, tzinfo=UTC) for year in (1, 1970, 2026, 2261, 9999))
_TEXTS = (
    "",
    "main",
    "main.main",
    "a/b.go",
    "\N{BLACK STAR}",
    "a\nb",
    "it's",
    "x" * 300,
    "[]byte",
    "new([9223372036854775807]int64)",
)
# What most rows of a column have: profiles of one series, records of the line that their stacks end at, pauses of a GC.
_USUAL: Mapping[str, tuple[Any, ...]] = {
    "profile.kind": (*(["heap"] * 6), "cpu", "goroutine", "mutex", "trace"),
    "profile.series_hash": (1,),
    "profile.duration_ns": (0,),
    "profile.period": (512 << 10,),
    **{
        f"{table}.{name}": (None,)
        for table in ("profile", "escape_report")
        for name in ("service", "instance", "build", "build_id")
    },
    "profile_sample_type.sample_type": ("inuse_space",),
    "sample.kind": ("heap", "trace"),
    "stack.location_hashes": ([0], [0, 1], [1]),
    **{f"{table}.package": ("app",) for table in ("function", "escape_package", "escape_site", "inlined_call")},
    "function.name": ("app.f", "app.f", "app.f", "main.main", "runtime.mallocgc", "runtime.newstack", "runtime.unlock"),
    "mapping.build_id": ("cafe",),
    "binary_file.build_id": ("cafe",),
    "binary_function.address": (0, 8192),
    **{f"{table}.process": (0,) for table in ("process", "runtime_metric", "memstats", "gctrace_cycle")},
    **{f"{table}.position": (0, 1) for table in ("runtime_metric", "memstats")},
    **{f"{table}.file": ("a/b.go",) for table in ("function", "escape_site", "inlined_call")},
    **{f"{table}.line": (1,) for table in ("escape_site", "inlined_call")},
    "escape_site.kind": ("moved_to_heap", "escapes"),
    "trace_metric.name": ("/sched/gomaxprocs:threads",),
    "trace_range.start_ns": (None,),
    "trace_label.label": ("GC (dedicated)",),
    "goroutine_transition.to_state": ("running", "waiting"),
    "goroutine_transition.from_state": ("runnable", "waiting", "not exist"),
    "sample.sample_index": (0, 1),
    **{f"sample.value_{place}": (1, 2**40, _HIGH, _HIGH - 1, _LOW) for place in range(4)},
    **{f"{table}.event": ("exists", "alloc", "free") for table in ("heap_object", "heap_span", "goroutine_stack")},
    **{f"{table}.address": (8192, 8193) for table in ("heap_object", "heap_span", "goroutine_stack")},
    "trace_range.name": ("GC concurrent mark phase", "stop-the-world (GC sweep termination)", "GC mark assist"),
}
# The sample types of a kind, in a file's order.
_TYPES = {
    "heap": ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space"),
    "cpu": ("samples", "cpu"),
    "goroutine": ("goroutine",),
    "mutex": ("contentions", "delay"),
    "trace": ("samples", "cpu", "sync_contentions", "sync_delay", "net_delay"),
}
# A name, and the texts it is compared with: `event = 'alloc'`, `name IN ('a', 'b')`.
_COMPARED = re.compile(r"(\w+)\"?,?\s+(?:=|<>|IN|WHEN)?\s*\(?\s*((?:'[^'\n]*'(?:,\s*)?)+)")


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """The texts that the SQL compares columns with, and those that their comments quote, by the column's name."""
    found: dict[str, set[str]] = {}
    for path in views():
        for column, texts in _COMPARED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(column, set()).update(re.findall(r"'([^']*)'", texts))
    for table in tables().values():
        for column in table.columns:
            found.setdefault(column.name, set()).update(re.findall(r"`([^`]+)`", column.doc))
    return {column: tuple(sorted(texts)) for column, texts in found.items()}


def extreme_rows(seed: int, *, most: int) -> dict[str, pa.Table]:
    """Up to so many rows for each table of the lake; the same for the same seed."""
    keys: dict[str, list[Any]] = {}
    made: dict[str, pa.Table] = {}
    for table in _in_order_of_reference():
        # Each table its own: another column in one changes no other.
        chance = random.Random(f"{seed} {table.name}")
        count = most if chance.random() < 0.8 else chance.randint(0, most)
        drawn = [_row(table, chance, keys=keys) for _ in range(count)]
        if table.name == "profile_sample_type":
            drawn += _types(made["profile"].to_pylist(), chance)
        unique = {tuple(str(row[name]) for name in table.key): row for row in drawn if row is not None}
        keys[table.name] = [row[table.key[0]] for row in unique.values()]
        made[table.name] = pa.Table.from_pylist(list(unique.values()), table.schema)
    return made


def extreme_case(case: Case, seed: int) -> tuple[Block, ...]:
    """What a case gives, with extremes in place of one in thirty, a few, half or all of its numbers; the same for the same seed.

    What rows are told apart and joined by stays, and so does when a profile was taken, which has three spellings.
    """
    chance = random.Random(f"{seed} {case.path.parent.name}.{case.path.stem} {case.name}")
    share = chance.choice((0.03, 0.15, 0.5, 1))
    return tuple(_extreme_block(block, chance, share=share) for block in case.given)


def fill_lake(lake: Path, rows: Mapping[str, pa.Table]) -> None:
    """Commit rows to a lake, as one batch."""
    with open_writer(str(lake)) as writer:
        writer.add(rows)
    commit(str(lake), writer.written, known=read_known(str(lake)))


def _extreme_block(block: Block, chance: random.Random, *, share: float) -> Block:
    kinds = [_number(block.target, column) for column in block.columns]
    rows = [
        tuple(
            str(chance.choice(_ENDS[kind])) if kind and cell != "NULL" and chance.random() < share else cell
            for cell, kind in zip(row, kinds, strict=True)
        )
        for row in block.rows
    ]
    return replace(block, rows=tuple(rows))


def _number(table: str, column: str) -> str | None:
    """The type of a column of a case that may have any number in it."""
    if table == "sample_value":
        return "BIGINT" if column == "value" else None
    declared = {one.name: one.sql_type for one in tables()[table].columns}
    is_join = column in tables()[table].key or column.endswith("_id")
    is_moment = (table, column) == ("profile", "time_ns")
    return None if is_join or is_moment or declared[column] not in _ENDS else declared[column]


def _types(profiles: Sequence[Mapping[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    """The sample types that most profiles have."""
    for profile in profiles:
        if chance.random() < 0.8:
            for position, sample_type in enumerate(_TYPES.get(profile["kind"], ())):
                yield {
                    "profile_hash": profile["profile_hash"],
                    "position": position,
                    "sample_type": sample_type,
                    "unit": "count",
                }


@cache
def _in_order_of_reference() -> tuple[Table, ...]:
    """The lake's tables, each behind those it refers to."""
    left = [table for table in tables().values() if table.in_lake]
    placed: list[Table] = []
    while left:
        names = {table.name for table in left}
        free = [table for table in left if not {_referred(table, one) for one in table.schema.names} & names]
        placed += free
        left = [table for table in left if table not in free]
    return tuple(placed)


def _referred(table: Table, column: str) -> str | None:
    """The table that a column refers to; two lists say it in words only."""
    inside = {("stack", "location_hashes"): "location", ("location", "lines"): "function"}
    declared = {reference.column: reference.to_table for reference in table.references}
    return inside.get((table.name, column)) or declared.get(column)


def _row(table: Table, chance: random.Random, *, keys: Mapping[str, Sequence[Any]]) -> dict[str, Any] | None:
    """One row; None when it would have to refer to a row of an empty table."""
    row: dict[str, Any] = {}
    columns = {column.name for column in table.columns}
    for column in (*table.columns, *table.lake_only):
        name = column.lake_name
        if name is None:
            continue
        referred = _referred(table, name)
        usual = _USUAL.get(f"{table.name}.{name}")
        known = keys[referred] if referred else None
        if usual and chance.random() < 0.9 and (known is None or known):
            row[name] = [known[place % len(known)] for place in chance.choice(usual)] if known else chance.choice(usual)
        elif column.nullable and (chance.random() < 0.2 or known == []):
            row[name] = None
        elif name == "kind" and name in table.partition:
            # A word of ours, of which folders are made; no file says it.
            row[name] = chance.choice(("heap", "cpu", "trace", "other"))
        elif known is None:
            row[name] = _value(column, chance)
        elif column.sql_type.endswith("[]"):
            row[name] = _list_of(name, known, chance)
        elif known:
            # Mostly one trace, so that one thing happens there after the other, and one process.
            is_busy = (name == "trace_hash" or "process" in columns) and chance.random() < 0.8
            row[name] = known[0] if is_busy else chance.choice(known)
        else:
            return None
    if table.name == "source":
        # The writer takes no rows of what was refused.
        row["status"] = "ingested"
    if table.name == "profile":
        row["profile_hash"] = row["source_hash"]
    if table.name == "trace":
        row["trace_hash"] = row["source_hash"]
    return row


def _list_of(name: str, known: Sequence[Any], chance: random.Random) -> list[Any]:
    """The locations of a stack, or the lines of a location."""
    if name == "location_hashes":
        return [chance.choice(known) for _ in range(chance.randint(0, 4) if known else 0)]
    numbers = (*([1] * 15), *_NUMBERS["BIGINT"])
    return [
        {
            "function_hash": chance.choice([*known, None]),
            "line": chance.choice(numbers),
            "column": chance.choice(numbers),
        }
        for _ in range(chance.randint(0, 3))
    ]


def _value(column: TableColumn, chance: random.Random) -> Any:
    kind = column.sql_type
    if column.name in _ACTORS:
        return chance.choice((0, 1, 2, _HIGH))
    if (column.lake_name or "").endswith("_hash"):
        return chance.choice(_HASHES)
    if kind in _NUMBERS:
        if column.name.endswith("_ns") and chance.random() < 0.3:
            return chance.randint(_LOW, _HIGH)
        return chance.choice(_NUMBERS[kind] if chance.random() < 0.6 else (0, 1, 2))
    if kind == "VARCHAR":
        return _text(column.name, chance)
    if kind == "BLOB":
        return chance.choice((b"", b"\x02\x10\0", b"\0\x7f\0", b"\xff" * 9, chance.randbytes(20)))
    if kind == "BOOLEAN":
        return chance.random() < 0.5
    if kind in ("DATE", "TIMESTAMP"):
        moment = chance.choice(_MOMENTS)
        return moment.date() if kind == "DATE" else moment
    if kind == "DOUBLE":
        return chance.choice((0.0, -1.5, 0.25, 5e-324, 1e308, -1e308))
    if kind == "BIGINT[]":
        return [chance.choice(_NUMBERS["BIGINT"]) for _ in range(chance.randint(0, 3))]
    if kind == "VARCHAR[]":
        return [_text(column.name, chance) for _ in range(chance.randint(0, 2))]
    if kind.startswith("MAP("):
        return [(_text("key", chance), _text("value", chance)) for _ in range(chance.randint(0, 1))]
    if kind.startswith("STRUCT(key"):
        return [_label(chance) for _ in range(chance.randint(0, 3))]
    raise AssertionError(f"{column.name} is {kind}: say here what an extreme one is")


def _text(name: str, chance: random.Random) -> str:
    known = words().get(name, ())
    return chance.choice(known if known and chance.random() < 0.9 else _TEXTS)


def _label(chance: random.Random) -> dict[str, Any]:
    number = chance.choice((None, *_NUMBERS["BIGINT"]))
    text = "v" if number is None else None
    return {"key": chance.choice(("bytes", "", "k")), "str": text, "num": number, "num_unit": "bytes"}
