"""heapscape ui: the database in the terminal."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click

from pipeline.cli.console import is_terminal
from pipeline.cli.options import Finite, database_option, resource_options
from pipeline.errors import UsageError
from pipeline.warehouse.serving import Serving


@click.command()
@database_option
@click.option(
    "--time-limit",
    type=Finite(min=0.1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one question may take.",
)
@resource_options
def ui(db: str, time_limit: float, memory: str, threads: int | None) -> None:
    """Browse series, sites and flame graphs in the terminal, with the keyboard; read-only.

    The keys are behind `?`: Enter leads on, Escape back, `/` finds, `f` draws a flame graph, `q` quits. A load that is published
    meanwhile is shown by itself.

    \b
      heapscape ui
      heapscape ui --db fleet.duckdb
    """
    if not _has_textual():
        raise UsageError("ui needs textual, which is not installed; install it with: pip install 'heapscape[ui]'")
    serving = Serving(db, threads=threads, memory=memory, limit_s=time_limit)
    with serving.question():
        # What is wrong with the file is told before anything is drawn.
        pass
    if not (is_terminal() and sys.stdin.isatty()):
        raise UsageError("ui needs a terminal; elsewhere: heapscape growth, heapscape flame --format icicle")
    # Here, because it takes a while to import, and may not be there.
    from pipeline.terminal.app import Browser

    browser = Browser(serving)
    browser.run()
    serving.close()
    if browser.return_code:
        raise SystemExit(browser.return_code)


def _has_textual() -> bool:
    try:
        return find_spec("textual") is not None
    except ValueError:
        # Of a module that was taken out of reach.
        return False
