"""heapscape load: bring the database up to the lake."""

from __future__ import annotations

import time
from datetime import datetime

import click

from pipeline import flow
from pipeline.cli.console import answer, share_done, show_json
from pipeline.cli.moments import TakenAt, spelled
from pipeline.cli.options import database_option, lake_option, outcome_option, resource_options
from pipeline.errors import UsageError
from pipeline.warehouse.load import Loaded
from pipeline.warehouse.part import Part


@click.command()
@lake_option
@database_option
@click.option("--service", metavar="SERVICE", help="Only what is of this service.")
@click.option("--kind", metavar="KIND", help="Only profiles of this kind: heap, cpu, trace, ...")
@click.option(
    "--since",
    type=TakenAt(is_lasting=True),
    metavar="MOMENT",
    help="Only what was taken then or later, UTC: 2026-11-30 or 2026-11-30T12:00:00Z.",
)
@click.option(
    "--until",
    type=TakenAt(is_end=True, is_lasting=True),
    metavar="MOMENT",
    help="Only what was taken then or before; a day counts whole.",
)
@outcome_option
@resource_options
def load(
    lake: str,
    db: str,
    service: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    format_: str,
    memory: str,
    threads: int | None,
) -> None:
    """Bring the DuckDB file up to the lake.

    Reads only what was committed since the last load, and publishes by renaming: who has the old file open keeps
    it. The file opens in DuckDB 1.5 and later. A file that was made with a part of the lake goes on with that part.

    \b
      heapscape load
      heapscape load --service checkout --kind heap --since 2026-11-01 --db checkout.duckdb
      duckdb -readonly heapscape.duckdb "FROM attribution.growth_by_site"
    """
    started = time.monotonic()
    if since and until and since > until:
        raise UsageError(
            f"--since {spelled(since)} is later than --until {spelled(until)}, so nothing was taken between"
        )
    part = Part(service, kind, since, until)
    loaded = load_with_progress(lake, db, part=part, memory=memory, threads=threads)
    if format_ == "json":
        show_json({"batch": loaded.to_batch, "new_rows": dict(loaded.rows)})
        return
    rows = sum(loaded.rows.values())
    seconds = time.monotonic() - started
    answer(f"{db} is at batch {loaded.to_batch} of {lake}: {rows:,} new rows, {seconds:.1f} s")


def load_with_progress(lake: str, db: str, *, part: Part | None = None, memory: str, threads: int | None) -> Loaded:
    """Load, with a bar on a terminal."""
    with share_done("loading") as advance:
        return flow.load(lake, db, part=part, threads=threads, memory=memory, advance=advance)
