"""A lake and a database of the demo, made once by the commands themselves; every test sits in an empty folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.seat import DEMO, EVERY_KIND, TRACES, heapscape


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
def demo_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("demo") / "lake"
    assert heapscape("ingest", DEMO, "--lake", lake).code == 1
    return lake


@pytest.fixture(scope="session")
def demo(demo_lake: Path) -> Path:
    """The database of the demo."""
    db = demo_lake.with_name("demo.duckdb")
    assert heapscape("load", "--lake", demo_lake, "--db", db).code == 0
    return db


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one profile of every kind."""
    folder = tmp_path_factory.mktemp("everykind")
    heapscape("ingest", EVERY_KIND, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "every.duckdb").code == 0
    return folder / "every.duckdb"


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with five execution traces of one build and one of another."""
    folder = tmp_path_factory.mktemp("traces")
    older = TRACES.with_name("build=go1.22-trim") / "plain.trace"
    assert heapscape("ingest", TRACES, older, "--lake", folder / "lake").code == 1
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "traces.duckdb").code == 0
    return folder / "traces.duckdb"
