"""heapscape gc: why the garbage collector ran, what it cost, and what stands out."""

from __future__ import annotations

import click

from pipeline.cli.choices import nothing_fits, parts_of
from pipeline.cli.console import show_processes, show_query
from pipeline.cli.options import (
    database_option,
    format_option,
    opened,
    owner_options,
    resource_options,
    show_sql_option,
)
from pipeline.errors import UsageError
from pipeline.outputs import gc_text
from pipeline.warehouse import gc_questions


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@owner_options
@click.option("--limit", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Processes to print.")
@show_sql_option
@database_option
@format_option
@resource_options
def gc(
    inputs: tuple[str, ...],
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **owner: str | None,
) -> None:
    """Print why the garbage collector ran, how long it stopped the program, and what it cost.

    For each process of a log with the lines of GODEBUG=gctrace=1, for each execution trace, and for each process of
    MemStats of which neither tells. The last line says what stands out: cycles that the program asks for itself, assists that do a tenth of marking that costs something,
    a quarter of the processor time, a pause of 10 ms. With FILEs the question is about them and no database is kept.

    \b
      heapscape gc service.log
      heapscape gc --service checkout
      heapscape sql "FROM gc.trigger WHERE source = 'gctrace'"
    """
    with opened(inputs, db, memory=memory, threads=threads, views=gc_questions.VIEWS) as connection:
        answer = gc_questions.collector(connection, **owner)
        every = answer if answer.table.num_rows else gc_questions.collector(connection)
    if not answer.table.num_rows:
        raise UsageError(
            nothing_fits(
                every.table, parts_of(**owner), noun="process with GC cycles", plural="processes with GC cycles"
            )
            if every.table.num_rows
            else "there are no GC cycles; run the program with GODEBUG=gctrace=1 and give what it prints to standard "
            "error, or record a trace with: curl -o go.trace 'http://HOST:6060/debug/pprof/trace?seconds=5'"
        )
    if show_sql:
        show_query(answer.question)
        return
    show_processes(answer, gc_text.text, format=format_, limit=limit, others="with fewer cycles")
