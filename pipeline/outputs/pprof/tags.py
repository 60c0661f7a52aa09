"""Labels as filters and as frames; google/pprof, internal/driver/driver_focus.go and tagroot.go, profile.NumLabelUnits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.outputs import units
from pipeline.outputs.pprof.pattern import check, matching
from pipeline.outputs.pprof.profile import Functions, LabelSet, Locations, Profile, any_in, begins
from pipeline.values import Bools

Told = Callable[[str], None]
# Of some sets of labels, which are asked for.
_Filter = Callable[[Sequence[LabelSet]], Bools]

_RANGE: Final = re.compile(r"([+-]?[0-9]+)([A-Za-z]+)?")
_IN_BYTES: Final = ("alignment", "request")


def label_units(profile: Profile) -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """The unit of each numeric label: the first that samples give, or the one its name stands for; and what others they give."""
    found: dict[str, str] = {}
    others: dict[str, set[str]] = {}
    keys: dict[str, None] = {}
    for place in profile.used_label_sets():
        labels = profile.label_sets[place]
        for key in labels.numbers:
            keys[key] = None
            for unit in filter(None, labels.units.get(key, ())):
                if found.setdefault(key, unit) != unit:
                    others.setdefault(key, set()).add(unit)
    named = {key: found.get(key) or ("bytes" if key in _IN_BYTES else key) for key in keys}
    return named, {key: tuple(sorted(ignored)) for key, ignored in others.items()}


def tag_filter(option: str, value: str, *, of_labels: Mapping[str, str], told: Told) -> _Filter | None:
    """What -tagfocus or -tagignore asks of labels, None when nothing; compileTagFilter."""
    if not value:
        return None
    key, equals, rest = value.partition("=")
    value = rest if equals else value
    wanted = key if equals else None
    if in_range := _range_filter(value):
        told(f"{option}:Interpreted '{value}' as range, not regexp")
        return lambda sets: np.fromiter(
            (_has_number(labels, wanted, in_range, of_labels=of_labels) for labels in sets), np.bool_, len(sets)
        )
    patterns = value.split(",")
    for pattern in patterns:
        check(pattern, what=f"{option} regexp")
    if wanted is not None:
        return lambda sets: np.any([_has_text(sets, pattern, wanted=wanted) for pattern in patterns], axis=0)
    return lambda sets: np.all([_has_text(sets, pattern) for pattern in patterns], axis=0)


def _has_number(
    labels: LabelSet, wanted: str | None, in_range: Callable[[int, str], bool], *, of_labels: Mapping[str, str]
) -> bool:
    return any(
        in_range(number, of_labels.get(key, ""))
        for key, numbers in labels.numbers.items()
        if wanted in (None, key)
        for number in numbers
    )


def _has_text(sets: Sequence[LabelSet], pattern: str, *, wanted: str | None = None) -> Bools:
    """Which sets have a text that matches: of one label, or any with its name before it."""
    texts = [
        [
            f"{key}:{text}" if wanted is None else text
            for key, texts in labels.texts.items()
            for text in texts
            if wanted in (None, key)
        ]
        for labels in sets
    ]
    offsets = begins(np.fromiter(map(len, texts), np.int64, len(texts)))
    return any_in(matching([text for of_set in texts for text in of_set], pattern), offsets)


def _range_filter(text: str) -> Callable[[int, str], bool] | None:
    """`32kb`, `:64kb`, `4mb:`, `12kb:64mb`; parseTagFilterRange."""
    ranges = [(found[0], int(found[1]), found[2] or "") for found in list(_RANGE.finditer(text))[:2]]
    if not ranges:
        return None
    whole, number, given = ranges[0]
    least, unit = units.scale(number, unit=given, to=given)
    most = least
    if len(ranges) == 1:
        if text not in (whole, f"{whole}:", f":{whole}"):
            return None
        least, most = (-np.inf if text == f":{whole}" else least), (np.inf if text == f"{whole}:" else most)
    else:
        most, other = units.scale(ranges[1][1], unit=ranges[1][2], to=unit)
        if text != f"{whole}:{ranges[1][0]}" or unit != other:
            return None

    def in_range(number: int, of: str) -> bool:
        scaled, in_unit = units.scale(number, unit=of, to=unit)
        return in_unit == unit and least <= scaled <= most

    return in_range


def by_tag(profile: Profile, *, focus: _Filter | None, ignore: _Filter | None) -> tuple[Profile, tuple[bool, bool]]:
    """The samples whose labels are asked for and not ignored, and which of both matched some; FilterSamplesByTag."""
    is_focused = _samples(profile, focus) if focus else np.ones(len(profile), np.bool_)
    is_ignored = _samples(profile, ignore) if ignore else np.zeros(len(profile), np.bool_)
    return profile.samples_kept(is_focused & ~is_ignored), (bool(is_focused.any()), bool(is_ignored.any()))


def _samples(profile: Profile, wanted: _Filter) -> Bools:
    return wanted(profile.label_sets)[profile.label_set]


def labels_shown(profile: Profile, *, show: str, hide: str) -> tuple[Profile, tuple[bool, bool]]:
    """With the labels only whose names are shown and not hidden, and which of both matched some; FilterTagsByName."""
    used = [profile.label_sets[place] for place in profile.used_label_sets()]
    names = list(dict.fromkeys(key for one in used for key in (*one.texts, *one.numbers)))
    is_shown = matching(names, show) if show else np.ones(len(names), np.bool_)
    is_hidden = matching(names, hide) if hide else np.zeros(len(names), np.bool_)
    gone = {name for name, shown, hidden in zip(names, is_shown, is_hidden, strict=True) if hidden or not shown}
    sets = tuple(without(labels, gone) for labels in profile.label_sets) if gone else profile.label_sets
    return replace(profile, label_sets=sets), (bool(is_shown.any()), bool(is_hidden.any()))


def without(labels: LabelSet, keys: Iterable[str]) -> LabelSet:
    """The labels but for some."""
    gone = set(keys)

    def left(of: Mapping[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
        return {key: values for key, values in of.items() if key not in gone}

    return LabelSet(left(labels.texts), left(labels.numbers), left(labels.units))  # type: ignore[arg-type]


def with_frames(profile: Profile, *, roots: str, leaves: str, unit: str) -> tuple[Profile, tuple[bool, bool]]:
    """With a frame for labels at the root and at the leaf of each stack, and whether some label was there; addLabelNodes.

    roots   names of labels with commas between; the first becomes the root
    leaves  the same; the last becomes the leaf
    """
    root_keys, leaf_keys = ([key for key in reversed(keys.split(",")) if key] for keys in (roots, leaves))
    if not root_keys and not leaf_keys:
        return profile, (False, False)
    added = _Added(len(profile.locations))
    before, behind = {}, {}
    for place in profile.used_label_sets():
        labels = profile.label_sets[place]
        behind[place] = [added.place(_label_values(labels, key, unit=unit), key) for key in root_keys]
        before[place] = [added.place(_label_values(labels, key, unit=unit), key) for key in leaf_keys]
    matched = (_has_one(profile, root_keys, unit=unit), _has_one(profile, leaf_keys, unit=unit))
    return _put_around(_with_locations(profile, added.frames), before, behind), matched


def _put_around(profile: Profile, before: Mapping[int, Sequence[int]], behind: Mapping[int, Sequence[int]]) -> Profile:
    """With locations before and behind the stack of each sample, by its labels; as many for one as for another."""
    count = len(profile)
    around = []
    for of_sets in (before, behind):
        table = np.zeros((len(profile.label_sets), len(next(iter(of_sets.values()), ()))), np.int64)
        for place, locations in of_sets.items():
            table[place] = locations
        around.append(table[profile.label_set])
    widths = [one.shape[1] for one in around]
    sizes = np.diff(profile.offsets)
    offsets = begins(sizes + sum(widths))
    stacks = np.empty(offsets[-1], np.int64)
    for width, one, first in ((widths[0], around[0], offsets[:-1]), (widths[1], around[1], offsets[1:] - widths[1])):
        stacks[(first[:, None] + np.arange(width)).ravel()] = one.ravel()
    moved = np.repeat(offsets[:-1] + widths[0] - profile.offsets[:-1], sizes) if count else profile.stacks
    stacks[np.arange(len(profile.stacks)) + moved] = profile.stacks
    return replace(profile, offsets=offsets, stacks=stacks)


class _Added:
    """Frames that stand for labels, each once, in the order in which they were needed."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.frames: dict[tuple[str, str], int] = {}

    def place(self, values: Sequence[str], key: str) -> int:
        """The place of the location; its function is called as the values are, its file as the label is."""
        return self.frames.setdefault((",".join(values), key), self._first + len(self.frames))


def _has_one(profile: Profile, keys: Sequence[str], *, unit: str) -> bool:
    used = profile.used_label_sets()
    return any(_label_values(profile.label_sets[place], key, unit=unit) for place in used for key in keys)


def _label_values(labels: LabelSet, key: str, *, unit: str) -> list[str]:
    """formatLabelValues."""
    numbers, of_numbers = labels.numbers.get(key, ()), labels.units.get(key, ())
    return [*labels.texts.get(key, ()), *_number_texts(numbers, of_numbers, unit=unit)]


def _number_texts(numbers: Sequence[int], of_numbers: Sequence[str], *, unit: str) -> Iterator[str]:
    for place, number in enumerate(numbers):
        if of_numbers:
            yield units.scaled_label(number, unit=of_numbers[place], to=unit)
        else:
            yield units.scaled_label(number, unit="", to="")


def _with_locations(profile: Profile, frames: Mapping[tuple[str, str], int]) -> Profile:
    """With a location of one line for each name and file, without a mapping."""
    locations, functions, count = profile.locations, profile.functions, len(frames)
    next_id = int(locations.id.max(initial=0)) + 1
    nothing = np.zeros(count, np.int64)
    return replace(
        profile,
        locations=Locations(
            id=np.append(locations.id, np.arange(count, dtype=np.uint64) + np.uint64(next_id)),
            mapping=np.append(locations.mapping, nothing - 1),
            address=np.append(locations.address, nothing.astype(np.uint64)),
            is_folded=np.append(locations.is_folded, nothing.astype(np.bool_)),
            offsets=np.append(locations.offsets, locations.offsets[-1] + np.arange(1, count + 1)),
            function=np.append(locations.function, len(functions) + np.arange(count)),
            line=np.append(locations.line, nothing),
            column=np.append(locations.column, nothing),
        ),
        functions=Functions(
            [*functions.names, *(name for name, _ in frames)],
            [*functions.system_names, *("" for _ in frames)],
            [*functions.files, *(key for _, key in frames)],
            np.append(functions.start_lines, nothing),
        ),
    )
