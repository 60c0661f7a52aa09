"""Profiles added up, scaled and held against each other; google/pprof, profile/merge.go and measurement.ScaleProfiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import units
from pipeline.outputs.pprof.alike import classes, list_classes
from pipeline.outputs.pprof.profile import BASE_LABEL, Functions, Header, LabelSet, Locations, Mapped, Profile, begins
from pipeline.values import Int64s

_MAPPING_ROUNDING = 0x1000


def combined(profiles: Sequence[Profile]) -> Profile:
    """The sum of some profiles; driver.combineProfiles. Raises UsageError for those that have no sum."""
    common = _with_common_types(profiles)
    scaled = _in_common_units(common)
    return scaled[0] if len(scaled) == 1 else merged(scaled)


def against(profile: Profile, base: Profile, *, is_diff: bool, is_normalized: bool) -> Profile:
    """A profile less another; driver.fetchProfiles.

    is_diff        samples of the base keep apart, and shares are of its total
    is_normalized  the profile is scaled to the total of the base before
    """
    if is_diff:
        base = _labelled(base)
    if is_normalized:
        profile = _normalized(profile, base)
    return combined([profile, scaled(base, [-1.0] * len(base.sample_types))])


def merged(profiles: Sequence[Profile]) -> Profile:
    """One profile of all samples, those alike added up, without what no sample needs; profile.Merge."""
    header = _headers([profile.header for profile in profiles])
    for profile in profiles[1:]:
        _check_compatible(profiles[0], profile)
    together = _side_by_side([profile.samples_kept((profile.values != 0).any(axis=1)) for profile in profiles])
    # Functions, mappings and locations that are alike are one before samples are held against each other.
    one = _added_up(_with_one_of_each(replace(together, header=header)))
    if not (one.values != 0).any(axis=1).all():
        return merged([one])
    return _with_mappings_used(in_order_of_use(one))


def scaled(profile: Profile, ratios: Sequence[float]) -> Profile:
    """Values times a ratio for each sample type; what is left without one is left out. profile.ScaleN."""
    if all(ratio == 1 for ratio in ratios):
        return profile
    values = profile.values.copy()
    is_kept = np.zeros(len(profile), np.bool_)
    for place, ratio in enumerate(ratios):
        if ratio != 1:
            values[:, place] = whole(rounded(values[:, place].astype(np.float64) * ratio))
            is_kept |= values[:, place] != 0
    return replace(profile, values=values).samples_kept(is_kept)


def whole(values: np.ndarray) -> Int64s:
    """Floats as Go converts them: towards zero, and what is too large is the smallest number."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.int64)


def rounded(values: np.ndarray) -> np.ndarray:
    """math.Round: halves go away from zero."""
    toward_zero = np.trunc(values)
    return toward_zero + np.copysign(np.abs(values - toward_zero) >= 0.5, values)


def _with_common_types(profiles: Sequence[Profile]) -> list[Profile]:
    """profile.CompatibilizeSampleTypes."""
    names = [[name for name, _ in profile.sample_types] for profile in profiles]
    count = {name: sum(of_one.count(name) for of_one in names) for name in names[0]}
    wanted = [name for name in names[0] if count[name] == len(profiles)]
    if not wanted:
        raise UsageError("profiles have empty common sample type list; name profiles of one kind")
    return [_with_types(profile, wanted) for profile in profiles]


def _with_types(profile: Profile, wanted: Sequence[str]) -> Profile:
    names = [name for name, _ in profile.sample_types]
    if names == list(wanted):
        return profile
    places = [names.index(name) for name in wanted]
    default = profile.header.default_sample_type
    return replace(
        profile,
        header=replace(profile.header, default_sample_type=default if default in wanted else wanted[0]),
        sample_types=tuple(profile.sample_types[place] for place in places),
        values=profile.values[:, places],
    )


def _in_common_units(profiles: Sequence[Profile]) -> list[Profile]:
    """measurement.ScaleProfiles: the finest unit of each sample type."""
    if len(profiles) == 1:
        return list(profiles)
    period = _finest([profile.header.period_type for profile in profiles], noun="period type")
    types = [
        _finest(column, noun="sample types") for column in zip(*(one.sample_types for one in profiles), strict=True)
    ]
    done = []
    for profile in profiles:
        name, unit = profile.header.period_type
        lasting = int(units.scale(profile.header.period, unit=unit, to=period)[0])
        header = replace(profile.header, period=lasting, period_type=(name, period))
        ratios = [
            units.scale(1, unit=unit, to=to)[0] for (_, unit), to in zip(profile.sample_types, types, strict=True)
        ]
        named = tuple((name, to) for (name, _), to in zip(profile.sample_types, types, strict=True))
        done.append(scaled(replace(profile, header=header, sample_types=named), ratios))
    return done


def _finest(types: Sequence[tuple[str, str]], *, noun: str) -> str:
    """measurement.CommonValueType: the unit."""
    least = types[0]
    for one in types[1:]:
        if not units.is_compatible(least, one):
            shown = " ".join(f"{{{name} {unit} 0 0}}" for name, unit in (least, one))
            raise UsageError(f"{noun}: incompatible types: {shown}")
        if units.scale(1, unit=one[1], to=least[1])[0] < 1:
            least = one
    return least[1]


def _check_compatible(one: Profile, other: Profile) -> None:
    """profile.compatible."""
    if one.header.period_type != other.header.period_type:
        raise UsageError(f"incompatible period types {one.header.period_type} and {other.header.period_type}")
    if one.sample_types != other.sample_types:
        raise UsageError(f"incompatible sample types {one.sample_types} and {other.sample_types}")


def _normalized(profile: Profile, base: Profile) -> Profile:
    """profile.Normalize."""
    _check_compatible(profile, base)
    totals = zip(profile.values.sum(axis=0).tolist(), base.values.sum(axis=0).tolist(), strict=True)
    return scaled(profile, [float(of_base) / float(own) if own else 0.0 for own, of_base in totals])


def _labelled(profile: Profile) -> Profile:
    """With the mark of a base on all samples."""
    sets = tuple(replace(one, texts={**one.texts, BASE_LABEL: ("true",)}) for one in profile.label_sets)
    return replace(profile, label_sets=sets)


def _headers(headers: Sequence[Header]) -> Header:
    """profile.combineHeaders."""
    first, time_ns, period = headers[0], 0, 0
    for one in headers:
        time_ns = one.time_ns if time_ns == 0 or one.time_ns < time_ns else time_ns
        period = one.period if period == 0 or period < one.period else period
    return replace(
        first,
        time_ns=time_ns,
        duration_ns=sum(one.duration_ns for one in headers),
        period=period,
        comments=tuple(dict.fromkeys(comment for one in headers for comment in one.comments)),
        default_sample_type=next((one.default_sample_type for one in headers if one.default_sample_type), ""),
        doc_url=next((one.doc_url for one in headers if one.doc_url), ""),
    )


def _side_by_side(profiles: Sequence[Profile]) -> Profile:
    """All samples with all that they need, nothing of it made one."""
    functions = [profile.functions for profile in profiles]
    locations = [profile.locations for profile in profiles]
    of_functions, of_locations = (np.cumsum([0, *map(len, one)])[:-1] for one in (functions, locations))
    of_mappings, of_sets = (
        np.cumsum([0, *map(len, one)])[:-1]
        for one in ([one.mappings for one in profiles], [one.label_sets for one in profiles])
    )
    sizes = np.concatenate([np.diff(one.offsets) for one in locations])
    return Profile(
        header=profiles[0].header,
        sample_types=profiles[0].sample_types,
        values=np.concatenate([one.values for one in profiles]),
        offsets=begins(np.concatenate([np.diff(one.offsets) for one in profiles])),
        stacks=_moved([one.stacks for one in profiles], of_locations),
        label_set=_moved([one.label_set for one in profiles], of_sets),
        label_sets=tuple(label_set for one in profiles for label_set in one.label_sets),
        locations=Locations(
            id=np.concatenate([one.id for one in locations]),
            mapping=_moved([one.mapping for one in locations], of_mappings),
            address=np.concatenate([one.address for one in locations]),
            is_folded=np.concatenate([one.is_folded for one in locations]),
            offsets=begins(sizes),
            function=_moved([one.function for one in locations], of_functions),
            line=np.concatenate([one.line for one in locations]),
            column=np.concatenate([one.column for one in locations]),
        ),
        functions=Functions(
            [name for one in functions for name in one.names],
            [name for one in functions for name in one.system_names],
            [name for one in functions for name in one.files],
            np.concatenate([one.start_lines for one in functions]),
        ),
        # The first mapping is the main binary, and comes before all that samples name.
        mappings=tuple(mapping for one in profiles for mapping in one.mappings),
    )


def _moved(columns: Sequence[Int64s], by: Int64s) -> Int64s:
    return np.concatenate([np.where(one < 0, one, one + step) for one, step in zip(columns, by.tolist(), strict=True)])


def _with_one_of_each(profile: Profile) -> Profile:
    """Functions, mappings, locations and label sets that are alike become one, which is the first."""
    functions = profile.functions
    lines = zip(functions.names, functions.system_names, functions.files, functions.start_lines.tolist(), strict=True)
    function_of = _places(list(lines))
    mapping_of = _places([_mapping_key(one) for one in profile.mappings])
    locations = profile.locations
    locations = replace(locations, function=function_of[locations.function])
    starts = np.array([one.start for one in profile.mappings], np.uint64)
    is_mapped = locations.mapping >= 0
    own, mapping = locations.mapping[is_mapped], locations.mapping.copy()
    mapping[is_mapped] = mapping_of[own]
    address = locations.address.copy()
    address[is_mapped] += starts[mapping_of[own]] - starts[own]
    line_lists = list_classes(locations.offsets, locations.function, locations.line, locations.column)[1]
    first, place = classes(mapping, address.view(np.int64), locations.is_folded, line_lists)
    location_of = first[place]
    set_of = _places([_label_key(one) for one in profile.label_sets])
    return replace(
        profile,
        locations=replace(locations, mapping=mapping, address=address),
        stacks=location_of[profile.stacks],
        label_set=set_of[profile.label_set],
    )


def _places(keys: Sequence[object]) -> Int64s:
    """The place of the first that is alike, of each."""
    first: dict[object, int] = {}
    return np.fromiter((first.setdefault(key, place) for place, key in enumerate(keys)), np.int64, len(keys))


def _mapping_key(mapping: Mapped) -> object:
    """Mapping.key: sizes that differ by less than a page are the same."""
    size = (mapping.limit - mapping.start + _MAPPING_ROUNDING - 1) % 2**64
    return size - size % _MAPPING_ROUNDING, mapping.offset, mapping.build_id or mapping.file


def _label_key(labels: LabelSet) -> object:
    return tuple(tuple(sorted(one.items())) for one in (labels.texts, labels.numbers, labels.units))


def _added_up(profile: Profile) -> Profile:
    """Samples of one stack and one set of labels become one, at the place of the first; sums go around at 64 bits."""
    stack = list_classes(profile.offsets, profile.stacks)[1]
    first, place = classes(stack, profile.label_set)
    values = np.zeros((len(first), profile.values.shape[1]), np.int64)
    np.add.at(values, place, profile.values)
    is_first = np.zeros(len(profile), np.bool_)
    is_first[first] = True
    return replace(profile.samples_kept(is_first), values=values)


def in_order_of_use(profile: Profile) -> Profile:
    """With the locations and functions only that samples need, in the order in which they do, locations numbered so."""
    used, stacks = _as_they_come(profile.stacks)
    locations = profile.locations
    sizes = np.diff(locations.offsets)[used]
    offsets = begins(sizes)
    rows = np.repeat(locations.offsets[used] - offsets[:-1], sizes) + np.arange(offsets[-1])
    functions, function = _as_they_come(locations.function[rows])
    names, places = profile.functions, functions.tolist()
    return replace(
        profile,
        stacks=stacks,
        locations=Locations(
            id=np.arange(1, len(used) + 1, dtype=np.uint64),
            mapping=locations.mapping[used],
            address=locations.address[used],
            is_folded=locations.is_folded[used],
            offsets=offsets,
            function=function,
            line=locations.line[rows],
            column=locations.column[rows],
        ),
        functions=Functions(
            [names.names[place] for place in places],
            [names.system_names[place] for place in places],
            [names.files[place] for place in places],
            names.start_lines[functions],
        ),
    )


def _with_mappings_used(profile: Profile) -> Profile:
    """With the mappings only that locations need, in the order in which they do, behind the first: it is the main binary."""
    own = profile.locations.mapping
    kept = [*dict.fromkeys([*range(min(len(profile.mappings), 1)), *own[own >= 0].tolist()])]
    place_of = np.full(len(profile.mappings) + 1, -1, np.int64)
    place_of[np.array(kept, np.int64)] = np.arange(len(kept))
    mappings = tuple(replace(profile.mappings[place], id=id) for id, place in enumerate(kept, start=1))
    return replace(profile, locations=replace(profile.locations, mapping=place_of[own]), mappings=mappings)


def _as_they_come(places: Int64s) -> tuple[Int64s, Int64s]:
    """The distinct ones in the order in which they come first, and each one's number among them."""
    if not len(places):
        return places, places
    first, rank = classes(places)
    return places[first], rank
