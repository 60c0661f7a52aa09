"""Spark reads every row of the lake, and the three examples of docs/lake.md have one answer: `make spark`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.cli.seat import DEMO, MEMORY, REPOSITORY, TRACES, environment, heapscape, many_profiles
from tests.docs.pages import DOCS, blocks, for_spark

pytestmark = pytest.mark.spark

SPARK = REPOSITORY / ".cache" / "spark"
# Jars go where `make clean` finds them. Spark's own type of timestamp in Parquet is nobody else's.
SUBMIT = f"--conf spark.jars.ivy={SPARK / 'ivy'} --conf spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS"
KEEP = """
import json
rows = [[service, taken_at.replace(tzinfo=None).isoformat(), name, value] for service, taken_at, name, value in {rows}]
with open("rows.json", "w") as file:
    json.dump(rows, file)
"""
COPY = """
for table in {tables}:
    spark.read.format("delta").load("heapscape-lake/" + table).write.parquet("copy/" + table)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with profiles, a report, a trace and refusals, of several commits, and compacted."""
    folder = tmp_path_factory.mktemp("spark")
    lake = folder / "heapscape-lake"
    many = many_profiles(folder / "many", 120)
    assert heapscape("ingest", many, "--lake", lake, "--memory", MEMORY).code == 1
    assert heapscape("ingest", DEMO, TRACES / "plain.trace", "--lake", lake).code in (0, 1)
    assert heapscape("lake", "compact", "--lake", lake).code == 0
    return folder


@pytest.fixture(scope="module")
def by_spark(folder: Path) -> list[object]:
    """What the example for Spark answers; it also writes each table as it read it to `copy/`."""
    more = KEEP.format(rows="live.collect()") + COPY.format(tables=_tables(folder))
    return _answer(folder, SPARK / "bin" / "python", for_spark, more)


def test_the_examples_for_spark_duckdb_and_polars_have_one_answer(folder: Path, by_spark: list[object]) -> None:
    more = KEEP.format(rows="live.rows()")
    by_duckdb = _answer(folder, Path(sys.executable), lambda block: "import duckdb" in block.text, more)
    by_polars = _answer(folder, Path(sys.executable), lambda block: "import polars" in block.text, more)

    assert len(by_spark) > 100
    assert _counted(by_spark) == _counted(by_duckdb) == _counted(by_polars)


@pytest.mark.usefixtures("by_spark")
def test_spark_reads_every_row_of_every_table(folder: Path) -> None:
    filled = 0
    for table in _tables(folder):
        ours = pl.scan_delta(str(folder / "heapscape-lake" / table)).collect()
        theirs = pl.read_parquet(folder / "copy" / table / "*.parquet")

        assert theirs.columns == ours.columns, table
        assert _counted(theirs.rows()) == _counted(ours.rows()), table
        filled += not ours.is_empty()
    assert filled > 20


def _tables(folder: Path) -> list[str]:
    return sorted(log.parent.name for log in folder.glob("heapscape-lake/*/_delta_log"))


def _counted(rows: list[object]) -> Counter[str]:
    """Rows with how often each is there; there is no order among them."""
    return Counter(map(str, rows))


def _answer(folder: Path, python: Path, wanted: Callable[..., bool], more: str) -> list[object]:
    """The rows that the one wanted example of docs/lake.md leaves in `live`."""
    (block,) = filter(wanted, blocks(DOCS / "lake.md"))
    done = subprocess.run(
        [python, "-c", block.text + more],
        cwd=folder,
        env=environment(PYSPARK_SUBMIT_ARGS=f"{SUBMIT} pyspark-shell"),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"docs/lake.md, line {block.line}: {done.stdout}{done.stderr}"
    return json.loads((folder / "rows.json").read_text())
