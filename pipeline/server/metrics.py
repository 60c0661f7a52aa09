"""/metrics in OpenMetrics, for alerts: growth and headroom of what is newest, and the quality of the data.

Prometheus takes the time of a scrape; what is told is of the last profile, whose time stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline import __version__
from pipeline.outputs.wording import Row, rows_of
from pipeline.server import question
from pipeline.warehouse import server_questions

# Metric, its labels, its help, and the column it shows: NULLs have no sample.
_OF_SERIES: Final = {
    "inuse_bytes": ("last_bytes", "Live heap in the last profile."),
    "growth_bytes": ("growth_bytes", "Live heap in the last profile less that in the first."),
    "slope_bytes_per_second": ("slope_bytes_per_s", "Growth of the live heap, by least squares over all profiles."),
    "last_profile_timestamp_seconds": ("last_s", "When the last profile was taken."),
    "profiles": ("profiles", "Profiles in the series."),
}
_OF_MEMORY: Final = {
    "used_bytes": ("used_bytes", "What counts against the limit, at the last moment."),
    "limit_bytes": ("limit_bytes", "GOMEMLIMIT, or the label memory_limit."),
    "headroom_bytes": ("headroom_bytes", "What is left until the limit."),
    "headroom_seconds": ("seconds_left", "Until the limit is reached at this slope."),
}


def routes() -> list[Route]:
    """The one address."""
    return [Route("/metrics", _metrics)]


class _Collected:
    """What was found, as a collector of prometheus_client."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _metrics(request: Request) -> Response:
    with question(request) as connection:
        series = rows_of(server_questions.newest_series(connection))
        memory = rows_of(server_questions.newest_headroom(connection))
        coverage = rows_of(server_questions.explained_shares(connection))
        inputs = rows_of(server_questions.inputs_by_status(connection))
        notes = rows_of(server_questions.notes_by_kind(connection))
    owner = ("service", "instance", "build")
    metrics = [
        *_gauges("heapscape_heap_", _OF_SERIES, series, (*owner, "kind", "series_id")),
        *_gauges("heapscape_memory_", _OF_MEMORY, memory, ("service", "instance", "process")),
        *_gauges(
            "heapscape_",
            {"attributed_share": ("share", "Share of the growth of a service and build by class of attribution.")},
            coverage,
            ("service", "build", "attribution"),
        ),
        *_gauges("heapscape_", {"inputs": ("inputs", "Inputs by what became of them.")}, inputs, ("status", "format")),
        *_gauges("heapscape_", {"notes": ("count", "What was odd about inputs.")}, notes, ("kind", "severity")),
        _info(),
    ]
    registry = CollectorRegistry()
    registry.register(_Collected(metrics))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _gauges(
    prefix: str, told: dict[str, tuple[str, str]], rows: list[Row], labels: tuple[str, ...]
) -> Iterator[Metric]:
    for name, (column, help_) in told.items():
        gauge = GaugeMetricFamily(f"{prefix}{name}", help_, labels=labels)
        for row in rows:
            value = row.get(column)
            if isinstance(value, (int, float)):
                gauge.add_metric([_text(row.get(label)) for label in labels], float(value))
        yield gauge


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _info() -> Metric:
    info = GaugeMetricFamily("heapscape_build_info", "The release that answers.", labels=["version"])
    info.add_metric([__version__], 1.0)
    return info
