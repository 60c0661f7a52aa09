"""A real file system that is full: the lake and the database stay as they were, and what to do is said in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.seat import DEMO, FIRST, heapscape, process

_SIZE = "64m"


pytestmark = pytest.mark.xdist_group("full disk")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies on the disk before: a lake and a database that is up to it, made where the disk will be."""
    disk = tmp_path_factory.mktemp("full") / "disk"
    disk.mkdir()
    assert heapscape("ingest", FIRST, "--lake", disk / "lake").code == 0
    assert heapscape("load", "--lake", disk / "lake", "--db", disk / "h.duckdb").code == 0
    return disk.rename(disk.with_name("old"))


@pytest.fixture
def disk(old: Path) -> Iterator[Path]:
    """A file system of a few megabytes, with the old lake and database."""
    made = old.with_name("disk")
    made.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(made)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    shutil.copytree(old, made, dirs_exist_ok=True)
    yield made
    subprocess.run(["umount", made], check=True)


def fill(disk: Path, *, free_bytes: int) -> Path:
    """A file that leaves no more room than that."""
    found = os.statvfs(disk)
    filling = disk / "filling"
    filling.write_bytes(bytes(max(0, found.f_bavail * found.f_frsize - free_bytes)))
    return filling


# Where it is that room runs out: a data file, the batch's own files, the copy of the database, DuckDB's own writing.
@pytest.mark.parametrize("free_bytes", [0, 200 << 10, 640 << 10, 2 << 20, 6_000 << 10])
def test_a_full_disk_leaves_the_old_lake_and_the_old_database(disk: Path, free_bytes: int) -> None:
    lake, db = disk / "lake", disk / "h.duckdb"
    sums = ("sql", "SELECT COUNT(*) AS n, SUM(value) AS sum FROM sample_value", "--db", db)
    before = heapscape(*sums).out
    filling = fill(disk, free_bytes=free_bytes)

    ingested = process("ingest", DEMO, "--lake", lake, TMPDIR=str(disk))
    loaded = process("load", "--lake", lake, "--db", db, TMPDIR=str(disk))

    # Without a batch the database is up to date; with one that counts, in all tables or not yet, it lacks the room.
    assert (ingested.code, loaded.code) in ((3, 0), (3, 3), (1, 3)), ingested.err + loaded.err
    for seen in (one for one in (ingested, loaded) if one.code == 3):
        said = ("No space left on device" in seen.err, "ake room" in seen.err, seen.err.count("\n"), "\x1b" in seen.err)
        assert said == (True, True, 1, False), seen.err
    assert heapscape(*sums).out == before
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    filling.unlink()
    assert heapscape("ingest", DEMO, "--lake", lake).code == 1
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    assert heapscape(*sums).out != before
    assert sorted(path.name for path in disk.iterdir()) == ["h.duckdb", "lake"]
