"""The pictures there are: each a question or two, and a chart or a flame graph of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pipeline.cli.profiles import choose
from pipeline.errors import UsageError
from pipeline.outputs import charts, gc_text, heat, memory_text, timeline_svg, wording
from pipeline.outputs.chart import Chart
from pipeline.outputs.heat import Heat
from pipeline.outputs.units import byte_rate, readable, signed
from pipeline.values import Result
from pipeline.warehouse import (
    escape_questions,
    gc_questions,
    goroutine_questions,
    growth_questions,
    plot_questions,
    questions,
    report_questions,
    timeline,
    timeline_questions,
)

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]

# Of a trace's goroutines and procs as many as a page has room for.
_LANES: Final = 24
_PROCS: Final = 64
_WEIGHTS: Final = {"growth": "gained", "live": "live", "alloc": "allocated since the start"}


class Asked(NamedTuple):
    """What a picture is to be of."""

    selection: questions.Selection
    sample_index: str = ""
    weight: str = ""
    query: str = ""
    is_of_inputs: bool = False

    @property
    def owner(self) -> dict[str, Any]:
        """Service, instance and build; None is any."""
        return {name: getattr(self.selection, name) for name in ("service", "instance", "build")}


class Picture(NamedTuple):
    """A chart, the rows of a flame graph, a heat map or a timeline, and what stands above it."""

    drawn: Chart | Result | Heat | timeline_svg.Figure
    title: str
    subtitle: str = ""
    unit: str = "bytes"


class Plot(NamedTuple):
    """How a picture is made.

    says   what it shows, in a line
    takes  the options that mean something to it, beside service, instance and build
    views  what a database of named inputs needs; None for all there is
    """

    says: str
    draw: Callable[[duckdb.DuckDBPyConnection, Asked], Picture]
    takes: tuple[str, ...] = ()
    views: tuple[str, ...] | None = None


# ---- growth


def _heap(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    profiles = wording.rows_of(report_questions.live_heap(connection, [one["series_id"]]))
    sites = wording.rows_of(_asked(growth_questions.growth, connection, one, asked))
    drawn = charts.live_heap(profiles, sites)
    assert drawn is not None, "a series that grew has two profiles"
    return Picture(drawn, "Live heap, and the sites that grew most", _grown(one))


def _sites(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    rows = _asked(growth_questions.growth, connection, one, asked).table.to_pylist()
    return _ranked(list(zip(wording.site_names(rows), rows, strict=True)), "Growth by allocation site", one)


def _own(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    rows = _asked(growth_questions.growth_by_own_code, connection, one, asked).table.to_pylist()
    named = [(wording.short_path(wording.place(row)) if row["function"] else "no code of its own", row) for row in rows]
    return _ranked(named, "Growth by the nearest line of the program's own code", one)


def _modules(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    rows = _asked(growth_questions.growth_by_module, connection, one, asked).table.to_pylist()
    named = [(" ".join(filter(None, (row["module"], row["version"]))) or "unknown", row) for row in rows]
    return _ranked(named, "Growth by the module that allocated", one)


def _explained(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    rows = _asked(growth_questions.coverage, connection, one, asked).table.to_pylist()
    return _ranked([(row["attribution"], row) for row in rows], "How much of the growth is explained", one)


def _growth(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    one = _series(connection, asked)
    tree = questions.diff(connection, [one["first_profile_id"]], [one["last_profile_id"]], "inuse_space")
    return Picture(tree, "Flame graph of growth", _grown(one))


def _series(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Row:
    """The series that grew most of those that are asked for."""
    found = questions.series(connection, asked.selection).first(1)
    if not found.table.num_rows:
        raise UsageError(
            "no series that fits has two heap profiles, so there is no growth to draw; collect some with: "
            "heapscape collect http://HOST:6060 --every 60s --for 10m"
        )
    return wording.rows_of(found)[0]


def _asked(
    question: growth_questions.OfSeries, connection: duckdb.DuckDBPyConnection, one: Row, asked: Asked
) -> Result:
    """The answer of a series: as it is whole, or within the span of time that was chosen."""
    if asked.selection.is_of_a_span:
        return growth_questions.in_windows(question, connection, growth_questions.windows_of([one]))
    return question(connection, [one["series_id"]])


def _grown(one: Row) -> str:
    rate = "" if one["slope_bytes_per_s"] is None else f", {byte_rate(one['slope_bytes_per_s'])}"
    return f"{wording.series_name(one)} · {signed(one['growth_bytes'], unit='bytes')}{rate} · {wording.span(one)}"


def _ranked(named: Sequence[tuple[str, Row]], title: str, one: Row) -> Picture:
    """The most growth first, and what shrank last."""
    moved = sorted(
        ((name, row["growth_bytes"]) for name, row in named if row["growth_bytes"]), key=lambda pair: -pair[1]
    )
    if not moved:
        raise UsageError(f"{wording.series_name(one)}: nothing grew or shrank from its first profile to its last")
    return Picture(charts.bars([(name, {"growth": size}) for name, size in moved], unit="bytes"), title, _grown(one))


# ---- profiles and escapes


def _flame(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    picked = choose(connection, asked.selection, sample_index=asked.sample_index, merge=asked.is_of_inputs)
    tree = questions.tree(connection, picked.ids, picked.sample_type)
    last = picked.profiles[-1]
    more = f" and {len(picked.profiles) - 1:,} more" if len(picked.profiles) > 1 else ""
    total = f"{picked.sample_type} {_total(tree, picked.unit)}"
    names = filter(None, (wording.series_name(last), last["kind"], total, f"{last['uri']}{more}"))
    return Picture(tree, "Flame graph", " · ".join(names), picked.unit)


def _total(tree: Result, unit: str) -> str:
    """What the root of a flame graph comes to: in a picture nobody can point at it."""
    return readable(tree.table["value"][0].as_py() or 0, unit=unit) if tree.table.num_rows else ""


def _escapes(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    weight = asked.weight or "growth"
    owner = {name: value for name, value in asked.owner.items() if name != "instance"}
    tree = escape_questions.tree(connection, weight, **owner, package=None)
    if not tree.table.num_rows or not tree.table["value"][0].as_py():
        raise UsageError(
            "nothing that an escape report or a heap profile tells of has grown here; --weight live and --weight alloc "
            "weigh what one profile tells"
            if weight == "growth"
            else "no heap profile that fits has bytes; see which there are with: heapscape growth"
        )
    named = [value if name == "service" else f"{name} {value}" for name, value in owner.items() if value]
    return Picture(
        tree,
        "Escapes: package, allocation, and the flow to the heap",
        " · ".join([*named, f"{_total(tree, 'bytes')} {_WEIGHTS[weight]}"]),
    )


# ---- the collector, memory, goroutines


def _gc_heap(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    return _collector(connection, asked, "heap")


def _gc_pauses(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    return _collector(connection, asked, "pauses")


def _gc_pacer(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    return _collector(connection, asked, "pacer")


def _collector(connection: duckdb.DuckDBPyConnection, asked: Asked, name: str) -> Picture:
    # Of MemStats only the pauses and the number of cycles are known.
    for row in gc_questions.collector(connection, **asked.owner).table.to_pylist():
        key = (row["source"], row["source_id"], row["process"])
        drawn = charts.collector(
            gc_questions.cycles(connection, *key),
            gc_questions.pauses(connection, *key),
            gc_questions.pacer(connection, *key[1:]) if name == "pacer" else None,
        )
        for one in drawn:
            if one.name == name:
                return Picture(one.drawn, one.label, gc_text.headline(row))
    raise UsageError(
        "no log, trace or MemStats that fits tells of this; run the program with GODEBUG=gctrace=1 and ingest what it "
        "prints to standard error"
    )


def _memory(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    for row in gc_questions.memory(connection, **asked.owner).table.to_pylist():
        key = (row["source"], row["source_id"], row["process"])
        for one in charts.memory(gc_questions.memory_over_time(connection, *key)):
            return Picture(one.drawn, one.label, memory_text.headline(row))
    raise UsageError(
        "no MemStats or metrics that fit are here; fetch some with: curl -o vars.json http://HOST:6060/debug/vars"
    )


def _size_classes(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    rows = plot_questions.size_classes(connection, **asked.owner).table.to_pylist()
    if not rows:
        raise UsageError("no heap profile or MemStats that fits has live bytes; see which there are: heapscape growth")
    names = ["large" if row["object_bytes"] is None else f"{row['object_bytes']:,} B" for row in rows]
    live = [(name, {"live": row["inuse_bytes"]}) for name, row in zip(names, rows, strict=True)]
    of = wording.series_name(rows[0]) if rows[0]["series_id"] is not None else wording.process_name(rows[0])
    return Picture(charts.bars(live, unit="bytes"), "Live bytes by size of slot", of)


def _heat(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    known = set(plot_questions.sources_with_spans(connection).table["source_id"].to_pylist())
    for row in (
        *gc_questions.memory(connection, **asked.owner).table.to_pylist(),
        *gc_questions.collector(connection, **asked.owner).table.to_pylist(),
    ):
        if row["source_id"] in known:
            found = heat.size_classes(gc_questions.size_classes(connection, row["source_id"]))
            told = f"{wording.process_name(row)} · the stronger the colour the more; of the last moment in figures"
            return Picture(found, "Bytes in spans by size class, moment by moment", told)
    raise UsageError(
        "no MemStats with BySize and no trace with allocation events that fits is here; fetch some with: "
        "curl -o vars.json http://HOST:6060/debug/vars"
    )


def _timeline(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    traces = [
        row
        for row in timeline_questions.traces(connection).table.to_pylist()
        if all(value is None or row[name] == value for name, value in asked.owner.items())
    ]
    if not traces:
        raise UsageError(
            "no execution trace that fits is here; fetch one with: "
            "curl -o x.trace 'http://HOST:6060/debug/pprof/trace?seconds=5'"
        )
    line = timeline.opened(connection, traces[-1]["trace_id"])
    times = timeline.spent(line, are_functions=False)
    # Waiting is no work.
    busiest = np.argsort(-times[:, :-1].sum(axis=1), kind="stable")[:_LANES]
    level = timeline.FINEST
    while timeline.PIXELS << level < line.duration_ns:
        level += 1
    found = timeline.tile(connection, line, timeline.Lanes(busiest), level=level, index=0)
    names = [(number, line.function_of(number)) for number in line.goroutines[busiest].tolist()]
    figure = timeline_svg.Figure(
        duration_ns=line.duration_ns,
        column_ns=1 << level,
        range_names=list(timeline_questions.RANGES),
        ranges=found.ranges,
        proc_names=[f"proc {proc}" for proc in line.procs[:_PROCS].tolist()],
        procs=found.procs[:_PROCS],
        lane_names=[f"{number} {wording.short_name(function)}".strip() for number, function in names],
        lanes=found.lanes,
    )
    left = len(line.goroutines) - len(busiest)
    more = f", {left:,} more goroutines did less" if left else ""
    told = f"{wording.process_name(traces[-1])} · {readable(line.duration_ns, unit='nanoseconds')}{more}"
    return Picture(figure, "Timeline: what procs and the busiest goroutines did", told)


def _goroutines(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    since, until = asked.selection.since, asked.selection.until
    rows = goroutine_questions.growth(connection, **asked.owner, since=since, until=until).table.to_pylist()
    if not rows:
        raise UsageError(
            "no goroutine profile or dump that fits is here; fetch some with: "
            "heapscape collect http://HOST:6060/debug/pprof/goroutine --every 60s --for 10m"
        )
    first = (rows[0]["series_id"], rows[0]["source"])
    own = [
        row
        for row in takewhile(lambda row: (row["series_id"], row["source"]) == first, rows)
        if row["first_count"] or row["last_count"]
    ]
    many = own[0]["moments"] > 1
    named = [(_waiting(row), _counts(row, many=many)) for row in sorted(own, key=lambda row: -row["last_count"])]
    told = f"{wording.series_name(own[0])} · {readable(sum(row['last_count'] for row in own), unit='count')} goroutines"
    return Picture(charts.bars(named, unit="count"), "Goroutines by the place they are at", told, "count")


def _waiting(row: Row) -> str:
    place = (
        wording.short_path(wording.place(row)) if row["file"] else row["function"] or row["root_function"] or "unknown"
    )
    return f"{place} ({row['state']})" if row["state"] else str(place)


def _counts(row: Row, *, many: bool) -> dict[str, float]:
    return {"at first": row["first_count"], "at last": row["last_count"]} if many else {"goroutines": row["last_count"]}


def _answer(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Picture:
    from pipeline.outputs import tabular
    from pipeline.outputs.chart import chart
    from pipeline.warehouse.query import answer

    if not asked.query:
        raise UsageError(
            'give the question with --query, such as --query "SELECT taken_at, inuse_bytes FROM heap.profiles"'
        )
    found, _ = tabular.beginning(answer(connection, asked.query))
    drawn = chart(found)
    if drawn is None:
        raise UsageError(
            "there is nothing to draw: a chart needs rows, a column of numbers, and a name of its own for each column"
        )
    return Picture(drawn, "Answer", asked.query)


_OF_SPANS: Final = ("since", "until")
_OF_SERIES: Final = ("kind", "series", *_OF_SPANS)
_OF_PROFILES: Final = (*_OF_SERIES, "profiles", "sample_index")

PLOTS: Final[Mapping[str, Plot]] = {
    "heap": Plot("Live heap over time, with the sites that grew most.", _heap, _OF_SERIES),
    "sites": Plot("Growth by allocation site.", _sites, _OF_SERIES),
    "own": Plot("Growth by the nearest line of the program's own code.", _own, _OF_SERIES),
    "modules": Plot("Growth by the module that allocated.", _modules, _OF_SERIES),
    "explained": Plot("How much of the growth each class of attribution explains.", _explained, _OF_SERIES),
    "growth": Plot("Flame graph of the last profile of a series against its first.", _growth, _OF_SERIES),
    "flame": Plot(
        "Flame graph of the newest heap profile, or of what is chosen.", _flame, _OF_PROFILES, questions.FLAMES
    ),
    "escapes": Plot(
        "What escapes as a flame graph, weighted by growth, live or allocated bytes.", _escapes, ("weight",)
    ),
    "gc-heap": Plot("Heap and goal of each GC cycle.", _gc_heap),
    "gc-pacer": Plot("What the pacer aimed at in each GC cycle, and what came of it.", _gc_pacer),
    "gc-pauses": Plot("How long the GC stopped the program each time.", _gc_pauses),
    "memory": Plot("What memory is used for, over time.", _memory),
    "size-classes": Plot("Live bytes by the size of their slots.", _size_classes),
    "size-heat": Plot("Bytes in spans by size class, moment by moment.", _heat),
    "timeline": Plot("What procs and goroutines did in the newest trace.", _timeline),
    "goroutines": Plot("How many goroutines are at which place, at first and at last.", _goroutines, _OF_SPANS),
    "answer": Plot("The answer of a query as lines or bars.", _answer, ("query",)),
}
