"""Connections to the DuckDB file: always under one alias, with threads and memory bounded, and never to the network."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import gettempdir

import duckdb

from pipeline import config
from pipeline.errors import QueryError, UsageError, of_system
from pipeline.warehouse.faults import explained

# DuckDB names a database after its file, so that heap.duckdb would make heap.growth ambiguous.
ALIAS = "heapscape"
# What DuckDB 1.5 and dashboards built on it read; columns of one text take no room in it.
_STORAGE = "v1.5.0"
# A table of a few rows takes a block, and there are some fifty.
FORMAT = f"STORAGE_VERSION '{_STORAGE}', BLOCK_SIZE 65536"
# What stands behind the checksum that a DuckDB file begins with.
_MAGIC = (8, b"DUCK")
_STOPPED_BY = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def open_readonly(
    path: str, *, threads: int | None = None, memory: str | None = None, is_ended_by_signals: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database for questions: the file is open for reading, and no setting can be changed any more.

    is_ended_by_signals  whether a signal that ends the program ends its queries; not where several are open at once
    DuckDB leaves the attached file's own path open to its file functions all the same, so what other people ask
    goes through `statements.reading` first.
    """
    if not Path(path).exists():
        raise no_database(path)
    _check_file(path)
    with _session(threads=threads, memory=memory, is_ended_by_signals=is_ended_by_signals) as connection:
        with explained(path, memory=connection, otherwise="move it away to have it made anew"):
            connection.execute(f"ATTACH {_literal(path)} AS {ALIAS} (READ_ONLY)")
            connection.execute(f"USE {ALIAS}")
        lock(connection)
        yield connection


@contextmanager
def open_ours(
    path: str, *, threads: int | None = None, memory: str | None = None, is_ended_by_signals: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same; raises QueryError for a database of another program, whose tables are not those of any question."""
    with open_readonly(path, threads=threads, memory=memory, is_ended_by_signals=is_ended_by_signals) as connection:
        if not connection.execute("FROM duckdb_tables() WHERE table_name = 'warehouse_state'").fetchall():
            raise QueryError(f"{path}: this DuckDB file was not made by heapscape; name another with --db")
        yield connection


@contextmanager
def open_for_load(
    path: str, *, threads: int | None = None, memory: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database for the loader; made if it is not there, in a storage version that DuckDB 1.5 reads."""
    with _session(threads=threads, memory=memory) as connection:
        if memory is not None:
            # The limit is for the process: the rest is Python's and Arrow's, and what DuckDB does not count.
            connection.execute(f"SET memory_limit = '{config.size_bytes(memory) * 2 // 3}B'")
        # What does not fit into memory can be larger than what a temporary folder has room for.
        connection.execute(f"SET temp_directory = {_literal(f'{path}.spill')}")
        connection.execute(f"ATTACH {_literal(path)} AS {ALIAS} ({FORMAT})")
        connection.execute(f"USE {ALIAS}")
        # The loader says when: rows that are written out anew each time leave holes.
        connection.execute("SET checkpoint_threshold = '1GB'")
        yield connection
        connection.execute("CHECKPOINT")
        connection.execute("USE memory")
        connection.execute(f"DETACH {ALIAS}")


@contextmanager
def open_once(*, threads: int | None = None, memory: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, for one question."""
    with _session(threads=threads, memory=memory) as connection:
        connection.execute(f"ATTACH ':memory:' AS {ALIAS}")
        connection.execute(f"USE {ALIAS}")
        yield connection


def no_database(path: str) -> UsageError:
    """What is said where there is none."""
    return UsageError(f"{path}: there is no such database; make it with: heapscape load --db {path}")


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """From now on no file is read, and no setting can be changed."""
    # A table that is not there is no variable of this program, and no file.
    connection.execute("SET GLOBAL python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _check_file(path: str) -> None:
    """Raise QueryError for what is no DuckDB file: DuckDB would look for an extension to read it with."""
    offset, magic = _MAGIC
    if os.path.isdir(os.path.join(path, "source", "_delta_log")):
        raise UsageError(f"{path}: it is a lake; make a database of it with: heapscape load --lake {path} --db FILE")
    try:
        with open(path, "rb") as file:
            head = file.read(offset + len(magic))
    except OSError as error:
        raise of_system(error, where=path, doing="cannot be read") from error
    if head[offset:] != magic:
        raise QueryError(f"{path}: is not a DuckDB file; name another with --db, or move it away to have it made anew")


@contextmanager
def _session(
    *, threads: int | None, memory: str | None, is_ended_by_signals: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if threads is not None:
        # More threads than cores do nothing but stall the machine.
        offline["threads"] = f"{min(threads, os.cpu_count() or 1):d}"
    connection = duckdb.connect(":memory:", config=offline)
    try:
        # What does not fit into memory; the working folder may not be ours to write to.
        connection.execute(f"SET temp_directory = {_literal(f'{gettempdir()}/heapscape-{os.getpid()}')}")
        # Times in answers are UTC wherever the question is asked.
        connection.execute("SET TimeZone = 'UTC'")
        if memory is not None:
            connection.execute(f"SET memory_limit = {_literal(memory)}")
        with _stoppable(connection) if is_ended_by_signals else nullcontext():
            yield connection
    finally:
        connection.close()


@contextmanager
def _stoppable(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """End a running query when a signal is to end the program.

    DuckDB does not look for signals while it works, and Python's handlers run only when it is done; but the number of
    a signal is written to the wakeup file at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_interrupt, args=(connection, reader), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writer)
        watcher.join()
        os.close(reader)


def _interrupt(connection: duckdb.DuckDBPyConnection, reader: int) -> None:
    while number := os.read(reader, 1):
        if number[0] in _STOPPED_BY:
            with suppress(duckdb.Error):
                connection.interrupt()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
