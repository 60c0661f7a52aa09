"""What all tests share: how thorough hypothesis is, golden files, and lakes and databases made once by the commands themselves.

Tests read what is shared and write to copies.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import httpx
import pytest
from hypothesis import HealthCheck, settings

from pipeline.buckets import bucket
from tests.builders.s3 import Server, serving
from tests.cli.seat import DEMO, EVERY_KIND, TRACES, heapscape
from tests.sql.world import open_world

Once = Callable[[str, Callable[[Path], None]], Path]
GOLDEN = Path(__file__).parent / "golden"

# What drives whole commands, pages and processes, and takes whole lakes through every room: `make test-whole`.
_WHOLE = (
    "tests/browser/",
    "tests/cli/",
    "tests/docs/",
    "tests/formats/escape/test_sections.py",
    "tests/fuzz/",
    "tests/lake/test_processes.py",
    "tests/lake/test_relabel.py",
    "tests/server/",
    "tests/sql/test_audits.py",
    "tests/sql/test_everything.py",
    "tests/sql/test_extremes.py",
    "tests/sql/test_log_parts.py",
    "tests/sql/test_traces.py",
    "tests/terminal/",
    "tests/test_batch.py",
    "tests/test_flow.py",
    "tests/test_warm.py",
    "tests/test_workers.py",
    "tests/truth/",
    "tests/warehouse/test_derived.py",
    "tests/warehouse/test_flame_tree.py",
    "tests/warehouse/test_incoming.py",
    "tests/warehouse/test_load.py",
    "tests/warehouse/test_part.py",
    "tests/warehouse/test_report_questions.py",
    "tests/warehouse/test_timeline_questions.py",
)

# Compiling a kernel on first use is no sign of a slow test.
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# Before pytest looks at marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(config.rootpath).as_posix().startswith(_WHOLE):
            item.add_marker("whole")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files with what the tests got")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with `tests/golden/<name>`, or write it there under `--update`."""

    def compare(name: str, found: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8")
        assert path.exists(), f"{path.name} is not there yet: run `make golden`, then read it"
        assert found == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An S3 server with a bucket, and an environment that leads there. Tests that ask for it run in one worker."""
    with serving(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        httpx.put(f"{server.url}/bucket").raise_for_status()
        bucket.cache_clear()
        yield server
        bucket.cache_clear()


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
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """The database that cases are asked in, which takes a second to make: `fill` empties it."""
    with open_world() as connection:
        yield connection


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
