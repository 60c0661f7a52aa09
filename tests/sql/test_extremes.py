"""No load, view or macro fails for what a file says: every table full of extremes, and everything read to its end.

Random rows go the whole way, through a lake and a load. Views of what only belongs together are asked over the rows of cases.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import flow
from pipeline.warehouse.modules import modules
from tests.sql.everything import ask_everything, read_everything
from tests.sql.extremes import extreme_case, extreme_rows, fill_lake
from tests.sql.test_cases import CASES, asked, asked_of, title
from tests.sql.world import ask, fill

# How many seeds there are of random rows, and of the cases of views that had no rows with the seeds before.
SEEDS = 3
SEEDS_OF_CASES = 12
ROWS = 40
# Audits hold in most rows, and the last is written when a load is done.
EMPTY = {*(name for name in modules() if name.startswith("audit.")), "warehouse_state"}


@pytest.fixture(scope="module")
def rows_of_all() -> Counter[str]:
    """How many rows each table, view and macro had, over some seeds."""
    total: Counter[str] = Counter()
    for seed in range(SEEDS):
        total.update(_rows_of_each(extreme_rows(seed, most=ROWS)))
    return total


@pytest.fixture(scope="module")
def rows_of_cases(world: duckdb.DuckDBPyConnection) -> Counter[str]:
    """How many rows what the cases ask had, over their rows with extremes."""
    total: Counter[str] = Counter()
    failed: dict[str, str] = {}
    for seed in range(SEEDS_OF_CASES):
        for case in CASES:
            names = {asked_of(want) for want in case.want}
            # Every case once; then what had no rows yet.
            if seed and all(total[name] for name in names):
                continue
            try:
                fill(world, extreme_case(case, seed), views=asked(case))
                total["symbolised_location"] += world.table("symbolised_location").shape[0]
                total.update({asked_of(want): ask(world, want).num_rows for want in case.want})
            except duckdb.Error as error:
                failed[f"{title(case)}, {seed}"] = str(error)
    assert not failed
    return total


@pytest.mark.slow
def test_every_view_and_macro_is_read_to_its_end_over_rows_of_extremes(rows_of_all: Counter[str]) -> None:
    read = {name for name in rows_of_all if "." in name}

    assert read == {name for name, module in modules().items() if module.kind != "FUNCTION"}


@pytest.mark.slow
def test_rows_of_extremes_reach_every_view(rows_of_all: Counter[str], rows_of_cases: Counter[str]) -> None:
    rows = rows_of_all + rows_of_cases

    assert {name for name in rows_of_all if not rows[name]} - EMPTY == set()


def test_a_lake_of_extremes_loads_and_its_database_answers(tmp_path: Path) -> None:
    lake, database = str(tmp_path / "lake"), str(tmp_path / "extremes.duckdb")
    fill_lake(tmp_path / "lake", extreme_rows(0, most=ROWS))

    flow.load(lake, database)

    with flow.open_warehouse(database) as connection:
        assert sum(read_everything(connection).values()) > 0


@pytest.mark.slow
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), most=st.integers(1, 60))
def test_no_rows_of_extremes_make_a_load_or_a_view_fail(seed: int, most: int) -> None:
    assert sum(_rows_of_each(extreme_rows(seed, most=most)).values()) > 0


def _rows_of_each(given_rows: dict[str, pa.Table]) -> Counter[str]:
    with TemporaryDirectory() as folder:
        lake, database = Path(folder, "lake"), str(Path(folder, "extremes.duckdb"))
        fill_lake(lake, given_rows)
        flow.load(str(lake), database)
        with flow.open_warehouse(database) as connection:
            ask_everything(connection)
            return Counter(read_everything(connection))
