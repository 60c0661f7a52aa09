"""The timeline of a trace as SVG, in the colours of assets/timeline.js."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.outputs import axis, lanes_svg, svg
from pipeline.values import Int64s

_STATES: Final = (("#2e8b57", "#3fae72"), ("#e08a1e", "#d98f36"), ("#7a5fc0", "#9b84e0"), ("#c9ced6", "#454c56"))
_WITHOUT: Final = ("#aeb6c1", "#6a737e")
_IDLE: Final = ("#eceef1", "#23282e")
_RANGE: Final = ("#b3430b", "#f2965b")
_NAMES: Final = ("running", "runnable", "syscall", "waiting")
_COLOURS: Final = {
    **{f".state{place} fill": pair for place, pair in enumerate(_STATES)},
    ".without fill": _WITHOUT,
    ".idle fill": _IDLE,
    ".range fill": _RANGE,
}
_RANGE_HEIGHT, _PROC_HEIGHT, _LANE_HEIGHT = 14.0, 22.0, 18.0


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """Time by lane and column.

    column_ns  how long a column is, the last one apart
    ranges     [lane, column, 1] of what the runtime did
    procs      [lane, column, executing, without a goroutine, idle]
    lanes      [lane, column, running, runnable, syscall, waiting]
    """

    duration_ns: int
    column_ns: int
    range_names: Sequence[str]
    ranges: Int64s
    proc_names: Sequence[str]
    procs: Int64s
    lane_names: Sequence[str]
    lanes: Int64s


def picture(
    figure: Figure, *, title: str, subtitle: str, theme: svg.Theme = "auto", width: int = lanes_svg.WIDTH
) -> str | None:
    """What the runtime did, then procs, then goroutines; None when nothing of it is known."""
    columns = max(-(-figure.duration_ns // figure.column_ns), 1)
    kinds = (
        (figure.range_names, figure.ranges, ("range",), _RANGE_HEIGHT),
        (figure.proc_names, figure.procs, ("state0", "without", "idle"), _PROC_HEIGHT),
        (figure.lane_names, figure.lanes, tuple(f"state{place}" for place in range(len(_STATES))), _LANE_HEIGHT),
    )
    lanes = [
        lanes_svg.Lane(name, np.clip(own[:columns] / figure.column_ns, 0, 1), colours, height)
        for names, times, colours, height in kinds
        for name, own in zip(names, times, strict=True)
    ]
    legend = [*((f"state{place}", name) for place, name in enumerate(_NAMES)), ("without", "proc without a goroutine"), ("idle", "proc idle")]  # fmt: skip
    return lanes_svg.picture(
        lanes,
        title=title,
        subtitle=subtitle,
        ticks=axis.ticks(0.0, float(figure.duration_ns), unit="nanoseconds", most=min(max(width // 150, 2), 6)),
        until=float(columns * figure.column_ns),
        legend=legend,
        colours=_COLOURS,
        theme=theme,
        width=width,
    )
