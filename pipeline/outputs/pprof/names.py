"""Filters by the names of functions, files and binaries; google/pprof, profile/filter.go and prune.go."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs.pprof.pattern import check, matching
from pipeline.outputs.pprof.profile import Profile, any_in, counted
from pipeline.values import Bools

# `(` opens the arguments of a function, but in these.
_BRACKETS = re.compile(r"\(anonymous namespace\)|operator\(\)|\(")


def by_name(
    profile: Profile, *, focus: str, ignore: str, hide: str, show: str
) -> tuple[Profile, tuple[bool, bool, bool, bool]]:
    """Samples and frames that -focus, -ignore, -hide and -show leave, and which of them matched; FilterSamplesByName."""
    if not (focus or ignore or hide or show):
        return profile, (True, False, False, False)
    count = len(profile.locations)
    is_ignored = _found(profile, ignore) if ignore else np.zeros(count, np.bool_)
    is_focused = (_found(profile, focus) if focus else np.ones(count, np.bool_)) & ~is_ignored
    kept, is_hidden, (hide_matched, show_matched) = _shown(profile, hide=hide, show=show)
    stays = any_in(is_focused[profile.stacks], profile.offsets) & ~any_in(is_ignored[profile.stacks], profile.offsets)
    if is_hidden.any():
        is_left = ~is_hidden[profile.stacks]
        stays &= any_in(is_left, profile.offsets)
        kept = kept.frames_kept(is_left)
    matched = (bool(is_focused.any()), bool(is_ignored.any()), hide_matched, show_matched)
    return kept.samples_kept(stays), matched


def _shown(profile: Profile, *, hide: str, show: str) -> tuple[Profile, Bools, tuple[bool, bool]]:
    """With the lines that are shown, and the locations of which nothing is."""
    is_hidden = np.zeros(len(profile.locations), np.bool_)
    hide_matched = show_matched = False
    if hide:
        found = _found(profile, hide)
        hide_matched = bool(found.any())
        of_mapping = _of_mapping(profile, hide)
        lines = ~(_of_lines(profile, hide) | of_mapping[profile.locations.owner])
        profile = replace(profile, locations=profile.locations.lines_kept(lines))
        is_hidden |= found & (np.diff(profile.locations.offsets) == 0)
    if show:
        of_mapping = _of_mapping(profile, show)
        lines = _of_lines(profile, show) | of_mapping[profile.locations.owner]
        profile = replace(profile, locations=profile.locations.lines_kept(lines))
        has_lines = np.diff(profile.locations.offsets) > 0
        is_hidden |= ~has_lines
        show_matched = bool(has_lines.any())
    return profile, is_hidden, (hide_matched, show_matched)


def show_from(profile: Profile, pattern: str) -> tuple[Profile, bool]:
    """Without what calls the outermost frame that matches, and whether one does; ShowFrom."""
    locations = profile.locations
    of_mapping, of_line = _of_mapping(profile, pattern), _of_lines(profile, pattern)
    seen = counted(of_line)
    # A line stays when it or one behind it in its location matches.
    ends = locations.offsets[1:][locations.owner]
    is_last_or_before = seen[ends] > seen[:-1]
    has_match = any_in(of_line, locations.offsets)
    lines = is_last_or_before | of_mapping[locations.owner] | ~has_match[locations.owner]
    is_top = of_mapping | has_match
    tops = counted(is_top[profile.stacks])
    # Stacks are leaf first: an entry stays when it or one behind it is a top.
    stays = tops[profile.offsets[1:][profile.owner]] > tops[:-1]
    kept = replace(profile, locations=locations.lines_kept(lines)).frames_kept(stays)
    return kept.samples_kept(any_in(is_top[profile.stacks], profile.offsets)), bool(is_top.any())


def prune_from(profile: Profile, pattern: str) -> Profile:
    """Without what the innermost frame that matches calls; PruneFrom."""
    locations = profile.locations
    found = _simplified(profile, lambda names: matching(names, pattern))[locations.function]
    seen = counted(found)
    has_match = any_in(found, locations.offsets)
    is_first_or_behind = seen[1:] > seen[locations.offsets[locations.owner]]
    lines = is_first_or_behind | ~has_match[locations.owner]
    tops = counted(has_match[profile.stacks])
    owner = profile.owner
    is_pruned = any_in(has_match[profile.stacks], profile.offsets)[owner]
    stays = (tops[1:] > tops[profile.offsets[owner]]) | ~is_pruned
    return replace(profile, locations=locations.lines_kept(lines)).frames_kept(stays)


def without_uninteresting(profile: Profile) -> Profile:
    """Without the frames that the profile itself asks to drop, and what they call; RemoveUninteresting, Prune."""
    drop, keep = profile.header.drop_frames, profile.header.keep_frames
    try:
        check(f"^({drop})$", what="drop_frames")
        check(f"^({keep})$", what="keep_frames")
    except UsageError:
        # pprof goes on without.
        return profile
    if not drop:
        return profile

    def dropped(names: list[str]) -> Bools:
        found = matching(names, f"^({drop})$")
        return found & ~matching(names, f"^({keep})$") if keep else found

    locations = profile.locations
    found = _simplified(profile, dropped)[locations.function]
    has_match = any_in(found, locations.offsets)
    seen = counted(found)
    ends = locations.offsets[1:][locations.owner]
    is_behind_last = seen[ends] == seen[1:]
    is_pruned_whole = np.zeros(len(locations), np.bool_)
    has_lines = np.diff(locations.offsets) > 0
    is_pruned_whole[has_lines] = found[locations.offsets[1:][has_lines] - 1]
    lines = (is_behind_last & ~found) | ~has_match[locations.owner] | is_pruned_whole[locations.owner]
    stays = _above_first_pruned(profile, has_match, is_pruned_whole)
    return replace(profile, locations=locations.lines_kept(lines)).frames_kept(stays)


def _above_first_pruned(profile: Profile, is_pruned: Bools, is_pruned_whole: Bools) -> Bools:
    """Entries of stacks that stay: those that call the first pruned one behind a frame that is not."""
    pruned = is_pruned[profile.stacks]
    owner = profile.owner
    users = counted(~pruned)
    # Roots come last in a stack.
    has_user = users[profile.offsets[1:][owner]] > users[1:]
    cuts = counted(pruned & has_user)
    is_above = cuts[profile.offsets[1:][owner]] == cuts[1:]
    is_cut = pruned & has_user
    return is_above & ~(is_cut & is_pruned_whole[profile.stacks])


def _simplified(profile: Profile, found: Callable[[list[str]], Bools]) -> Bools:
    """Functions whose name without arguments is found; those without a name never are. simplifyFunc."""
    names = [_simple(name) for name in profile.functions.names]
    is_named = np.fromiter((bool(name) for name in profile.functions.names), np.bool_, len(names))
    return found(names) & is_named


def _simple(name: str) -> str:
    name = name.removeprefix(".")
    for bracket in _BRACKETS.finditer(name):
        if bracket[0] == "(":
            return name[: bracket.start()]
    return name


def _found(profile: Profile, pattern: str) -> Bools:
    """Locations of which a function, a file or the binary matches; Location.matchesName."""
    return any_in(_of_lines(profile, pattern), profile.locations.offsets) | _of_mapping(profile, pattern)


def _of_lines(profile: Profile, pattern: str) -> Bools:
    """Lines whose function or file matches."""
    functions = profile.functions
    return (matching(functions.names, pattern) | matching(functions.files, pattern))[profile.locations.function]


def _of_mapping(profile: Profile, pattern: str) -> Bools:
    """Locations whose binary matches."""
    # The last one is for those without a mapping.
    found = np.append(matching([mapping.file for mapping in profile.mappings], pattern), False)
    return found[profile.locations.mapping]
