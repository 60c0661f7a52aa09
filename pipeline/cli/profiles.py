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
    """pprof's -focus and -ignore: regular expressions on functions, files and binaries."""

    focus: str = ""
    ignore: str = ""

    def spelled(self) -> tuple[str, ...]:
        """As pprof's header names them."""
        return tuple(f"{name}={text}" for name, text in (("focus", self.focus), ("ignore", self.ignore)) if text)


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
    types = questions.sample_types(connection, [one["profile_id"] for one in taken]).table.to_pylist()
    wanted = _sample_type(
        [one["sample_type"] for one in types], taken[0]["default_sample_type"], sample_index=sample_index
    )
    return Chosen(tuple(taken), wanted, next(one["unit"] for one in types if one["sample_type"] == wanted))


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
    total = int(pc.sum(weighed["absolute"]).as_py() or 0)
    if base:
        less = questions.weighed_stacks(connection, base, chosen.sample_type).table
        total = int(pc.sum(less["absolute"]).as_py() or 0)
        negated = less.set_column(1, "value", pc.negate(less["value"]))
        weighed = pa.concat_tables([weighed, negated])
    lines = _Lines(questions.lines(connection, [*chosen.ids, *base], chosen.sample_type).table)
    return lines.stacks(weighed, filters=filters), total


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
        self._inlined = ~lines["is_outermost"].to_numpy()
        self._lines = lines

    def stacks(self, weighed: pa.Table, *, filters: Filters) -> Stacks:
        lists = weighed["location_ids"].combine_chunks()
        lists = pa.concat_arrays(lists.chunks) if isinstance(lists, pa.ChunkedArray) else lists
        offsets = np.asarray(lists.offsets).astype(np.int64)
        offsets = offsets - offsets[0]
        # Locations come leaf first.
        owner = np.repeat(np.arange(len(lists)), np.diff(offsets))
        place = offsets[owner] + offsets[owner + 1] - 1 - np.arange(len(owner))
        refs = np.searchsorted(self._ids, lists.flatten().to_numpy()[place])
        sizes = self._sizes[refs]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self._starts[refs] - (ends - sizes), sizes)
        bounds = np.concatenate([[0], ends])[offsets]
        kept = self._kept(rows, bounds, filters=filters)
        values = weighed["value"].to_numpy() * kept
        return Stacks(self._names, bounds, self._label[rows].astype(np.int64), self._inlined[rows], values)

    def _kept(self, rows: np.ndarray, bounds: np.ndarray, *, filters: Filters) -> np.ndarray:
        kept: np.ndarray = np.ones(len(bounds) - 1, bool)
        if filters.focus:
            kept &= self._any(rows, bounds, filters.focus)
        if filters.ignore:
            kept &= ~self._any(rows, bounds, filters.ignore)
        return kept

    def _any(self, rows: np.ndarray, bounds: np.ndarray, pattern: str) -> np.ndarray:
        """Stacks with a frame whose function, file or binary matches; profile/filter.go, FilterSamplesByName."""
        matches = np.zeros(len(self._label), bool)
        for column in ("function", "file", "binary_file"):
            try:
                found = pc.match_substring_regex(self._lines[column], pattern)
            except pa.ArrowInvalid as error:
                raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error
            matches |= pc.fill_null(found, pa.scalar(value=False)).to_numpy()
        sums = np.concatenate([[0], np.cumsum(matches[rows])])
        found_on: np.ndarray = sums[bounds[1:]] > sums[bounds[:-1]]
        return found_on


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
