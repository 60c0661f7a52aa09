"""Which profiles a pprof-like command is about, and their stacks as the outputs room wants them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cli.choices import named, no_profile, say_added_up
from pipeline.cli.console import say
from pipeline.errors import UsageError
from pipeline.outputs.pprof_graph import Stacks
from pipeline.outputs.pprof_text import TopHeader
from pipeline.values import Bools, Int64s
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Chosen:
    """Profiles to add up, oldest first, and the sample type to show."""

    profiles: tuple[dict[str, Any], ...]
    sample_type: str
    unit: str

    @property
    def ids(self) -> list[int]:
        return [profile["profile_id"] for profile in self.profiles]


@dataclass(frozen=True, slots=True)
class Filters:
    """pprof's filters: regular expressions on functions, files and binaries.

    relative  percentages are of what the filters leave
    """

    focus: str = ""
    ignore: str = ""
    hide: str = ""
    show: str = ""
    show_from: str = ""
    relative: bool = False

    def spelled(self) -> tuple[str, ...]:
        """As pprof's header names them."""
        names = ("focus", "ignore", "hide", "show", "show_from")
        return tuple(f"{name}={getattr(self, name)}" for name in names if getattr(self, name))


def choose(
    connection: duckdb.DuckDBPyConnection,
    selection: questions.Selection,
    *,
    sample_index: str = "",
    is_all: bool = False,
    merge: bool = False,
    option: str = "--profile",
) -> Chosen:
    """The newest profile of a selection, or all it names; raises UsageError when there is none.

    sample_index  a sample type or its number; empty takes the one the profile names, else the last, as pprof does
    is_all        take all selected profiles, not the newest only
    merge         the same, and a name may be of several, whatever their values are
    option        what named them
    """
    taken = choose_profiles(connection, selection, is_all=is_all, merge=merge, option=option)
    types = questions.sample_types(connection, [one["profile_id"] for one in taken]).table.to_pylist()
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
        taken = found if is_all or merge else found[-1:]
        if len(taken) < len(found):
            say(
                f"{taken[-1]['uri']}, the newest of {len(found):,} profiles; choose with --profile, --service, --kind ..."
            )
    say_added_up(taken)
    return taken


def header(chosen: Chosen, *, total: int, filters: Filters, base: Chosen | None = None) -> TopHeader:
    """What pprof says before the rows; profile/merge.go, combineHeaders.

    Profiles that are added up, or held against each other, have the earliest time and the sum of the durations.
    """
    merged = (*chosen.profiles, *(base.profiles if base else ()))
    first = merged[0]
    time_ns = first["time_ns"]
    for one in merged[1:]:
        time_ns = one["time_ns"] if time_ns == 0 else min(time_ns, one["time_ns"])
    return TopHeader(
        sample_type=chosen.sample_type,
        unit=chosen.unit,
        total=total,
        file=first["file"],
        build_id=first["build_id"],
        comments=tuple(dict.fromkeys(comment for one in merged for comment in one["comments"])),
        doc_url=next((one["doc_url"] for one in merged if one["doc_url"]), ""),
        time_ns=time_ns,
        duration_ns=sum(one["duration_ns"] for one in merged),
        filters=filters.spelled(),
        # Of then, not of now: summer time.
        timezone=datetime.fromtimestamp(time_ns // 10**9).astimezone().tzinfo,  # type: ignore[arg-type]
    )


def stacks_of(
    connection: duckdb.DuckDBPyConnection, chosen: Chosen, *, filters: Filters = Filters(), base: Sequence[int] = ()
) -> tuple[Stacks, int]:
    """The selected samples by stack, and the total before filters.

    base  profiles whose values are taken off, as pprof's -diff_base does; the total is then theirs
    """
    weighed = questions.weighed_stacks(connection, chosen.ids, chosen.sample_type).table
    counted = np.ones(len(weighed), bool)
    if base:
        less = questions.weighed_stacks(connection, base, chosen.sample_type).table
        counted = np.repeat([not less.num_rows, True], [weighed.num_rows, less.num_rows])
        negated = less.set_column(1, "value", pc.negate(less["value"]))
        weighed = pa.concat_tables([weighed, negated])
    lines = _Lines(questions.lines(connection, [*chosen.ids, *base], chosen.sample_type).table)
    stacks, kept = lines.stacks(weighed, filters=filters)
    absolute = weighed["absolute"].to_numpy()
    # Of a difference it is the base's, whatever is left of it (report.computeTotal).
    return stacks, int(absolute[counted & kept if filters.relative else counted].sum())


class _Lines:
    """Frames of every location, to be strung together to stacks; made once a command."""

    def __init__(self, lines: pa.Table) -> None:
        # Outermost first, for stacks that begin at the root.
        lines = lines.sort_by([("location_id", "ascending"), ("depth", "descending")])
        location = lines["location_id"].to_numpy()
        self._starts = (
            np.flatnonzero(np.concatenate([[True], location[1:] != location[:-1]]))
            if len(location)
            else np.zeros(0, int)
        )
        self._ids = location[self._starts]
        self._sizes = np.diff(np.append(self._starts, len(location)))
        encoded = pc.dictionary_encode(lines["function"]).combine_chunks()
        encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        self._names = encoded.dictionary.to_pylist()
        self._label = encoded.indices.to_numpy()
        self._lines = lines

    def stacks(self, weighed: pa.Table, *, filters: Filters) -> tuple[Stacks, Bools]:
        """The samples that filters leave, as stacks of no weight where they leave none, and which those are not."""
        lists = weighed["location_ids"].combine_chunks()
        lists = pa.concat_arrays(lists.chunks) if isinstance(lists, pa.ChunkedArray) else lists
        offsets = np.asarray(lists.offsets).astype(np.int64)
        offsets = offsets - offsets[0]
        # Locations come leaf first.
        owner = np.repeat(np.arange(len(lists)), np.diff(offsets))
        place = offsets[owner] + offsets[owner + 1] - 1 - np.arange(len(owner))
        refs = np.searchsorted(self._ids, lists.flatten().to_numpy()[place])
        kept = self._kept(refs, owner, offsets, filters=filters)
        shown, top = self._shown(filters)
        sizes = np.add.reduceat(shown.astype(np.int64), self._starts) if len(self._starts) else self._sizes
        stays = sizes[refs] > 0
        if filters.show_from:
            # From the first that matches on, as the roots come first.
            seen = np.concatenate([[0], np.cumsum(top[refs] & stays)])
            stays &= seen[1:] > seen[offsets[owner]]
        if not (shown.all() and not filters.show_from):
            kept &= np.bincount(owner[stays], minlength=len(lists)) > 0
        refs, owner = refs[stays], owner[stays]
        ends = np.cumsum(sizes[refs])
        firsts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(firsts[refs] - (ends - sizes[refs]), sizes[refs])
        bounds = np.concatenate([[0], ends])[np.searchsorted(owner, np.arange(len(lists) + 1))]
        values = weighed["value"].to_numpy() * kept
        lines = np.flatnonzero(shown)
        # The outermost line that is left of a location is the call itself.
        inlined = np.diff(np.searchsorted(self._starts, lines, side="right"), prepend=-1) == 0
        return Stacks(self._names, bounds, self._label[lines[rows]].astype(np.int64), inlined[rows], values), kept

    def _kept(self, refs: Int64s, owner: Int64s, offsets: Int64s, *, filters: Filters) -> Bools:
        """Samples by -focus and -ignore; profile/filter.go, FilterSamplesByName."""
        kept: np.ndarray = np.ones(len(offsets) - 1, bool)
        for pattern, wants in ((filters.focus, True), (filters.ignore, False)):
            if pattern:
                matches = self._matches(pattern, "function", "file", "binary_file")
                found = np.logical_or.reduceat(matches, self._starts) if len(self._starts) else matches
                kept &= (np.bincount(owner[found[refs]], minlength=len(kept)) > 0) == wants
        return kept

    def _shown(self, filters: Filters) -> tuple[Bools, Bools]:
        """Lines that -hide, -show and -show_from leave, and locations that a stack may begin with; Location.matchedLines, ShowFrom."""
        shown = np.ones(len(self._label), bool)
        top = np.zeros(len(self._starts), bool)
        if filters.hide:
            shown &= ~self._matches(filters.hide, "function", "file", "binary_file")
        if filters.show:
            is_bare = ~self._lines["has_function"].to_numpy(zero_copy_only=False)
            of_binary = self._matches(filters.show, "binary_file")
            shown &= (self._matches(filters.show, "function", "file") | of_binary) & ~is_bare
        if filters.show_from and len(self._starts):
            of_location = np.repeat(np.arange(len(self._starts)), self._sizes)
            of_binary = self._matches(filters.show_from, "binary_file")
            matches = self._matches(filters.show_from, "function", "file") & shown
            seen = np.concatenate([[0], np.cumsum(matches)])
            has = np.logical_or.reduceat(matches, self._starts)
            # What calls the outermost line that matches is left out with the lines before it.
            behind = seen[1:] > seen[self._starts][of_location]
            shown &= of_binary | ~has[of_location] | behind
            top = has | np.logical_or.reduceat(of_binary, self._starts)
        return shown, top

    def _matches(self, pattern: str, *columns: str) -> Bools:
        """Lines that a regular expression finds in one of the columns."""
        matches = np.zeros(len(self._label), bool)
        for column in columns:
            try:
                found = pc.match_substring_regex(self._lines[column], pattern)
            except pa.ArrowInvalid as error:
                raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error
            matches |= pc.fill_null(found, pa.scalar(value=False)).to_numpy()
        return matches


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
