"""The heapscape command: one file per subcommand."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from threading import Timer
from types import FrameType
from typing import Any, Final, NoReturn

import click

from pipeline import __version__
from pipeline.cli.spelling import Spelling
from pipeline.endings import INTERRUPTED, answering, end, leave, tell, to_nowhere
from pipeline.text import printable

# Each with what it says of itself in the list of all: to print that, none of them is imported.
COMMANDS: Final = {
    "run": "Decode INPUTs, load them, and print where the heap grew.",
    "ingest": "Decode INPUTs into the Parquet lake.",
    "collect": "Fetch profiles of running Go services, again and again, into a folder fit for `heapscape run`.",
    "load": "Bring the DuckDB file up to the lake.",
    "sql": "Run any SQL query, read-only; - reads it from standard input, and without one there is a shell.",
    "growth": "Print where the heap grew, and why the compiler put it there.",
    "top": "Print the heaviest functions, as `go tool pprof -top` does.",
    "peek": "Print callers and callees of functions that match REGEX, as `go tool pprof -peek` does.",
    "diff": "Print what changed between two profiles, as `go tool pprof -top -diff_base` does.",
    "pprof": "Print what `go tool pprof` prints, byte for byte: give a report and its options as you would there.",
    "list": "Print the source of functions that match REGEX, with what each line weighs and what the compiler said of it.",
    "flame": "Draw a flame graph of the newest heap profile, or of what you choose.",
    "export": "Write profiles and traces for other tools: pprof, `go build -pgo`, OpenTelemetry, speedscope, Perfetto, folded stacks.",
    "anonymize": "Write the lake, or profiles, without names, for others to look at.",
    "report": "Write the heap-growth report: what grew, why, flame graphs, GC and memory; as a page, a comment or JSON.",
    "plot": "Draw a chart or a flame graph as SVG or PNG; without NAME, list what can be drawn.",
    "escapes": "List what the compiler put on the heap, and why.",
    "goroutines": "Print where the goroutines of profiles and dumps wait and how many more they become, and what those of a trace did.",
    "events": "Print what happened in a trace, event by event, as `go tool trace -d=parsed` does.",
    "trace": "Print the tables of execution traces: tasks, regions, log messages, waits for a proc, blocking, procs, MMU.",
    "gc": "Print why the garbage collector ran, how long it stopped the program, and what it cost.",
    "memory": "Print what the memory of Go processes is used for, how it grows, and how long it lasts.",
    "check": "Hold growth, slope, headroom, goroutines, pauses and new escapes against thresholds, for CI and cron.",
    "serve": "Show the database in a browser, and answer Grafana; read-only.",
    "ui": "Browse series, sites and flame graphs in the terminal, with the keyboard; read-only.",
    "profiles": "List profiles and traces, the newest first: ids, times, labels, sizes, and the names they came under.",
    "series": "List series of profiles, those with the newest first: ids, labels, from when to when, and how the live heap grew.",
    "sources": "List every input that was offered: what it is, whether it went in, why not, and what was lost of it.",
    "lake": "Check the Parquet lake and tidy it up.",
}
# Commands that are in one file with others; and a module called list would stand in the place of Python's own here.
_HOMES: Final = {
    "profiles": ("inventory", "profiles"),
    "series": ("inventory", "series"),
    "sources": ("inventory", "sources"),
    "list": ("listing", "listing"),
}
# What Ctrl-C and SIGTERM leave behind of commands that write, and of one that is ended in no other way.
_INTERRUPTED: Final = {
    **dict.fromkeys(("run", "ingest", "load", "lake"), "interrupted; what was committed stays"),
    "serve": "ended",
}
_SOME_REFUSED = 1
_USAGE = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_S = 2.0
_AGAIN_S = 0.05


class _Commands(Spelling):
    """A group whose commands are imported when they are run, and may end early because nobody reads their output any more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = _HOMES.get(cmd_name, (cmd_name, cmd_name))
        command: click.Command = getattr(import_module(f"pipeline.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

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

    Exit codes: 0 done, 1 some inputs were refused (the rest is in), 2 usage, 3 nothing could be done, 4 a threshold of
    `heapscape check` is passed, 130 interrupted by Ctrl-C, 143 by SIGTERM (of a lake and a database
    what was committed stays).
    """


def every_command() -> tuple[click.Command, ...]:
    """All of them, imported."""
    context = click.Context(heapscape)
    return tuple(found for name in COMMANDS if (found := heapscape.get_command(context, name)))


def command() -> NoReturn:
    """The `heapscape` command: what `main` returns is what the process ends with, whatever signals come meanwhile."""
    received: list[int] = []
    since = 0.0
    told_elsewhere = sys.unraisablehook

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal since
        received.append(number)
        if len(received) == 1:
            since = time.monotonic()
            raise KeyboardInterrupt
        # What the first one has begun to end is let end, unless that takes too long: `timeout` sends two at once.
        if time.monotonic() - since > _PATIENCE_S:
            from pipeline.workers import stop_workers

            stop_workers()
            os._exit(128 + received[0])

    def unraisable(raised: sys.UnraisableHookArgs) -> None:
        # Raised where nobody could catch it; it comes again where somebody can.
        if isinstance(raised.exc_value, KeyboardInterrupt) and received:
            Timer(_AGAIN_S, os.kill, (os.getpid(), received.pop(0))).start()
            received.clear()
        else:
            told_elsewhere(raised)

    _on_signals(interrupt)
    sys.unraisablehook = unraisable
    try:
        code = main()
    except KeyboardInterrupt:
        # While the end of something else was told.
        code = INTERRUPTED
    # A Ctrl-C now would kill it: the work is done, and its exit code counts.
    _on_signals(signal.SIG_IGN)
    leave(128 + received[0] if received and code == INTERRUPTED else code)


def _on_signals(answer: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """What Ctrl-C and SIGTERM do, unless who started the process wanted them ignored, as nohup does."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, answer)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever is raised."""
    refused: list[str] = []
    typed = sys.argv[1:] if argv is None else list(argv)
    interrupted = _INTERRUPTED.get(typed[0] if typed else "", "")
    try:
        result = heapscape.main(args=typed, prog_name="heapscape", standalone_mode=False, obj=refused)
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(file=usage)
        # Line breaks in the message are of what was typed; click takes colours out, and no more.
        message = click.unstyle(error.format_message())
        tell(usage.getvalue().replace(message, printable(message)))
        return _USAGE
    except click.Abort:
        return end(KeyboardInterrupt(), interrupted=interrupted)
    except SystemExit:
        raise
    except BaseException as error:
        return end(error, interrupted=interrupted)
    if isinstance(result, int) and result:
        return result
    # `opened` puts the inputs into it that the answer is without.
    return _SOME_REFUSED if refused else 0
