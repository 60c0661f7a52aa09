"""The thirty questions of docs/how-to/trace-questions.md, asked of a trace of more than a million events, in processor time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import duckdb

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.bench.comparison import Comparison
from tests.docs.pages import DOCS, blocks

_LIMITS = Limits(max_plain_bytes=256 << 20, max_ratio=1000, max_members=100_000, max_depth=3)
_PROMISED_MS = 1000.0


def ask_trace(file: Path, *, runs: int) -> list[Comparison]:
    """A row for each question: what it takes of all cores together, and the second that is promised."""
    queries = [block.text for block in blocks(DOCS / "how-to" / "trace-questions.md") if block.language == "sql"]
    with tempfile.TemporaryDirectory() as folder:
        lake, database = f"{folder}/lake", f"{folder}/bench.duckdb"
        flow.ingest([str(file)], lake, labels={}, limits=_LIMITS)
        flow.load(lake, database)
        with flow.open_warehouse(database) as connection:
            ((events,),) = connection.sql("SELECT event_count FROM trace").fetchall()
            assert events > 1_000_000, file
            taken = [[_cpu_ms(connection, query) for _ in range(runs)] for query in queries]
    return [
        Comparison(
            f"question {number} to {events / 1e6:.1f} million events, CPU", (_PROMISED_MS,), (min(times),), target=1.0
        )
        for number, times in enumerate(taken, start=1)
    ]


def _cpu_ms(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    began = time.process_time()
    connection.sql(query).to_arrow_table()
    return 1e3 * (time.process_time() - began)
