"""What allocates on the heap for certain or if something decides so, as a table for people: what it costs, where, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable, share

Row = Mapping[str, Any]

_HEADER: Final = ("allocated a second", "live", "GC work", "saved", "", "place", "expression", "why")
_OWNER: Final = ("service", "build", "series_id")
_CONDITIONS: Final = {
    "argument": "what a caller passes goes to the heap",
    "content": "what a caller's value points to goes to the heap",
    "result": "it flows to a result: the caller decides",
    "size": "only a small one stays on the stack",
}


def text(rows: Sequence[Row]) -> list[str]:
    """A line for each row of `escape.level` below a header; whose it is stands behind where there are several."""
    owners = {tuple(row[name] for name in _OWNER) for row in rows}
    lines = [(*_HEADER, "of"), *((*_cells(row), _owner(row)) for row in rows)]
    return aligned(lines if len(owners) > 1 else [line[:-1] for line in lines], right=range(4))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        _told(row["alloc_bytes_per_s"], lambda rate: f"{readable(rate, unit='bytes')}/s"),
        _told(row["live_bytes"], lambda size: readable(size, unit="bytes")),
        _told(row["gc_share"], share),
        _told(row["saved_gc_share"], share),
        row["certainty"],
        f"{row['base_name']}:{row['line']}:{row['column']}",
        row["expression"] or "",
        _CONDITIONS.get(row["condition"]) or _why(row),
    )


def _why(row: Row) -> str:
    """The reason, without the expression that stands before it."""
    reason: str = row["reason"] or ""
    return reason.removeprefix(f"{row['expression']} escapes to heap: ")


def _told(value: float | None, spelled: Callable[[float], str]) -> str:
    return "" if value is None else spelled(value)


def _owner(row: Row) -> str:
    named = (
        row["service"],
        row["build"] and f"build {row['build']}",
        row["series_id"] and f"series {row['series_id']}",
    )
    return " · ".join(part for part in named if part)
