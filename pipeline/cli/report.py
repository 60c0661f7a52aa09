"""heapscape report: the answer as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cli.console import answer
from pipeline.cli.options import Place, database_option, opened, resource_options, selection, selection_options
from pipeline.files import written_beside
from pipeline.outputs import report as report_page
from pipeline.values import Result
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
    found = Result(found.name, found.columns, found.table.slice(0, _SERIES))
    ids = found.table["series_id"].to_pylist()
    data = report_page.ReportData(
        series=found,
        growth=_moved(questions.growth(connection, ids)),
        coverage=questions.coverage(connection, ids),
        modules=questions.growth_by_module(connection, ids),
        own=questions.growth_by_own_code(connection, ids),
        flow=questions.flows(connection, ids),
        tree=_trees(connection, found),
        refused=questions.refused(connection),
        notes=questions.notes(connection),
    )
    write_file(path, report_page.page(data))


def write_file(path: str, content: str | bytes) -> None:
    """Write a page or an answer, beside its name first."""
    with written_beside(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def _moved(growth: Result) -> Result:
    """The sites that grew or shrank; the others add nothing to any figure."""
    return Result(growth.name, growth.columns, growth.table.filter(pc.not_equal(growth.table["growth_bytes"], 0)))


def _trees(connection: duckdb.DuckDBPyConnection, series: Result) -> Result:
    """The flame graphs of all series, first profile against last, one after the other."""
    parts = []
    answer = questions.diff(connection, [], [], "inuse_space")
    for one in series.table.to_pylist():
        answer = questions.diff(connection, [one["first_profile_id"]], [one["last_profile_id"]], "inuse_space")
        ids = pa.array([one["series_id"]] * answer.table.num_rows, pa.int32())
        parts.append(answer.table.append_column("series_id", ids))
    empty = answer.table.slice(0, 0).append_column("series_id", pa.array([], pa.int32()))
    return Result("flame graphs", answer.columns, pa.concat_tables(parts) if parts else empty)
