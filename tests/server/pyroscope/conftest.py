"""A small lake with three minutes of heap and CPU profiles, served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline import flow
from tests.builders.profile import profile
from tests.server.conftest import served
from tests.warehouse.builder import LIMITS, heap

START = 1_767_225_600_000


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pyroscope")
    for minute, grow in enumerate((100, 250, 400)):
        (folder / f"heap-{minute}.pb").write_bytes(heap(minute, grow=grow))
        (folder / f"cpu-{minute}.pb").write_bytes(
            profile(
                "main.f main.main 1 10",
                "main.g main.main 2 20",
                types=("samples/count", "cpu/nanoseconds"),
                time_ns=(START + minute * 60_000) * 1_000_000,
                duration_ns=10_000_000_000,
                period_type="cpu/nanoseconds",
            )
        )
    flow.ingest([str(folder)], str(folder / "lake"), labels={"service": "shop", "instance": "a"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "p.duckdb"))
    return folder / "p.duckdb"


@pytest.fixture(scope="session")
def client(shop: Path) -> Iterator[httpx.Client]:
    with served(shop) as asking:
        yield asking
