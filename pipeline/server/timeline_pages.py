"""The timeline of a trace: its page, and the tiles, tables and moments that the page asks for as one moves about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import numpy as np
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import flamegraph, wording
from pipeline.outputs import timeline as drawn
from pipeline.server import question
from pipeline.server.pages import page
from pipeline.values import Int64s
from pipeline.warehouse import timeline
from pipeline.warehouse import timeline_questions as asked

if TYPE_CHECKING:
    import duckdb

    from pipeline.server.timelines import Timelines
    from pipeline.warehouse.serving import Serving

Row = Mapping[str, Any]

_LANES = 100
_MOST = (1 << 63) - 1
_SHOWS = (("goroutines", "goroutines"), ("functions", "functions"))
_ORDERS = (
    ("busy", "the busiest first"),
    ("here", "the busiest in this window first"),
    ("long", "the longest first"),
    ("number", "by number or name"),
)
_STATES = len(asked.STATES)


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which lanes of which trace are asked for, as the address has it.

    ranked  the window that the order is of: tiles of a page have one order, wherever they are
    """

    trace: int
    show: str
    order: str
    function: str
    page: int
    ranked: str = ""

    def address(self) -> str:
        """The same as part of an address."""
        return urlencode({name: getattr(self, name) for name in self.__slots__})


def routes() -> list[Route]:
    """The page and what it asks for."""
    return [
        Route("/timeline", _timeline),
        Route("/timeline/tile", _tile),
        Route("/timeline/window.json", _window),
        Route("/timeline/stay.json", _stay),
        Route("/timeline/flame", _flame),
    ]


def _timeline(request: Request) -> Response:
    with question(request) as connection:
        traces = asked.traces(connection).table.to_pylist()
        if not traces:
            return page(request, "timeline.html", scripts=drawn.SCRIPTS, trace=None)
        selection = _selection(request.query_params, traces)
        line = _opened(request, connection, selection.trace)
        since, until = _window_of(request.query_params, line)
        selection = replace(selection, ranked=f"{since}-{until}" if selection.order == "here" else "")
        places, count = _chosen(request, connection, line, selection)
        found = timeline.window(connection, line, _lanes(places, selection), since_ns=since, until_ns=until)
    names = _names(line, places, selection)
    return page(
        request,
        "timeline.html",
        scripts=drawn.SCRIPTS,
        trace=selection.trace,
        traces=[(row["trace_id"], wording.process_name(row)) for row in traces],
        shows=_SHOWS,
        orders=_ORDERS,
        selection=selection,
        functions=[(name, name) for name in line.functions if name],
        pages=[
            (number, f"{number * _LANES + 1:,} to {min((number + 1) * _LANES, count):,}")
            for number in range(-(-count // _LANES))
        ][:1000],
        count=count,
        since=since,
        until=until,
        rows=_rows(names, found.lanes[:, 0]),
        procs=_rows([f"proc {proc}" for proc in line.procs.tolist()], found.procs[:, 0]),
        told={
            "address": selection.address(),
            "trace": selection.trace,
            "duration": line.duration_ns,
            "since": since,
            "until": until,
            "finest": timeline.FINEST,
            "pixels": timeline.PIXELS,
            "heap": line.most_heap_bytes,
            "goroutines": len(line.goroutines),
            "ranges": list(asked.RANGES),
            "procs": line.procs.tolist(),
            "functions": line.functions,
            "lanes": names,
            "ids": [] if selection.show == "functions" else line.goroutines[places].tolist(),
        },
    )


def _tile(request: Request) -> Response:
    asking = request.query_params
    level = _number(asking, "level", timeline.FINEST, timeline.COARSEST)
    with question(request) as connection:
        selection = _selection_of(connection, asking)
        line = _opened(request, connection, selection.trace)
        index = _number(asking, "index", 0, line.duration_ns // (timeline.PIXELS << level))
        places, _ = _chosen(request, connection, line, selection)
        found = timeline.tile(connection, line, _lanes(places, selection), level=level, index=index)
        heap = timeline.heap(connection, line, level=level, index=index)
    pixel_ns = 1 << level
    whole = found.lanes.sum(axis=2, keepdims=True) if selection.show == "functions" else pixel_ns
    content = drawn.packed(
        {
            "heap": heap.astype(np.float64),
            "everyone": (found.everyone[0] / pixel_ns).astype(np.float32),
            "runs": found.runs.astype(np.int32),
            "ranges": drawn.shares(found.ranges[..., 0], pixel_ns),
            "procs": drawn.shares(found.procs, pixel_ns),
            "lanes": drawn.shares(found.lanes, whole),
        }
    )
    return Response(content, media_type="application/octet-stream")


def _window(request: Request) -> Response:
    with question(request) as connection:
        selection = _selection_of(connection, request.query_params)
        line = _opened(request, connection, selection.trace)
        since, until = _window_of(request.query_params, line)
        places, _ = _chosen(request, connection, line, selection)
        found = timeline.window(connection, line, _lanes(places, selection), since_ns=since, until_ns=until)
    names = _names(line, places, selection)
    return JSONResponse(
        {
            "from": since,
            "to": until,
            "lanes": [
                dict(zip(("lane", *(f"{state}_ns" for state in asked.STATES)), row, strict=True))
                for row in _rows(names, found.lanes[:, 0])
            ],
            "procs": [
                dict(zip(("proc", "executing_ns", "other_ns", "idle_ns"), (proc, *times), strict=True))
                for proc, times in zip(line.procs.tolist(), found.procs[:, 0].tolist(), strict=True)
            ],
            "ranges": dict(zip(asked.RANGES, found.ranges[:, 0, 0].tolist(), strict=True)),
        }
    )


def _stay(request: Request) -> Response:
    asking = request.query_params
    with question(request) as connection:
        selection = _selection_of(connection, asking)
        line = _opened(request, connection, selection.trace)
        time_ns = line.start_ns + _number(asking, "time", 0, line.duration_ns)
        if "proc" in asking:
            proc = _number(asking, "proc", 0, _MOST)
            goroutines = asked.runs_on(connection, line.trace_id, proc, time_ns).table["goroutine"].to_pylist()
        else:
            goroutines = [_number(asking, "goroutine", 0, _MOST)]
        found = [
            row for one in goroutines for row in asked.stay(connection, line.trace_id, one, time_ns).table.to_pylist()
        ]
        told = [_told(connection, line, row) for row in found]
    return JSONResponse(told)


def _flame(request: Request) -> Response:
    asking = request.query_params
    state = asking.get("state") or asked.STATES[-1]
    if state not in asked.STATES:
        raise QueryError(f"state={state[:200]}: expected {', '.join(asked.STATES)}")
    goroutine = _number(asking, "goroutine", 0, _MOST)
    with question(request) as connection:
        traces = asked.traces(connection).table.to_pylist()
        if not traces:
            return page(request, "timeline.html", trace=None)
        selection = _selection(asking, traces)
        function = _opened(request, connection, selection.trace).function_of(goroutine)
        tree = asked.stacks(connection, selection.trace, goroutine, state)
    label = f"goroutine {goroutine} {function}".strip()
    figure = flamegraph.figure(tree, identifier="flame", label=label, unit="nanoseconds", sample_type=state)
    return page(
        request,
        "goroutine_stacks.html",
        scripts=(*flamegraph.SCRIPTS, "vendor/uPlot.iife.min.js", "app.js"),
        trace=selection.trace,
        goroutine=goroutine,
        function=function,
        states=[(name, name) for name in asked.STATES],
        state=state,
        figure=figure,
    )


def _told(connection: duckdb.DuckDBPyConnection, line: timeline.Timeline, row: Row) -> Row:
    """What a stay is, with names and stacks in place of numbers."""
    stacks = {
        name: [] if row[f"{name}_id"] is None else asked.frames(connection, row[f"{name}_id"]).table.to_pylist()
        for name in ("stack", "ended_by_stack")
    }
    others = {
        f"{name}_function": "" if row[name] is None else line.function_of(row[name])
        for name in ("begun_by", "ended_by")
    }
    times = {name: row[name] - line.start_ns for name in ("start_ns", "end_ns")}
    return {**row, **times, **others, **stacks, "function": line.function_of(row["goroutine"])}


# ---- what is asked for


def _opened(request: Request, connection: duckdb.DuckDBPyConnection, trace: int) -> timeline.Timeline:
    timelines = cast("Timelines", request.app.state.timelines)
    serving = cast("Serving", request.app.state.serving)
    return timelines.of(connection, serving.identity(), trace)


def _selection_of(connection: duckdb.DuckDBPyConnection, asking: QueryParams) -> _Selection:
    """What is asked for of one trace; of a fleet's thousands the others are not looked at."""
    wanted = asking.get("trace", "")
    one = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else None
    return _selection(asking, asked.traces(connection, one).table.to_pylist())


def _selection(asking: QueryParams, traces: Sequence[Row]) -> _Selection:
    known = {str(row["trace_id"]): int(row["trace_id"]) for row in traces}
    wanted = asking.get("trace") or next(reversed(known), "")
    if wanted not in known:
        raise QueryError(f"trace={wanted[:200]}: there is no such trace; see /timeline without it")
    return _Selection(
        trace=known[wanted],
        show=_one_of(asking, "show", _SHOWS),
        order=_one_of(asking, "order", _ORDERS),
        function=asking.get("function", ""),
        page=_number(asking, "page", 0, 1 << 40),
        ranked=asking.get("ranked", ""),
    )


def _chosen(
    request: Request, connection: duckdb.DuckDBPyConnection, line: timeline.Timeline, selection: _Selection
) -> tuple[Int64s, int]:
    """Places of the page's lanes, and how many there are on all pages."""
    timelines = cast("Timelines", request.app.state.timelines)
    ordered = replace(selection, page=0).address()
    places = timelines.order(line, ordered, partial(_ordered, connection, line, selection))
    return places[selection.page * _LANES :][:_LANES], len(places)


def _ordered(connection: duckdb.DuckDBPyConnection, line: timeline.Timeline, selection: _Selection) -> Int64s:
    """Places of all lanes that are asked for."""
    are_functions = selection.show == "functions"
    times = timeline.spent(line, are_functions=are_functions)
    places = np.arange(len(times))
    if are_functions:
        # Nobody may be without a function.
        places = places[times.any(axis=1)]
    elif selection.function:
        if selection.function not in line.functions:
            raise QueryError(f"function={selection.function[:200]}: no goroutine of the trace was started with it")
        places = np.flatnonzero(line.function == line.functions.index(selection.function))
    if selection.ranked:
        since, until = _ranked(selection.ranked, line)
        every = timeline.Lanes(np.arange(len(times)), are_functions)
        times = timeline.window(connection, line, every, since_ns=since, until_ns=until).lanes[:, 0]
    if selection.order != "number":
        # Waiting is no work, but the longest life is mostly waiting.
        weights = times[places].sum(axis=1) - (0 if selection.order == "long" else times[places, _STATES - 1])
        places = places[np.argsort(-weights, kind="stable")]
    return places


def _ranked(text: str, line: timeline.Timeline) -> tuple[int, int]:
    since, _, until = text.partition("-")
    return _window_of({"from": since, "to": until}, line)


def _lanes(places: Int64s, selection: _Selection) -> timeline.Lanes:
    return timeline.Lanes(places, are_functions=selection.show == "functions")


def _names(line: timeline.Timeline, places: Int64s, selection: _Selection) -> list[str]:
    if selection.show == "functions":
        return [line.functions[place] or "(unknown)" for place in places.tolist()]
    numbers, functions = line.goroutines[places].tolist(), line.function[places].tolist()
    return [f"{number} {line.functions[place]}".strip() for number, place in zip(numbers, functions, strict=True)]


def _rows(names: Sequence[str], times: Int64s) -> list[tuple[Any, ...]]:
    return [(name, *row) for name, row in zip(names, times.tolist(), strict=True)]


def _window_of(asking: Mapping[str, str], line: timeline.Timeline) -> tuple[int, int]:
    """The window that is asked for, as far as it lies in the trace; all of the trace for none and what is none."""
    since, until = (min(_number(asking, name, 0, _MOST), line.duration_ns) for name in ("from", "to"))
    return (since, until) if since < until else (0, line.duration_ns)


def _one_of(asking: QueryParams, name: str, known: Sequence[tuple[str, str]]) -> str:
    given = asking.get(name) or known[0][0]
    if given not in dict(known):
        raise QueryError(f"{name}={given[:200]}: expected {', '.join(dict(known))}")
    return given


def _number(asking: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = asking.get(name) or str(least)
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or not least <= int(text) <= most:
        raise QueryError(f"{name}={text[:200]}: not a number from {least} to {most}")
    return int(text)
