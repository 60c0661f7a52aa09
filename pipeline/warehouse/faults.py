"""What DuckDB, Arrow and the system raise, as errors of ours: where, what, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import gettempdir

import duckdb
import pyarrow as pa

from pipeline.errors import PipelineError, QueryError, of_system


@contextmanager
def explained(
    where: str, *, memory: str | duckdb.DuckDBPyConnection | None = None, otherwise: str = ""
) -> Iterator[None]:
    """Turn whatever is raised below the warehouse into a PipelineError, and what Ctrl-C makes of a query into itself.

    where      what was at work: the path of a database, or DuckDB
    memory     the limit, or the connection that knows it
    otherwise  what to do about an error that is neither memory nor disk
    """
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError, RuntimeError) as error:
        if _is_interrupt(error):
            raise KeyboardInterrupt from error
        raise _ours(error, where, limit=_limit(memory), otherwise=otherwise) from error


def first_line(error: BaseException) -> str:
    """What an exception says, without DuckDB's advice on settings that are not ours to give."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _ours(error: BaseException, where: str, *, limit: str, otherwise: str) -> PipelineError:
    text = str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return of_system(error, where=where)
    if "max_temp_directory_size" in text or "No space left on device" in text or "Disk quota" in text:
        return PipelineError(
            f"{where}: the disk is full: {first_line(error)}. Make room for the file, and in {gettempdir()} (TMPDIR "
            "names another folder) for what does not fit into memory"
        )
    # Through Arrow's stream DuckDB's exceptions arrive as OSError, and only their text tells them apart.
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) or text.startswith("Out of Memory"):
        return PipelineError(
            f"{where}: this takes more memory than --memory {limit}".rstrip()
            + f" allows: {first_line(error)}. Give it more with --memory, fewer --threads, or less to do at once"
        )
    if not otherwise:
        return QueryError(f"{where}: {text}")
    return QueryError(f"{where}: {first_line(error)}; {otherwise}")


def _is_interrupt(error: BaseException) -> bool:
    # DuckDB's Python module sees Ctrl-C itself and raises RuntimeError("Query interrupted").
    return isinstance(error, duckdb.InterruptException) or str(error).startswith(
        ("INTERRUPT Error", "Query interrupted")
    )


def _limit(memory: str | duckdb.DuckDBPyConnection | None) -> str:
    if memory is None or isinstance(memory, str):
        return memory or ""
    with suppress(duckdb.Error):
        ((limit,),) = memory.execute("SELECT current_setting('memory_limit')").fetchall()
        return str(limit)
    return ""
