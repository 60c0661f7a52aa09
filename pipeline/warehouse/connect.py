"""Connections to the DuckDB file: always under one alias, with its threads and memory bounded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import duckdb

from pipeline.errors import QueryError, UsageError

# DuckDB names a database after its file, so that heap.duckdb would make heap.growth ambiguous.
ALIAS = "heapscape"
# The oldest storage that has all we need; DuckDB 1.5 and dashboards built on it read it.
_STORAGE = "v1.2.0"


@contextmanager
def open_readonly(
    path: str, *, threads: int | None = None, memory: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database for questions: no statement can change it, nor reach another file or the network."""
    if not Path(path).is_file():
        raise UsageError(f"{path}: there is no such database; make it with: heapscape load --db {path}")
    with _session(threads=threads, memory=memory) as connection:
        try:
            connection.execute(f"ATTACH {_literal(path)} AS {ALIAS} (READ_ONLY)")
        except duckdb.Error as error:
            raise QueryError(f"{path}: DuckDB cannot open it: {_first_line(error)}") from error
        connection.execute(f"USE {ALIAS}")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


@contextmanager
def open_for_load(
    path: str, *, threads: int | None = None, memory: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database for the loader; made if it is not there, in a storage version that DuckDB 1.5 reads."""
    with _session(threads=threads, memory=memory) as connection:
        connection.execute(f"ATTACH {_literal(path)} AS {ALIAS} (STORAGE_VERSION '{_STORAGE}')")
        connection.execute(f"USE {ALIAS}")
        yield connection
        connection.execute("CHECKPOINT")
        connection.execute("USE memory")
        connection.execute(f"DETACH {ALIAS}")


@contextmanager
def _session(*, threads: int | None, memory: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        # What does not fit into memory; the working folder may not be ours to write to.
        connection.execute(f"SET temp_directory = {_literal(f'{gettempdir()}/heapscape-{os.getpid()}')}")
        # Times in answers are UTC wherever the question is asked.
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET autoinstall_known_extensions = false")
        if threads is not None:
            connection.execute(f"SET threads = {threads:d}")
        if memory is not None:
            connection.execute(f"SET memory_limit = {_literal(memory)}")
        yield connection
    finally:
        connection.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
