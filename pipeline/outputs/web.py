"""Pages of the web application, from the templates beside the assets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.outputs import units, wording
from pipeline.outputs.chart import layers
from pipeline.text import printable_lines

_FOLDER = Path(__file__).parent


def render(template: str, /, **values: object) -> str:
    """A template with these values, escaped; marks that turn the direction of reading are spelled out."""
    return printable_lines(_environment().get_template(template).render(**values))


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a list that stands on page after page, as HTML."""

    html: str

    def choosing(self, value: object) -> Markup:
        """With one of them chosen, which is a number."""
        chosen = f'value="{value}"'
        return Markup(self.html.replace(f"{chosen}>", f"{chosen} selected>", 1))


def options(values: Sequence[tuple[object, str]]) -> Options:
    """Choices, each a value and its name."""
    return Options(render("options.html", values=values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = lambda count, what: f"{count:,} {what}{'' if count == 1 else 's'}"
    environment.filters["size"] = lambda value: "" if value is None else units.readable(float(value), unit="bytes")
    environment.filters["change"] = lambda value: "" if value is None else units.signed(float(value), unit="bytes")
    environment.filters["rate"] = lambda value: "" if value is None else units.byte_rate(float(value))
    environment.filters["duration"] = lambda value: units.readable(float(value), unit="nanoseconds") if value else "0"
    environment.filters["share"] = lambda value: "" if value is None else units.share(float(value))
    environment.filters["moment"] = lambda value: "" if value is None else wording.moment(value)
    environment.filters["until"] = lambda first, last: wording.duration(last - first)
    environment.filters["layered"] = lambda drawn: {**drawn, "layers": layers(drawn)}
    environment.filters["count"] = lambda value: f"{value or 0:,.0f}"
    words = ("series_name", "place", "short_path", "short_name", "slope", "fit", "error", "rose", "span", "sparkline")
    environment.filters.update({name: getattr(wording, name) for name in words})
    return environment
