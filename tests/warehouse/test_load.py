"""The database follows its lake: incrementally, in any order, and never half."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import config, flow
from pipeline.errors import PipelineError, QueryError, UsageError
from pipeline.schema import tables
from pipeline.warehouse.load import load
from pipeline.warehouse.modules import modules
from pipeline.warehouse.part import Part
from tests.warehouse.builder import LIMITS, REPORT, answers, heap, kept, offer

ROOT = Path(__file__).parents[2]
BATCHES = {
    "heap-0.pb": heap(0, grow=100),
    "heap-1.pb": heap(1, grow=250),
    "heap-2.pb": heap(2, grow=400, walk=20),
    "escape.txt": REPORT.encode(),
}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "db" / "answers.duckdb"


@pytest.fixture(autouse=True)
def folder(database: Path) -> None:
    database.parent.mkdir()


def _series(database: Path) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(database)) as connection:
        return connection.sql("SELECT profiles, first_bytes, last_bytes FROM heap.series ORDER BY first_at").fetchall()


def test_a_second_load_reads_only_what_is_new(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    # Were they read again, they would be missed; the sources are, by the next ingest.
    for parquet in lake.rglob("*.parquet"):
        if not parquet.is_relative_to(lake / "source") and not parquet.is_relative_to(lake / "batch"):
            parquet.unlink()
    offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])

    loaded = flow.load(str(lake), str(database))

    assert (loaded.from_batch, loaded.to_batch) == (1, 2)
    assert loaded.rows["profile"] == 1
    assert loaded.rows["source"] == 1
    assert loaded.rows.get("function", 0) == 0
    assert _series(database) == [(2, 150, 300)]


def test_of_a_lake_that_moved_only_what_is_new_is_read(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    for parquet in lake.glob("sample/**/*.parquet"):
        parquet.unlink()
    moved = lake.rename(lake.with_name("elsewhere"))
    offer(moved, "heap-1.pb", BATCHES["heap-1.pb"])

    loaded = flow.load(str(moved), str(database))

    assert loaded.rows["profile"] == 1
    assert _series(database) == [(2, 150, 300)]


def test_a_file_of_a_release_that_knew_files_by_their_paths_goes_on_with_its_part(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database), part=Part(kind="heap"))
    with duckdb.connect(database) as connection:
        connection.execute("ALTER TABLE loaded_file RENAME file_name TO path")
        connection.execute("UPDATE warehouse_state SET declarations = 'of then'")

    flow.load(str(lake), str(database))

    with flow.open_warehouse(str(database)) as connection:
        assert "heap" in str(connection.sql("SELECT part FROM warehouse_state").fetchall())


def test_a_source_refused_again_and_again_is_the_row_loaded_at_once(lake: Path, database: Path) -> None:
    other = heap(1, grow=250)
    offer(lake, "notes.txt", b"call them on Monday")
    for size in (len(other) - 2, len(other) - 1, 1 << 20):
        offer(lake, "heap.pb", other, limits=replace(LIMITS, max_plain_bytes=size))
        flow.load(str(lake), str(database))
    at_once = database.with_name("once.duckdb")

    flow.load(str(lake), str(at_once))

    assert [status for *_, status in _statuses(database)] == ["ingested", "refused"]
    assert kept(at_once) == kept(database)


def _statuses(database: Path) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(database)) as connection:
        return connection.sql("SELECT parse_filename(uri), status FROM source ORDER BY ALL").fetchall()


def test_loading_twice_changes_nothing_and_does_not_touch_the_file(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    before = (database.read_bytes(), database.stat().st_ino)

    loaded = flow.load(str(lake), str(database))

    assert loaded.rows == {}
    assert (database.read_bytes(), database.stat().st_ino) == before


def test_batches_in_any_order_give_the_same_rows(tmp_path: Path, database: Path) -> None:
    found = []
    for number, order in enumerate(itertools.permutations(BATCHES)):
        if number % 12 != 3:
            continue
        lake = tmp_path / f"lake-{number}"
        path = database.with_name(f"answers-{number}.duckdb")
        for name in order:
            offer(lake, name, BATCHES[name])
            flow.load(str(lake), str(path))
        found.append(answers(path))

    assert len(found) == 2
    assert len(found[0]["heap.growth"]) == 3
    assert all(other == found[0] for other in found[1:])


def test_a_database_loaded_commit_by_commit_is_the_one_loaded_at_once(lake: Path, database: Path) -> None:
    for name, content in BATCHES.items():
        offer(lake, name, content)
        flow.load(str(lake), str(database))
    at_once = database.with_name("once.duckdb")

    flow.load(str(lake), str(at_once))

    assert kept(at_once) == kept(database)


def test_a_late_profile_renumbers_its_series(lake: Path, database: Path) -> None:
    for name in ("heap-0.pb", "heap-2.pb"):
        offer(lake, name, BATCHES[name])
    flow.load(str(lake), str(database))
    offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])

    flow.load(str(lake), str(database))

    with flow.open_warehouse(str(database)) as connection:
        rows = connection.sql("SELECT position, inuse_bytes FROM heap.profiles ORDER BY taken_at").fetchall()
    assert rows == [(0, 150), (1, 300), (2, 420)]


def test_a_late_profile_cuts_a_series_in_two(lake: Path, database: Path) -> None:
    offer(lake, "a.pb", heap(0, grow=100))
    offer(lake, "b.pb", heap(4, grow=300))
    flow.load(str(lake), str(database))
    assert _series(database) == [(2, 150, 350)]
    # More had been allocated by then than later, so that the process was started anew in between.
    offer(lake, "c.pb", heap(2, grow=4000))

    flow.load(str(lake), str(database))

    assert _series(database) == [(2, 150, 4050), (1, 350, 350)]


def test_profiles_of_another_executable_are_a_series_of_their_own(lake: Path, database: Path) -> None:
    offer(lake, "a.pb", heap(0, grow=100))
    offer(lake, "b.pb", heap(2, grow=200, build_id="build-2"))
    offer(lake, "c.pb", heap(4, grow=300))

    flow.load(str(lake), str(database))

    assert _series(database) == [(2, 150, 350), (1, 250, 250)]


def test_a_database_of_another_lake_is_made_anew(tmp_path: Path, lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])
    flow.load(str(lake), str(database))
    other = tmp_path / "other"
    offer(other, "heap-2.pb", BATCHES["heap-2.pb"])

    loaded = flow.load(str(other), str(database))

    assert loaded.from_batch == 0
    assert _series(database) == [(1, 420, 420)]


def test_a_database_of_other_declarations_is_made_anew(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE warehouse_state SET declarations = 'of an older release'")
        connection.execute("DROP VIEW flame.flat_cum CASCADE")

    loaded = flow.load(str(lake), str(database))

    assert loaded.from_batch == 0
    with flow.open_warehouse(str(database)) as connection:
        assert connection.sql("FROM flame.flat_cum").fetchall() != []


def test_a_reader_keeps_the_file_it_has_open(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    count = "SELECT COUNT(*) FROM profile"
    with flow.open_warehouse(str(database)) as reader:
        offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])
        flow.load(str(lake), str(database))

        assert reader.sql(count).fetchall() == [(1,)]
        with flow.open_warehouse(str(database)) as later:
            assert later.sql(count).fetchall() == [(2,)]


def test_nothing_is_left_beside_the_file(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])

    flow.load(str(lake), str(database))

    assert [path.name for path in database.parent.iterdir()] == ["answers.duckdb"]


def test_a_load_that_fails_leaves_the_file_and_no_draft(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    before = database.read_bytes()
    offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])
    for parquet in lake.rglob("*.parquet"):
        if not parquet.is_relative_to(lake / "batch"):
            parquet.unlink()

    with pytest.raises(
        QueryError, match=r"^table \w+ of the lake: .*parquet.*; heapscape lake verify tells which files"
    ):
        flow.load(str(lake), str(database))

    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == ["answers.duckdb"]


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "changed", "other columns", "other types"])
def test_a_damaged_lake_file_is_a_finding_of_its_table(lake: Path, database: Path, damage: str) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    for path in lake.glob("profile/**/*.parquet"):
        content = path.read_bytes()
        path.unlink()
        if damage == "other columns":
            pq.write_table(pa.table({"profile": [1]}), path)
        elif damage == "other types":
            table = pq.read_table(io.BytesIO(content))
            pq.write_table(table.set_column(0, "profile_hash", pa.array([["a"]] * len(table))), path)
        else:
            path.write_bytes(_DAMAGED[damage](content))

    with pytest.raises(QueryError, match=r"^table profile of the lake: .*; heapscape lake verify tells which files"):
        flow.load(str(lake), str(database))

    assert list(database.parent.iterdir()) == []


_DAMAGED: Mapping[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "foreign": lambda content: b"notes of mine" * 100,
    "changed": lambda content: content[:4] + bytes(byte ^ 255 for byte in content[4:200]) + content[200:],
}


def test_too_little_memory_names_the_option_and_its_value(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])

    with pytest.raises(PipelineError, match=r"--memory 2MB allows: .*Give it more with --memory"):
        flow.load(str(lake), str(database), memory="2MB")

    assert list(database.parent.iterdir()) == []


def test_the_least_memory_loads_a_small_lake(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])

    loaded = flow.load(str(lake), str(database), memory=config.LEAST_MEMORY, threads=2)

    assert loaded.rows["profile"] == 1


def test_a_disk_without_room_leaves_the_old_file_and_is_told(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))
    before = database.read_bytes()
    offer(lake, "heap-1.pb", BATCHES["heap-1.pb"])

    run = _with_room_for(len(before) // 2, lake, database)

    assert run.returncode == 0, run.stderr
    assert re.match(r"\S+answers\.duckdb: .*(File too large|write)", run.stdout), run.stdout
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == ["answers.duckdb"]


def _with_room_for(size: int, lake: Path, database: Path) -> subprocess.CompletedProcess[str]:
    """Load where no file may grow beyond a size; prints what PipelineError says."""
    program = f"""
import resource, signal, sys
from pipeline import config, flow
from pipeline.errors import PipelineError
from pipeline.warm import compile_missing
compile_missing({{"pprof"}})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
try:
    flow.load({str(lake)!r}, {str(database)!r})
except PipelineError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)


def test_a_draft_of_a_killed_load_with_the_same_process_id_does_no_harm(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    draft = database.with_name(f"{database.name}.{os.getpid()}.draft")
    with duckdb.connect(str(draft)) as connection:
        connection.execute("CREATE TABLE source (leftover INTEGER)")

    flow.load(str(lake), str(database))

    assert _series(database) == [(1, 150, 150)]


def test_a_draft_that_nobody_wrote_to_for_a_day_is_removed(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    forgotten = database.with_name("answers.duckdb.1.draft")
    fresh = database.with_name("answers.duckdb.2.draft")
    for path in (forgotten, fresh):
        path.write_bytes(b"")
    os.utime(forgotten, (time.time() - 100_000,) * 2)

    flow.load(str(lake), str(database))

    assert not forgotten.exists()
    assert fresh.exists()


@pytest.mark.parametrize("name", sorted({view.partition(".")[0] for view in modules()}))
def test_a_file_called_like_a_group_of_views_is_refused(demo_lake: Path, database: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is the name of a group of views; call the file something else"):
        flow.load(str(demo_lake), str(database.with_name(f"{name}.duckdb")))


def test_a_folder_that_is_not_there_is_named(lake: Path, tmp_path: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])

    with pytest.raises(UsageError, match="absent does not exist; make it first"):
        flow.load(str(lake), str(tmp_path / "absent" / "answers.duckdb"))


def test_a_duckdb_file_of_someone_else_is_left_alone(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE payroll (salary INTEGER)")
    before = database.read_bytes()

    with pytest.raises(
        QueryError, match=r"answers\.duckdb: this DuckDB file was not made by heapscape; name another with --db"
    ):
        flow.load(str(lake), str(database))

    assert database.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    database.write_bytes(b"notes of mine" * 1000)

    with pytest.raises(QueryError, match=r"answers\.duckdb: is not a DuckDB file; .* or move it away"):
        flow.load(str(lake), str(database))

    assert database.read_bytes() == b"notes of mine" * 1000


def test_an_empty_state_of_a_lake_is_a_database_without_rows(database: Path) -> None:
    load(str(database), lake="none", batch=1, files={})

    found = answers(database)

    filled = {name for name, rows in found.items() if rows}
    assert filled == {"warehouse_state", "alloc._size_class", "attribution._size_class"}


def test_every_table_view_column_and_macro_has_its_comment_in_the_catalog(lake: Path, database: Path) -> None:
    offer(lake, "heap-0.pb", BATCHES["heap-0.pb"])
    flow.load(str(lake), str(database))

    with flow.open_warehouse(str(database)) as connection:
        bare = connection.sql(
            """
            SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE comment IS NULL AND database_name = 'heapscape'
            UNION ALL
            SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal
              AND database_name = 'heapscape'
            UNION ALL
            SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal
              AND database_name = 'heapscape'
            UNION ALL
            SELECT function_name FROM duckdb_functions() WHERE comment IS NULL AND database_name = 'heapscape' AND NOT internal
            """
        ).fetchall()
        counts = connection.sql(
            """
            SELECT
              (SELECT COUNT(*) FROM duckdb_tables() WHERE database_name = 'heapscape')
              + (SELECT COUNT(*) FROM duckdb_views() WHERE database_name = 'heapscape' AND NOT internal),
              (SELECT COUNT(*) FROM duckdb_functions() WHERE database_name = 'heapscape' AND NOT internal)
            """
        ).fetchall()

    views = [module for module in modules().values() if module.kind == "VIEW"]
    assert bare == []
    # A table that is packed is a view of one, one that says what its rows have alike of two.
    packed = sum(bool(table.objects) + 2 * bool(table.alike) for table in tables().values())
    assert counts == [(len(tables()) + packed + len(views), len(modules()) - len(views))]


def test_duckdb_takes_the_declarations_as_they_are_written() -> None:
    with duckdb.connect(":memory:") as connection:
        # A reference needs its table to be there and to have a primary key; the lake checks references itself.
        for table in tables().values():
            connection.execute(_without_references(table.declaration.text))

        nullable = dict(
            connection.sql(
                "SELECT table_name || '.' || column_name, is_nullable FROM duckdb_columns() WHERE NOT internal"
            ).fetchall()
        )

    assert nullable == {
        f"{table.name}.{column.name}": column.nullable
        for table in tables().values()
        for column in (*table.columns, *table.lake_only)
    }


def _without_references(text: str) -> str:
    return re.sub(r" REFERENCES \w+\(\w+\)", "", text)


@pytest.mark.xdist_group("killed")
@pytest.mark.slow
def test_a_load_killed_at_any_moment_leaves_a_file_that_answers_and_can_be_loaded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.warehouse.processes", "killed_at_random", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["killed"] >= 5
    assert result["old"] >= 1
    assert result["rows"] == result["rows_at_once"]
