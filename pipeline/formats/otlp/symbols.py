"""The dictionary of a file: its mappings, locations, functions and stacks as Symbols; row 0 of each table stands for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.otlp.values import Attributes, Texts, attributes_of
from pipeline.formats.otlp.wire import Messages, messages
from pipeline.formats.samples import ranges
from pipeline.values import Bools, Bytes, Int64s, Symbols

# Fields of ProfilesDictionary.
_MAPPING, _LOCATION, _FUNCTION, _LINK, _STRING, _ATTRIBUTE, _STACK = 1, 2, 3, 4, 5, 6, 7
_FLAGS: Final = (b"has_functions", b"has_filenames", b"has_line_numbers", b"has_inline_frames")
# In this order: what the collector makes of pprof has the first, whatever it is.
_BUILD_IDS: Final = (
    b"process.executable.build_id.gnu",
    b"process.executable.build_id.go",
    b"process.executable.build_id.htlhash",
)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The tables that profiles refer to; stacks by their number, location places in `stacks`."""

    texts: Texts
    attributes: Attributes
    link: Messages
    stack_ends: Int64s
    stack_locations: Int64s
    location: Messages
    mapping: Messages
    function: Messages


def dictionary_of(data: Bytes, top: Messages) -> Dictionary:
    """The tables; raises DecodeError when there are none, or when one refers to what there is not."""
    _, found = top.inside(2, "dictionary")
    if not found.count:
        raise DecodeError(
            "it has profiles and no dictionary; layouts of the signal before 2025 are not read. Have the collector write it anew"
        )
    _, starts, ends = found.spans(_STRING)
    if not len(starts) or starts[0] != ends[0]:
        raise DecodeError("string 0 is not empty or not there; profiles.proto wants it empty")
    texts = Texts(data, starts, ends)
    _, attribute = found.inside(_ATTRIBUTE, "attribute")
    attributes = attributes_of(attribute, texts)
    _, location = found.inside(_LOCATION, "location")
    _, stack = found.inside(_STACK, "stack")
    stack_ends, places = stack.index_lists(1, max(location.count, 1), of="location")
    _, link = found.inside(_LINK, "link")
    _, mapping = found.inside(_MAPPING, "mapping")
    _, function = found.inside(_FUNCTION, "function")
    return Dictionary(texts, attributes, link, stack_ends, places, location, mapping, function)


def symbols_of(known: Dictionary, stacks: Int64s) -> Symbols:
    """Everything in the tables, and some of the stacks."""
    locations, lines = known.location, known.location.inside(3, "line of location")
    offsets, function, line, column = _lines(known, *lines)
    mapping = locations.indices(1, max(known.mapping.count, 1), of="mapping")
    folded = _having(known, known.location, 4, _true(known, b"pprof.location.is_folded"))
    stack_offsets, places = _stacks(known, stacks)
    n_strings = len(known.texts.starts)
    names = [known.function.indices(field, n_strings, of="string")[1:] for field in (1, 2, 3)]
    return Symbols(
        strings=known.texts.strings(),
        **_mappings(known),
        function_name_text=names[0],
        function_system_name_text=names[1],
        function_file_text=names[2],
        function_start_line=known.function.numbers(4)[1:],
        location_mapping=mapping[1:] - 1,
        location_address=locations.numbers(2).view(np.uint64)[1:],
        location_is_folded=folded[1:],
        location_line_offsets=offsets,
        line_function=function,
        line_line=line,
        line_column=column,
        stack_offsets=stack_offsets,
        stack_locations=places,
    )


def _mappings(known: Dictionary) -> dict[str, Any]:
    found, attributes = known.mapping, known.attributes
    ends, named = found.index_lists(5, len(attributes), of="attribute")
    owner = np.repeat(np.arange(found.count), np.diff(ends, prepend=0))
    build_id = np.zeros(found.count, np.int64)
    for key in reversed(_BUILD_IDS):
        is_one = known.texts.are(attributes.key[named], key) & (attributes.text[named] >= 0)
        build_id[owner[is_one]] = attributes.text[named[is_one]]
    flags = np.zeros(found.count, np.uint8)
    for bit, flag in enumerate(_FLAGS):
        flags |= _having(known, found, 5, _true(known, b"pprof.mapping." + flag)).astype(np.uint8) << bit
    return {
        "mapping_start": found.numbers(1).view(np.uint64)[1:],
        "mapping_limit": found.numbers(2).view(np.uint64)[1:],
        "mapping_file_offset": found.numbers(3).view(np.uint64)[1:],
        "mapping_file_text": found.indices(4, len(known.texts.starts), of="string")[1:],
        "mapping_build_id_text": build_id[1:],
        "mapping_flags": flags[1:],
    }


def _lines(known: Dictionary, owners: Int64s, lines: Messages) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Where each location's lines begin, and their functions, lines and columns; a line without a function is none."""
    function = lines.indices(1, max(known.function.count, 1), of="function")
    kept = function > 0
    counts = np.bincount(owners[kept], minlength=known.location.count)[1:]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    # What row 0 has comes first.
    kept &= owners > 0
    return offsets, function[kept] - 1, lines.numbers(2)[kept], lines.numbers(3)[kept]


def _stacks(known: Dictionary, stacks: Int64s) -> tuple[Int64s, Int64s]:
    starts = np.concatenate([np.zeros(1, np.int64), known.stack_ends])
    # Without a table there is the empty stack alone.
    sizes = np.diff(starts)[stacks] if known.stack_ends.size else np.zeros(len(stacks), np.int64)
    places = known.stack_locations[ranges(starts[stacks], sizes)] if sizes.sum() else np.zeros(0, np.int64)
    owner = np.repeat(np.arange(len(stacks)), sizes)
    counts = np.bincount(owner[places > 0], minlength=len(stacks))
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]), places[places > 0] - 1


def _true(known: Dictionary, key: bytes) -> Bools:
    """Which attributes say that this is so."""
    return known.texts.are(known.attributes.key, key) & known.attributes.is_true


def _having(known: Dictionary, found: Messages, field: int, wanted: Bools) -> Bools:
    """Which messages have an attribute that is wanted."""
    ends, named = found.index_lists(field, len(wanted), of="attribute")
    owner = np.repeat(np.arange(found.count), np.diff(ends, prepend=0))
    return np.bincount(owner[wanted[named]], minlength=found.count) > 0


def all_of(data: Bytes) -> Messages:
    """The file as one message."""
    return messages(data, np.zeros(1, np.int64), np.array([len(data)]), name="file")
