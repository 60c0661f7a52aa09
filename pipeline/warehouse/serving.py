"""The database for many questions at once, for as long as a server runs: the newest state, and a limit on every question."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

import duckdb

from pipeline import config
from pipeline.errors import QueryError, TimeLimit, of_system
from pipeline.warehouse.connect import ALIAS, no_database, open_ours

T = TypeVar("T")


@dataclass(slots=True)
class _State:
    """A database file as it was at one moment: a load puts another in its place, and never writes to it."""

    identity: tuple[int, int, int]
    connection: duckdb.DuckDBPyConnection
    held: ExitStack
    questions: set[duckdb.DuckDBPyConnection] = field(default_factory=set)
    is_replaced: bool = False
    known: dict[Callable[..., object], object] = field(default_factory=dict)
    # One question may stand on the answer of another.
    asking: threading.RLock = field(default_factory=threading.RLock)


@dataclass(slots=True)
class Serving:
    """A database file that is asked from many threads.

    threads  of DuckDB, for all questions together
    memory   of DuckDB, for all questions of one state of the file
    limit_s  how long a question may take, all of its queries together
    """

    path: str
    threads: int | None = None
    memory: str | None = None
    limit_s: float = 30.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _state: _State | None = None
    # The newest, and those before it that are still asked.
    _open: list[_State] = field(default_factory=list)

    @contextmanager
    def question(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question: one state of the database from the first query to the last.

        Raises TimeLimit when the limit is over.
        """
        state, cursor = self._begin()
        is_over = threading.Event()

        def end() -> None:
            is_over.set()
            cursor.interrupt()

        timer = threading.Timer(self.limit_s, end)
        timer.daemon = True
        try:
            cursor.execute(f"USE {ALIAS}")
            timer.start()
            yield cursor
        except (QueryError, KeyboardInterrupt, duckdb.InterruptException) as error:
            # An interrupted query is taken for one that Ctrl-C ended.
            if not is_over.is_set():
                raise
            raise TimeLimit(
                f"the question took more than {self.limit_s:g} s and was ended; ask for less, or start with a higher --time-limit"
            ) from error
        finally:
            timer.cancel()
            cursor.close()
            self._end(state, cursor)

    def once(self, connection: duckdb.DuckDBPyConnection, ask: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """The answer to a question that follows from the state of the database alone: whoever comes first asks, and it is kept as long as the state.

        connection  of `question`
        ask         the same function each time; what it gives is small, and nobody changes it
        """
        with self._lock:
            state = next(one for one in self._open if connection in one.questions)
        # Who asks for the same meanwhile waits, and does not do it again.
        with state.asking:
            if ask not in state.known:
                state.known[ask] = ask(connection)
            return cast("T", state.known[ask])

    def beside(self) -> Serving:
        """The same file for questions that nobody knows: with memory of its own, so that they take none from others, and one thread."""
        memory = f"{max(config.size_bytes(self.memory) // 2, 1)}B" if self.memory else "25%"
        return Serving(self.path, threads=1, memory=memory, limit_s=self.limit_s)

    def identity(self) -> str:
        """What tells this state of the file from all others."""
        return "-".join(f"{number:x}" for number in _identity(self.path))

    def close(self) -> None:
        """Close the database, and end the questions that are being answered."""
        with self._lock:
            state, self._state = self._state, None
            if state:
                for cursor in state.questions:
                    cursor.interrupt()
                self._replace(state)

    def _begin(self) -> tuple[_State, duckdb.DuckDBPyConnection]:
        identity = _identity(self.path)
        with self._lock:
            if self._state is None or self._state.identity != identity:
                opened = self._opened(identity)
                if self._state:
                    self._replace(self._state)
                self._state = opened
                self._open.append(opened)
            cursor = self._state.connection.cursor()
            self._state.questions.add(cursor)
            return self._state, cursor

    def _opened(self, identity: tuple[int, int, int]) -> _State:
        held = ExitStack()
        # Opened in one thread and closed in another, which a signal's handling is not for.
        opening = open_ours(self.path, threads=self.threads, memory=self.memory, is_ended_by_signals=False)
        return _State(identity, held.enter_context(opening), held)

    def _end(self, state: _State, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            state.questions.discard(cursor)
            if state.is_replaced and not state.questions:
                self._forget(state)

    def _replace(self, state: _State) -> None:
        state.is_replaced = True
        if not state.questions:
            self._forget(state)

    def _forget(self, state: _State) -> None:
        state.held.close()
        self._open = [one for one in self._open if one is not state]


def _identity(path: str) -> tuple[int, int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise no_database(path) from None
    except OSError as error:
        raise of_system(error, where=path, doing="cannot be read") from error
    return found.st_ino, found.st_mtime_ns, found.st_size
