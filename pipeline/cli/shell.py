"""The shell of `heapscape sql`: one statement after another, with completion and a history."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from pipeline.cli.completion import completions
from pipeline.cli.console import answer_lines, say, show_answer
from pipeline.endings import ending, tell
from pipeline.errors import PipelineError, UsageError
from pipeline.outputs import tabular
from pipeline.warehouse.catalog import declared, entries, explained
from pipeline.warehouse.query import answer

if TYPE_CHECKING:
    import duckdb

_GREETING: Final = "Ask in SQL, ended by a semicolon; .help says what else there is, Tab completes, .quit ends."


class Shell:
    """Reads statements from a terminal and answers them until it is told to end.

    where  what is asked, for the prompt
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, where: str, history: Path | None, format: str) -> None:
        self._connection = connection
        self._where = where
        self._history = history
        self._format = format
        self._output: TextIO | None = None
        self._is_ended = False
        self._is_asking = False

    def run(self) -> None:
        """Until `.quit`, Ctrl-D or SIGTERM; Ctrl-C ends what is typed, or asked, and nothing else."""
        session = _session(self._history)
        say(_GREETING)
        with self._signals():
            while not self._is_ended:
                try:
                    with _wakeup_kept():
                        typed = session.prompt(f"{self._where}> ", handle_sigint=False)
                    self._do(typed.strip())
                except EOFError:
                    break
                except KeyboardInterrupt:
                    if self._is_ended:
                        raise
                    say("interrupted")
        self._close()

    def _do(self, typed: str) -> None:
        """One line of the shell's own, or one statement; whatever goes wrong is said, and the shell goes on."""
        if not typed.strip("; "):
            return
        self._is_asking = True
        try:
            if typed.startswith("."):
                name, _, rest = typed.partition(" ")
                self._command(name.lower(), rest.strip().rstrip(";").strip())
            else:
                self._ask(typed)
        except KeyboardInterrupt:
            raise
        except Exception as error:
            tell(f"{ending(error).text}\n")
        finally:
            self._is_asking = False

    def _ask(self, query: str) -> None:
        found = answer(self._connection, query)
        if self._output is None:
            show_answer(found, format=self._format)
            return
        with redirect_stdout(self._output):
            show_answer(found, format=self._format)

    def _command(self, name: str, rest: str) -> None:
        if name not in COMMANDS:
            raise UsageError(f"{name}: the shell has no such command; there are {', '.join(COMMANDS)}")
        COMMANDS[name].run(self, rest)

    def help(self, name: str) -> None:
        """What the commands are, or what a table, view or macro means."""
        if name and not name.startswith("."):
            answer_lines(explained(name))
            return
        width = max(len(one.usage) for one in COMMANDS.values())
        answer_lines("\n".join(f"{one.usage:<{width}}  {one.says}" for one in COMMANDS.values()))

    def tables(self, begun: str) -> None:
        """All there is to ask, or what begins so."""
        found = [one for one in entries() if one.name.startswith(begun.lower())]
        if not found:
            raise UsageError(f"{begun}: nothing begins so; see all with .tables")
        width = max(len(one.name) for one in found)
        answer_lines("\n".join(f"{one.name:<{width}}  {one.kind:<8}  {one.summary}" for one in found))

    def schema(self, name: str) -> None:
        """The SQL behind one, or the columns of all."""
        if name:
            answer_lines(declared(name))
        else:
            answer_lines("\n".join(f"{one.name}({', '.join(one.columns)})" for one in entries()))

    def mode(self, name: str) -> None:
        """How answers are written from now on."""
        if name not in tabular.FORMATS:
            raise UsageError(f".mode {name}: is {self._format}; there are {', '.join(tabular.FORMATS)}")
        self._format = name

    def output(self, path: str) -> None:
        """Where answers go from now on: to a file, or without a name to the terminal."""
        self._close()
        if path:
            try:
                self._output = open(path, "w", encoding="utf-8", newline="")  # noqa: SIM115
            except OSError as error:
                raise PipelineError(f"{path}: cannot be written: {error.strerror}") from error

    def quit(self, rest: str) -> None:
        """End the shell."""
        self._is_ended = True

    def _close(self) -> None:
        if self._output:
            self._output.close()
            self._output = None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C ends what is being answered, as often as it is pressed; what else ends the program still does."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def interrupted(number: int, frame: FrameType | None) -> None:
            # Between answers there is nothing to end, and while one is being ended no more than that.
            if self._is_asking:
                self._is_asking = False
                raise KeyboardInterrupt

        def ended(number: int, frame: FrameType | None) -> None:
            self._is_ended = True
            told = before[signal.SIGTERM]
            if callable(told):
                told(number, frame)
            raise KeyboardInterrupt

        signal.signal(signal.SIGINT, interrupted)
        signal.signal(signal.SIGTERM, ended)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Command(NamedTuple):
    usage: str
    says: str
    run: Callable[[Shell, str], None]


COMMANDS: Final = {
    ".help": _Command(".help [NAME]", "This list; or what a table, view or macro means, and its columns.", Shell.help),
    ".tables": _Command(".tables [BEGINNING]", "Tables, views, macros and functions, each in a line.", Shell.tables),
    ".schema": _Command(".schema [NAME]", "The SQL that makes one; the columns of all.", Shell.schema),
    ".mode": _Command(".mode FORMAT", f"How answers are written: {', '.join(tabular.FORMATS)}.", Shell.mode),
    ".output": _Command(".output [FILE]", "Write answers to a file; without a name, here again.", Shell.output),
    ".quit": _Command(".quit", "End; as Ctrl-D does.", Shell.quit),
}


class _Words(Completer):
    """Completion of the shell's commands and of SQL."""

    def __init__(self) -> None:
        self._entries = tuple(entries())

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before, after = document.text_before_cursor, document.text_after_cursor
        for start, text, meaning in completions(before, after, self._entries, tuple(COMMANDS)):
            yield Completion(text, start, display_meta=meaning)


def is_whole(text: str) -> bool:
    """Whether Enter sends it: a command of the shell, nothing, or what a semicolon or an empty line ends."""
    return text.lstrip().startswith(".") or text.rstrip(" ").endswith((";", "\n")) or not text.strip()


def _session(path: Path | None) -> PromptSession[str]:
    def is_going_on() -> bool:
        return not is_whole(session.default_buffer.text)

    session: PromptSession[str] = PromptSession(
        multiline=Condition(is_going_on),
        history=_history(path),
        completer=_Words(),
        complete_while_typing=False,
        lexer=PygmentsLexer(SqlLexer),
        prompt_continuation=lambda width, line, wrapped: "." * (width - 2) + "  ",
    )
    return session


def _history(path: Path | None) -> History:
    """What was typed, kept in a file of the user's alone; where there can be none, for this time."""
    if path is not None:
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            return FileHistory(path)
    return InMemoryHistory()


@contextmanager
def _wakeup_kept() -> Iterator[None]:
    """Put back what is told of signals: asyncio, which reads the keys, takes that for itself and leaves nothing."""
    before = signal.set_wakeup_fd(-1)
    if before != -1:
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
