"""Lanes over time as SVG: what filled each of them, column by column, as stacks of colours or as shades of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.outputs import svg
from pipeline.outputs.axis import Tick

Floats = npt.NDArray[np.float64]

WIDTH: Final = 960
_EDGE, _TOP = svg.EDGE, 62.0
_SMALL: Final = 12.0
_LONGEST_NAME: Final = 260.0
_GAP: Final = 2.0
# As many shades as an eye tells apart.
_SHADES: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One lane.

    shares     [column, part] of the lane's height; parts stand on each other, the first at the bottom
    colours    of each part
    is_shaded  the share is how dark a column is, and not how high
    told       what stands behind it
    """

    name: str
    shares: Floats
    colours: Sequence[str]
    height: float = 18.0
    is_shaded: bool = False
    told: str = ""


class _Part(NamedTuple):
    colour: str
    opacity: float
    path: str


class _Drawn(NamedTuple):
    name: str
    whole: str
    middle: float
    parts: Sequence[_Part]
    told: str


def picture(
    lanes: Sequence[Lane],
    *,
    title: str,
    subtitle: str,
    ticks: Sequence[Tick],
    until: float,
    legend: Sequence[tuple[str, str]] = (),
    colours: Mapping[str, tuple[str, str]] | None = None,
    theme: svg.Theme = "auto",
    width: int = WIDTH,
) -> str | None:
    """The lanes below each other; None when nothing is in any of them.

    ticks   places from 0 to `until`, which the columns share
    legend  colours and what they mean
    """
    if not any(lane.shares.any() for lane in lanes):
        return None
    room = min(max(svg.text_width(lane.name, _SMALL) for lane in lanes), _LONGEST_NAME, width / 3)
    behind = max(svg.text_width(lane.told, _SMALL) for lane in lanes)
    left, right = _EDGE + room + 10, width - _EDGE - (behind + 8 if behind else 0)
    placed, top = _legend(legend, width)
    drawn, y = _below_each_other(lanes, left, right, top, room)
    return svg.drawn(
        "lanes.svg",
        theme=theme,
        colours=colours or {},
        width=width,
        height=y + 40,
        title=title,
        subtitle=subtitle,
        legend=placed,
        lanes=drawn,
        left=left,
        right=right,
        top=top,
        bottom=y,
        columns=[(left + tick.value / (until or 1) * (right - left), tick.text) for tick in ticks],
    )


def _below_each_other(
    lanes: Sequence[Lane], left: float, right: float, top: float, room: float
) -> tuple[list[_Drawn], float]:
    """The lanes where they stand, and where the last one ends."""
    drawn, y = [], top
    for lane in lanes:
        name, middle = svg.fitting(lane.name, _SMALL, room), y + lane.height / 2 - _GAP / 2
        drawn.append(_Drawn(name, lane.name, middle, _parts(lane, left, right, y), lane.told))
        y += lane.height
    return drawn, y


def _legend(legend: Sequence[tuple[str, str]], width: int) -> tuple[list[tuple[float, float, str, str]], float]:
    """Colours with their meanings in as many rows as they need, and where the drawing begins."""
    placed, x, y = [], _EDGE, _TOP + 6
    for colour, text in legend:
        room = svg.text_width(text, _SMALL) + 30
        if x > _EDGE and x + room > width - _EDGE:
            x, y = _EDGE, y + 18
        placed.append((x, y, colour, text))
        x += room
    return placed, y + 22 if legend else _TOP + 4


def _parts(lane: Lane, left: float, right: float, y: float) -> list[_Part]:
    """One path for each colour and shade."""
    height = lane.height - _GAP
    if lane.is_shaded:
        shade = np.rint(np.clip(lane.shares[:, 0], 0, 1) * _SHADES)
        return [
            _Part(lane.colours[0], level / _SHADES, _path(shade == level, np.zeros(len(shade)), np.full(len(shade), height), left, right, y + height))
            for level in np.unique(shade[shade > 0]).tolist()
        ]  # fmt: skip
    ends = np.clip(np.cumsum(lane.shares, axis=1), 0, 1) * height
    begins = np.concatenate([np.zeros((len(ends), 1)), ends[:, :-1]], axis=1)
    # What is there at all is seen.
    ends = np.where(lane.shares > 0, np.minimum(np.maximum(ends, begins + 0.5), height), ends)
    return [
        _Part(colour, 1.0, _path(lane.shares[:, part] > 0, begins[:, part], ends[:, part], left, right, y + height))
        for part, colour in enumerate(lane.colours)
        if (lane.shares[:, part] > 0).any()
    ]


def _path(is_there: npt.NDArray[np.bool_], low: Floats, high: Floats, left: float, right: float, bottom: float) -> str:
    """Rectangles of columns of the same height beside each other, joined."""
    step = (right - left) / len(is_there)
    rounded = np.stack([is_there, np.round(low, 1), np.round(high, 1)], axis=1)
    starts = np.flatnonzero(np.append(True, (rounded[1:] != rounded[:-1]).any(axis=1)))
    ends = np.append(starts[1:], len(is_there))
    shown = is_there[starts]
    return "".join(
        f"M{left + begin * step:.1f} {bottom - base:.1f}h{(end - begin) * step:.2f}v{base - top:.1f}H{left + begin * step:.1f}z"
        for begin, end, base, top in zip(
            starts[shown].tolist(), ends[shown].tolist(), low[starts[shown]].tolist(), high[starts[shown]].tolist(), strict=True
        )
    )  # fmt: skip
