"""heapscape memory: what memory is used for, and how much is left."""

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
from pipeline.outputs import memory_text
from pipeline.warehouse import gc_questions


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@owner_options
@click.option("--limit", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Processes to print.")
@show_sql_option
@database_option
@format_option
@resource_options
def memory(
    inputs: tuple[str, ...],
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **owner: str | None,
) -> None:
    """Print what the memory of Go processes is used for, how it grows, and how long it lasts.

    Of MemStats (JSON, /debug/vars, Prometheus' metrics, behind text profiles) and of runtime/metrics. The limit is GOMEMLIMIT
    where metrics tell it, else the label memory_limit that the files were ingested with. With FILEs the question is
    about them and no database is kept.

    \b
      curl -o vars.json http://HOST:6060/debug/vars; heapscape memory vars.json
      heapscape run vars/ --label memory_limit=512MiB; heapscape memory
      heapscape sql "FROM mem.accounting"
    """
    with opened(inputs, db, memory=memory, threads=threads, views=gc_questions.VIEWS) as connection:
        answer = gc_questions.memory(connection, **owner)
        every = answer if answer.table.num_rows else gc_questions.memory(connection)
    if not answer.table.num_rows:
        raise UsageError(
            nothing_fits(
                every.table,
                parts_of(**owner),
                noun="process with MemStats or metrics",
                plural="processes with MemStats or metrics",
            )
            if every.table.num_rows
            else "there are no MemStats and no metrics; fetch some with: curl -o vars.json http://HOST:6060/debug/vars"
        )
    if show_sql:
        show_query(answer.question)
        return
    show_processes(answer, memory_text.text, format=format_, limit=limit, others="that use less")
