"""The page on garbage collection and memory: what `heapscape gc` and `heapscape memory` say of a process, and its charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import charts, gc_text, heat, memory_text, wording
from pipeline.server import once, question
from pipeline.server.pages import CHARTS, page
from pipeline.warehouse import gc_questions

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]

# Processes to choose from; of a fleet's others a service is chosen first.
_LISTED = 200


def routes() -> list[Route]:
    """The page."""
    return [Route("/gc", _gc)]


def _gc(request: Request) -> Response:
    asked = request.query_params
    with question(request) as connection:
        # Views over all that logs and traces tell, which take more to be planned than to be answered.
        everyone = [
            wording.rows_of(once(request, connection, of)) for of in (gc_questions.collector, gc_questions.memory)
        ]
        services = sorted({str(row["service"]) for rows in everyone for row in rows if row["service"]})
        service = asked.get("service", "")
        collectors, memories = ([row for row in rows if not service or row["service"] == service] for rows in everyone)
        collector = _chosen(collectors, "process", asked.get("process", ""))
        memory = _chosen(memories, "memory", asked.get("memory", ""), like=collector)
        told = memory or collector
        held = heat.size_classes(gc_questions.size_classes(connection, told["source_id"])).rows() if told else []
        drawn = [
            *(_collector_charts(connection, collector) if collector else ()),
            *(_memory_chart(connection, memory) if memory else ()),
        ]
    return page(
        request,
        "gc.html",
        scripts=CHARTS,
        services=[(name, name) for name in services],
        service=service,
        processes=_listed(collectors, collector),
        process=_key(collector) if collector else "",
        memories=_listed(memories, memory),
        others=max(len(collectors), len(memories)) - _LISTED,
        heat=held,
        memory=_key(memory) if memory else "",
        collector_text=gc_text.text(collector) if collector else "",
        memory_text=memory_text.text(memory) if memory else "",
        charts=drawn,
    )


def _listed(rows: Sequence[Row], chosen: Row | None) -> list[tuple[str, str]]:
    """Processes to choose from: those with most, and the one that is chosen."""
    listed = rows[:_LISTED]
    if chosen is not None and chosen not in listed:
        listed = [*listed, chosen]
    return [(_key(row), wording.process_name(row)) for row in listed]


def _key(row: Row) -> str:
    """What a process is called in the address of the page."""
    return ":".join("" if row[name] is None else str(row[name]) for name in ("source", "source_id", "process"))


def _chosen(rows: Sequence[Row], parameter: str, wanted: str, *, like: Row | None = None) -> Row | None:
    """The process that is asked for; without, one of the same service and instance as another, else the first."""
    if wanted:
        found = next((row for row in rows if _key(row) == wanted), None)
        if found is None:
            raise QueryError(
                f"{parameter}={wanted[:200]}: not among the {len(rows):,} that there are; see /gc without it"
            )
        return found
    owned = (row for row in rows if like and all(row[name] == like[name] for name in ("service", "instance")))
    return next(owned, rows[0] if rows else None)


def _collector_charts(connection: duckdb.DuckDBPyConnection, row: Row) -> list[charts.Named]:
    owner = (row["source"], row["source_id"], row["process"])
    pacer = gc_questions.pacer(connection, row["source_id"], row["process"])
    return charts.collector(gc_questions.cycles(connection, *owner), gc_questions.pauses(connection, *owner), pacer)


def _memory_chart(connection: duckdb.DuckDBPyConnection, row: Row) -> list[charts.Named]:
    owner = (row["source"], row["source_id"], row["process"])
    return charts.memory(gc_questions.memory_over_time(connection, *owner))
