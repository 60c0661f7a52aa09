"""What is said of a choice: which part of it fits nothing and what there is, which of several was meant, which were added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.buckets import local_path
from pipeline.cli.console import say
from pipeline.cli.moments import spelled
from pipeline.errors import UsageError
from pipeline.outputs.wording import series_name
from pipeline.warehouse import escape_questions, inventory_questions, questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.questions import Selection

Row = Mapping[str, Any]

# What there is, named one by one; the rest is a count.
_NAMED: Final = 5
# Kinds whose values are of a span of time, each of its own; those of all others are of a moment, or since the start.
_OF_SPANS: Final = frozenset({"cpu", "trace"})
_COLUMNS: Final = {"service": "service", "instance": "instance", "build": "build", "package": "package", "kind": "kind", "source": "source", "status": "status", "series": "series_id"}  # fmt: skip
_MOMENTS: Final = ("since", "until")
# Those that people give to their files.
_LABELS: Final = ("service", "instance", "build")


def no_profile(connection: duckdb.DuckDBPyConnection, selection: Selection, *, option: str = "--profile") -> UsageError:
    """What is raised when no profile fits, or no trace where `option` is --trace: the part that fits none of those that the parts before it leave."""
    of_traces = option == "--trace"
    every = questions.profiles(connection, questions.Selection(kind="trace" if of_traces else None)).table
    # That of traces was not typed.
    picked = replace(selection, kind=None) if of_traces else selection
    return UsageError(
        nothing_fits(every, parts_of_selection(picked, option=option), noun="trace" if of_traces else "profile")
    )


def no_growth(connection: duckdb.DuckDBPyConnection, selection: Selection) -> str:
    """What is said when no series that fits has two heap profiles; raises UsageError when none fits."""
    # Of a span those that say when they were taken.
    whole = questions.Selection(since=datetime.min) if selection.is_of_a_span else questions.Selection()
    every = questions.series(connection, whole, least=1).table
    fitting = questions.series(connection, selection, least=1).table
    if not every.num_rows:
        return "there are no heap profiles, so there is no growth to tell; put some in with: heapscape run INPUT..."
    if not fitting.num_rows:
        noun, parts = "series of heap profiles", parts_of_selection(replace(selection, profiles=()), option="")
        raise UsageError(nothing_fits(every, parts, noun=noun, plural=noun))
    which = (
        f"series {fitting['series_id'][0]} has" if fitting.num_rows == 1 else f"all {fitting.num_rows:,} that fit have"
    )
    return f"no series that fits has two heap profiles, so there is no growth to tell: {which} one; take another later"


def require_reports(connection: duckdb.DuckDBPyConnection, builds: Iterable[str]) -> None:
    """Raises UsageError for a build that no escape report is of, with those that there are."""
    known = escape_questions.builds(connection).table["build"].to_pylist()
    for build in builds:
        if build not in known:
            there = f"there are reports of {', '.join(known)}" if known else "no report has a build"
            raise UsageError(
                f"{build}: no escape report is of this build; {there}. Name it with: heapscape ingest --label build=..."
            )


def say_series(connection: duckdb.DuckDBPyConnection, series: Row, *, of: int) -> None:
    """Say which series was chosen, and which profiles of it."""
    ids = [series["first_profile_id"], series["last_profile_id"]]
    wanted = questions.Selection(profiles=tuple(map(str, ids)))
    uris = {one["profile_id"]: one["uri"] for one in questions.profiles(connection, wanted).table.to_pylist()}
    why = f", the one of {of:,} that grew most; choose with --series, --service, --build ..." if of > 1 else ""
    say(
        f"series {series['series_id']} ({series_name(series)}): {_files([('', uris[id]) for id in ids], between=' → ')}{why}"
    )


def nothing_fits(rows: pa.Table, parts: Iterable[tuple[str, str]], *, noun: str, plural: str = "") -> str:
    """Which part of a choice fits none of the rows that the parts before it leave, and what there is instead.

    parts  option and value, such as ("--build", "1.4.2"), in the order to take them
    noun   what a row is; `plural` when an s does not make it one
    """
    plural = plural or f"{noun}s"
    if not rows.num_rows:
        return f"there are no {plural}; put some in with: heapscape run INPUT..."
    said: list[str] = []
    for option, value in parts:
        kept = rows.filter(_fits(rows, option, value))
        if not kept.num_rows:
            count = f"{rows.num_rows:,} {plural if rows.num_rows > 1 else noun}"
            among = f" with {' '.join(said)}" if said else ""
            return f"{option} {value}: {_none_of(rows, option, value, of=count + among)}"
        rows = kept
        said.append(f"{option} {value}")
    return f"no {noun} fits {' '.join(said)}".rstrip()


def unknown_owner(connection: duckdb.DuckDBPyConnection, **owner: str | None) -> str:
    """Which of --service, --instance and --build fits none of the sources, and what there is instead; empty when some fit."""
    parts = parts_of(**owner)
    every = inventory_questions.sources(connection, questions.Selection()).table
    fitting = every
    for option, value in parts:
        fitting = fitting.filter(_fits(fitting, option, value))
    return "" if fitting.num_rows or not parts else nothing_fits(every, parts, noun="source")


def parts_of(**options: str | int | None) -> list[tuple[str, str]]:
    """The parts of a choice that were given: service="a" is --service a."""
    return [(f"--{name}", str(value)) for name, value in options.items() if value is not None]


def named(
    found: Sequence[dict[str, Any]],
    wanted: Sequence[str],
    *,
    option: str,
    merge: bool,
    missing: Callable[[str], UsageError],
) -> list[dict[str, Any]]:
    """The profiles that are named, by id or a part of the uri, each once, in their order.

    A name that is the whole of a file's, with or without its endings, is of no other that it is a part of.
    missing  what is raised for a name that fits none
    Raises UsageError for one that fits several whose values are no sum of anything, unless they are to be merged.
    """
    taken: list[dict[str, Any]] = []
    for name in wanted:
        fitting = [one for one in found if name in (str(one["profile_id"]), one.get("profile_hash"))] or (
            [] if name.isdigit() else [one for one in found if name in one["uri"]]
        )
        fitting = [one for one in fitting if _is_whole(one["uri"], name)] or fitting
        if not fitting:
            raise missing(name)
        _require_sum(fitting, merge=merge, named=f"{option} {name}")
        taken += fitting
    ids = {one["profile_id"] for one in taken}
    return [one for one in found if one["profile_id"] in ids]


def of_input(connection: duckdb.DuckDBPyConnection, given: str, *, merge: bool) -> tuple[str, ...]:
    """The ids of the profiles that an input of the command line is, or holds: its name may be a number, or a part of another's.

    Raises UsageError when it holds none, or several whose values are no sum of anything, unless they are to be merged.
    """
    path = local_path(given)
    inside = (path.rstrip("/") + "/", f"{path}!")
    every = inventory_questions.profiles(connection, questions.Selection()).table.to_pylist()
    # What two files hold has the names of both.
    found = [
        one
        for one in every
        if any(name == path or name.startswith(inside) or fnmatchcase(name, path) for name in one["names"])
    ]
    if not found:
        raise UsageError(f"{given}: no profile could be read from it; give the profile before and the profile after")
    _require_sum(found, merge=merge, named=given)
    return tuple(str(one["profile_id"]) for one in found)


def _require_sum(found: Sequence[Row], *, merge: bool, named: str) -> None:
    """Raises UsageError for several profiles whose values are no sum of anything, unless they are to be merged."""
    if len(found) > 1 and not merge and not all(one["kind"] in _OF_SPANS for one in found):
        raise UsageError(f"{named}: {_ambiguous(found)}")


def chosen_traces(
    connection: duckdb.DuckDBPyConnection, picked: Selection, *, is_all: bool, is_needed: bool = True
) -> Sequence[Row]:
    """The newest trace that fits, which is said where there are others, or all of them.

    is_needed  raise UsageError when there is none, with what there is
    """
    found: list[dict[str, Any]] = questions.profiles(connection, picked).table.to_pylist()
    if found and picked.profiles:

        def missing(name: str) -> UsageError:
            return no_profile(connection, replace(picked, profiles=(name,)), option="--trace")

        found = named(found, picked.profiles, option="--trace", merge=True, missing=missing)
    if not found and is_needed:
        if not questions.profiles(connection, questions.Selection(kind="trace")).table.num_rows:
            raise UsageError(
                "there is no execution trace; fetch one with: curl -o go.trace "
                "'http://HOST:6060/debug/pprof/trace?seconds=5'"
            )
        raise no_profile(connection, picked, option="--trace")
    if not is_all and len(found) > 1:
        say(f"{found[-1]['uri']}, the newest of {len(found):,} traces; choose with --trace, --service, --build ...")
    return found if is_all else found[-1:]


def say_added_up(taken: Sequence[Row]) -> None:
    """Say of several profiles that the answer is their sum, and what a sum of moments is not."""
    if len(taken) < 2:
        return
    kinds = sorted({str(one["kind"]) for one in taken})
    of_moments = [kind for kind in kinds if kind not in _OF_SPANS]
    warning = "; that counts again what several of them hold, and is no state the program was in" if of_moments else ""
    say(f"added up: {len(taken):,} {', '.join(kinds)} profiles, {_files([('', one['uri']) for one in taken])}{warning}")


def parts_of_selection(selection: Selection, *, option: str = "--profile") -> list[tuple[str, str]]:
    """The parts of a selection that were given, in the order to take them; `option` named the profiles."""
    owner = {name: getattr(selection, name) for name in ("service", "instance", "build", "kind", "series")}
    moments = {name: getattr(selection, name) for name in _MOMENTS}
    span = {name: spelled(moment) for name, moment in moments.items() if moment is not None}
    # One name that fits is enough for a selection to fit.
    return [*parts_of(**owner, **span), *((option, name) for name in selection.profiles)]


def _fits(rows: pa.Table, option: str, value: str) -> pa.Array:
    column = _COLUMNS.get(option.removeprefix("--"))
    if option.removeprefix("--") in _MOMENTS:
        return _is_taken(rows, option, datetime.fromisoformat(value.removesuffix("Z")))
    if column:
        return pc.fill_null(pc.equal(pc.cast(rows[column], pa.string()), value), fill_value=False)
    is_id = pc.equal(pc.cast(rows["profile_id"], pa.string()), value)
    return is_id if value.isdigit() else pc.or_(is_id, pc.match_substring(rows["uri"], value))


def _none_of(rows: pa.Table, option: str, value: str, *, of: str) -> str:
    name = option.removeprefix("--")
    if name in _MOMENTS:
        return f"none of {of} was taken then {'or later' if name == 'since' else 'or before'}; {_span(rows)}"
    if name not in _COLUMNS:
        return _no_name(rows["uri"].to_pylist(), value, noun="trace" if name == "trace" else "profile")
    there = [str(one) for one in pc.unique(rows[_COLUMNS[name]].drop_null()).to_pylist()]
    if there:
        return f"none of {of} has this {name}; there {_are(there, near=value)}"
    advice = f"; give them one with: heapscape lake relabel INPUT... --label {name}={value}" if name in _LABELS else ""
    return f"none of {of} has a label {name}{advice}"


def _is_taken(rows: pa.Table, option: str, moment: datetime) -> pa.Array:
    """Rows of the span of time that begins or ends at a moment."""
    first, last = _times(rows)
    taken = (
        pc.greater_equal(last, pa.scalar(moment)) if option == "--since" else pc.less_equal(first, pa.scalar(moment))
    )
    return pc.fill_null(taken, fill_value=False)


def _times(rows: pa.Table) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """When the first and the last of each row was taken: of a series two moments, else one; null where nothing says."""
    if "first_at" in rows.column_names:
        first, last = rows["first_at"], rows["last_at"]
    else:
        first = last = rows["taken_at"]
    never = pa.scalar(datetime(1970, 1, 1), first.type)
    return tuple(pc.if_else(pc.equal(one, never), None, one) for one in (first, last))


def _span(rows: pa.Table) -> str:
    """From when until when there is something, and what does not say when it was."""
    first, last = _times(rows)
    begin, end = pc.min(first).as_py(), pc.max(last).as_py()
    if begin is None:
        return "none of them says when it was taken"
    unknown = f", and {first.null_count:,} that do not say when" if first.null_count else ""
    if begin == end:
        return f"all there is was taken at {spelled(begin)}{unknown}"
    return f"there is from {spelled(begin)} to {spelled(end)}{unknown}"


def _no_name(uris: Sequence[str], value: str, *, noun: str) -> str:
    count = f"{len(uris):,} {noun}{'s' if len(uris) != 1 else ''}"
    return f"none of {count} has this id, or this in its uri; there {_are(uris, near=value)}"


def _ambiguous(fitting: Sequence[Row]) -> str:
    kinds = sorted({str(one["kind"]) for one in fitting})
    files = _files([(f"{one['profile_id']} ", one["uri"]) for one in fitting])
    return (
        f"fits {len(fitting):,} {', '.join(kinds)} profiles, each of another moment: {files}. "
        "Name one, by its id or by more of its uri, or have them added up with --merge"
    )


def _are(there: Sequence[str], *, near: str) -> str:
    """`is x`, or `are x, y and 3 more`, what is spelled nearly so first."""
    ordered = sorted(there)
    by_base = {one.rpartition("/")[2].partition(".")[0]: one for one in ordered}
    close = [*get_close_matches(near, ordered[:_MOST_COMPARED], _NAMED, 0.6)]
    close += [by_base[one] for one in get_close_matches(near, list(by_base)[:_MOST_COMPARED], _NAMED, 0.6)]
    listed = list(dict.fromkeys([*close, *ordered]))
    return f"{'is' if len(listed) == 1 else 'are'} {_files([('', one) for one in listed])}"


# Names that are held against what was typed: to compare takes a while.
_MOST_COMPARED: Final = 2_000


def _files(files: Sequence[tuple[str, str]], *, between: str = ", ") -> str:
    """Paths with what stands before each, the folder that all of them are in once."""
    levels = zip(*(path.split("/")[:-1] for _, path in files), strict=False)
    folder = "/".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))
    if len(files) < 2 or not folder:
        return _listed([before + path for before, path in files], between=between)
    return f"{_listed([before + path[len(folder) + 1 :] for before, path in files], between=between)} in {folder}"


def _listed(names: Sequence[str], *, between: str) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{between.join(names[:_NAMED])}{more}"


def _is_whole(uri: str, name: str) -> bool:
    """Whether a name is all of a path's end, with or without what stands behind the first dot of its last part."""
    folder, slash, base = uri.rpartition("/")
    return any(path == name or path.endswith(f"/{name}") for path in (uri, f"{folder}{slash}{base.partition('.')[0]}"))
