"""Where the goroutines of one series of profiles or dumps are, as text: the leaked and growing ones with their stacks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable
from pipeline.text import printable

Row = Mapping[str, Any]

_SOURCES = {"protobuf": "goroutine profile", "text": "text profile", "dump": "dump", "system": "system dump"}
_S_PER_HOUR = 3600
# Columns that end below each other.
_NUMBERS = 5
# Frames of a stack that are printed; what waits is near the leaf.
_FRAMES = 8


def text(rows: Sequence[Row], *, limit: int, all_stacks: bool = False) -> str:
    """A headline, a line for each place up to a limit, and the stacks of those where goroutines leaked or became more; of one moment, of all.

    rows        of goroutine.growth with `stack`, of one series and source, in the order to print
    all_stacks  every stack, and the whole of it
    """
    head = ("goroutines", "growth", "an hour", "leaked", "waited", "state", "function", "created by")
    there = [row for row in rows if row["first_count"] or row["last_count"]]
    cells = [_cells(row) for row in there[:limit]]
    # What nothing tells of this source is no column.
    kept = [at for at in range(len(head)) if any(row[at] for row in cells)] or [0]
    shown = aligned(
        [[row[at] for at in kept] for row in [head, *cells]], right=range(sum(at < _NUMBERS for at in kept))
    )
    lines = [printable(_headline(rows)), "", shown[0]]
    for line, row in zip(shown[1:], there, strict=False):
        lines.append(line)
        if all_stacks or row["moments"] == 1 or row["growth"] > 0 or row["leaked"]:
            lines += _stack(row["stack"], limit=None if all_stacks else _FRAMES)
    if len(there) > limit:
        lines.append(
            f"and {_count(len(there) - limit, 'place')} with {_count(_sum(there[limit:], 'last_count'), 'goroutine')}"
        )
    return "\n".join([*lines, ""])


def _headline(rows: Sequence[Row]) -> str:
    row = rows[0]
    named = [
        row["service"],
        row["instance"] and f"instance {row['instance']}",
        row["build"] and f"build {row['build']}",
    ]
    name = " · ".join(part for part in named if part) or f"series {row['series_id']}"
    what = "leak profile" if row["kind"] == "goroutineleak" else _SOURCES[row["source"]]
    told = f"{name} · {_count(row['moments'], what)}: {_count(_sum(rows, 'last_count'), 'goroutine')}"
    if row["moments"] > 1:
        told += f", {_sum(rows, 'first_count'):,} at first"
    leaked = [one["leaked"] for one in rows if one["leaked"] is not None]
    return f"{told}, {sum(leaked):,} leaked as the runtime found" if leaked else told


def _cells(row: Row) -> tuple[str, ...]:
    slope = row["slope_per_s"]
    return (
        f"{row['last_count']:,}",
        f"{row['growth']:+,}" if row["growth"] else "0",
        "" if slope is None else f"{slope * _S_PER_HOUR:+,.1f}" if abs(slope * _S_PER_HOUR) >= 0.05 else "0",
        "" if row["leaked"] is None else f"{row['leaked']:,}",
        "" if row["longest_wait_ns"] is None else readable(row["longest_wait_ns"], unit="nanoseconds"),
        row["state"] or "",
        _place(row["function"] or row["root_function"] or "(no stack)", row["file"], row["line"]),
        _place(row["created_by"], row["created_file"], row["created_line"]) if row["created_by"] else "",
    )


def _stack(frames: Sequence[Row], *, limit: int | None) -> Iterator[str]:
    """Frames leaf first, those of the runtime at the leaf left out; what calls itself is one line."""
    own = next((at for at, frame in enumerate(frames) if not _is_runtime(frame["function"])), 0)
    places = [(_place(frame["function"], frame["file"], frame["line"])) for frame in frames[own:]]
    told = [(place, len(list(same))) for place, same in groupby(places)]
    for place, times in told[:limit]:
        yield printable(f"    {place}" + (f" ×{times:,}" if times > 1 else ""))
    if limit is not None and len(told) > limit:
        yield f"    and {_count(len(told) - limit, 'more frame')}"


def _is_runtime(function: str) -> bool:
    return function.startswith(("runtime.", "internal/runtime/"))


def _place(function: str, file: str | None, line: int | None) -> str:
    at = os.path.basename(file.replace("\\", "/")) if file else ""
    return " ".join(part for part in (function, f"{at}:{line}" if at and line else at) if part)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' if number != 1 else ''}"


def _sum(rows: Sequence[Row], column: str) -> int:
    return sum(row[column] for row in rows)
