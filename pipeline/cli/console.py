"""Where output goes: answers to standard output, everything said about the work to standard error.

Nothing else writes to either. What others wrote (names, labels, paths) reaches a terminal in a form it shows and
does not obey; formats for machines keep every byte.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.endings import answering, tell
from pipeline.errors import UsageError
from pipeline.files import written_beside
from pipeline.text import printable, printable_lines
from pipeline.values import Answer, Loss, Question, Result

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn
    from rich.text import Text

# What a file is called that is none.
STANDARD_OUTPUT = "-"
# Refusals, and losses, named one by one; the rest is a count, and all are in the tables.
_NAMED = 5


def answer(line: str) -> None:
    """One line for people on standard output."""
    answer_exactly(f"{printable(line)}\n")


def answer_lines(text: str) -> None:
    """Text that is laid out already, for people, on standard output."""
    answer_exactly(f"{printable_lines(text)}\n")


def answer_exactly(text: str) -> None:
    """Text for other programs on standard output, with every character it has."""
    with answering():
        sys.stdout.write(text)
        # Whoever reads a pipe sees it when it is there.
        sys.stdout.flush()


def is_terminal() -> bool:
    """Whether answers are read on a terminal."""
    return sys.stdout.isatty()


def drawn(draw: Callable[[Console], Text]) -> str:
    """What `draw` makes of the terminal that answers go to, or of none, in the letters and colours it takes."""
    from rich.console import Console

    console = Console(highlight=False)
    with console.capture() as captured:
        console.print(draw(console), end="", soft_wrap=True)
    return captured.get()


def deliver(content: str | bytes, path: str) -> None:
    """Write a page, a picture or an answer beside its name first, and say where it is; `-` is standard output."""
    if isinstance(content, str):
        deliver_pieces([content.encode()], path, is_text=True)
    else:
        deliver_pieces([content], path)


def deliver_pieces(pieces: Iterable[bytes], path: str, *, is_text: bool = False) -> None:
    """The same for what is made a piece at a time, and never stands in memory whole."""
    if path != STANDARD_OUTPUT:
        with written_beside(path) as draft, open(draft, "wb") as file:
            file.writelines(pieces)
        answer(path)
        return
    if not is_text and sys.stdout and sys.stdout.isatty():
        raise UsageError("a terminal does not show this; name a file with -o")
    for piece in pieces:
        with answering():
            # What is in a file is the same bytes whatever the terminal's encoding.
            sys.stdout.buffer.write(piece)
    with answering():
        sys.stdout.flush()


def say(text: str) -> None:
    """One line about the work, on standard error."""
    tell(f"{printable(text)}\n")


def say_refusals(refusals: Sequence[tuple[str, str]], *, again: str) -> None:
    """The first inputs that were refused with their reasons, and how many more there are; `again` is what to ask them all of."""
    for uri, reason in refusals[:_NAMED]:
        say(f"  refused: {uri}: {reason}")
    if len(refusals) > _NAMED:
        query = "SELECT uri, reason FROM source WHERE status = 'refused'"
        say(f'  and {len(refusals) - _NAMED:,} more: heapscape sql "{query}"{again}')


def say_losses(losses: Sequence[Loss], *, again: str) -> None:
    """What the first inputs that lost something lost, and how many more there are; `again` as `say_refusals` takes it."""
    for loss in losses[:_NAMED]:
        say(f"  lost: {': '.join(part for part in (loss.uri, loss.kind, loss.example) if part)}")
    if len(losses) > _NAMED:
        query = "FROM ingest_note WHERE severity <> 'info'"
        say(f'  and {len(losses) - _NAMED:,} more: heapscape sql "{query}"{again}')


def show_query(question: Question | None, instead: Mapping[str, object] | None = None) -> None:
    """A query on standard output as anybody can run it; `instead` is as `runnable` takes it."""
    # Here, as a command seldom does.
    from pipeline.warehouse.runnable import runnable

    if question is None:
        raise UsageError("this answer is put together from several; there is no query of it")
    answer_exactly(f"{runnable(question, instead)}\n")


def show_json(value: object) -> None:
    """What a command did, for machines, on standard output."""
    answer_exactly(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def show(result: Result, *, format: str) -> None:
    """An answer on standard output, in one of the formats for people and machines."""
    # Here and below: rich takes a while to import, and an answer that is a text needs none of it.
    from rich.console import Console

    from pipeline.outputs import tabular

    written = tabular.write(result, format=format, console=Console(highlight=False, soft_wrap=True))
    with answering():
        if isinstance(written, bytes):
            sys.stdout.buffer.write(written)
        else:
            sys.stdout.write(written)


def show_processes(
    result: Result, text: Callable[[Mapping[str, Any]], str], *, format: str, limit: int, others: str
) -> None:
    """A row a process: for people a text about each of the first, and how many `others` there are; else as `show` does."""
    if format != "table":
        show(result, format=format)
        return
    rows = result.table.to_pylist()
    for row in rows[:limit]:
        answer_lines(text(row))
    if len(rows) > limit:
        say(f"and {len(rows) - limit:,} {others}; choose with --service, --instance, --build, or -n {len(rows)}")


def show_answer(answer: Answer, *, format: str, of_nothing: str = "") -> None:
    """The same for an answer on its way, of any length; of a table only the beginning is shown.

    of_nothing  what to say below a table without rows
    """
    from pipeline.outputs import tabular

    if format != "table":
        with answering():
            tabular.stream(answer, sys.stdout, format=format)
        return
    result, is_whole = tabular.beginning(answer)
    show(result, format=format)
    if not is_whole:
        say(f"only the first {result.table.num_rows:,} rows are shown; --format csv, ndjson or markdown prints all")
    elif of_nothing and not result.table.num_rows:
        say(of_nothing)


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere; the yielded function is told of each step done."""
    from rich.progress import MofNCompleteColumn

    with _bar(MofNCompleteColumn()) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps: bar.advance(task, steps)


@contextmanager
def share_done(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, nothing elsewhere; the yielded function is told what share of the work is done."""
    from rich.progress import TaskProgressColumn

    with _bar(TaskProgressColumn()) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _bar(done: ProgressColumn) -> Progress:
    """A bar with a column that says how much is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), done, TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
