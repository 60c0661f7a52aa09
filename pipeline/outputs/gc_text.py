"""What the collector did in one process, as text: a headline, what began its cycles, what they cost, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.outputs.units import readable, share
from pipeline.outputs.wording import process_name
from pipeline.text import printable

Row = Mapping[str, Any]

# From these on something is worth a word. Background marking has a quarter of the processors for itself, so that more is
# either assists or cycles that follow each other; a pause is felt where it is as long as a request.
MUCH_ASSISTING = 0.1
MUCH_PROCESSOR = 0.25
SOME_PROCESSOR = 0.05
LONG_PAUSE_NS = 10_000_000


def text(row: Row) -> str:
    """The lines about one process; `row` is of gc.summary."""
    lines = [printable(headline(row)), f"  began      {_causes(row)}"]
    if row["pauses"]:
        lines.append(
            f"  pauses     median {_time(row['median_pause_ns'])}, 99 % up to {_time(row['p99_pause_ns'])}, longest "
            f"{_time(row['max_pause_ns'])}; {_time(row['pause_ns'])} in all"
        )
    if processor := _processor(row):
        lines.append(f"  processor  {processor}")
    if row["last_live_bytes"] is not None:
        goal = "" if row["last_goal_bytes"] is None else f", goal of the last cycle {_bytes(row['last_goal_bytes'])}"
        first = "" if row["first_live_bytes"] is None else f"{_live(row, 'first')} → "
        lines.append(f"  live heap  {first}{_live(row, 'last')}{goal}")
    return "\n".join([*lines, f"  → {verdict(row)}", ""])


def verdict(row: Row) -> str:
    """What stands out most, in a sentence."""
    if row["forced_cycles"] * 2 > row["cycles"]:
        return (
            "most cycles were asked for by the program itself: runtime.GC, debug.FreeOSMemory or profiles that need one"
        )
    # Of little work much may be assists, without anybody noticing.
    if (row["assist_share"] or 0) >= MUCH_ASSISTING and (
        row["cpu_share"] is None or row["cpu_share"] >= SOME_PROCESSOR
    ):
        return (
            f"{share(row['assist_share'])} of marking was done by assists: the program allocates faster than the "
            "workers mark, and its own requests wait for it"
        )
    if (row["cpu_share"] or 0) >= MUCH_PROCESSOR:
        return (
            f"{share(row['cpu_share'])} of the processor time went to the GC: the heap is small for what is allocated; "
            "GOGC or GOMEMLIMIT may be raised"
        )
    if (row["max_pause_ns"] or 0) >= LONG_PAUSE_NS:
        return f"a pause took {_time(row['max_pause_ns'])}: something was long in stopping, or the machine was short of processors"
    return "nothing stands out"


def headline(row: Row) -> str:
    """Which process it is, and how many cycles there were."""
    during = "since it started" if row["span_ns"] is None else f"in {_time(row['span_ns'])}"
    cycles = f"{row['cycles']:,} GC cycle{'s' if row['cycles'] != 1 else ''} {during}"
    return f"{process_name(row)}: {cycles}"


def _causes(row: Row) -> str:
    told = [
        (row["heap_cycles"], "by the heap"),
        (row["forced_cycles"], "forced"),
        (row["periodic_cycles"], "after two minutes"),
    ]
    unknown = row["cycles"] - sum(count for count, _ in told)
    return ", ".join(f"{count:,} {words}" for count, words in [*told, (unknown, "for causes not told")] if count)


def _processor(row: Row) -> str:
    parts = []
    if row["cpu_share"] is not None:
        parts.append(f"{share(row['cpu_share'])} for the GC")
    if row["assist_share"] is not None:
        parts.append(f"{share(row['assist_share'])} of marking by assists")
    return "; ".join(parts)


def _live(row: Row, which: str) -> str:
    """Live bytes; a log prints whole MiB, cut off."""
    size = row[f"{which}_live_bytes"]
    return "under 1 MiB" if size == 0 and row["source"] == "gctrace" else _bytes(size)


def _time(nanoseconds: int) -> str:
    return readable(nanoseconds, unit="nanoseconds")


def _bytes(size: int) -> str:
    return readable(size, unit="bytes")
