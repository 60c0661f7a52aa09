"""How a command ends that cannot go on: one sentence and an exit code for whatever was raised.

It is imported before anything large is, because that may be what fails.
"""

from __future__ import annotations

import _thread
import os
import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from pipeline import config
from pipeline.errors import DecodeError, PipelineError, QueryError, UsageError, of_system, system_advice
from pipeline.text import printable, printable_lines

NOTHING_DONE = 3
INTERRUPTED = 130

_MEMORY = "give it more, or less to do at a time: a smaller --memory, fewer --jobs or --threads, smaller inputs"
_THREADS = "raise the limits on processes and address space (ulimit -u, ulimit -v), or use fewer --jobs and --threads"
_LOADING = "raise the limit on address space (ulimit -v), or install heapscape again"
# DuckDB crashes with 600 MiB, LLVM with 1,000, polars with 2,200 at times; with 3,000 a small answer is made.
_LEAST_ADDRESSES = 3 << 30
_MOMENT_S = 0.01
_HOME = Path(__file__).parent
_MOST_SHOWN = 200
# What libraries say when the system has no more memory, or no more threads, in errors of any type.
_OUT_OF_MEMORY = ("cannot allocate memory", "failed to map segment", "out of memory", "bad_alloc", "bad allocation",
                  # Of Python, about a library that could not even say so.
                  "without exception set")  # fmt: skip
_OUT_OF_THREADS = ("start new thread", "spawn thread", "create thread", "resource temporarily unavailable")


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said, and what the process ends with."""

    exit_code: int
    text: str


def ending(error: BaseException) -> Ending:
    """What an exception means to who runs the command; every one means something."""
    text = str(error).lower()
    if any(isinstance(one, KeyboardInterrupt) for one in _chain(error)):
        # Libraries turn it into errors of their own, when it comes while they are loaded.
        return Ending(INTERRUPTED, "interrupted")
    if isinstance(error, PipelineError):
        # 1 promises that the rest is in, which is known where inputs are read and nowhere else.
        return Ending(NOTHING_DONE if isinstance(error, DecodeError) else error.exit_code, _sentence(error))
    if _is_of(error, "InterruptException") or "query interrupted" in text:
        return ending(KeyboardInterrupt())
    if (
        any(isinstance(one, MemoryError) for one in _chain(error))
        or _is_of(error, "OutOfMemoryException")
        or _says(text, _OUT_OF_MEMORY)
    ):
        return Ending(NOTHING_DONE, f"not enough memory{_in_words(error)}; {_MEMORY}")
    if _says(text, _OUT_OF_THREADS):
        return Ending(NOTHING_DONE, f"the system gives no more threads{_in_words(error)}; {_THREADS}")
    if isinstance(error, OSError):
        return ending(of_system(error))
    if isinstance(error, UnicodeEncodeError):
        return ending(_not_text(error))
    if isinstance(error, ImportError):
        return Ending(NOTHING_DONE, f"the libraries cannot be loaded{_in_words(error)}; {_LOADING}")
    if type(error).__module__ != "builtins" and (advice := system_advice(text)):
        return Ending(NOTHING_DONE, f"{_first_line(error)}; {advice}")
    if _is_of(error, "IOException"):
        return Ending(NOTHING_DONE, f"DuckDB cannot read or write{_in_words(error)}; check the path and the disk")
    return Ending(NOTHING_DONE, _bug(error))


def refusal_reason(error: BaseException) -> str:
    """Why an input is refused that met this exception: its own words, or that it is a bug of ours, and where."""
    if isinstance(error, DecodeError):
        return str(error)
    # What an exception says may be any bytes of the file.
    found = f"{type(error).__name__}{_at(error)}: {printable(str(error)[:_MOST_SHOWN])}"
    if isinstance(error, MemoryError):
        return (
            f"there was not enough memory for it ({found}); offer it with fewer --jobs, or where there is more memory"
        )
    return f"{found}; this is a bug in heapscape: please report it, with the file"


def end(error: BaseException, *, interrupted: str = "") -> int:
    """Say on standard error what an exception means; returns the exit code.

    interrupted  what an interruption means where there is more to say of it
    """
    ended = ending(error)
    if interrupted and ended.exit_code == INTERRUPTED:
        ended = Ending(INTERRUPTED, interrupted)
    if config.wants_traceback():
        tell("".join(traceback.format_exception(error)))
    tell(f"heapscape: {ended.text}\n")
    return ended.exit_code


def tell(text: str) -> None:
    """Text on standard error, safe for a terminal; where nobody can be told, the work goes on."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(printable_lines(text))
        sys.stderr.flush()
    except (OSError, ValueError):
        to_nowhere(sys.stderr)


def to_nowhere(stream: TextIO) -> None:
    """Let what a stream still holds, and all that follows, go nowhere: Python would complain of it when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def prepare_streams() -> None:
    """Give the process its three streams: a closed one is nowhere, and what their encoding lacks is escaped.

    Else the next file that is opened would become standard output, and be written over.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest that is free, and so the one that is closed.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
    sys.stdin = sys.stdin or open(0, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.unraisablehook = _unraisable


def check_address_space() -> None:
    """Raise PipelineError when so little may be mapped that libraries crash instead of saying so."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _LEAST_ADDRESSES:
        raise PipelineError(
            f"the address space is limited to {limit >> 20:,} MiB (ulimit -v), and the libraries map "
            f"{_LEAST_ADDRESSES >> 20:,} MiB or more, most of which they never use; raise it, and limit --memory instead"
        )


def settle() -> None:
    """Write what standard output still holds; a command that failed before is not made to fail twice."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        to_nowhere(sys.stdout)


def _unraisable(raised: sys.UnraisableHookArgs) -> None:
    """What was raised where nobody can catch it: Ctrl-C comes again where somebody can."""
    if isinstance(raised.exc_value, KeyboardInterrupt):
        # From outside, and a moment later: what is raised in here would be lost as well.
        again = threading.Timer(_MOMENT_S, _thread.interrupt_main)
        again.daemon = True
        again.start()
    elif raised.exc_value is not None and config.wants_traceback():
        tell("".join(traceback.format_exception(raised.exc_value)))


def leave(code: int) -> NoReturn:
    """End the process here and now, all written.

    To take down the libraries takes CPython 100 to 200 ms. And where an interrupt fell into code that one of them runs,
    it remembers that, and would end by the signal.
    """
    settle()
    os._exit(code)


@contextmanager
def answering() -> Iterator[None]:
    """Around what writes to standard output: a full device is an error of ours, a closed pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        to_nowhere(sys.stdout)
        raise of_system(error, where="standard output", doing="cannot be written") from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, or came in the middle of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _sentence(error: PipelineError) -> str:
    # DuckDB shows the line of a query with a mark below the place; elsewhere a line break is a part of some name.
    return str(error) if isinstance(error, QueryError) else printable(str(error))


def _is_of(error: BaseException, name: str) -> bool:
    """Whether it is DuckDB's error of this name; the library itself may not even be there."""
    return any(one.__name__ == name and "duckdb" in one.__module__ for one in type(error).__mro__)


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in text for phrase in phrases)


def _in_words(error: BaseException) -> str:
    return f": {_first_line(error)}" if str(error).strip() else ""


def _first_line(error: BaseException) -> str:
    return printable(str(error).strip().splitlines()[0])


def _not_text(error: UnicodeEncodeError) -> UsageError:
    return UsageError(f"{error.object!r}: not text in UTF-8, as names, labels and queries must be; write it in UTF-8")


def _bug(error: BaseException) -> str:
    return (
        f"{type(error).__name__}{_at(error)}{_in_words(error)}; this is a bug in heapscape: report it, "
        f"with what the same command says under {config.TRACEBACK}=1"
    )


def _at(error: BaseException) -> str:
    """File and line of ours where it happened, the innermost."""
    ours = [
        f" at {Path(frame.f_code.co_filename).relative_to(_HOME).as_posix()}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _HOME in Path(frame.f_code.co_filename).parents
    ]
    return ours[-1] if ours else ""
