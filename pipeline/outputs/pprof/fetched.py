"""From the profiles of files to the one that reports are of; google/pprof, internal/driver/fetch.go and symbolizer.Demangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs.pprof.mangled import demangled
from pipeline.outputs.pprof.merge import against, combined
from pipeline.outputs.pprof.names import without_uninteresting
from pipeline.outputs.pprof.profile import Mapped, Profile

_CLOSED_BY: Final = {"(": ")", "<": ">"}


def fetched(
    sources: Sequence[Profile],
    bases: Sequence[Profile] = (),
    *,
    is_diff: bool = False,
    is_normalized: bool = False,
    has_all_frames: bool = False,
    comment: str = "",
) -> Profile:
    """The sum of the sources, less that of the bases; fetchProfiles. Raises UsageError for what has no sum.

    is_diff         samples of the bases keep apart, and shares are of their total
    is_normalized   the sources are scaled to the total of the bases before
    has_all_frames  the frames that the profile asks to drop stay
    comment         added to those of the profile
    """
    if is_normalized and not bases:
        raise UsageError("must have base profile to normalize by")
    profile = combined([_with_mapping(one) for one in sources])
    if bases:
        base = combined([_with_mapping(one) for one in bases])
        profile = against(profile, base, is_diff=is_diff, is_normalized=is_normalized)
    if has_all_frames:
        profile = replace(profile, header=replace(profile.header, drop_frames="", keep_frames=""))
    profile = without_uninteresting(_demangled(profile))
    if comment:
        header = replace(profile.header, comments=(*profile.header.comments, comment))
        profile = replace(profile, header=header)
    return profile


def _with_mapping(profile: Profile) -> Profile:
    """With a mapping for all locations where there is none at all; locateBinaries."""
    if profile.mappings:
        return profile
    locations = replace(profile.locations, mapping=np.zeros(len(profile.locations), np.int64))
    return replace(profile, locations=locations, mappings=(Mapped(id=1),))


def _demangled(profile: Profile) -> Profile:
    """With the names of C++ and Rust as pprof demangles and simplifies them; demangleSingleFunction."""
    functions = profile.functions
    names = [
        name if name and name != system_name else plain(system_name)
        for name, system_name in zip(functions.names, functions.system_names, strict=True)
    ]
    return replace(profile, functions=replace(functions, names=names))


def plain(name: str) -> str:
    """A name that a linker knows, for people. OSX has an underscore before every one."""
    return demangled(name) or (demangled(name[1:]) if name.startswith("_") else None) or simplified(name)


def simplified(name: str) -> str:
    """Without arguments and template parameters, where it looks like C++."""
    if ".<" in name or "])." in name or not ("::" in name or any(sign in name for sign in "<>[]")):
        return name
    for opening in "(<":
        name = _without_matching(name, opening, _CLOSED_BY[opening])
    return name


def _without_matching(name: str, opening: str, closing: str) -> str:
    """removeMatching: what stands in brackets that close, and the brackets; nothing where they do not."""
    nesting, first, index = 0, -1, _next_bracket(name, 0, opening, closing)
    while index >= 0:
        if name[index] == opening:
            nesting += 1
            first = index if nesting == 1 else first
            index += 1
        else:
            nesting -= 1
            if nesting < 0:
                return name
            if nesting == 0:
                name = name[:first] + name[index + 1 :]
                index = first
            else:
                index += 1
        index = _next_bracket(name, index, opening, closing)
    return name


def _next_bracket(name: str, begin: int, opening: str, closing: str) -> int:
    found = [place for place in (name.find(opening, begin), name.find(closing, begin)) if place >= 0]
    return min(found, default=-1)
