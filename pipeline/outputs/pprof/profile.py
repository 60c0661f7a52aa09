"""A profile as pprof has it in memory, as columns; google/pprof, profile/profile.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.values import Bools, Int64s, UInt64s

# What marks the samples of a diff base; profile.DiffBaseSample.
BASE_LABEL = "pprof::base"


@dataclass(frozen=True, slots=True)
class Header:
    """What a profile says of itself."""

    time_ns: int = 0
    duration_ns: int = 0
    period: int = 0
    period_type: tuple[str, str] = ("", "")
    default_sample_type: str = ""
    drop_frames: str = ""
    keep_frames: str = ""
    comments: tuple[str, ...] = ()
    doc_url: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping."""

    id: int
    start: int = 0
    limit: int = 0
    offset: int = 0
    file: str = ""
    build_id: str = ""
    has_functions: bool = False
    has_filenames: bool = False
    has_line_numbers: bool = False
    has_inline_frames: bool = False


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a sample: values by key, and of numbers the units, none or as many."""

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_of_base(self) -> bool:
        """Whether its samples are of a diff base."""
        return "true" in self.texts.get(BASE_LABEL, ())


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions, a place each."""

    names: Sequence[str]
    system_names: Sequence[str]
    files: Sequence[str]
    start_lines: Int64s

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Locations:
    """Locations, a place each, and their lines.

    id         uint64           as in the file
    mapping    int64            place of its mapping, -1 for none
    address    uint64
    offsets    int64 (n + 1,)   where the lines of each begin, innermost first
    function   int64            of each line
    """

    id: UInt64s
    mapping: Int64s
    address: UInt64s
    is_folded: Bools
    offsets: Int64s
    function: Int64s
    line: Int64s
    column: Int64s

    def __len__(self) -> int:
        return len(self.id)

    @property
    def owner(self) -> Int64s:
        """The location of each line."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def lines_kept(self, is_kept: Bools) -> Locations:
        """With some of the lines only."""
        if is_kept.all():
            return self
        seen = counted(is_kept)
        return replace(
            self,
            offsets=seen[self.offsets],
            function=self.function[is_kept],
            line=self.line[is_kept],
            column=self.column[is_kept],
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile.

    values      int64 (n, types)
    offsets     int64 (n + 1,)   where the stack of each sample begins
    stacks      int64            places of locations, leaf first
    label_set   int64 (n,)       place of each sample's labels
    label_sets  distinct ones
    """

    header: Header
    sample_types: tuple[tuple[str, str], ...]
    values: Int64s
    offsets: Int64s
    stacks: Int64s
    label_set: Int64s
    label_sets: tuple[LabelSet, ...]
    locations: Locations
    functions: Functions
    mappings: tuple[Mapped, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def owner(self) -> Int64s:
        """The sample of each entry of `stacks`."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def samples_kept(self, is_kept: Bools) -> Profile:
        """With some of the samples only."""
        if is_kept.all():
            return self
        sizes = np.diff(self.offsets)
        return replace(
            self,
            values=self.values[is_kept],
            offsets=begins(sizes[is_kept]),
            stacks=self.stacks[np.repeat(is_kept, sizes)],
            label_set=self.label_set[is_kept],
        )

    def frames_kept(self, is_kept: Bools) -> Profile:
        """With some of the entries of the stacks only."""
        if is_kept.all():
            return self
        return replace(self, offsets=counted(is_kept)[self.offsets], stacks=self.stacks[is_kept])

    def used_label_sets(self) -> list[int]:
        """Places of the label sets that samples have, as they come first."""
        places, first = np.unique(self.label_set, return_index=True)
        return places[np.argsort(first)].tolist()


def begins(sizes: Int64s) -> Int64s:
    """Where each of some runs begins, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def counted(flags: Bools) -> Int64s:
    """How many are set before each place, and in all."""
    return begins(flags.astype(np.int64))


def any_in(flags: Bools, offsets: Int64s) -> Bools:
    """Whether one is set in each run."""
    seen = counted(flags)
    return seen[offsets[1:]] > seen[offsets[:-1]]
