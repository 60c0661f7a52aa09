"""Lakes and databases made once by the commands themselves, for all workers; every test sits in an empty folder.

Tests read what is shared and write to copies.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.seat import DEMO, EVERY_KIND, TRACES, heapscape

Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in ("LAKE", "DB", "MEMORY", "THREADS", "JOBS"):
        monkeypatch.delenv(f"HEAPSCAPE_{name}", raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """A folder that the first worker to need it fills, and the others wait for."""
    base = tmp_path_factory.getbasetemp()
    root = base if worker_id == "master" else base.parent

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / f"shared-{name}"
        with (root / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def demo_lake(once: Once) -> Path:
    def make(folder: Path) -> None:
        assert heapscape("ingest", DEMO, "--lake", folder / "lake").code == 1

    return once("demo-lake", make) / "lake"


@pytest.fixture(scope="session")
def demo(once: Once, demo_lake: Path) -> Path:
    """The database of the demo."""

    def make(folder: Path) -> None:
        assert heapscape("load", "--lake", demo_lake, "--db", folder / "demo.duckdb").code == 0

    return once("demo", make) / "demo.duckdb"


@pytest.fixture(scope="session")
def every_kind(once: Once) -> Path:
    """A database with one profile of every kind."""

    def make(folder: Path) -> None:
        heapscape("ingest", EVERY_KIND, "--lake", folder / "lake")
        assert heapscape("load", "--lake", folder / "lake", "--db", folder / "every.duckdb").code == 0

    return once("every-kind", make) / "every.duckdb"


@pytest.fixture(scope="session")
def traces(once: Once) -> Path:
    """A database with five execution traces of one build and one of another."""

    def make(folder: Path) -> None:
        older = TRACES.with_name("build=go1.22-trim") / "plain.trace"
        assert heapscape("ingest", TRACES, older, "--lake", folder / "lake").code == 1
        assert heapscape("load", "--lake", folder / "lake", "--db", folder / "traces.duckdb").code == 0

    return once("traces", make) / "traces.duckdb"
