"""A profile whose names are others: what it weighs, where in the tree and when stays, and no more can be read of whose it is."""

from __future__ import annotations

from dataclasses import replace

from pipeline.outputs.pprof.names import without_uninteresting
from pipeline.outputs.pprof.profile import Functions, Header, LabelSet, Mapped, Profile
from pipeline.pseudonyms import Pseudonyms, package_of


def nameless(profile: Profile, names: Pseudonyms) -> Profile:
    """The same samples under other names; comments and the link to a page are left out.

    Frames that the profile asks to drop are, since the patterns that say which are names, too.
    """
    plain = without_uninteresting(profile)
    return replace(
        plain,
        header=_header(plain.header, names),
        sample_types=tuple((names.measured(name), names.measured(unit)) for name, unit in plain.sample_types),
        label_sets=tuple(_label_set(labels, names) for labels in plain.label_sets),
        functions=_functions(plain.functions, names),
        mappings=tuple(_mapping(one, names) for one in plain.mappings),
    )


def _header(header: Header, names: Pseudonyms) -> Header:
    return Header(
        time_ns=header.time_ns,
        duration_ns=header.duration_ns,
        period=header.period,
        period_type=(names.measured(header.period_type[0]), names.measured(header.period_type[1])),
        default_sample_type=names.measured(header.default_sample_type),
    )


def _label_set(labels: LabelSet, names: Pseudonyms) -> LabelSet:
    return LabelSet(
        texts={
            names.label(key): tuple(names.label_value(key, value) for value in values)
            for key, values in labels.texts.items()
        },
        numbers={names.label(key): values for key, values in labels.numbers.items()},
        units={names.label(key): tuple(names.measured(unit) for unit in units) for key, units in labels.units.items()},
    )


def _functions(functions: Functions, names: Pseudonyms) -> Functions:
    return replace(
        functions,
        names=[names.symbol(name) for name in functions.names],
        system_names=[names.symbol(name) for name in functions.system_names],
        files=[
            names.file_of(package_of(name), file) for name, file in zip(functions.names, functions.files, strict=True)
        ],
    )


def _mapping(mapping: Mapped, names: Pseudonyms) -> Mapped:
    return replace(mapping, file=names.path(mapping.file), build_id=names.whole(mapping.build_id))
