"""The page with a flame graph: of a profile, or of all instances of a service, alone or against another moment or build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import flamegraph, wording
from pipeline.server import once, question
from pipeline.server.pages import Choices, among, chosen_row, page
from pipeline.values import Result
from pipeline.warehouse import flame_tree, questions, server_questions

if TYPE_CHECKING:
    import duckdb

# Of many instances; what is narrower than a thousandth of a pixel is seen by nobody.
MOST_NODES: Final = 100_000


def routes() -> list[Route]:
    """The page."""
    return [Route("/flame", _flame)]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is drawn: profiles, and those they are held against; what the page's form shows of it, and what it is called."""

    profiles: Sequence[int]
    base: Sequence[int]
    shown: Mapping[str, Any]
    name: str
    default_type: str = ""


def _flame(request: Request) -> Response:
    asked = request.query_params
    service = asked.get("service", "")
    with question(request) as connection:
        choices = once(request, connection, _profiled)
        if not choices.series:
            return page(request, "flame.html", series=(), figure=None)
        names = once(request, connection, flame_tree.every_name)
        chosen = _of_service(connection, service, asked) if service else _of_series(connection, choices.every, asked)
        types = questions.sample_types(connection, chosen.profiles).table.to_pylist()
        units = {one["sample_type"]: one["unit"] for one in types}
        wanted = asked.get("type") or _default_type(chosen.default_type, units)
        if wanted not in units:
            raise QueryError(f"type={wanted}: the profile has no such sample type, only {', '.join(units)}")
        tree = (
            questions.diff(connection, chosen.base, chosen.profiles, wanted, most=MOST_NODES, names=names)
            if chosen.base
            else questions.tree(connection, chosen.profiles, wanted, most=MOST_NODES, names=names)
        )
    figure = flamegraph.figure(tree, identifier="flame", label=chosen.name, unit=units[wanted], sample_type=wanted)
    return page(
        request,
        "flame.html",
        scripts=(*flamegraph.SCRIPTS, "vendor/uPlot.iife.min.js", "app.js"),
        services=choices.services,
        service=service,
        types=[(name, name) for name in units],
        type=wanted,
        figure=figure,
        is_cut=tree.table.num_rows == MOST_NODES,
        series=choices.series,
        **chosen.shown,
    )


def _profiled(connection: duckdb.DuckDBPyConnection) -> Choices:
    return Choices.among(server_questions.profiled_series(connection))


def _of_series(connection: duckdb.DuckDBPyConnection, every: Result, asked: Mapping[str, str]) -> _Choice:
    """One profile of a series, against another of it."""
    series = chosen_row(every, "series_id", asked.get("series", ""))
    (series_id,) = series.table["series_id"].to_pylist()
    found = questions.profiles(connection, questions.Selection(series=str(series_id))).table.to_pylist()
    ids = [row["profile_id"] for row in found]
    profile = among(asked.get("profile", ""), ids) or ids[-1]
    base = among(asked.get("base", ""), ids)
    moments = [(row["profile_id"], wording.moment(row["taken_at"])) for row in found]
    return _Choice(
        [profile],
        [] if base is None else [base],
        {"chosen": series_id, "profiles": moments, "profile": profile, "base": base or ""},
        wording.series_name(wording.rows_of(series)[0]),
        found[ids.index(profile)]["default_sample_type"] or "",
    )


def _of_service(connection: duckdb.DuckDBPyConnection, service: str, asked: Mapping[str, str]) -> _Choice:
    """The newest heap profile of every instance, of one build or of all, against those of another."""
    builds: dict[str, list[int]] = {
        row["build"] or "": row["profiles"]
        for row in server_questions.newest_heaps(connection, service).table.to_pylist()
    }
    if not builds:
        raise QueryError(f"service={service[:200]}: has no heap profile; see /flame without it")
    build, against = _build(asked, "build", builds), _build(asked, "against", builds)
    profiles: list[int] = builds[build] if build else [one for ids in builds.values() for one in ids]
    named: list[Any] = [(name, name) for name in builds if name]
    return _Choice(
        profiles,
        builds[against] if against else [],
        {"builds": named, "build": build, "against": against, "instances": len(profiles)},
        f"{service}{f' · build {build}' if build else ''} · {len(profiles):,} instances",
    )


def _build(asked: Mapping[str, str], parameter: str, builds: Mapping[str, object]) -> str:
    wanted = asked.get(parameter, "")
    if wanted and wanted not in builds:
        raise QueryError(f"{parameter}={wanted[:200]}: not a build of the service, which has {', '.join(builds)[:500]}")
    return wanted


def _default_type(named: str, units: Mapping[str, str]) -> str:
    """What the profile names, else live bytes, else its last, as pprof does."""
    return named if named in units else "inuse_space" if "inuse_space" in units else list(units)[-1]
