"""A flame graph as SVG, laid out and coloured as assets/flamegraph.js does it."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pipeline.outputs import svg, wording
from pipeline.outputs.flame_tree import Floats, flame_tree, integers
from pipeline.outputs.units import readable, share, signed
from pipeline.values import Int64s, Result

WIDTH: Final = 1200
_ROW: Final = 18
_EDGE, _TOP = svg.EDGE, 60.0
_FONT: Final = 11.0
# Narrower ones would not be seen; no text is put into less room than the second.
_NARROWEST, _TEXT_FROM = 0.5, 26.0
# Deeper stacks make a picture that no document has room for.
_DEEPEST: Final = 150
_VANISHED, _SAME, _NEW = -1.0, 0.0, 1.0
_HUES: Final = 360


class Box(NamedTuple):
    """A rectangle: where it is, the class of its colour, what is written in it, and what of it a pointer shows."""

    x: float
    y: float
    width: float
    css: str
    text: str
    told: str


def picture(
    tree: Result,
    *,
    title: str,
    unit: str,
    subtitle: str = "",
    theme: svg.Theme = "auto",
    width: int = WIDTH,
) -> str | None:
    """The graph as SVG, root on top; None when there is nothing to draw.

    tree  as `flamegraph.page` takes it
    """
    if not tree.table.num_rows:
        return None
    laid = flame_tree(tree)
    levels, widths, starts = laid.level, laid.width, laid.x
    if not widths[0]:
        return None
    scale = (width - 2 * _EDGE) / widths[0]
    shown = np.flatnonzero((widths * scale >= _NARROWEST) & (levels < _DEEPEST))
    colours = _Colours()
    boxes = list(_boxes(tree, levels, shown, starts * scale, widths * scale, colours=colours, unit=unit))
    deepest = int(levels[shown].max()) + 1
    is_diff = "valueRight" in tree.table.schema.names
    scales = [(_SAME - 1 + step / 4, colours.of_change(_SAME - 1 + step / 4)) for step in range(9)] if is_diff else []
    hidden = max(int(levels.max()) + 1 - _DEEPEST, 0)
    height = _TOP + deepest * _ROW + (34 if is_diff or hidden else 14)
    return svg.drawn(
        "flame.svg",
        theme=theme,
        colours=colours.used,
        width=width,
        height=height,
        title=title,
        subtitle=subtitle,
        boxes=boxes,
        row=_ROW,
        scales=[css for _, css in scales],
        hidden=hidden,
    )


def _boxes(
    tree: Result, levels: Int64s, shown: Int64s, starts: Floats, widths: Floats, *, colours: _Colours, unit: str
) -> Iterator[Box]:
    """The nodes that are wide enough to be seen."""
    rows = tree.table.take(shown).to_pylist()
    total = integers(tree.table, "value")[0]
    total_right = integers(tree.table, "valueRight")[0] if "valueRight" in tree.table.schema.names else 0
    geometry = zip(starts[shown].tolist(), widths[shown].tolist(), levels[shown].tolist(), strict=True)
    for row, (x, wide, level) in zip(rows, geometry, strict=True):
        label = row["label"] or ""
        room = wide - 6
        text = label if svg.text_width(label, _FONT) <= room else svg.fitting(wording.short_name(label), _FONT, room)
        yield Box(
            x=_EDGE + x,
            y=_TOP + level * _ROW,
            width=wide,
            css=colours.of(row),
            text=text if wide >= _TEXT_FROM else "",
            told=_told(row, label, unit=unit, total=(total, total_right)),
        )


def _told(row: dict[str, Any], label: str, *, unit: str, total: tuple[int, int]) -> str:
    """What the page says of a node that is pointed at."""
    lines = [label]
    value, right = row["value"] or 0, row.get("valueRight")
    if right is None:
        lines.append(f"{readable(value, unit=unit)}{f', {share(value / total[0])}' if total[0] else ''}")
    else:
        change = signed((right or 0) - value, unit=unit)
        lines.append(f"{readable(value, unit=unit)} → {readable(right or 0, unit=unit)}: {change}")
    if row.get("file"):
        lines.append(f"{row['file']}:{row['line']}" if row.get("line") else row["file"])
    return "\n".join(lines)


class _Colours:
    """The classes of colours that are used, made as they are asked for."""

    def __init__(self) -> None:
        self.used: dict[str, tuple[str, str]] = {}

    def of(self, row: dict[str, Any]) -> str:
        """By package, or by how much a node changed."""
        right, value = row.get("valueRight"), row["value"] or 0
        if right is not None:
            larger = max(abs(value), abs(right))
            return self.of_change((right - value) / larger if larger else _SAME)
        if value < 0:
            return self.of_change(_VANISHED)
        label = row["label"] or ""
        name = row.get("package") or _package_of(row.get("function") or label)
        # Go's own packages are pale, so that the eye lands on the program's.
        is_pale = not name or (name != "main" and "." not in name.split("/", 1)[0])
        hue, shade = _hash(name) % _HUES, _hash(label) % 3
        light = (hue, 18 if is_pale else 68, (84 if is_pale else 76) + 2.5 * shade)
        return self._named(f"p{hue}-{shade}{'p' * is_pale}", light, (hue, 10 if is_pale else 42, 26 + 2.5 * shade))

    def of_change(self, ratio: float) -> str:
        """-1 vanished, 0 the same, 1 new."""
        strength = round(min(1.0, abs(ratio)), 2)
        hue = 18 if ratio > 0 else 212
        light = (hue, round(8 + 76 * strength), round(88 - 18 * strength))
        dark = (hue, round(5 + 60 * strength), round(28 + 5 * strength))
        return self._named(f"{'g' if ratio > 0 else 'l'}{round(strength * 100)}", light, dark)

    def _named(self, name: str, light: Sequence[float], dark: Sequence[float]) -> str:
        self.used.setdefault(f".{name} fill", (_hex(*light), _hex(*dark)))
        return name


def _package_of(function: str) -> str:
    slash = function.rfind("/") + 1
    dot = function.find(".", slash)
    return "" if dot < 0 else function[:dot]


def _hash(text: str) -> int:
    """FNV-1a over UTF-16, as the script has strings."""
    value = 2166136261
    encoded = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(encoded[::2], encoded[1::2], strict=True):
        value = ((value ^ (low | high << 8)) * 16777619) & 0xFFFFFFFF
    return value


def _hex(hue: float, saturation: float, lightness: float) -> str:
    # Not every reader of SVG knows hsl().
    parts = colorsys.hls_to_rgb(hue / _HUES, lightness / 100, saturation / 100)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
