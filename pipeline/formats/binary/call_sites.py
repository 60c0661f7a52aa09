"""The calls of a program as rows: what each asks for, by what is called and by who calls."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.formats.binary.calls import Wanted, find_calls
from pipeline.formats.binary.entry_points import (
    ALLOCATOR,
    ENTRY_POINTS,
    NEVER,
    NO_TYPE,
    RUNTIME,
    RUNTIME_PACKAGES,
    EntryPoint,
)
from pipeline.formats.binary.module import Layout
from pipeline.formats.binary.pclntab import Functions
from pipeline.formats.binary.types import types_at
from pipeline.formats.binary.wire import Image
from pipeline.values import Bools, Column, Int64s, UInt64s


@dataclass(frozen=True, slots=True)
class _Sites:
    """Calls in the order of the code, a row each.

    behind  where it returns to, from the beginning of the code
    target  which function it calls
    type    address of its type; 0 for none
    kind    which of the kinds it asks for
    """

    behind: Int64s
    target: Int64s
    type: UInt64s
    kind: Int64s


def call_sites(image: Image, functions: Functions, layout: Layout, *, is_skipping: bool) -> Mapping[str, Column] | None:
    """The columns of table call_site; None for an architecture whose calls are not known.

    is_skipping  the profiler leaves out who calls the allocator itself, and tells of who called that
    """
    meaning = _meanings(functions)
    sites = _sites(image, functions, layout, meaning)
    if sites is None:
        return None
    if is_skipping:
        sites = _with_callers(image, functions, layout, meaning, sites)
    types = types_at(image, sites.type, start=layout.types)
    names = pc.replace_substring_regex(functions.name.dictionary, r"^runtime\.", "")
    return {
        "address": (layout.code + sites.behind - 1 - image.base_address).astype(np.uint64),
        "kind": pa.DictionaryArray.from_arrays(
            pa.array(sites.kind.astype(np.int32)), pa.array(meaning.kinds, pa.string())
        ),
        "entry_point": pa.DictionaryArray.from_arrays(functions.name.indices.take(pa.array(sites.target)), names),
        "type_name": types.name,
        "type_size_bytes": types.size_bytes,
    }


def _sites(image: Image, functions: Functions, layout: Layout, meaning: _Meanings) -> _Sites | None:
    wanted = Wanted(functions.entry, meaning.is_target, meaning.type_argument, meaning.uncleared_kind >= 0)
    calls = find_calls(image, wanted, code=layout.code, code_bytes=functions.code_bytes)
    if calls is None:
        return None
    caller, target = _around(functions, calls.behind), calls.target
    kind = np.where(calls.is_uncleared, meaning.uncleared_kind[target], meaning.kind[target])
    kind = np.where(meaning.is_runtime[caller], meaning.kind_within[caller], kind)
    # Profiles hide what has a name of the runtime's, so what such a function calls is nobody's leaf: of a stack that has
    # nothing else the leaf is its innermost call.
    kept = ~meaning.is_hidden[caller] | meaning.is_entry_point[target]
    return _Sites(calls.behind[kept], target[kept], calls.type[kept], kind[kept])


def _with_callers(image: Image, functions: Functions, layout: Layout, meaning: _Meanings, sites: _Sites) -> _Sites:
    """With the calls of functions that call the allocator themselves, which ask for what those do."""
    caller = _around(functions, sites.behind)
    is_left_out = (meaning.uncleared_kind[sites.target] >= 0) & ~meaning.is_runtime[caller]
    kind_of = np.full(len(functions.entry), -1, np.int64)
    kind_of[caller[is_left_out]] = sites.kind[is_left_out]
    no_type, no_clearing = np.full(len(kind_of), NO_TYPE, np.int64), np.zeros(len(kind_of), np.bool_)
    wanted = Wanted(functions.entry, kind_of >= 0, no_type, no_clearing)
    more = find_calls(image, wanted, code=layout.code, code_bytes=functions.code_bytes)
    assert more is not None, "the architecture is the same"
    behind = np.concatenate([sites.behind, more.behind])
    order = np.argsort(behind, kind="stable")
    return _Sites(
        behind[order],
        np.concatenate([sites.target, more.target])[order],
        np.concatenate([sites.type, more.type])[order],
        np.concatenate([sites.kind, kind_of[more.target]])[order],
    )


def _around(functions: Functions, behind: Int64s) -> Int64s:
    """Which function each call stands in."""
    return np.searchsorted(functions.entry, behind - 1, side="right") - 1


@dataclass(frozen=True, slots=True)
class _Meanings:
    """What a call of each function means.

    kind            which of `kinds` it asks for, as a target
    uncleared_kind  which of them where it is told not to clear the memory; -1 where it is not told such a thing
    kind_within     which it is for a call inside of it: what the runtime does for another package is still that,
                    and a leaf since Go 1.26; anything else is the runtime's own
    """

    is_target: Bools
    is_hidden: Bools
    is_runtime: Bools
    is_entry_point: Bools
    type_argument: Int64s
    kinds: list[str]
    kind: Int64s
    uncleared_kind: Int64s
    kind_within: Int64s


def _meanings(functions: Functions) -> _Meanings:
    name, of_name = functions.name.dictionary, functions.name.indices.to_numpy()
    kinds = list(dict.fromkeys([RUNTIME, *(one.kind for one in ENTRY_POINTS.values())]))
    # What is no entry point comes last.
    known = pc.index_in(name, value_set=pa.array(list(ENTRY_POINTS))).fill_null(len(ENTRY_POINTS)).to_numpy()[of_name]
    points = [*ENTRY_POINTS.values(), EntryPoint(RUNTIME)]
    kind = np.array([kinds.index(one.kind) for one in points])[known]
    uncleared = np.array([kinds.index(one.uncleared_kind) if one.uncleared_kind else -1 for one in points])
    is_never = _bools(pc.match_substring_regex(name, NEVER))[of_name]
    is_hidden = functools.reduce(np.logical_or, (_bools(pc.starts_with(name, start)) for start in RUNTIME_PACKAGES))[
        of_name
    ]
    is_runtime = is_hidden | _beside_allocator(functions)
    return _Meanings(
        is_target=(known < len(ENTRY_POINTS)) | is_runtime & ~is_never,
        is_hidden=is_hidden,
        is_runtime=is_runtime,
        is_entry_point=known < len(ENTRY_POINTS),
        type_argument=np.array([one.type_argument for one in points])[known],
        kinds=kinds,
        kind=kind,
        uncleared_kind=uncleared[known],
        kind_within=np.where(is_hidden, 0, kind),
    )


def _beside_allocator(functions: Functions) -> Bools:
    """Functions whose file stands in the folder of the allocator's, whatever they are called."""
    file_of = functions.file.indices.fill_null(len(functions.file.dictionary)).to_numpy()
    allocator = pc.index(functions.name.dictionary, ALLOCATOR).as_py()
    at = np.flatnonzero(functions.name.indices.to_numpy() == allocator)
    folders = [*pc.replace_substring_regex(functions.file.dictionary, r"(^|/)[^/]*$", "").to_pylist(), ""]
    folder = folders[file_of[at[0]]] if len(at) else ""
    return np.array([bool(folder) and one == folder for one in folders], np.bool_)[file_of]


def _bools(array: pa.BooleanArray) -> Bools:
    return array.to_numpy(zero_copy_only=False)
