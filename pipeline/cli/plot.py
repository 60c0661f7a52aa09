"""heapscape plot: pictures for documents."""

from __future__ import annotations

import os
from typing import Any, Final, cast

import click

from pipeline.cli.choices import unknown_owner
from pipeline.cli.console import answer, deliver
from pipeline.cli.options import Output, database_option, opened, resource_options, selection, selection_options
from pipeline.cli.pictures import PLOTS, Asked, Picture, Plot
from pipeline.errors import UsageError
from pipeline.outputs import chart_svg, flame_svg, heat_svg, lanes_svg, svg, timeline_svg
from pipeline.outputs.heat import Heat
from pipeline.values import Result
from pipeline.warehouse import inventory_questions

_FORMATS: Final = ("svg", "png")
_NARROWEST, _WIDEST = 320, 8000
# As they are typed.
_OPTIONS: Final = {"profiles": "--profile", "sample_index": "--sample-index"}


@click.command()
@click.argument("name", default="", metavar="[NAME]")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "--output",
    "-o",
    "path",
    metavar="FILE",
    type=Output(),
    help="Where to write, - for standard output; heapscape-NAME.svg without.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="By default what the ending of -o says, else svg; png needs heapscape[plot].",
)
@click.option(
    "--theme",
    type=click.Choice(svg.THEMES),
    default="auto",
    show_default=True,
    help="Colours; auto are light or dark as the reader has them, and light in a PNG.",
)
@click.option(
    "--width",
    type=click.IntRange(_NARROWEST, _WIDEST),
    help="In pixels; 960 for charts and 1200 for flame graphs without.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help="flame: this profile, by id or part of its uri; repeat to add up.",
)
@click.option(
    "-sample_index",
    "--sample-index",
    "sample_index",
    default="",
    metavar="TYPE",
    help="flame: sample type, by name or number.",
)
@click.option(
    "--weight",
    type=click.Choice(("growth", "live", "alloc")),
    help="escapes: bytes that were gained, are live, or were allocated.",
)
@click.option("--query", default="", metavar="SQL", help="answer: one statement that reads.")
@selection_options
@database_option
@resource_options
def plot(
    name: str,
    inputs: tuple[str, ...],
    path: str | None,
    format_: str | None,
    theme: svg.Theme,
    width: int | None,
    db: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Draw a chart or a flame graph as SVG or PNG; without NAME, list what can be drawn.

    \b
      heapscape plot
      heapscape plot heap --service checkout -o heap.svg
      heapscape plot growth -o growth.png
      heapscape plot flame cpu.pb.gz --theme dark -o - > cpu.svg
      heapscape plot answer --query "SELECT taken_at, inuse_bytes FROM heap.profiles"
    """  # fmt: skip
    if not name:
        for one, known in PLOTS.items():
            answer(f"{one:<12}  {known.says}")
        return
    plan = _known(name, chosen)
    path = path or f"heapscape-{name}.{format_ or 'svg'}"
    format_ = format_ or _format_of(path)
    profiles, weight = chosen.pop("profiles"), chosen.pop("weight") or ""
    more = {option: chosen.pop(option) for option in ("sample_index", "query")}
    asked = Asked(selection(profiles, **chosen), weight=weight, is_of_inputs=bool(inputs), **more)
    views = None if plan.views is None else (*plan.views, *inventory_questions.SOURCES)
    with opened(inputs, db, memory=memory, threads=threads, views=views) as connection:
        try:
            picture = plan.draw(connection, asked)
        except UsageError as error:
            # That nothing fits says less than which part of the choice does not.
            raise UsageError(unknown_owner(connection, **asked.owner) or str(error)) from error
    drawn = _drawn(picture, theme="light" if theme == "auto" and format_ == "png" else theme, width=width)
    deliver(svg.png(drawn) if format_ == "png" else drawn, path)


def _known(name: str, chosen: dict[str, Any]) -> Plot:
    """The picture that is named; raises UsageError when there is none, and for options that mean nothing to it."""
    if name not in PLOTS:
        raise UsageError(f"{name}: there is no such picture; there are {', '.join(PLOTS)}")
    plan = PLOTS[name]
    everywhere = ("service", "instance", "build")
    for option, value in chosen.items():
        if value and option not in (*everywhere, *plan.takes):
            takers = ", ".join(one for one, known in PLOTS.items() if option in known.takes)
            raise UsageError(f"{_OPTIONS.get(option, f'--{option}')} means nothing to {name}, only to {takers}")
    return plan


def _format_of(path: str) -> str:
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    if path == "-":
        return "svg"
    if ending not in _FORMATS:
        raise UsageError(f"{path}: a picture is called .svg or .png; or say which it is with --format")
    return ending


def _drawn(picture: Picture, *, theme: svg.Theme, width: int | None) -> str:
    about: dict[str, Any] = {"title": picture.title, "subtitle": picture.subtitle, "theme": theme}
    if isinstance(picture.drawn, Heat):
        found = heat_svg.picture(picture.drawn, width=width or lanes_svg.WIDTH, **about)
    elif isinstance(picture.drawn, timeline_svg.Figure):
        found = timeline_svg.picture(picture.drawn, width=width or lanes_svg.WIDTH, **about)
    elif isinstance(picture.drawn, Result):
        found = flame_svg.picture(picture.drawn, unit=picture.unit, width=width or flame_svg.WIDTH, **about)
    else:
        found = chart_svg.picture(cast("Any", picture.drawn), width=width or chart_svg.WIDTH, **about)
    if found is None:
        raise UsageError(f"{picture.subtitle or picture.title}: there is nothing to draw, no value is other than zero")
    return found
