"""Reads every table, view and macro to its end: what holds for one of them must hold for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product

import duckdb

from pipeline.schema import tables
from pipeline.warehouse import (
    check_questions,
    escape_questions,
    goroutine_questions,
    growth_questions,
    questions,
    trace_questions,
    trace_table_questions,
)
from pipeline.warehouse.modules import modules
from pipeline.warehouse.questions import Selection

# Of mutator utilisation: any length at all.
_WINDOWS = [[1, 1_000_000, 2**63 - 1], [0], [-1, -(2**63)], []]
_FEW = 3
# What pprof's filters are asked with, in their order.
_PATTERNS = [(None,) * 5, ("", "x$", "", ".", "."), ("main", "", None, None, "^")]
# Spans as long as there can be any, and one that ends before it begins.
_MOMENTS = [(datetime.min, datetime.max), (datetime(2026, 1, 1), datetime(1969, 1, 1))]


class Unreadable(Exception):
    """What could not be read to its end, each with what DuckDB said."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{name}: {reason}" for name, reason in failures.items()))
        self.failures = failures


def read_everything(connection: duckdb.DuckDBPyConnection, *, only: Collection[str] | None = None) -> dict[str, int]:
    """Rows of every table and view, and of every macro under arguments from the data; raises Unreadable naming all that fail.

    only  of these alone; of all when None
    A macro's rows are those of all its calls together.
    """
    rows: dict[str, int] = {}
    failures: dict[str, str] = {}
    for name, call, parameters in (*_relations(), *_calls(connection)):
        if only is not None and name not in only:
            continue
        try:
            rows[name] = rows.get(name, 0) + _read(connection, call, parameters)
        # What fails behind the first rows comes through Arrow's stream as an OSError.
        except (duckdb.Error, OSError) as error:
            failures.setdefault(name, f"{call} {list(parameters)}: {error}")
    if failures:
        raise Unreadable(failures)
    return rows


def ask_everything(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every question the commands ask, about everything there is."""
    everything = Selection()
    profiles = _ids(connection, "profile_id FROM profile")
    series = _ids(connection, "series_id FROM profile")
    traces = _ids(connection, "trace_id FROM trace")
    sites = _ids(connection, "escape_site_id FROM escape_site")
    answers = [
        questions.inputs(connection),
        questions.profiles(connection, everything),
        questions.series(connection, everything),
        growth_questions.growth(connection, series),
        growth_questions.growth(connection, series, limit=2),
        growth_questions.site_counts(connection, series),
        growth_questions.coverage(connection, series),
        questions.flows(connection, series),
        escape_questions.escapes(connection, service=None, build=None, package=None, place="", all_kinds=True),
        escape_questions.flow_of(connection, sites),
        trace_questions.goroutine_groups(connection, traces),
        trace_questions.goroutines(connection, traces, ""),
        trace_questions.blocked(connection, traces),
        trace_table_questions.task_types(connection, traces),
        trace_table_questions.tasks(connection, traces, "order"),
        trace_table_questions.region_types(connection, traces),
        trace_table_questions.logs(connection, traces, "."),
        trace_table_questions.latency(connection, traces),
        trace_table_questions.blocking(connection, traces, ()),
        trace_table_questions.mmu(connection, traces, (1_000_000,)),
        trace_table_questions.procs(connection, traces),
        goroutine_questions.growth(connection),
        escape_questions.tree(connection, "live", service=None, build=None, package=None),
        check_questions.measures(connection, dict.fromkeys(check_questions.CHECKED, 1)),
        check_questions.new_escapes(connection, ["1.4.1", "1.4.2"], least=None),
        questions.refused(connection),
        questions.notes(connection),
    ]
    answers += [questions.site_stacks(connection, one, "", 0) for one in series[:_FEW]]
    answers += [questions.sample_types(connection, [one]) for one in profiles[:_FEW]]
    for wanted in _sample_types(connection):
        answers += [
            questions.tree(connection, profiles, wanted),
            questions.diff(connection, profiles[:1], profiles, wanted, stacks=[0, 1]),
            questions.folded(connection, profiles, wanted),
        ]
    rows: dict[str, int] = {}
    for answer in answers:
        rows[answer.name] = rows.get(answer.name, 0) + answer.table.num_rows
    return rows


def _relations() -> Iterator[tuple[str, str, Sequence[object]]]:
    for name in (*tables(), *(name for name, module in modules().items() if module.kind == "VIEW")):
        yield name, name, ()


def _calls(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, Sequence[object]]]:
    arguments: Mapping[str, Sequence[Sequence[object]]] = {
        "flame.tree": [(ids, kind) for ids, kind in product(_choices(connection), _sample_types(connection))],
        "flame.diff": [(ids[:1], ids, kind) for ids, kind in product(_choices(connection), _sample_types(connection))],
        "flame.weighted": [
            (weights, kind) for weights, kind in product(_weights(connection), _sample_types(connection))
        ],
        "pyroscope.flame_graph": [
            (weights, kind, 100) for weights, kind in product(_weights(connection), _sample_types(connection))
        ],
        "pyroscope.points": [
            (ids, f"memory:{kind}:bytes:space:bytes", 0, 2**62, 2**40, ["service_name"], stacks, is_average)
            for ids, kind, stacks, is_average in product(
                _series(connection), _sample_types(connection), (None, [1]), (False, True)
            )
        ],
        "pyroscope.weights": [
            (ids, kind, 0, 2**62) for ids, kind in product(_series(connection), _sample_types(connection))
        ],
        "heap._grown_between": [(_pairs(connection),), ([],)],
        "attribution._own_frame": [(None,), (_ids(connection, "stack_id FROM stack")[:2],)],
        "attribution._leaf_module": [(None,), (_ids(connection, "stack_id FROM stack")[:2],)],
        "goroutine._place": [(None,), (_ids(connection, "stack_id FROM stack")[:2],), ([],)],
        "attribution.growth_by_site_between": [
            *(tuple(one.values()) for one in _pairs(connection)[:_FEW]),
            (-1, -1, -1),
        ],
        "attribution.site_history": [(_ids(connection, "series_id FROM profile"),), ([],)],
        "attribution.growth": [(_ids(connection, "series_id FROM profile"), most) for most in (None, 2)],
        "attribution.growth_between": [
            *((*one.values(), most) for one, most in product(_pairs(connection)[:_FEW], (None, 2))),
            (-1, -1, -1, None),
        ],
        "attribution.coverage_between": [*(tuple(one.values()) for one in _pairs(connection)[:_FEW]), (-1, -1, -1)],
        "attribution.site_stacks": [(one, "", 0) for one in (*_ids(connection, "series_id FROM profile")[:_FEW], -1)],
        "attribution.own_code_between": [(_pairs(connection),), ([],)],
        "attribution.modules_between": [(_pairs(connection),), ([],)],
        "flame.top": [
            (ids, kind, ids[:1], *patterns)
            for ids, kind, patterns in product(_choices(connection), _sample_types(connection), _PATTERNS)
        ],
        "flame._stacks": [
            (ids, kind, ids[:1], *patterns)
            for ids, kind, patterns in product(_choices(connection), _sample_types(connection), _PATTERNS)
        ],
        "flame.peek": [
            (ids, kind, "main", ids[:1], *patterns)
            for ids, kind, patterns in product(_choices(connection), _sample_types(connection), _PATTERNS)
        ],
        "flame.folded": list(product(_choices(connection), _sample_types(connection))),
        "heap.series_between": [(None, None), *_MOMENTS],
        "goroutine.growth_between": [
            *product([None], [None], (None, _ids(connection, "series_id FROM profile")[:2], [])),
            *_MOMENTS,
        ],
        "escape.diff": list(product(_builds(connection), repeat=2)),
        "escape.on_lines": [(ids, ".") for ids in _choices(connection)],
        "escape.tree": list(product(_series(connection), ("growth", "live", "alloc"))),
        "escape.heaviest": [(None, None), ("checkout", "1.4.2")],
        "alloc.largest_process": [(None, None, None), ("checkout", None, "1.4.2")],
        "gate.escapes": list(product(_builds(connection), repeat=2)),
        "gate.judged": [(list(check_questions.CHECKED), [1] * len(check_questions.CHECKED)), ([], [])],
        "gate.new_escapes": [
            (*builds, least, is_rate)
            for builds, least, is_rate in product(product(_builds(connection), repeat=2), (None, 1), (True, False))
        ],
        "gc.mmu": [(windows,) for windows in _WINDOWS],
        "gc._utilisation": [(False,), (True,)],
    }
    for name, module in modules().items():
        if module.kind != "MACRO":
            continue
        # A macro that nobody gave arguments is not read: it is to be added above.
        for given in arguments[name]:
            yield name, f"{name}({', '.join('?' * len(given))})", given
    for ids, kind in product(_choices(connection), _sample_types(connection)):
        yield "flame.tree", "flame.tree(?, ?, stack_ids := ?)", (ids, kind, _ids(connection, "stack_id FROM stack")[:2])


def _choices(connection: duckdb.DuckDBPyConnection) -> list[list[int]]:
    """All profiles, the first alone, and none."""
    everything = _ids(connection, "profile_id FROM profile")
    return [everything, everything[:1], []]


def _weights(connection: duckdb.DuckDBPyConnection) -> list[list[dict[str, int]]]:
    """Every choice of profiles against the first of all."""
    return [
        [{"profile_id": id, "times_left": int(place == 0), "times_right": 1} for place, id in enumerate(ids)]
        for ids in _choices(connection)
    ]


def _pairs(connection: duckdb.DuckDBPyConnection) -> list[dict[str, int]]:
    """Every series with its first and its last profile."""
    query = "SELECT series_id, first_profile_id, last_profile_id FROM heap.series ORDER BY ALL"
    found: list[dict[str, int]] = connection.sql(query).to_arrow_table().to_pylist()
    return found


def _series(connection: duckdb.DuckDBPyConnection) -> list[list[int]]:
    """All series, and none."""
    return [_ids(connection, "series_id FROM profile WHERE series_id IS NOT NULL"), []]


def _sample_types(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The first few there are, and one there is not."""
    found = connection.execute("SELECT DISTINCT sample_type FROM sample_value ORDER BY ALL").fetchall()
    return [*(kind for (kind,) in found[:_FEW]), "of nothing"]


def _builds(connection: duckdb.DuckDBPyConnection) -> list[str | None]:
    """The first few builds of reports, and none."""
    query = "SELECT DISTINCT build FROM escape_report WHERE build IS NOT NULL ORDER BY ALL"
    return [*(build for (build,) in connection.execute(query).fetchall()[:_FEW]), None]


def _ids(connection: duckdb.DuckDBPyConnection, what: str) -> list[int]:
    return [one for (one,) in connection.execute(f"SELECT DISTINCT {what} ORDER BY ALL").fetchall()]


def _read(connection: duckdb.DuckDBPyConnection, what: str, parameters: Sequence[object]) -> int:
    """How many rows there are, each of them fetched."""
    reader = connection.sql(f"FROM {what}", params=list(parameters) or None).to_arrow_reader()
    return sum(batch.num_rows for batch in reader)
