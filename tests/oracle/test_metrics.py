"""What Prometheus' own client for Go exposes, with its collectors and a program's own metrics: each sample is where it was written."""

from __future__ import annotations

import math
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.formats.metrics import FORMAT
from tests.formats.rows import blob, rows_of
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

_SAMPLE = re.compile(r'([\w:]+)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? (\S+)')
_BOUND = re.compile(r',?le="([^"]+)"')


@pytest.fixture(scope="module")
def scrapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client's text, OpenMetrics, and text with names in UTF-8."""
    out = tmp_path_factory.mktemp("scrapes")
    subprocess.run([toolchain.module_build("scrapes"), out], check=True, timeout=60)
    return out


@pytest.mark.parametrize("name", ["text", "om", "utf8"])
def test_every_sample_is_a_value_of_one_moment_of_one_process(name: str, scrapes: Path) -> None:
    content = (scrapes / f"{name}.prom").read_bytes()
    samples = [found for line in content.decode().splitlines() if (found := _SAMPLE.match(line))]

    rows = rows_of(FORMAT.decode([blob(content)]))

    assert len(samples) > 200
    assert [row["prefix"] for row in rows.tables["process"]] == [""]
    assert {row["position"] for row in rows.tables["runtime_metric"]} == {0}
    values = {row["metric"]: row for row in rows.tables["runtime_metric"]}
    counts: dict[str, list[tuple[float, int]]] = {}
    for row in rows.tables["runtime_metric_bucket"]:
        counts.setdefault(row["metric"], []).append((row["upper"], row["count"]))
    for metric, labels, spelled in (found.groups(default="") for found in samples):
        if metric.endswith("_bucket"):
            bound = _BOUND.search(labels)
            assert bound is not None
            own = metric.removesuffix("_bucket") + _BOUND.sub("", labels).replace("{}", "")
            assert sum(count for upper, count in counts.get(own, []) if upper <= float(bound[1])) == float(spelled)
        elif metric.endswith("_count") and values.get(metric.removesuffix("_count") + labels, {}).get("sample_count"):
            assert values[metric.removesuffix("_count") + labels]["sample_count"] == float(spelled)
        elif not (metric.endswith("_count") and float(spelled) == 0):
            row = values[metric + labels]
            said = row["value"] if row["value_integer"] is None else row["value_integer"]
            assert said == float(spelled) or math.isnan(float(spelled))
