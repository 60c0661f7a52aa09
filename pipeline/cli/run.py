"""heapscape run: every stage, then the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from pipeline import flow
from pipeline.cli.console import say
from pipeline.cli.growth import print_growth
from pipeline.cli.ingest import exit_code, ingest_with_progress, say_receipt
from pipeline.cli.load import load_with_progress
from pipeline.cli.options import (
    Place,
    again,
    check_content_option,
    database_option,
    format_option,
    jobs_options,
    label_option,
    lake_option,
    resource_options,
)
from pipeline.cli.report import written_report
from pipeline.files import written_beside
from pipeline.warehouse import questions
from pipeline.warehouse.questions import Selection

# What to ask next, by what is there to answer it.
_OF_HEAP = ("flame --growth", "report", 'sql "FROM attribution.growth_by_site"')
_OF_TRACES = ("goroutines", "top --kind trace", "flame --kind trace")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@lake_option
@database_option
@label_option
@check_content_option
@click.option("--report", metavar="FILE.html", type=Place(), help="Write the report to this file too.")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=15, show_default=True, help="Sites per series.")
@jobs_options
@format_option
@resource_options
def run(
    inputs: tuple[str, ...],
    lake: str,
    db: str,
    labels: dict[str, str],
    check_content: bool,
    report: str | None,
    limit: int,
    jobs: int,
    scheduler: str | None,
    format_: str,
    memory: str,
    threads: int | None,
) -> int:
    """Decode INPUTs, load them, and print where the heap grew.

    \b
      heapscape run artefacts/
      heapscape run s3://bucket/profiles --lake s3://bucket/lake
      heapscape run 'pods/*/heap-*.pb.gz' escape-m2.txt --label service=checkout --report growth.html
    """
    started = time.monotonic()
    written = (db, report) if report else (db,)
    receipt = ingest_with_progress(
        inputs,
        lake,
        labels=labels,
        check_content=check_content,
        jobs=jobs,
        scheduler=scheduler,
        memory=memory,
        skip=written,
    )
    load_with_progress(lake, db, memory=memory, threads=threads)
    say_receipt(receipt, seconds=time.monotonic() - started)
    say("")
    with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
        print_growth(connection, Selection(), limit=limit, format_=format_)
        if report:
            with written_beside(report) as draft:
                draft.write_bytes(written_report(connection, Selection()).encode())
        inputs_of_all = questions.inputs(connection).table.to_pylist()
    if report:
        say(f"report: {report}")
    formats = {row["format"] for row in inputs_of_all if row["status"] == "ingested"}
    if formats & {"pprof", "legacy", "escape"}:
        _say_next(_OF_HEAP)
    if "gotrace" in formats:
        _say_next(_OF_TRACES)
    return exit_code(receipt)


def _say_next(commands: Sequence[str]) -> None:
    say(f"next: {' · '.join(f'heapscape {one}{again()}' for one in commands)}")
