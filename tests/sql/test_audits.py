"""What must hold in every lake: nothing in `audit`, and every declared key unique. Over all fixtures, in every spelling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.schema import tables
from pipeline.warehouse.modules import modules

FILES = Path(__file__).parents[1] / "fixtures" / "files"
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
# `all` has every report three times over, which must not matter either; `each` has those of every build in one spelling,
# which is another for the next build.
SPELLINGS = {"m": ("m",), "m2": ("m2",), "json": ("json",), "all": ("m", "m2", "json")}
LAKES = ("each", *SPELLINGS)
AUDITS = sorted(name for name in modules() if name.startswith("audit."))
KEYS = {
    **{name: table.declaration.listed("key") for name, table in tables().items()},
    **{name: module.listed("key") for name, module in modules().items() if module.kind == "VIEW"},
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            name,
            marks=[
                pytest.mark.xdist_group(f"lake-{name}"),
                *([pytest.mark.slow] if name in ("m", "m2", "json") else []),
            ],
        )
        for name in LAKES
    ],
)
def lake(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("audits")
    profiles = [str(path) for path in FILES.glob("*/service=*/build=*/*=*") if not path.name.startswith("report=")]
    reports = [str(path) for path in _reports(request.param)]
    others = [str(path) for name in ("everykind", "tracer") for path in FILES.glob(f"{name}/service=*/build=*")]
    demo = [str(FILES / "checkout" / "service=checkout" / "build=1.4.2" / "escape-m2.txt")]
    flow.ingest(profiles + reports + others + demo, str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "audits.duckdb"))
    with flow.open_warehouse(str(folder / "audits.duckdb")) as connection:
        yield connection


def _reports(lake: str) -> list[Path]:
    if lake != "each":
        return [path for word in SPELLINGS[lake] for path in FILES.glob(f"*/service=*/build=*/report={word}")]
    builds = sorted({path.parent for path in FILES.glob("*/service=*/build=*/report=*")})
    words = SPELLINGS["all"]
    return [build / f"report={words[place % len(words)]}" for place, build in enumerate(builds)]


def test_the_lake_has_something_to_audit(lake: duckdb.DuckDBPyConnection) -> None:
    profiles, builds, restarts, records, attributed, traces, waits = lake.sql(
        """
        SELECT
          (SELECT COUNT(*) FROM heap.profiles),
          (SELECT COUNT(DISTINCT (service, build)) FROM escape.site),
          (SELECT COUNT(DISTINCT series_id) - COUNT(DISTINCT series_hash) FROM profile),
          (SELECT COUNT(*) FROM attribution._record),
          (SELECT COUNT(DISTINCT attribution) FROM attribution.growth_by_site),
          (SELECT COUNT(DISTINCT trace_id) FROM sched.goroutine),
          (SELECT SUM(contentions)::BIGINT FROM sched.latency)
        """
    ).fetchall()[0]

    assert profiles > 140
    assert builds == 17
    assert restarts >= 4
    assert records > 500
    assert attributed >= 5
    assert traces == 31
    assert waits > 10_000


@pytest.mark.parametrize("audit", AUDITS)
def test_audits_are_empty(lake: duckdb.DuckDBPyConnection, audit: str) -> None:
    assert lake.sql(f"FROM {audit} LIMIT 5").fetchall() == []


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_row_has_a_key_of_its_own(lake: duckdb.DuckDBPyConnection, name: str) -> None:
    columns = ", ".join(f'"{column}"' for column in KEYS[name])

    repeated = lake.sql(
        f"SELECT {columns}, COUNT(*) FROM {name} GROUP BY {columns} HAVING COUNT(*) > 1 LIMIT 5"
    ).fetchall()

    assert repeated == []


def test_a_report_in_three_spellings_explains_what_it_explains_in_one(tmp_path: Path) -> None:
    base = FILES / "lifecycle" / "service=lifecycle" / "build=go1.27-trim"
    found = {}
    for name, words in SPELLINGS.items():
        reports = [str(base / f"report={word}") for word in words]
        flow.ingest([str(base / "rate=1"), *reports], str(tmp_path / name), labels={}, limits=LIMITS)
        flow.load(str(tmp_path / name), str(tmp_path / f"{name}.duckdb"))
        with flow.open_warehouse(str(tmp_path / f"{name}.duckdb")) as connection:
            found[name] = connection.sql(
                "SELECT series_id, attribution, growth_bytes FROM attribution.coverage ORDER BY ALL"
            ).fetchall()

    assert len(found["m"]) == 12
    assert found["m"] == found["m2"] == found["json"] == found["all"]
