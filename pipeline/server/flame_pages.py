"""The page with a flame graph: of a profile, a span of time or all instances of a service, alone or against another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import charts, flamegraph, wording
from pipeline.server import once, question
from pipeline.server.pages import CHARTS, Choices, among, chosen_row, page
from pipeline.values import Result
from pipeline.warehouse import flame_tree, questions, server_questions, window_questions
from pipeline.warehouse.window_questions import Counted

if TYPE_CHECKING:
    import duckdb

    from pipeline.outputs.chart import Chart

Row = Mapping[str, Any]

# Of many instances; what is narrower than a thousandth of a pixel is seen by nobody.
MOST_NODES: Final = 100_000
# Instances and series to choose from.
_LISTED: Final = 1_000


def routes() -> list[Route]:
    """The page."""
    return [Route("/flame", _flame)]


@dataclass(frozen=True, slots=True)
class _Span:
    """Profiles of a series, oldest first, and those of them that are chosen: a row of them, or one, or none."""

    every: Sequence[Row]
    chosen: Sequence[Row]

    @property
    def ids(self) -> list[int]:
        return [row["profile_id"] for row in self.chosen]

    @property
    def ends(self) -> tuple[int, int] | None:
        return (self.ids[0], self.ids[-1]) if self.chosen else None

    @property
    def moments(self) -> list[tuple[int, str]]:
        """What can be chosen."""
        times = wording.moments([row["taken_at"] for row in self.every])
        return [(row["profile_id"], time) for row, time in zip(self.every, times, strict=True)]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is drawn, and what it is held against, each a sum or a span of one series; what the form shows of it, and its name."""

    drawn: Sequence[int] | _Span
    base: Sequence[int] | _Span | None
    shown: Mapping[str, Any]
    name: str
    default_type: str = ""

    @property
    def profiles(self) -> Sequence[int]:
        # A profile can be in both.
        return list(dict.fromkeys(one for side in (self.drawn, self.base) if side for one in _ids(side)))


def _flame(request: Request) -> Response:
    asked = request.query_params
    service = asked.get("service", "")
    with question(request) as connection:
        choices = once(request, connection, _profiled)
        if not choices.names:
            return page(request, "flame.html", series=(), figure=None)
        names = once(request, connection, flame_tree.every_name)
        chosen = _of_service(connection, service, asked) if service else _of_series(connection, choices, asked)
        units = _units(connection, chosen.profiles, names)
        wanted = asked.get("type") or _default_type(chosen.default_type, units)
        if not units:
            raise QueryError(
                "these profiles count nothing that all of them do, so they cannot be compared or added up; choose another "
                "series, or see /flame alone"
            )
        if wanted not in units:
            raise QueryError(f"type={wanted[:200]}: there is no such sample type, only {', '.join(units)}")
        after = _counted(connection, chosen.drawn, wanted)
        before = _counted(connection, chosen.base, wanted) if chosen.base else None
        tree = window_questions.tree(connection, before, after, wanted, most=MOST_NODES, names=names)
        over_time = _over_time(connection, chosen, wanted, units[wanted])
    figure = flamegraph.figure(tree, identifier="flame", label=chosen.name, unit=units[wanted], sample_type=wanted)
    return page(
        request,
        "flame.html",
        scripts=(*flamegraph.SCRIPTS, *CHARTS[1:]),
        services=choices.services,
        service=service,
        types=[(name, name) for name in units],
        type=wanted,
        figure=figure,
        is_cut=tree.table.num_rows == MOST_NODES,
        most=MOST_NODES,
        series=choices.options,
        over_time=over_time,
        told=[
            (
                name,
                wording.counted(
                    side.taking, len(rows), timedelta(microseconds=sum(row["duration_ns"] for row in rows) / 1e3)
                ),
            )
            for name, side, rows in (("Before", before, _chosen(chosen.base)), ("Drawn", after, _chosen(chosen.drawn)))
            if side and len(rows) > 1
        ],
        **chosen.shown,
    )


def _units(
    connection: duckdb.DuckDBPyConnection, profiles: Sequence[int], names: flame_tree.Names | None
) -> dict[str, str]:
    """The sample types that all of the profiles have, with their units."""
    if names and names.layouts:
        return names.layouts.common(profiles)
    types = questions.sample_types(connection, profiles).table.to_pylist()
    return {one["sample_type"]: one["unit"] for one in types}


def _profiled(connection: duckdb.DuckDBPyConnection) -> Choices:
    return Choices.among(server_questions.profiled_series(connection))


# ---- spans of one series


def _of_series(connection: duckdb.DuckDBPyConnection, choices: Choices, asked: Mapping[str, str]) -> _Choice:
    """Profiles of a series, against others of it or of another one."""
    every = choices.every
    series = chosen_row(every, "series_id", asked.get("series", ""))
    row = series.table.to_pylist()[0]
    found = _profiles(connection, row["series_id"])
    drawn = _span(found, asked, "from", "profile", is_needed=True)
    other = asked.get("base_series", "")
    of_base = chosen_row(every, "series_id", other).table.to_pylist()[0] if other else row
    base = _span(
        _profiles(connection, of_base["series_id"]) if other else found,
        asked,
        "base_from",
        "base",
        is_needed=bool(other),
    )
    default_type = drawn.chosen[-1]["default_sample_type"] or ""
    names = dict(zip(every.table["series_id"].to_pylist(), choices.names, strict=True))
    return _Choice(
        drawn,
        base if base.chosen else None,
        {
            "chosen": row["series_id"],
            "drawn": drawn,
            "base": base,
            "base_series": of_base["series_id"] if other else "",
            "others": [(one, names[one]) for one in _comparable(every, row, of_base)],
        },
        wording.series_name(wording.rows_of(series)[0]),
        default_type,
    )


def _profiles(connection: duckdb.DuckDBPyConnection, series_id: int) -> Sequence[Row]:
    return window_questions.profiles(connection, series_id).table.to_pylist()


def _span(found: Sequence[Row], asked: Mapping[str, str], first: str, last: str, *, is_needed: bool) -> _Span:
    """The profiles from one to another that the address names; that alone without a first, the last of all without any."""
    ids = [row["profile_id"] for row in found]
    end = among(asked.get(last, ""), ids)
    if end is None and (is_needed or asked.get(first)):
        end = ids[-1]
    if end is None:
        return _Span(found, ())
    # Whichever of its ends comes first.
    begin, end = sorted(map(ids.index, (among(asked.get(first, ""), ids) or end, end)))
    return _Span(found, found[begin : end + 1])


def _comparable(every: Result, row: Row, chosen: Row) -> list[int]:
    """Other series of the same service and kind, so many as a list has room for, and the one that is chosen."""
    found: list[int] = [
        one["series_id"]
        for one in every.table.select(["series_id", "service", "kind"]).to_pylist()
        if (one["service"], one["kind"]) == (row["service"], row["kind"]) and one["series_id"] != row["series_id"]
    ][:_LISTED]
    is_other = chosen["series_id"] not in (*found, row["series_id"])
    return [*found, chosen["series_id"]] if is_other else found


def _over_time(connection: duckdb.DuckDBPyConnection, chosen: _Choice, sample_type: str, unit: str) -> Chart | None:
    """The series over time, to choose a span in; None where there is no choice."""
    if not isinstance(chosen.drawn, _Span) or len(chosen.drawn.every) < 2:
        return None
    found = window_questions.totals(connection, chosen.shown["chosen"], sample_type)
    is_same = not chosen.shown["base_series"]
    assert isinstance(chosen.shown["base"], _Span)
    return charts.over_time(
        found,
        unit=unit,
        label=sample_type,
        windows=[
            ("what is drawn", ("from", "profile"), chosen.drawn.ends),
            *([("what it is held against", ("base_from", "base"), chosen.shown["base"].ends)] if is_same else []),
        ],
    )


# ---- sums over instances


def _of_service(connection: duckdb.DuckDBPyConnection, service: str, asked: Mapping[str, str]) -> _Choice:
    """The newest profile of a kind of every instance, of one build or of one alone, against those of another."""
    every: list[Row] = window_questions.newest_of_instances(connection, service).table.to_pylist()
    if not every:
        raise QueryError(f"service={service[:200]}: has no profile; see /flame without it")
    kinds = list(dict.fromkeys(row["kind"] for row in every))
    kind = _named(asked, "kind", "kind of profile", kinds) or kinds[0]
    rows = [row for row in every if row["kind"] == kind]
    known = {name: sorted({row[name] for row in rows if row[name]}) for name in ("build", "instance")}
    build, against = (_named(asked, parameter, "build", known["build"]) for parameter in ("build", "against"))
    instance, other = (
        _named(asked, parameter, "instance", known["instance"]) for parameter in ("instance", "against_instance")
    )
    profiles = _of(rows, build, instance, kind)
    base = _of(rows, against, other, kind) if against or other else None
    names = filter(None, (service, build and f"build {build}", instance and f"instance {instance}"))
    count = f" · {len(profiles):,} instances" if not instance else ""
    return _Choice(
        profiles,
        base,
        {
            "kinds": _choices(kinds),
            "kind": kind,
            "builds": _choices(known["build"]),
            "build": build,
            "against": against,
            "instances": _choices(known["instance"][:_LISTED], instance, other),
            "instance": instance,
            "against_instance": other,
            "count": len(profiles),
        },
        f"{' · '.join(names)}{count}",
    )


def _named(asked: Mapping[str, str], parameter: str, what: str, known: Sequence[str]) -> str:
    wanted = asked.get(parameter, "")
    if wanted and wanted not in known:
        article = "an" if what == "instance" else "a"
        raise QueryError(
            f"{parameter}={wanted[:200]}: not {article} {what} of the service, which has {', '.join(known)[:500]}"
        )
    return wanted


def _of(rows: Sequence[Row], build: str, instance: str, kind: str) -> list[int]:
    found: list[int] = [
        row["profile_id"]
        for row in rows
        if (not build or row["build"] == build) and (not instance or row["instance"] == instance)
    ]
    if not found:
        raise QueryError(f"instance={instance[:200]} build={build[:200]}: the service has no {kind} profile of both")
    return found


def _choices(names: Sequence[str], *more: str) -> list[tuple[str, str]]:
    return [(name, name) for name in dict.fromkeys((*names, *filter(None, more)))]


# ---- either


def _ids(side: Sequence[int] | _Span) -> Sequence[int]:
    return side.ids if isinstance(side, _Span) else side


def _chosen(side: Sequence[int] | _Span | None) -> Sequence[Row]:
    """The profiles of a span."""
    return side.chosen if isinstance(side, _Span) else ()


def _counted(connection: duckdb.DuckDBPyConnection, side: Sequence[int] | _Span, sample_type: str) -> Counted:
    if isinstance(side, _Span):
        return window_questions.counted(connection, side.ids, sample_type)
    return Counted(side)


def _default_type(named: str, units: Mapping[str, str]) -> str:
    """What the profile names, else live bytes, else its last, as pprof does."""
    return named if named in units else "inuse_space" if "inuse_space" in units else ["", *units][-1]
