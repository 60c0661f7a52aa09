"""`kill -9` at any moment, and two writers at once: every table has all of a batch or nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.seat import FILES, command, environment, heapscape

# 57 files of two services: profiles, reports, and some that are refused.
INPUTS = (FILES / "lifecycle", FILES / "checkout" / "service=checkout" / "build=1.4.2")

_SUMS = """
SELECT
  (SELECT COUNT(*) FROM source) AS sources,
  (SELECT COUNT(DISTINCT source_id) FROM source) AS distinct_sources,
  (SELECT COUNT(*) FROM profile) AS profiles,
  (SELECT COUNT(*) FROM sample) AS samples,
  (SELECT SUM(value) FROM sample) AS sample_sum,
  (SELECT COUNT(*) FROM stack) AS stacks,
  (SELECT COUNT(*) FROM location) AS locations,
  (SELECT COUNT(*) FROM function) AS functions,
  (SELECT COUNT(*) FROM mapping) AS mappings,
  (SELECT COUNT(*) FROM label_set) AS label_sets,
  (SELECT COUNT(*) FROM escape_site) AS sites,
  (SELECT COUNT(*) FROM escape_step) AS steps,
  (SELECT COUNT(*) FROM ingest_note) AS notes,
  (SELECT SUM(growth_bytes) FROM attribution.growth_by_site) AS growth_bytes,
  (SELECT COUNT(*) FROM stack_node) AS nodes
"""


def sums(db: Path) -> Mapping[str, int]:
    """Rows of every table, and the sums of what matters."""
    (row,) = heapscape("sql", _SUMS, "--db", db, "--format", "json").json()
    assert isinstance(row, dict)
    return row


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, int]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert heapscape("run", *INPUTS, "--lake", folder / "lake", "--db", folder / "h.duckdb").code == 1
    found = sums(folder / "h.duckdb")
    assert found["sources"] == found["distinct_sources"] > 50
    return found


def killed_run(lake: Path, db: Path, *, after: float) -> int:
    """Start a run and kill it so long after it first touched the lake or the database; its exit code."""
    running = subprocess.Popen(
        command("run", *INPUTS, "--lake", lake, "--db", db),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    while running.poll() is None and not lake.exists():
        time.sleep(0.002)
    time.sleep(after)
    running.kill()
    return running.wait(60)


def survives(folder: Path, undisturbed: Mapping[str, int], *, after: float) -> int:
    """Kill a run, look at what it left, let another one finish; the killed one's exit code."""
    lake, db = folder / "lake", folder / "h.duckdb"
    code = killed_run(lake, db, after=after)
    verdict = heapscape("lake", "verify", "--lake", lake)
    assert verdict.code in (0, 2), verdict.out
    if db.exists():
        assert sums(db)["distinct_sources"] == sums(db)["sources"]

    again = heapscape("run", *INPUTS, "--lake", lake, "--db", db)

    assert again.code in (0, 1), again.err
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert sums(db) == undisturbed
    return code


@pytest.mark.parametrize("after", [0.0, 0.5])
def test_a_killed_run_leaves_a_sound_lake_and_the_next_one_finishes(
    tmp_path: Path, undisturbed: Mapping[str, int], after: float
) -> None:
    assert survives(tmp_path, undisturbed, after=after) in (-signal.SIGKILL, 1)


@pytest.mark.slow
def test_a_run_killed_at_many_random_moments_leaves_nothing_half_done(
    tmp_path: Path, undisturbed: Mapping[str, int]
) -> None:
    chance = random.Random(17)
    codes = []

    for round_ in range(40):
        folder = tmp_path / str(round_)
        folder.mkdir()
        codes.append(survives(folder, undisturbed, after=chance.uniform(0, 2.0)))

    assert codes.count(-signal.SIGKILL) > 20


def test_a_killed_load_leaves_the_database_as_it_was(tmp_path: Path, undisturbed: Mapping[str, int]) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    heapscape("ingest", INPUTS[1], "--lake", lake)
    heapscape("load", "--lake", lake, "--db", db)
    before = sums(db)
    heapscape("ingest", *INPUTS, "--lake", lake)
    codes = []

    for after in (0.0, 0.1, 0.3):
        running = subprocess.Popen(
            command("load", "--lake", lake, "--db", db), stdout=subprocess.DEVNULL, env=environment()
        )
        # Its draft lies beside the database.
        while running.poll() is None and not list(tmp_path.glob("h.duckdb.*")):
            time.sleep(0.002)
        time.sleep(after)
        running.kill()
        codes.append(running.wait(60))
        assert sums(db) == (before if codes[-1] else undisturbed)

    assert -signal.SIGKILL in codes
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    assert sums(db) == undisturbed


def test_two_loads_at_once_leave_a_whole_database(tmp_path: Path, undisturbed: Mapping[str, int]) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    heapscape("ingest", *INPUTS, "--lake", lake)

    running = [
        subprocess.Popen(
            command("load", "--lake", lake, "--db", db),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120)[1] for one in running]

    assert [one.returncode for one in running] == [0, 0], said
    assert sums(db) == undisturbed
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("h.")] == ["h.duckdb"]


def test_two_ingests_at_once_with_the_same_inputs_are_as_one(tmp_path: Path, undisturbed: Mapping[str, int]) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"

    running = [
        subprocess.Popen(
            command("ingest", *inputs, "--lake", lake),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        for inputs in (INPUTS, INPUTS[::-1])
    ]
    said = [one.communicate(timeout=120)[1] for one in running]

    assert [one.returncode for one in running] == [1, 1], said
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    assert sums(db) == undisturbed
