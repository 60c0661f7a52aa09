"""heapscape report: the answer as one HTML file, as Markdown for a ticket, or as JSON for a program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from pipeline.cli.choices import no_growth
from pipeline.cli.console import STANDARD_OUTPUT, deliver, say
from pipeline.cli.options import Output, database_option, opened, resource_options, selection, selection_options
from pipeline.errors import UsageError
from pipeline.flow import full_report
from pipeline.warehouse import growth_questions, questions

if TYPE_CHECKING:
    import duckdb

# Series that get a section of their own; a report of hundreds is read by nobody.
_SERIES = 10
_ENDINGS: Final = {".md": "markdown", ".markdown": "markdown", ".json": "json"}


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@selection_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(("html", "markdown", "json")),
    help="A page; a comment for a ticket; an object for a program. By default what the ending of -o says, else a page.",
)
@click.option(
    "--output",
    "-o",
    "path",
    metavar="FILE",
    type=Output(),
    help="Where to write, - for standard output; a page goes to heapscape.html, the others to standard output.",
)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=1),
    help="Sites per series: 25 of a page, 5 of a comment, all for a program.",
)
@click.option(
    "--server", default="", metavar="URL", help="Where `heapscape serve` runs: links of a comment lead there."
)
@database_option
@resource_options
def report(
    inputs: tuple[str, ...],
    format_: str | None,
    path: str | None,
    limit: int | None,
    server: str,
    db: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Write the heap-growth report: what grew, why, flame graphs, GC and memory; as a page, a comment or JSON.

    \b
      heapscape report --service checkout -o checkout.html
      heapscape report heap-*.pb.gz escape-m2.txt
      heapscape report --format markdown --server http://localhost:8787 | gh issue comment 7 -F -
      heapscape report -o growth.json
    """
    if server and (urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).netloc):
        raise UsageError(f"--server {server}: not an address; write it like http://localhost:8787")
    format_ = format_ or _ENDINGS.get(os.path.splitext(path or "")[1].lower(), "html")
    with opened(inputs, db, memory=memory, threads=threads, views=None) as connection:
        written = written_report(
            connection, selection((), **chosen), format_=format_, limit=limit, server=server, is_kept=not inputs
        )
    deliver(written, path or ("heapscape.html" if format_ == "html" else STANDARD_OUTPUT))


def written_report(
    connection: duckdb.DuckDBPyConnection,
    chosen: questions.Selection,
    *,
    format_: str = "html",
    limit: int | None = None,
    server: str = "",
    is_kept: bool = True,
) -> str:
    """The report of the selected series, those that grew most, in one of the formats."""
    # Here, because `run` seldom writes one.
    from pipeline.outputs import report, report_json, report_markdown

    found = questions.series(connection, chosen).first(_SERIES)
    if not found.table.num_rows:
        say(no_growth(connection, chosen))
    owner = {"service": chosen.service, "instance": chosen.instance, "build": chosen.build}
    if chosen.series is not None and found.table.num_rows:
        owner = {name: found.table[name].to_pylist()[0] for name in owner}
    windows = growth_questions.windows_of(found.table.to_pylist()) if chosen.is_of_a_span else None
    data = full_report(connection, found, owner=owner, windows=windows)
    if format_ == "json":
        return report_json.page(data, site_limit=limit)
    if format_ == "markdown":
        return report_markdown.page(data, site_limit=limit or report_markdown.SITES, server=server, is_kept=is_kept)
    return report.page(data, site_limit=limit or 25)
