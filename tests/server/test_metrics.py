"""Metrics as Prometheus' own parser reads them."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from pipeline import __version__
from tests.cli.seat import heapscape


def test_growth_is_that_of_the_view(client: httpx.Client, database: Path) -> None:
    answer = client.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    query = "SELECT series_id, growth_bytes, last_bytes FROM heap.series ORDER BY growth_bytes DESC"
    rows = json.loads(heapscape("sql", query, "--db", database, "--format", "json").out)

    grown = {sample.labels["series_id"]: sample.value for sample in families["heapscape_heap_growth_bytes"].samples}
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert grown == {str(row["series_id"]): row["growth_bytes"] for row in rows if str(row["series_id"]) in grown}
    assert grown
    assert {"service", "instance", "build", "kind", "series_id"} == set(
        families["heapscape_heap_growth_bytes"].samples[0].labels
    )


def test_the_quality_of_the_data_is_told(client: httpx.Client) -> None:
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}

    inputs = {
        (sample.labels["status"], sample.labels["format"]): sample.value
        for sample in families["heapscape_inputs"].samples
    }
    shares = [sample.value for sample in families["heapscape_attributed_share"].samples]
    (info,) = families["heapscape_build_info"].samples
    assert inputs["ingested", "pprof"] >= 2
    assert any(status == "refused" for status, _ in inputs)
    assert abs(sum(shares) - round(sum(shares))) < 1e-6
    assert info.labels == {"version": __version__}
