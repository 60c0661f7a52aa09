"""Dashboards are what Grafana's own foundation SDK, made from Grafana's schemas, takes for dashboards: strictly read, no field too many or missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.resources import dashboards
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("dashboards")]


@pytest.fixture(scope="module")
def reads() -> Path:
    try:
        return toolchain.module_build("dashboards")
    except toolchain.ToolchainError as error:
        pytest.skip(f"Grafana's foundation SDK cannot be had: {error}")


def test_each_is_a_dashboard_with_all_of_its_panels(reads: Path) -> None:
    paths = sorted(dashboards())

    said = toolchain.run([reads, *paths]).splitlines()

    assert said == [f"{len(json.loads(path.read_text())['panels'])} panels" for path in paths]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("groupBy", "instance", "groupBy"),
        ("profileType", "memory", "profileType"),
    ],
)
def test_a_query_that_the_pyroscope_source_does_not_know_is_noticed(
    reads: Path, tmp_path: Path, name: str, value: object, told: str
) -> None:
    (path,) = (path for path in dashboards() if path.stem == "growth-pyroscope")
    board: dict[str, Any] = json.loads(path.read_text())
    board["panels"][0]["targets"][0][name] = value
    (tmp_path / "broken.json").write_text(json.dumps(board))

    said = toolchain.run([reads, tmp_path / "broken.json"])

    assert told in said
    assert "panels[0]" in said
