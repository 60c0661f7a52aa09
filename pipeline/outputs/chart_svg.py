"""A chart as SVG: lines over time or a number, or bars beside their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.outputs import axis, svg
from pipeline.outputs.chart import Chart, layers

Floats = npt.NDArray[np.float64]

WIDTH: Final = 960
_EDGE, _TOP = svg.EDGE, 62.0
_SMALL: Final = 12.0
_PLOT_HEIGHT: Final = 280.0
_BAR, _GAP = 16.0, 9.0
# As assets/app.js has them: of lines upon each other something is seen of each.
DASHES: Final = ("", "15 5", "11 9", "8 12", "5 15", "2 18")
_LARGEST: Final = 1e300
_LONGEST_NAME: Final = 340.0
# Points of so few are marked.
_MARKED: Final = 60


class Line(NamedTuple):
    """What is drawn in one colour, dashed where another line is in the same colour or in the same place."""

    place: int
    dashes: str
    points: str
    dots: Sequence[tuple[str, str]]


def picture(
    chart: Chart, *, title: str, subtitle: str = "", theme: svg.Theme = "auto", width: int = WIDTH
) -> str | None:
    """The chart as SVG; None when it has no value."""
    values = [_floats(of) for _, of in chart["series"]]
    if not any(np.isfinite(one).any() for one in values):
        return None
    legend, top = _legend(chart, width)
    draw = _bars if chart["kind"] == "bars" else _lines
    return svg.drawn(
        "chart.svg",
        theme=theme,
        colours={},
        width=width,
        title=title,
        subtitle=subtitle,
        legend=legend,
        **draw(chart, values, top, width),
    )


def _legend(chart: Chart, width: int) -> tuple[list[tuple[float, float, int, str, bool]], float]:
    """Names with their colours in as many rows as they need, and where the drawing begins."""
    names = [name for name, _ in chart["series"]]
    # One kind of bars is told by the title.
    if len(names) < 2 and chart["kind"] == "bars":
        return [], _TOP
    placed, x, y = [], _EDGE, _TOP + 6
    for place, name in enumerate(names):
        text = svg.fitting(name, _SMALL, 300)
        room = svg.text_width(text, _SMALL) + 30
        if x > _EDGE and x + room > width - _EDGE:
            x, y = _EDGE, y + 18
        again, colour = divmod(place, len(svg.COLOURS))
        placed.append((x, y, colour, text, again > 0))
        x += room
    return placed, y + 22


def _lines(chart: Chart, values: Sequence[Floats], top: float, width: int) -> dict[str, Any]:
    """Lines between their axes; what is measured from nothing is drawn from nothing."""
    x = _floats(chart["x"])
    shown = [(x[ok], one[ok]) for one in values for ok in [np.isfinite(x) & np.isfinite(one)]]
    left_x, right_x = _bounds([one[0] for one in shown])
    low, high = _bounds([np.append(one[1], 0.0) for one in shown])
    high = high + 0.05 * (high - low) if high > 0 else high
    rows = axis.ticks(low, high, unit=chart["unit"], most=6)
    left = _EDGE + max((svg.text_width(tick.text, _SMALL) for tick in rows), default=0.0) + 10
    right, bottom = width - _EDGE, top + _PLOT_HEIGHT
    most = max(int((right - left) / 110), 2)
    # There is no half of a cycle.
    is_whole = bool(np.isfinite(x).any() and (x[np.isfinite(x)] % 1 == 0).all())
    columns = (
        axis.time_ticks(left_x, right_x, most=most)
        if chart["time"]
        else axis.ticks(left_x, right_x, unit="count", most=most, is_whole=is_whole)
    )

    def across(at: Any) -> Any:
        return left + (at - left_x) / ((right_x - left_x) or 1) * (right - left)

    def down(at: Any) -> Any:
        return bottom - (at - low) / ((high - low) or 1) * _PLOT_HEIGHT

    return {
        "height": bottom + 52,
        "left": left,
        "right": right,
        "top": top,
        "bottom": bottom,
        "rows": [(down(tick.value), tick.text) for tick in rows],
        "columns": [(across(tick.value), *tick[1:]) for tick in columns],
        "across": chart.get("across", ""),
        "lines": [
            _line(place, across(one[0]), down(one[1]), layer)
            for place, (one, layer) in enumerate(zip(shown, layers(chart), strict=True))
            if len(one[0])
        ],
        "bars": [],
        "zero": down(0.0),
    }


def _line(place: int, x: Floats, y: Floats, layer: int) -> Line:
    kept = _thinned(x, y)
    points = [(f"{a:.1f}", f"{b:.1f}") for a, b in zip(x[kept].tolist(), y[kept].tolist(), strict=True)]
    dots = points if len(points) < _MARKED else ()
    return Line(place % len(svg.COLOURS), DASHES[min(layer, len(DASHES) - 1)], " ".join(map(",".join, points)), dots)


def _thinned(x: Floats, y: Floats) -> npt.NDArray[np.int64]:
    """Of the points in one column of the picture the first, the last, the highest and the lowest: no others are seen."""
    if len(x) < 4 * WIDTH:
        return np.arange(len(x))
    column = np.floor(x).astype(np.int64)
    starts = np.flatnonzero(np.append(True, column[1:] != column[:-1]))
    of = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(x))))
    by_height = np.lexsort((y, of))
    ends = np.append(starts[1:], len(x)) - 1
    return np.unique(np.concatenate([starts, ends, by_height[starts], by_height[ends]]))


def _bars(chart: Chart, values: Sequence[Floats], top: float, width: int) -> dict[str, Any]:
    """Bars that lie, each beside its name and before its value."""
    names = chart.get("labels") or [f"{place + 1:g}" for place in range(len(values[0]))]
    unit = chart["unit"]
    texts = [[axis.written(float(value), unit=unit) if np.isfinite(value) else "" for value in one] for one in values]
    room = min(max((svg.text_width(name, _SMALL) for name in names), default=0.0), _LONGEST_NAME)
    most = max((svg.text_width(text, _SMALL) for one in texts for text in one), default=0.0) + 8
    low, high = _bounds([np.append(one[np.isfinite(one)], 0.0) for one in values])
    left, right = _EDGE + room + 12 + (most if low < 0 else 0), width - _EDGE - most
    scale = max(right - left, 1.0) / ((high - low) or 1)
    zero, each = left - low * scale, _BAR * len(values) + _GAP
    bars = []
    for place, one in enumerate(values):
        for row, value in enumerate(np.nan_to_num(one).tolist()):
            y = top + row * each + place * _BAR
            end = zero + value * scale
            # A value stands beyond the end of its bar.
            at, anchor = (end - 5, "end") if value < 0 else (end + 5, "start")
            bars.append(
                (min(zero, end), y, abs(value) * scale, place % len(svg.COLOURS), at, anchor, texts[place][row])
            )
    bottom = top + len(names) * each
    return {
        "height": bottom + 16,
        "left": left,
        "right": right,
        "top": top,
        "bottom": bottom,
        "rows": [],
        "columns": [],
        "across": "",
        "lines": [],
        "bars": bars,
        "zero": zero,
        "names": [
            (_EDGE + room, top + row * each + each / 2 - _GAP / 2, svg.fitting(name, _SMALL, room), name)
            for row, name in enumerate(names)
        ],
        "thick": _BAR - 2,
    }


def _bounds(columns: Sequence[Floats]) -> tuple[float, float]:
    whole = np.concatenate(columns)
    return float(whole.min()), float(whole.max())


def _floats(values: Sequence[float | None]) -> Floats:
    found = np.array([np.nan if value is None else value for value in values], np.float64)
    # The distance between two of them is a number, too.
    return np.clip(found, -_LARGEST, _LARGEST, where=np.isfinite(found), out=found)
