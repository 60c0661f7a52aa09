"""Batches decoded by a Dask cluster: a real scheduler and worker processes, some of them killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli.cluster import check_paths
from pipeline.errors import UsageError
from tests.cli.seat import (
    FIRST,
    MEMORY,
    REPOSITORY,
    Seen,
    command,
    commits,
    environment,
    heapscape,
    many_profiles,
    process,
)
from tests.cli.test_kill import contents

pytestmark = pytest.mark.xdist_group("cluster")

INPUT_COUNT = 200
# How long the client tries to reach what is not there.
PATIENCE = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}


@dataclass(frozen=True)
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: Sequence[subprocess.Popen[bytes]]


@contextmanager
def dask(folder: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's own command, with a working folder of its own; killed in the end."""
    with (folder / "said.txt").open("ab") as said:
        started = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], cwd=folder, env=environment(**more), stdout=said, stderr=said
        )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def cluster(folder: Path, *, workers: int, allowed_failures: int = 3, **more: str) -> Iterator[Cluster]:
    """A cluster on this machine.

    allowed_failures  how many workers a task may end; Dask's own number
    more              environment of the workers
    """
    folder.mkdir()
    found = folder / "scheduler.json"
    with ExitStack() as ends:
        allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
        local = ("--host", "127.0.0.1", "--no-dashboard")
        scheduler = ends.enter_context(
            dask(folder, "scheduler", *local, "--port", "0", "--scheduler-file", str(found), **allowed)
        )
        words = ("worker", "--scheduler-file", str(found), *local, "--nthreads", "1", "--no-nanny")
        started = [ends.enter_context(dask(folder, *words, **more)) for _ in range(workers)]
        yield Cluster(_address(found, scheduler), scheduler, started)


def _address(found: Path, scheduler: subprocess.Popen[bytes]) -> str:
    """Where the scheduler says that it listens."""
    while scheduler.poll() is None:
        try:
            return str(json.loads(found.read_text())["address"])
        except (FileNotFoundError, ValueError):
            time.sleep(0.02)
    raise AssertionError((found.parent / "said.txt").read_text())


def ingest(inputs: Path, lake: Path, scheduler: str) -> subprocess.Popen[bytes]:
    """An ingest in many batches, begun."""
    return subprocess.Popen(
        command("ingest", inputs, "--lake", lake, "--memory", MEMORY, "--scheduler", scheduler),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**PATIENCE),
    )


def reach(running: subprocess.Popen[bytes], lake: Path, batches: int) -> None:
    """Wait until so much is committed."""
    while running.poll() is None and commits(lake) < batches:
        time.sleep(0.002)


def ended(running: subprocess.Popen[bytes]) -> Seen:
    answer, said = running.communicate(timeout=100)
    return Seen(running.returncode, answer, said.decode())


@dataclass(frozen=True)
class World:
    """Inputs, and what an undisturbed run in one process makes of them."""

    inputs: Path
    commits: int
    tables: object


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    inputs, lake = many_profiles(folder, INPUT_COUNT), folder / "lake"
    assert heapscape("ingest", inputs, "--lake", lake, "--memory", MEMORY).code == 1
    return World(inputs, commits(lake), tables(lake, folder / "h.duckdb"))


def tables(lake: Path, db: Path) -> object:
    """What is in every table; the lake is whole."""
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    return contents(db)


@pytest.mark.remote
def test_a_worker_that_is_killed_in_the_middle_changes_no_table(tmp_path: Path, world: World) -> None:
    lake = tmp_path / "lake"
    with cluster(tmp_path / "cluster", workers=2) as made:
        running = ingest(world.inputs, lake, made.address)
        reach(running, lake, 2)
        # All batches are with the workers by now: it has some, and the end is not reached without them.
        made.workers[0].kill()
        assert made.workers[0].wait(10) == -signal.SIGKILL
        assert (running.poll(), made.workers[1].poll()) == (None, None)
        assert 0 < commits(lake) < world.commits
        seen = ended(running)

    # One of the inputs is no profile.
    assert (seen.code, seen.out) == (1, f"lake {lake} is at batch {world.commits}\n")
    assert f"{INPUT_COUNT + 2} inputs" in seen.err
    assert tables(lake, tmp_path / "h.duckdb") == world.tables


@pytest.mark.remote
def test_a_scheduler_that_is_lost_ends_the_run_and_what_was_committed_stays(tmp_path: Path, world: World) -> None:
    lake = tmp_path / "lake"
    with cluster(tmp_path / "cluster", workers=1) as made:
        running = ingest(world.inputs, lake, made.address)
        reach(running, lake, 2)
        made.scheduler.kill()
        seen = ended(running)

    assert (seen.code, seen.out) == (3, "")
    assert seen.err == (
        f"heapscape: {made.address}: the scheduler is gone; what was committed stays. Run it again when it is back\n"
    )
    assert 2 <= commits(lake) < world.commits
    assert heapscape("ingest", world.inputs, "--lake", lake).code == 1
    assert tables(lake, tmp_path / "h.duckdb") == world.tables


@pytest.mark.remote
def test_a_batch_that_ends_more_workers_than_are_allowed_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    # What a worker without memory comes to: gone in the middle of a batch, whichever worker has it.
    fatal = tmp_path / "fatal"
    fatal.mkdir()
    (fatal / "sitecustomize.py").write_text(
        "import os, sys\n"
        "class Fatal:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pipeline.formats.pprof.decode': os._exit(137)\n"
        "sys.meta_path.insert(0, Fatal())\n"
    )
    path = f"{fatal}{os.pathsep}{REPOSITORY}"
    with cluster(tmp_path / "cluster", workers=2, allowed_failures=0, PYTHONPATH=path) as made:
        # One batch: of several, the run may wait for one that nobody is left for.
        seen = ended(ingest(FIRST, tmp_path / "lake", made.address))
        assert 137 in [worker.poll() for worker in made.workers]

    assert (seen.code, seen.out) == (3, "")
    assert f"{made.address}: one batch ended several workers" in seen.err
    assert seen.err.count("\n") == 1
    assert commits(tmp_path / "lake") == 0


@pytest.mark.remote
def test_a_run_whose_last_worker_is_lost_ends_with_a_sentence(tmp_path: Path, world: World) -> None:
    lake = tmp_path / "lake"
    with cluster(tmp_path / "cluster", workers=1) as made:
        running = ingest(world.inputs, lake, made.address)
        reach(running, lake, 2)
        made.workers[0].kill()
        seen = ended(running)

    assert (seen.code, seen.out) == (3, "")
    assert f"{made.address}: no worker is left; what was committed stays" in seen.err
    assert seen.err.count("\n") == 1
    assert 2 <= commits(lake) < world.commits


@pytest.mark.remote
def test_a_scheduler_without_workers_is_no_cluster(tmp_path: Path, world: World) -> None:
    with cluster(tmp_path / "cluster", workers=0) as made:
        seen = ended(ingest(world.inputs, tmp_path / "lake", made.address))

    assert (seen.code, seen.out) == (3, "")
    assert seen.err == (
        f"heapscape: {made.address}: the scheduler has no workers; start some with: dask worker {made.address}\n"
    )


@pytest.mark.remote
def test_a_worker_of_another_release_is_named_before_anything_is_done(tmp_path: Path, world: World) -> None:
    # What pip leaves of another release.
    other = tmp_path / "other"
    told = other / "heapscape-0.0.7.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.4\nName: heapscape\nVersion: 0.0.7\n")
    with cluster(tmp_path / "cluster", workers=1, PYTHONPATH=f"{other}{os.pathsep}{REPOSITORY}") as made:
        seen = ended(ingest(world.inputs, tmp_path / "lake", made.address))

    assert (seen.code, seen.out) == (3, "")
    assert f"{made.address}: heapscape is 0.0.7 on tcp://127.0.0.1:" in seen.err
    assert "install the same releases everywhere" in seen.err
    assert commits(tmp_path / "lake") == 0


@pytest.mark.remote
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:none"])
def test_where_no_scheduler_answers_is_a_usage_error(tmp_path: Path, world: World, address: str) -> None:
    seen = process("ingest", world.inputs, "--lake", tmp_path / "lake", "--scheduler", address, **PATIENCE)

    assert (seen.code, seen.out) == (2, "")
    assert seen.err == (
        f"heapscape: {address}: no Dask scheduler answers there; "
        "start one with: dask scheduler, and name the address it prints\n"
    )


@pytest.mark.remote
def test_without_dask_the_extra_is_named(tmp_path: Path, world: World) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "dask.py").write_text("raise ModuleNotFoundError(\"No module named 'dask'\", name='dask')\n")

    seen = process(
        *("ingest", world.inputs, "--lake", tmp_path / "lake", "--scheduler", "tcp://127.0.0.1:1"),
        PYTHONPATH=f"{hidden}{os.pathsep}{REPOSITORY}",
    )

    assert (seen.code, seen.err) == (
        2,
        "heapscape: --scheduler needs Dask, which is not installed; pip install 'heapscape[cluster]'\n",
    )


@pytest.mark.parametrize("path", ["-", "profiles", "./lake"])
def test_paths_that_mean_something_else_elsewhere_are_turned_down(path: str) -> None:
    with pytest.raises(UsageError, match="of a cluster"):
        check_paths([path], "/lake")
    with pytest.raises(UsageError, match="of a cluster"):
        check_paths(["/profiles"], path)


def test_paths_from_the_root_and_addresses_are_the_same_everywhere() -> None:
    check_paths(["/profiles", "s3://bucket/profiles"], "s3://bucket/lake")
