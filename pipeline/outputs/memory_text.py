"""What the memory of one process is used for, as text: a headline, what is left, and the parts, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import byte_rate, readable, share
from pipeline.outputs.wording import process_name
from pipeline.text import printable

Row = Mapping[str, Any]

_PARTS = {
    "objects": "objects, reachable or not yet swept",
    "unused": "free slots of spans in use",
    "free": "heap without objects, not given back",
    "stack": "stacks of goroutines and threads",
    "metadata": "the runtime's own tables",
    "other": "anything else of the runtime's",
}


def text(row: Row) -> str:
    """The lines about one process; `row` is of mem.summary."""
    lines = [printable(headline(row)), f"  {left(row)}"]
    told = sorted(
        ((row[f"{part}_bytes"], words) for part, words in _PARTS.items() if row[f"{part}_bytes"] is not None),
        key=lambda part: -part[0],
    )
    used = row["used_bytes"] or 0
    cells = [(_bytes(size), share(size / used) if used else "", words) for size, words in told]
    if row["released_bytes"]:
        cells.append((_bytes(row["released_bytes"]), "", "given back to the system: address space only"))
    return "\n".join([*lines, *(f"  {line}" for line in aligned(cells, right=range(2))), ""])


def headline(row: Row) -> str:
    """Which process it is, and how much memory it uses."""
    moments = f"{row['moments']:,} moment{'s' if row['moments'] != 1 else ''}{_during(row)}"
    used = "memory that is not told" if row["used_bytes"] is None else f"{_bytes(row['used_bytes'])} used"
    if row["moments"] > 1 and row["first_used_bytes"] is not None:
        used += f", {_bytes(row['first_used_bytes'])} at first"
    trend = "" if row["slope_bytes_per_s"] is None else f", {byte_rate(row['slope_bytes_per_s'])}"
    return f"{process_name(row)} · {moments}: {used}{trend}"


def _during(row: Row) -> str:
    """Over which time: a slope of a moment is no forecast for an hour."""
    if row["moments"] == 1 or row["first_at"] is None or row["first_at"] == row["last_at"]:
        return ""
    return f" over {readable((row['last_at'] - row['first_at']).total_seconds() * 1e9, unit='nanoseconds')}"


def left(row: Row) -> str:
    """What is left of the limit, and for how long."""
    if row["limit_bytes"] is None:
        return (
            "no limit is known: ingest the files with --label memory_limit=512MiB, or give metrics that tell GOMEMLIMIT"
        )
    limit = (
        f"{_bytes(row['limit_bytes'])} ({'GOMEMLIMIT' if row['limit_from'] == 'GOMEMLIMIT' else 'label memory_limit'})"
    )
    if row["headroom_bytes"] < 0:
        return f"{_bytes(-row['headroom_bytes'])} beyond the limit of {limit}"
    left = f"{_bytes(row['headroom_bytes'])} left of {limit}"
    if row["seconds_left"] is None:
        return left
    return f"{left}, for {readable(row['seconds_left'] * 1e9, unit='nanoseconds')} at this slope"


def _bytes(size: int) -> str:
    return readable(size, unit="bytes")
