"""Dashboards for Grafana as JSON, to be imported there: for its Pyroscope data source with this server, and for one that asks DuckDB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.resources import dashboards
from pipeline.server.pages import page

_SOURCES: Final = {
    "grafana-pyroscope-datasource": "Grafana Pyroscope",
    "motherduck-duckdb-datasource": "DuckDB (motherduck-duckdb-datasource)",
}


def routes() -> list[Route]:
    """The list, and each of them."""
    return [Route("/dashboards", _list), Route("/dashboards/{name}.json", _dashboard)]


@cache
def _known() -> Mapping[str, str]:
    """Each dashboard's text by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in dashboards()}


def _list(request: Request) -> Response:
    found = [{"name": name, **_told(json.loads(text))} for name, text in _known().items()]
    return page(request, "dashboards.html", dashboards=found)


def _told(dashboard: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "title": dashboard["title"],
        "description": dashboard["description"],
        "source": _SOURCES[dashboard["templating"]["list"][0]["query"]],
    }


def _dashboard(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _known():
        raise HTTPException(404, f"no such dashboard; there are {', '.join(_known())}")
    headers = {"content-disposition": f'attachment; filename="heapscape-{name}.json"'}
    return Response(_known()[name], media_type="application/json", headers=headers)
