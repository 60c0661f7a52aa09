"""heapscape report: the answer as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import no_growth
from pipeline.cli.console import answer, say
from pipeline.cli.options import Place, database_option, opened, resource_options, selection, selection_options
from pipeline.files import written_beside
from pipeline.flow import growth_report
from pipeline.outputs import report as report_page
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb

# Series that get a section of their own; a report of hundreds is read by nobody.
_SERIES = 10


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@selection_options
@click.option(
    "--output",
    "-o",
    "path",
    default="heapscape.html",
    show_default=True,
    metavar="FILE.html",
    type=Place(),
    help="Where to write it.",
)
@database_option
@resource_options
def report(inputs: tuple[str, ...], path: str, db: str, memory: str, threads: int | None, **chosen: str | None) -> None:
    """Write the heap-growth report: growth by site, reasons with their flows, flame graphs; one HTML file.

    \b
      heapscape report --service checkout -o checkout.html
      heapscape report heap-*.pb.gz escape-m2.txt
    """
    with opened(inputs, db, memory=memory, threads=threads, views=None) as connection:
        write_report(connection, selection((), **chosen), path=path)
    answer(path)


def write_report(connection: duckdb.DuckDBPyConnection, chosen: questions.Selection, *, path: str) -> None:
    """Write the report of the selected series, those that grew most."""
    found = questions.series(connection, chosen)
    if not found.table.num_rows:
        say(no_growth(connection, chosen))
    write_file(path, report_page.page(growth_report(connection, found.first(_SERIES))))


def write_file(path: str, content: str | bytes) -> None:
    """Write a page or an answer, beside its name first."""
    with written_beside(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
