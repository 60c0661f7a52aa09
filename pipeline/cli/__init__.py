"""The heapscape command: one file per subcommand."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from pipeline import __version__
from pipeline.cli.diff import diff
from pipeline.cli.escapes import escapes
from pipeline.cli.flame import flame
from pipeline.cli.goroutines import goroutines
from pipeline.cli.growth import growth
from pipeline.cli.ingest import ingest
from pipeline.cli.lake import lake
from pipeline.cli.load import load
from pipeline.cli.peek import peek
from pipeline.cli.report import report
from pipeline.cli.run import run
from pipeline.cli.sql import sql
from pipeline.cli.top import top
from pipeline.endings import INTERRUPTED, answering, end, leave, tell, to_nowhere
from pipeline.text import printable

COMMANDS: tuple[click.Command, ...] = (
    run,
    ingest,
    load,
    sql,
    growth,
    top,
    peek,
    diff,
    flame,
    report,
    escapes,
    goroutines,
    lake,
)

_SOME_REFUSED = 1
_USAGE = 2


class _Commands(click.Group):
    """A group whose commands may end early because nobody reads their output any more."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        # This prints help and the version.
        with _all_written(), answering():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _all_written():
            return super().invoke(ctx)


@contextmanager
def _all_written() -> Iterator[None]:
    """Flush standard output when all went well: when Python ends it would complain of a closed pipe or a full device."""
    try:
        try:
            yield
        except click.exceptions.Exit:
            _flush()
            raise
        _flush()
    except BrokenPipeError as error:
        # Whoever read it has seen enough: head, less. What is left goes nowhere.
        to_nowhere(sys.stdout)
        raise click.exceptions.Exit(0) from error


def _flush() -> None:
    with answering():
        sys.stdout.flush()


@click.group(
    cls=_Commands,
    commands={str(command.name): command for command in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="heapscape")
def heapscape() -> None:
    """Where a Go service's heap grew, and why the compiler put it there.

    Decodes pprof profiles, execution traces and escape reports into a Parquet lake, loads that into a DuckDB file, and answers
    questions about it. Start with:

    \b
      heapscape run artefacts/
      heapscape sql "FROM attribution.growth_by_site"

    Exit codes: 0 done, 1 some inputs were refused (the rest is in), 2 usage, 3 nothing could be done,
    130 interrupted.
    """


def command() -> int:
    """The `heapscape` command: what `main` returns is what the process ends with, whoever presses Ctrl-C meanwhile."""
    try:
        code = leave(main())
    except KeyboardInterrupt:
        # Again, while it was being answered.
        code = leave(INTERRUPTED)
    # Python takes some 50 ms to end, and a Ctrl-C then would kill it: the work is done, and its exit code counts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever is raised."""
    refused: list[str] = []
    try:
        result = heapscape.main(
            args=None if argv is None else list(argv), prog_name="heapscape", standalone_mode=False, obj=refused
        )
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(file=usage)
        # Line breaks in the message are of what was typed; click takes colours out, and no more.
        message = click.unstyle(error.format_message())
        tell(usage.getvalue().replace(message, printable(message)))
        return _USAGE
    except click.Abort:
        return end(KeyboardInterrupt())
    except SystemExit:
        raise
    except BaseException as error:
        return end(error)
    if isinstance(result, int) and result:
        return result
    # `opened` puts the inputs into it that the answer is without.
    return _SOME_REFUSED if refused else 0
