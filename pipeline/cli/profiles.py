"""Which profiles a pprof-like command is about, and what its report is written of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pipeline.cli.choices import named, no_profile, say_added_up
from pipeline.cli.console import say
from pipeline.errors import UsageError
from pipeline.outputs.pprof.profile import Profile
from pipeline.outputs.pprof.report import Kind, Report, prepare
from pipeline.outputs.pprof.sampled import profile_of
from pipeline.outputs.pprof.settings import Settings
from pipeline.values import Question
from pipeline.warehouse import questions
from pipeline.warehouse.pprof_questions import sampled, whole

if TYPE_CHECKING:
    import duckdb

# More profiles are added up by the database.
_MOST_APART: Final = 16


@dataclass(frozen=True, slots=True)
class Chosen:
    """Profiles to add up, oldest first, and the sample type to show."""

    profiles: tuple[dict[str, Any], ...]
    sample_type: str
    unit: str

    @property
    def ids(self) -> list[int]:
        return [profile["profile_id"] for profile in self.profiles]


def choose(
    connection: duckdb.DuckDBPyConnection,
    selection: questions.Selection,
    *,
    sample_index: str = "",
    is_all: bool = False,
    merge: bool = False,
    option: str = "--profile",
    base: Chosen | None = None,
) -> Chosen:
    """The newest profile of a selection, or all it names; raises UsageError when there is none.

    sample_index  a sample type or its number; empty takes the one the profile names, else the last, as pprof does
    is_all        take all selected profiles, not the newest only
    merge         the same, and a name may be of several, whatever their values are
    option        what named them
    base          what they are compared with, by its sample type unless told otherwise
    """
    taken = choose_profiles(connection, selection, is_all=is_all, merge=merge, option=option)
    types = questions.sample_types(connection, [one["profile_id"] for one in taken]).table.to_pylist()
    if base and not sample_index:
        sample_index = base.sample_type
        if sample_index not in (there := [one["sample_type"] for one in types]):
            before, after = base.profiles[0], taken[0]
            raise UsageError(
                f"{before['uri']} is a {before['kind']} profile with {sample_index}, and {after['uri']} a {after['kind']} profile with "
                f"{', '.join(there)}; a difference is of two with the same sample types"
            )
    wanted = _sample_type(
        [one["sample_type"] for one in types], taken[0]["default_sample_type"], sample_index=sample_index
    )
    return Chosen(tuple(taken), wanted, next(one["unit"] for one in types if one["sample_type"] == wanted))


def choose_profiles(
    connection: duckdb.DuckDBPyConnection,
    selection: questions.Selection,
    *,
    is_all: bool = False,
    merge: bool = False,
    option: str = "--profile",
) -> list[dict[str, Any]]:
    """The newest profile of a selection, or all it names, oldest first; see `choose`."""
    found = questions.profiles(connection, selection).table.to_pylist()
    if not found:
        raise no_profile(connection, selection, option=option)
    if selection.profiles:

        def missing(name: str) -> UsageError:
            return no_profile(connection, replace(selection, profiles=(name,)), option=option)

        taken = named(found, selection.profiles, option=option, merge=merge, missing=missing)
    else:
        if not (selection.kind or is_all):
            found = [one for one in found if one["kind"] == "heap"] or found
        # What a heap gained in some seconds is not what is live, and is shown when it is named.
        states = [one for one in found if one["kind"] != "heap" or not one["duration_ns"]] or found
        taken = found if is_all or merge else states[-1:]
        if len(taken) < len(found):
            among = f"{len(found):,} profiles" if found[-1] in taken else f"{len(states):,} that are no difference"
            say(f"{taken[-1]['uri']}, the newest of {among}; choose with --profile, --service, --kind ...")
    _require_one_sum(connection, taken)
    say_added_up(taken)
    return taken


def _require_one_sum(connection: duckdb.DuckDBPyConnection, taken: Sequence[Mapping[str, Any]]) -> None:
    kinds = Counter(one["kind"] for one in taken)
    if len(kinds) > 1 and not questions.sample_types(connection, [one["profile_id"] for one in taken]).table.num_rows:
        counts = ", ".join(f"{kind} ({count:,})" for kind, count in kinds.most_common())
        raise UsageError(
            f"{len(taken):,} profiles of several kinds have no sample type in common: {counts}; choose one, as in --kind {kinds.most_common(1)[0][0]}"
        )


def loaded(connection: duckdb.DuckDBPyConnection, picked: Sequence[Mapping[str, Any]]) -> list[Profile]:
    """Some profiles of the database, to be added up.

    Of many the database makes the sum: samples alike are one then, as they are in pprof's own sum, in an order of their own.
    """
    ids = [one["profile_id"] for one in picked]
    if len(ids) > _MOST_APART:
        return [profile_of(sampled(connection, dict.fromkeys(ids, 1)))]
    return [profile_of(whole(connection, id)) for id in ids]


def query_of(chosen: Chosen, settings: Settings, *, base: Sequence[int] = (), pattern: str | None = None) -> Question:
    """The query of all functions with their weights, or of those that match and what is next to them; raises UsageError for a setting that it cannot say."""
    default = Settings()
    given = {field.name for field in fields(Settings) if getattr(settings, field.name) != getattr(default, field.name)}
    if unsaid := sorted(given - _SAID - set(_IN_SQL)):
        raise UsageError(
            f"--show-sql: the query cannot say {', '.join(unsaid)}; leave that out, and add it to the query"
        )
    patterns = {name: str(getattr(settings, setting)) for setting, name in _IN_SQL.items()}
    return questions.top(chosen.ids, chosen.sample_type, base_ids=base, pattern=pattern, filters=patterns)


# What `flame.top` calls pprof's filters: SHOW is a word of SQL's.
_IN_SQL: Final = {"focus": "focus", "ignore": "ignore", "hide": "hide", "show": "show_only", "show_from": "show_from"}
# What changes how the rows are written, and not which there are.
_SAID: Final = frozenset(
    {"sample_index", "unit", "sort", "nodecount", "nodefraction", "edgefraction", "trim", "relative_percentages"}
)


def prepared(profile: Profile, settings: Settings, *, kind: Kind, pattern: str = "") -> Report:
    """What a report of some kind is written of; what there is to say of the options is said."""
    # Of then, not of now: it may have been summer.
    timezone = datetime.fromtimestamp(profile.header.time_ns // 10**9).astimezone().tzinfo or UTC
    return prepare(profile, settings, kind=kind, pattern=pattern, timezone=timezone, told=say)


def _sample_type(types: Sequence[str], default: str, *, sample_index: str) -> str:
    """The sample type meant, by pprof's rules; profile/index.go, SampleIndexByName."""
    if not types:
        raise UsageError("the profiles have no sample type in common; choose fewer with --profile or --kind")
    if not sample_index:
        return default if default in types else types[-1]
    for name in (sample_index, sample_index.removeprefix("inuse_")):
        if name in types:
            return name
    if re.fullmatch("[0-9]+", sample_index) and int(sample_index) < len(types):
        return types[int(sample_index)]
    raise UsageError(f"sample_index {sample_index!r}: the profile has {', '.join(types)}")
