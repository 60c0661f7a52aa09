"""`kill -9` at any moment, and two writers at once: every table has all of a batch or nothing, and no process is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import schema
from tests.cli.seat import FILES, MEMORY, command, commits, environment, heapscape, many_profiles

# One worker makes what all are held against.
pytestmark = pytest.mark.xdist_group("kill")

# 57 files of two services: profiles, reports, and some that are refused.
INPUTS = (FILES / "lifecycle", FILES / "checkout" / "service=checkout" / "build=1.4.2")

_SUMS = """
SELECT
  (SELECT COUNT(*) FROM source) AS sources,
  (SELECT COUNT(DISTINCT source_id) FROM source) AS distinct_sources,
  (SELECT COUNT(*) FROM profile) AS profiles,
  (SELECT COUNT(*) FROM sample) AS samples,
  (SELECT SUM(value) FROM sample_value) AS sample_sum,
  (SELECT COUNT(*) FROM stack) AS stacks,
  (SELECT COUNT(*) FROM location) AS locations,
  (SELECT COUNT(*) FROM function) AS functions,
  (SELECT COUNT(*) FROM mapping) AS mappings,
  (SELECT COUNT(*) FROM label_set) AS label_sets,
  (SELECT COUNT(*) FROM escape_site) AS sites,
  (SELECT COUNT(*) FROM escape_step) AS steps,
  (SELECT COUNT(*) FROM ingest_note) AS notes,
  (SELECT SUM(growth_bytes) FROM attribution.growth_by_site) AS growth_bytes,
  (SELECT COUNT(*) FROM stack_path) AS paths,
  (SELECT COUNT(*) FROM stack_label) AS labels
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


# Killed in the middle ------------------------------------------------------------------------------------------------

INPUT_COUNT = 100
STRAYS = 3000


@dataclass(frozen=True)
class World:
    """Inputs, and what an undisturbed run makes of them."""

    inputs: Path
    lake: Path
    commits: int
    tables: Mapping[str, str]


def contents(db: Path) -> Mapping[str, str]:
    """How many rows each table has and what is in them, whatever their order; but when each was read, and by which commit."""
    each = [
        f"SELECT '{name}' AS name, COUNT(*) || ':' || COALESCE(BIT_XOR(HASH(t)), 0) AS content "
        f"FROM (SELECT {'* EXCLUDE (ingested_at, offered_hash)' if name == 'source' else '*'} FROM {name}) AS t"
        for name in schema.tables()
        if name not in ("warehouse_state", "loaded_file")
    ]
    rows = heapscape("sql", " UNION ALL ".join(each), "--db", db, "--format", "json").json()
    return {row["name"]: row["content"] for row in rows}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    inputs, lake, db = many_profiles(folder, INPUT_COUNT), folder / "lake", folder / "h.duckdb"
    assert heapscape("ingest", inputs, "--lake", lake, "--memory", MEMORY).code == 1
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    made = World(inputs, lake, commits(lake), contents(db))
    assert made.commits > 10
    assert made.tables["profile"].startswith(f"{INPUT_COUNT}:")
    return made


def killed(arguments: list[str], *, when: Callable[[], bool], after: float) -> bool:
    """Start a command and kill it so long after something is so; whether it was at work. No process of it is left."""
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment())
    while running.poll() is None and not when():
        time.sleep(0.001)
    time.sleep(after)
    running.kill()
    # Its workers hold the pipe as well, so this ends when the last one has.
    running.communicate(timeout=60)
    return running.returncode == -signal.SIGKILL


def ingest_survives(folder: Path, world: World, *, jobs: int, chance: random.Random) -> bool:
    """Kill an ingest between its commits, look at what it left, let another one finish."""
    lake, db = folder / "lake", folder / "h.duckdb"
    words = command("ingest", world.inputs, "--lake", lake, "--memory", MEMORY, "--jobs", str(jobs))
    reached = chance.randint(1, world.commits - 2)

    was_at_work = killed(words, when=lambda: commits(lake) >= reached, after=chance.uniform(0, 0.06))

    was_at_work &= 0 < commits(lake) < world.commits
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert heapscape("ingest", world.inputs, "--lake", lake).code == 1
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    assert contents(db) == world.tables
    return was_at_work


def load_survives(folder: Path, world: World, *, chance: random.Random) -> bool:
    """Kill a load while its draft is there."""
    db = folder / "h.duckdb"
    words = command("load", "--lake", world.lake, "--db", db)

    was_at_work = killed(words, when=lambda: any(folder.glob("h.duckdb.*")), after=chance.uniform(0, 1.0))

    if db.exists():
        assert contents(db) == world.tables
    assert heapscape("load", "--lake", world.lake, "--db", db).code == 0
    assert contents(db) == world.tables
    return was_at_work


def vacuum_survives(folder: Path, world: World, *, chance: random.Random) -> bool:
    """Kill a vacuum while it removes."""
    lake, db = folder / "lake", folder / "h.duckdb"
    assert heapscape("ingest", world.inputs, "--lake", lake).code == 1
    strays = [lake / "stack" / f".{number:032x}.tmp" for number in range(STRAYS)]
    for stray in strays:
        stray.touch()
        os.utime(stray, (0, 0))

    was_at_work = killed(
        command("lake", "vacuum", "--lake", lake),
        when=lambda: not strays[chance.randrange(STRAYS // 2)].exists(),
        after=chance.uniform(0, 0.03),
    )

    was_at_work &= any(stray.exists() for stray in strays)
    assert heapscape("lake", "vacuum", "--lake", lake).code == 0
    assert not any(stray.exists() for stray in strays)
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    assert contents(db) == world.tables
    return was_at_work


SURVIVES: Mapping[str, Callable[..., bool]] = {
    "ingest": lambda *given, **chance: ingest_survives(*given, jobs=1, **chance),
    "ingest in two processes": lambda *given, **chance: ingest_survives(*given, jobs=2, **chance),
    "load": load_survives,
    "vacuum": vacuum_survives,
}


@pytest.mark.parametrize("what", SURVIVES)
def test_what_is_killed_at_its_work_leaves_every_table_whole_and_no_process(
    tmp_path: Path, world: World, what: str
) -> None:
    assert any(SURVIVES[what](_made(tmp_path / str(seed)), world, chance=random.Random(seed)) for seed in range(5)), (
        "not once was it at work"
    )


@pytest.mark.slow
@pytest.mark.parametrize("what", SURVIVES)
def test_so_do_25_of_each_killed_at_random_moments(tmp_path: Path, world: World, what: str) -> None:
    chance = random.Random(17)

    at_work = [SURVIVES[what](_made(tmp_path / str(round_)), world, chance=chance) for round_ in range(25)]

    assert sum(at_work) > 15


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_killed_load_leaves_the_database_as_it_was(tmp_path: Path, undisturbed: Mapping[str, int]) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    heapscape("ingest", INPUTS[1], "--lake", lake)
    heapscape("load", "--lake", lake, "--db", db)
    before = sums(db)
    heapscape("ingest", *INPUTS, "--lake", lake)
    codes = []

    for after in (0.0, 0.2):
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
