"""The format as the corridor sees it: its tables, and real files against what their programs said."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from pipeline.formats.metrics import FORMAT
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from tests.builders.memstats import EXPOSITION, lines, metrics
from tests.formats.rows import blob, rows_of

FILES = Path(__file__).parents[2] / "fixtures" / "files"
TEXTS = sorted((FILES / "exposer").rglob("*metrics.txt")) + sorted((FILES / "exposer").rglob("exposition.txt"))
JSON = sorted(FILES.rglob("metrics.jsonl"))


def test_every_filled_table_is_as_declared() -> None:
    blobs = [blob(EXPOSITION.encode()), blob(lines(metrics()))]
    built: dict[str, int] = {}
    for decoded in FORMAT.decode(blobs):
        for name, table in build_tables(decoded, blobs).items():
            built[name] = built.get(name, 0) + table.num_rows
            assert table.schema == tables()[name].schema
            for column in table.schema:
                assert column.nullable or not table[column.name].null_count

    assert set(built) == set(FORMAT.fills)
    assert all(built.values())


def test_files_are_there_to_be_read() -> None:
    assert len(TEXTS) >= 2
    assert len(JSON) >= 2


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_text_of_the_real_client_has_what_prometheus_reads_in_it(path: Path) -> None:
    truth = json.loads((path.parent / "truth.json").read_text())
    found = rows_of(FORMAT.decode([blob(path.read_bytes())]))

    said = {one["name"] + _braced(one.get("labels", {})): float(one["value"]) for one in truth["samples"]}
    read = {
        _plain(row["metric"]): row["value"] for row in found.tables["runtime_metric"] if row["sample_count"] is None
    }
    assert read == {_plain(name): value for name, value in said.items()}
    assert {
        row["metric"]: row["sample_count"] for row in found.tables["runtime_metric"] if row["sample_count"] is not None
    } == {one["name"]: one["count"] for one in truth["histograms"]}
    for one in truth["histograms"]:
        own = [row for row in found.tables["runtime_metric_bucket"] if row["metric"] == one["name"]]
        for bound, upto in one["upto"]:
            assert sum(row["count"] for row in own if row["upper"] <= float(bound)) == int(upto)
    assert len(found.tables["memstats"]) == 1
    assert found.notes == []
    (process,) = found.tables["process"]
    assert process["started_by"] == "metric"


def _braced(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}" if labels else ""


def _plain(metric: str) -> str:
    """OpenMetrics writes `0.0` where the text has `0`."""
    return metric.replace('.0"}', '"}')


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.parent.name)
def test_metrics_of_a_real_process_add_up(path: Path) -> None:
    found = rows_of(FORMAT.decode([blob(path.read_bytes())]))

    values = {row["metric"]: row["value_integer"] for row in found.tables["runtime_metric"]}
    classes = [value for name, value in values.items() if name.startswith("/memory/classes/") and "total" not in name]
    assert sum(classes) == values["/memory/classes/total:bytes"]
    assert values["/gc/heap/allocs:objects"] - values["/gc/heap/frees:objects"] == values["/gc/heap/objects:objects"]
    for row in found.tables["runtime_metric"]:
        if row["sample_count"] is not None:
            own = [one for one in found.tables["runtime_metric_bucket"] if one["metric"] == row["metric"]]
            assert sum(one["count"] for one in own) == row["sample_count"]
            assert all(one["lower"] < one["upper"] or math.isinf(one["upper"]) for one in own)
    assert found.notes == []
    assert {row["taken_at"] is None for row in found.tables["runtime_metric"]} == {False}


def test_the_document_shows_what_the_program_runs() -> None:
    root = Path(__file__).parents[3]
    snippet = (root / "docs" / "formats.md").read_text().split("```go\n")[1].split("```")[0]

    assert snippet.strip() in (root / "tests" / "fixtures" / "programs" / "memory" / "metrics.go").read_text()
