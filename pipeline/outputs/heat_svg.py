"""A heat map as SVG: a lane for each row, darker for more."""

from __future__ import annotations

from typing import Final

from pipeline.outputs import lanes_svg, svg, wording
from pipeline.outputs.axis import Tick
from pipeline.outputs.heat import Heat
from pipeline.outputs.units import readable

_COLUMN: Final = 0.5


def picture(
    heat: Heat, *, title: str, subtitle: str, theme: svg.Theme = "auto", width: int = lanes_svg.WIDTH
) -> str | None:
    """Each row's cells by moment, and its last one in figures; None when all is nothing."""
    shades = heat.shades()
    lanes = [
        lanes_svg.Lane(
            name,
            shades[place, :, None],
            ("bar0",),
            15.0,
            is_shaded=True,
            told=readable(float(heat.held[place, -1]), unit="bytes"),
        )
        for place, name in enumerate(heat.names)
    ]
    known = [(place, at) for place, at in enumerate(heat.moments) if at is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    said = wording.moments([at for _, at in ends])
    ticks = [Tick(place + _COLUMN, text) for (place, _), text in zip(ends, said, strict=True)]
    return lanes_svg.picture(
        lanes,
        title=title,
        subtitle=subtitle,
        ticks=ticks,
        until=float(len(heat.moments)),
        theme=theme,
        width=width,
    )
