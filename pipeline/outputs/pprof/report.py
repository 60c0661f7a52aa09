"""From a profile and what is asked of it to what a report is written of; google/pprof, driver.generateRawReport."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import units
from pipeline.outputs.pprof import names, tags
from pipeline.outputs.pprof.granularity import aggregated
from pipeline.outputs.pprof.pattern import check
from pipeline.outputs.pprof.profile import Profile
from pipeline.outputs.pprof.settings import FILTERS, Settings
from pipeline.values import Int64s

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to a report: what it overrides of what is asked; driver.applyCommandOverrides.

    is_trimmed        small nodes and edges may be left out
    nodecount         how many nodes are shown unless told, 0 for all
    granularity       forced; empty leaves what is asked for
    has_object_names  nodes of different binaries keep apart (report.newGraph)
    keeps_inlines     -noinlines is passed over
    """

    name: str
    is_trimmed: bool = True
    nodecount: int = 80
    granularity: str = ""
    has_object_names: bool = False
    keeps_inlines: bool = False

    def overridden(self, settings: Settings) -> Settings:
        """The settings that apply."""
        if self.granularity:
            settings = replace(settings, granularity=self.granularity)
        if self.keeps_inlines:
            settings = replace(settings, noinlines=False)
        if not (self.is_trimmed and settings.trim):
            return replace(settings, nodecount=0, nodefraction=0.0, edgefraction=0.0)
        return replace(settings, nodecount=self.nodecount) if settings.nodecount == -1 else settings


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is written of.

    profile      filtered, and with as much of each location as is asked for
    pattern      the regular expression of reports that take one
    sample_type  what is shown of it: `inuse_space`, `mean_delay`
    values       int64 (samples,)  of that type
    divisors     int64 (samples,)  that values are means of; None for sums
    total        of the absolute values of all samples, before filters unless shares are to be relative (report.computeTotal)
    label_units  of numeric labels
    """

    kind: Kind
    profile: Profile
    settings: Settings
    pattern: str
    sample_type: str
    unit: str
    values: Int64s
    divisors: Int64s | None
    total: int
    label_units: Mapping[str, str]
    timezone: datetime.tzinfo = datetime.UTC

    @property
    def filters(self) -> tuple[str, ...]:
        """As the heading names them: `focus=main`."""
        return tuple(f"{name}={getattr(self.settings, name)}" for name in FILTERS if getattr(self.settings, name))

    def divided(self, value: int) -> int:
        """A value as it is shown: -divide_by."""
        ratio = 1 / self.settings.divide_by
        return int(float(value) * ratio) if ratio > 0 and ratio != 1 else value

    def written(self, value: int, unit: str) -> str:
        """A value as text, in a unit or in one of `minimum` and `auto`."""
        return units.scaled_label(self.divided(value), unit=self.unit, to=unit)


def prepare(
    profile: Profile,
    settings: Settings,
    *,
    kind: Kind,
    pattern: str = "",
    timezone: datetime.tzinfo = datetime.UTC,
    told: Told = lambda text: None,
) -> Report:
    """What a report of some kind is written of; raises UsageError in pprof's words.

    pattern   for reports that take one
    timezone  of the times that are shown
    told      what is said besides: of filters that matched nothing, of units that were passed over
    """
    label_units, others = tags.label_units(profile)
    for key, ignored in others.items():
        told(f"For tag {key} used unit {label_units[key]}, also encountered unit(s) {', '.join(ignored)}")
    settings = kind.overridden(settings)
    profile = _with_label_frames(profile, settings, told=told)
    if settings.relative_percentages:
        profile = _filtered(profile, settings, label_units=label_units, told=told)
    if not profile.sample_types:
        raise UsageError("profile has no samples")
    index = sample_index(profile, settings.sample_index)
    if settings.divide_by == 0:
        raise UsageError("zero divisor specified")
    if pattern:
        check(pattern, what=f"argument regexp {pattern}")
    total = _total(profile, index, is_mean=settings.mean)
    if not settings.relative_percentages:
        profile = _filtered(profile, settings, label_units=label_units, told=told)
    return Report(
        kind=kind,
        profile=aggregated(
            profile,
            settings.granularity or "functions",
            has_inlines=not settings.noinlines,
            has_columns=settings.showcolumns,
        ),
        settings=settings,
        pattern=pattern,
        sample_type=f"{'mean_' if settings.mean else ''}{profile.sample_types[index][0]}",
        unit=profile.sample_types[index][1],
        values=profile.values[:, index],
        divisors=profile.values[:, 0] if settings.mean else None,
        total=total,
        label_units=label_units,
        timezone=timezone,
    )


def sample_index(profile: Profile, wanted: str) -> int:
    """The place of a sample type by name or number, or of the one shown unless told; profile.SampleIndexByName."""
    types = [name for name, _ in profile.sample_types]
    if not wanted:
        default = profile.header.default_sample_type
        return types.index(default) if default in types else len(types) - 1
    digits = wanted.removeprefix("-") if wanted.startswith("-") else wanted.removeprefix("+")
    if digits.isdecimal() and digits.isascii():
        if 0 <= int(wanted) < len(types):
            return int(wanted)
        raise UsageError(f"sample_index {wanted} is outside the range [0..{len(types) - 1}]")
    for place, name in enumerate(types):
        if name in (wanted, wanted.removeprefix("inuse_")):
            return place
    raise UsageError(f'sample_index "{wanted}" must be one of: [{" ".join(types)}]')


def quotient(value: int, divisor: int) -> int:
    """Division of whole numbers as Go does it: towards zero."""
    result = abs(value) // abs(divisor)
    return result if (value < 0) == (divisor < 0) else -result


def _total(profile: Profile, index: int, *, is_mean: bool) -> int:
    """Of the absolute values, those of a diff base alone where there is one; report.computeTotal."""
    values = np.abs(profile.values[:, index])
    divisors = profile.values[:, 0] if is_mean else np.zeros(len(values), np.int64)
    total, divisor = int(values.sum()), int(divisors.sum())
    of_base = np.fromiter((one.is_of_base for one in profile.label_sets), np.bool_, len(profile.label_sets))
    is_of_base = of_base[profile.label_set]
    if (total_of_base := int(values[is_of_base].sum())) > 0:
        total, divisor = total_of_base, int(divisors[is_of_base].sum())
    return quotient(total, divisor) if divisor else total


def _with_label_frames(profile: Profile, settings: Settings, *, told: Told) -> Profile:
    profile, (root, leaf) = tags.with_frames(
        profile, roots=settings.tagroot, leaves=settings.tagleaf, unit=settings.unit
    )
    _tell_unmatched({"TagRoot": (settings.tagroot, root), "TagLeaf": (settings.tagleaf, leaf)}, told=told)
    return profile


def _filtered(profile: Profile, settings: Settings, *, label_units: Mapping[str, str], told: Told) -> Profile:
    """driver.applyFocus: by name, from a frame on, by label, then the labels themselves, and at last what is pruned."""
    for name in ("focus", "ignore", "hide", "show", "show_from"):
        check(getattr(settings, name), what=f"{name} regexp")
    focus, ignore = (
        tags.tag_filter(name, getattr(settings, name), of_labels=label_units, told=told)
        for name in ("tagfocus", "tagignore")
    )
    check(settings.prune_from, what="prune_from regexp")
    by_name = {name: getattr(settings, name) for name in ("focus", "ignore", "hide", "show")}
    profile, matched = names.by_name(profile, **by_name)
    _tell_unmatched(
        {name.capitalize(): (by_name[name], found) for name, found in zip(by_name, matched, strict=True)}, told=told
    )
    if settings.show_from:
        profile, found = names.show_from(profile, settings.show_from)
        _tell_unmatched({"ShowFrom": (settings.show_from, found)}, told=told)
    profile, (focused, ignored) = tags.by_tag(profile, focus=focus, ignore=ignore)
    _tell_unmatched({"TagFocus": (settings.tagfocus, focused), "TagIgnore": (settings.tagignore, ignored)}, told=told)
    for name in ("tagshow", "taghide"):
        check(getattr(settings, name), what=f"{name} regexp")
    profile, (shown, hidden) = tags.labels_shown(profile, show=settings.tagshow, hide=settings.taghide)
    _tell_unmatched({"TagShow": (settings.tagshow, shown), "TagHide": (settings.taghide, hidden)}, told=told)
    return names.prune_from(profile, settings.prune_from) if settings.prune_from else profile


def _tell_unmatched(options: Mapping[str, tuple[str, bool]], *, told: Told) -> None:
    for name, (value, is_matched) in options.items():
        if value and not is_matched:
            told(f"{name} expression matched no samples")
