"""Whatever is raised below the warehouse is one of ours, with where, what and what to do."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import PipelineError, QueryError, UsageError
from pipeline.warehouse.connect import open_for_load, open_readonly
from pipeline.warehouse.faults import explained, first_line
from pipeline.warehouse.query import answer, ask

FOREIGN = [one for one in vars(duckdb).values() if isinstance(one, type) and issubclass(one, duckdb.Error)]
# Joins everything with everything: it takes minutes, and the rows of its answer come at the end.
LONG = "SELECT COUNT(*) FROM range(100000) AS a, range(10000000) AS b WHERE hash(a.range + b.range) = 1"
SORT = "SELECT hash(range) AS a, hash(range + 1) AS b, range::VARCHAR AS c FROM range(3000000) ORDER BY a"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "answers.duckdb"
    with open_for_load(str(path)) as connection:
        connection.execute("CREATE TABLE t AS FROM range(10)")
    return path


@pytest.mark.parametrize("kind", [*FOREIGN, pa.ArrowInvalid, pa.ArrowMemoryError, OSError, MemoryError, RuntimeError])
def test_every_foreign_exception_becomes_ours(kind: type[Exception]) -> None:
    expected = KeyboardInterrupt if kind is duckdb.InterruptException else PipelineError

    with pytest.raises(expected) as raised, explained("answers.duckdb", otherwise="do this"):
        raise kind("what\nand more")

    assert isinstance(raised.value, KeyboardInterrupt) or str(raised.value).startswith("answers.duckdb: ")


def test_what_is_ours_already_stays_as_it_is() -> None:
    with pytest.raises(UsageError, match="mine"), explained("answers.duckdb"):
        raise UsageError("mine")


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (duckdb.BinderException("Binder Error: no\n\nLINE 1"), "^db: Binder Error: no; do this$"),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: x"),
            "^db: this takes more memory than --memory 1GB allows: ",
        ),
        (OSError("Out of Memory Error: through Arrow"), "^db: this takes more memory than --memory 1GB allows: "),
        (duckdb.IOException('IO Error: file "a": No space left on device'), "^db: the disk is full: .*TMPDIR"),
        (OSError(errno.ENOSPC, "No space left on device"), "^db: .*make room"),
        (OSError(errno.EACCES, "Permission denied"), "^db: .*check the path and its permissions"),
    ],
)
def test_memory_disk_and_all_else_are_told_apart(raised: Exception, message: str) -> None:
    with pytest.raises(PipelineError, match=message), explained("db", memory="1GB", otherwise="do this"):
        raise raised


def test_a_query_keeps_duckdbs_mark_below_the_place() -> None:
    with pytest.raises(QueryError, match="DuckDB: Binder Error: no\n\nLINE 1: x"), explained("DuckDB"):
        raise duckdb.BinderException("Binder Error: no\n\nLINE 1: x")


def test_the_first_line_of_nothing_is_the_name() -> None:
    assert first_line(duckdb.IOException("")) == "IOException"


@pytest.mark.parametrize("run", [ask, lambda connection, query: list(answer(connection, query).batches)])
def test_too_little_memory_names_the_option_and_its_value(
    database: Path, run: Callable[[duckdb.DuckDBPyConnection, str], object]
) -> None:
    with (
        open_readonly(str(database), memory="20MiB", threads=1) as connection,
        pytest.raises(
            PipelineError, match=r"--memory 20\.0 MiB allows: Out of Memory Error.*Give it more with --memory"
        ),
    ):
        run(connection, "SELECT list(range::VARCHAR) FROM range(2000000)")


def test_what_does_not_fit_goes_to_the_temporary_folder(database: Path) -> None:
    with open_readonly(str(database), memory="60MiB", threads=1) as connection:
        rows = sum(batch.num_rows for batch in answer(connection, SORT).batches)

    assert rows == 3_000_000


def test_a_temporary_folder_that_cannot_be_made_is_named(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(database))

    with (
        open_readonly(str(database), memory="60MiB", threads=1) as connection,
        pytest.raises(QueryError, match=r"IO Error: .*answers\.duckdb/heapscape-"),
    ):
        list(answer(connection, SORT).batches)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_running_query(database: Path, number: signal.Signals) -> None:
    program = """
import signal, sys
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.query import answer
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.default_int_handler)
with open_readonly(sys.argv[1]) as connection:
    print("asking", flush=True)
    try:
        list(answer(connection, sys.argv[2]).batches)
    except KeyboardInterrupt:
        print("interrupted")
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(database), LONG], stdout=subprocess.PIPE, text=True, env=environment
    ) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "asking\n"
        time.sleep(0.5)

        asking.send_signal(number)
        try:
            said = asking.communicate(timeout=30)[0]
        finally:
            asking.kill()

    assert (asking.returncode, said) == (0, "interrupted\n")
