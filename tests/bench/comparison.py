"""Two ways to do the same work, timed in turn so that a busy machine slows both."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

# What a run takes: milliseconds, or whatever else is compared.
Measure = Callable[[], float]

_HEADINGS: Final = ("work", "reference", "heapscape", "unit", "ratio", "best", "target", "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What reference and heapscape needed for one work, pair by pair.

    target  the most that heapscape may need, as a share of the reference; None when nothing is promised
    """

    work: str
    reference: tuple[float, ...]
    heapscape: tuple[float, ...]
    target: float | None
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(ours / theirs for ours, theirs in zip(self.heapscape, self.reference, strict=True))

    @property
    def best(self) -> float:
        """The ratio of the best runs: what is left when the machine's other work is taken out."""
        return min(self.heapscape) / min(self.reference)

    @property
    def verdict(self) -> str:
        """Whether the promise is kept."""
        return "" if self.target is None else "ok" if self.ratio <= self.target else "missed"


def in_turn(reference: Measure, heapscape: Measure, *, pairs: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Run both, one after the other, so many times."""
    measured = [(reference(), heapscape()) for _ in range(pairs)]
    return tuple(theirs for theirs, _ in measured), tuple(ours for _, ours in measured)


def median_ms(run: Callable[[], object], *, seconds: float, runs: int = 3) -> float:
    """The median time of as many runs as fit into the seconds, at least `runs`; a first one does not count."""
    run()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < runs or time.perf_counter() - began < seconds:
        # As Go's benchmark does between its runs: what one run left behind is not the next one's work.
        gc.collect()
        started = time.perf_counter()
        run()
        taken.append(1e3 * (time.perf_counter() - started))
    return median(taken)


def on_one_core() -> None:
    """Keep this process, and the ones it starts, on one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_mib() -> float:
    """The most memory this process has held so far."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def as_table(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as lines of text, numbers flush right."""
    rows = [_HEADINGS, *map(_cells, comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            _padded(cell, width, left=column in (0, 3, 7))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _cells(one: Comparison) -> tuple[str, ...]:
    target = "" if one.target is None else f"≤ {one.target:.2f}"
    figures = f"{median(one.reference):,.1f}", f"{median(one.heapscape):,.1f}"
    return (one.work, *figures, one.unit, f"{one.ratio:.2f}", f"{one.best:.2f}", target, one.verdict)


def _padded(cell: str, width: int, *, left: bool) -> str:
    return cell.ljust(width) if left else cell.rjust(width)
