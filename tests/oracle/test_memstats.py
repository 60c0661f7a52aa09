"""MemStats and metrics of processes of every Go, held against what encoding/json reads in the same files, value by value."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.formats.memstats import FORMAT as MEMSTATS
from pipeline.formats.memstats.decode import NAMED
from pipeline.formats.metrics import FORMAT as METRICS
from tests.formats.rows import Rows, blob, rows_of
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

PROGRAM = Path(__file__).resolve().parents[1] / "fixtures" / "programs" / "memory"
DOCUMENT = toolchain.REPOSITORY / "docs" / "formats.md"
RELEASES = pytest.mark.parametrize("version", toolchain.SINCE_1_22)
IN_COLUMNS = NAMED | {"HeapAlloc": "heap_alloc_bytes", "GCCPUFraction": "gc_cpu_fraction"}


def written(version: str, out: Path) -> Path:
    """What the program of this release writes; its rings of pauses go round."""
    executable = out / "memory"
    toolchain.run_go(["build", "-trimpath", "-o", executable, "."], version=version, cwd=PROGRAM)
    subprocess.run([executable, "-out", out, "-moments", "4", "-cycles", "90"], check=True, stdout=subprocess.DEVNULL)
    return out


def said(path: Path, version: str) -> dict[str, list[list[str]]]:
    """What Go reads in a file, by kind."""
    reader = toolchain.overlay_build("memstats", version=version)
    lines: dict[str, list[list[str]]] = {}
    for line in toolchain.run([reader, path]).splitlines():
        place, kind, *rest = line.split()
        lines.setdefault(kind, []).append([place, *rest])
    return lines


def read_memstats(path: Path) -> Rows:
    assert MEMSTATS.recognise(path.read_bytes())
    return rows_of(MEMSTATS.decode([blob(path.read_bytes())]))


@RELEASES
@pytest.mark.parametrize("name", ["memstats.jsonl", "vars.json"])
def test_every_field_is_what_go_reads(version: str, name: str, tmp_path: Path) -> None:
    path = written(version, tmp_path) / name
    go = said(path, version)

    found = read_memstats(path)

    rows = found.tables["memstats"]
    fields = {(int(place), field): float(value) for place, field, value in go["field"]}
    assert len(rows) == (4 if name == "memstats.jsonl" else 1)
    assert len(IN_COLUMNS) == 24
    for row in rows:
        for field, column in IN_COLUMNS.items():
            assert row[column] == fields[row["position"], field], field
        ended = int(
            next(value for place, field, value in go["field"] if (place, field) == (str(row["position"]), "LastGC"))
        )
        assert row["last_gc_at"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ended // 1000)
    pauses = {(int(cycle), int(pause), int(end)) for _, cycle, pause, end in go["pause"]}
    assert set(found.of("memstats_pause", "cycle", "pause_ns", "ended_ns")) == pauses
    assert len(pauses) == (360 if name == "memstats.jsonl" else 256)
    classes = [tuple(map(int, one)) for one in go["class"] if one[1] != "0"]
    assert found.of("memstats_size_class", "position", "size_bytes", "mallocs", "frees") == classes


@RELEASES
def test_the_time_beside_is_what_go_reads(version: str, tmp_path: Path) -> None:
    path = written(version, tmp_path) / "memstats.jsonl"

    taken = read_memstats(path).column("memstats", "taken_at")

    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert taken == [start + timedelta(microseconds=int(time)) for _, time in said(path, version)["time"]]


@RELEASES
def test_every_metric_is_what_go_reads(version: str, tmp_path: Path) -> None:
    path = written(version, tmp_path) / "metrics.jsonl"
    go = said(path, version)
    assert METRICS.recognise(path.read_bytes())

    found = rows_of(METRICS.decode([blob(path.read_bytes())]))

    plain = {row["metric"]: row for row in found.tables["runtime_metric"] if row["sample_count"] is None}
    assert {name: row["value"] for name, row in plain.items()} == {name: float(text) for _, name, text in go["metric"]}
    whole = {name: int(text) for _, name, text in go["metric"] if text.isdigit() and int(text) < 1 << 63}
    assert {name: row["value_integer"] for name, row in plain.items() if row["value_integer"] is not None} == whole
    buckets = [
        (name, int(bucket), float(lower), float(upper), int(count))
        for _, name, bucket, lower, upper, count in go["bucket"]
        if count != "0"
    ]
    assert found.of("runtime_metric_bucket", "metric", "bucket", "lower", "upper", "count") == buckets
    assert len(plain) > 60


@RELEASES
def test_what_the_document_says_writes_metrics_is_what_is_read(version: str, tmp_path: Path) -> None:
    snippet = DOCUMENT.read_text().split("```go\n")[1].split("```")[0]
    imports = '"encoding/json"\n"io"\n"math"\n"os"\n"runtime/metrics"\n"time"\n'
    main = "func main() {\n\tif err := writeMetrics(os.Stdout); err != nil {\n\t\tpanic(err)\n\t}\n}\n"
    (tmp_path / "go.mod").write_text("module example.com/snippet\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text(f"package main\n\nimport (\n{imports})\n\n{snippet}\n{main}")

    content = toolchain.run_go(["run", "."], version=version, cwd=tmp_path).encode()

    assert METRICS.recognise(content)
    found = rows_of(METRICS.decode([blob(content)]))
    assert len(found.tables["runtime_metric"]) > 70
    assert found.notes == []
    assert (found.refusals, found.column("runtime_metric", "taken_at").count(None)) == ({}, 0)
