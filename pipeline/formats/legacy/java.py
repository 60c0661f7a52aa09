"""Profiles of Java programs by agents that speak as gperftools does: what runs, what the heap holds, who waits.

    --- heapz 1 ---
    format = java
    resolution = bytes
      7048  2 @ 0x00000003 0x00000007
    ...
      0x00000003 com.example.Cache.put (Cache.java:25)

Addresses are but names of what the lines at the end say, and are not kept. google/pprof, profile/legacy_java_profile.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.legacy.heap import scaled
from pipeline.formats.legacy.recognise import HEAPZ
from pipeline.formats.legacy.records import BadRecord
from pipeline.formats.legacy.stacks import hexadecimal, part_of, stacks_of
from pipeline.formats.samples import Header, Part, joined_strings, strings_of
from pipeline.values import Int64s, Symbols

_ATTRIBUTE: Final = re.compile(r"([\w ]{1,200})=([\w ]{1,200})", re.ASCII)
_SAMPLE: Final = re.compile(r"([0-9]{1,30}) ++([0-9]{1,30}) ++@ ++([ x0-9a-f]*+)")
_ADDRESS: Final = re.compile("0x[0-9a-f]+")
_LOCATION: Final = re.compile(r"^0x([0-9a-fA-F]{1,64})\s+(.*)$", re.ASCII)
_FILE_LINE: Final = re.compile(r"^(.*)\s+\((.+):(-?[0-9]{1,30})\)$", re.ASCII)
_PATH: Final = re.compile(r"^(.*)\s+\((.*)\)$", re.ASCII)
# The patterns above take time that grows with the square of a line.
_MOST_LINE_CHARS: Final = 4096
_RATE: Final = 524_288
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "heap": ("inuse_objects", "inuse_space"),
    "contention": ("contentions", "delay"),
}


@dataclass(slots=True)
class _Told:
    """What the attributes say, one after the other."""

    unit: str | None = None
    period: int = 0
    has_period: bool = False
    duration_ns: int = 0


def read_java(text: bytes) -> tuple[Header, Part]:
    """All samples of a heap or contention profile, with names; raises DecodeError where it breaks its format."""
    lines = text.decode("utf-8", "replace").split("\n")
    kind = "heap" if lines[0].strip() == HEAPZ.decode() else "contention"
    told, at = _attributes(kind, lines)
    stacks, numbers, behind = _samples(lines, at)
    if told.unit is None and stacks:
        raise DecodeError("there are samples, and no line says `resolution = ...`: in what they are is not known")
    try:
        values, sizes = _heap(numbers) if kind == "heap" else (_contentions(numbers, told.period), None)
    except BadRecord as bad:
        raise DecodeError(f"sample {bad.record}: {bad}") from bad
    types = tuple(zip(_TYPES[kind], ("count", told.unit), strict=True)) if told.unit is not None else ()
    period_type = ("contentions", "count") if told.has_period else ("", "")
    header = Header(types, period_type, told.period, told.duration_ns, kind="" if kind == "heap" else "block")
    part = named(part_of(stacks_of(stacks), values), lines[behind:])
    return header, part if sizes is None else _with_sizes(part, sizes)


def _attributes(kind: str, lines: Sequence[str]) -> tuple[_Told, int]:
    """What the lines below the first say of all samples, and the first line that is no attribute."""
    told = _Told()
    for at, line in enumerate(lines[1:-1], start=1):
        if not line.strip():
            continue
        found = _ATTRIBUTE.search(line.strip())
        if not found:
            return told, at
        name, value = found[1].strip(), found[2].strip()
        match kind, name:
            case _, "format":
                if value != "java":
                    raise DecodeError(f"line {at + 1}: format {value!r}, and java was expected")
            case _, "resolution":
                told.unit = value
            case "contention", "sampling period":
                told.period, told.has_period = _number(value, at), True
            case "contention", "ms since reset":
                told.duration_ns = _number(value, at, most=(2**63 - 1) // 1_000_000) * 1_000_000
            case _:
                raise DecodeError(f"line {at + 1}: {name!r} is no attribute of a Java {kind} profile")
    return told, len(lines) - 1


def _number(text: str, at: int, *, most: int = 2**63 - 1) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 30 or int(text) > most:
        raise DecodeError(f"line {at + 1}: {text[:40]!r} is no number from 0 to {most}")
    return int(text)


def _samples(lines: Sequence[str], at: int) -> tuple[list[list[int]], Int64s, int]:
    """The addresses and the two numbers of each sample, and the first line that is none."""
    stacks: list[list[int]] = []
    numbers: list[tuple[int, int]] = []
    # What no line feed ends is cut off.
    for place in range(at, len(lines) - 1):
        if not lines[place].strip():
            continue
        found = _SAMPLE.search(lines[place].strip())
        if not found:
            return stacks, _pairs(numbers), place
        numbers.append((_number(found[1], place), _number(found[2], place)))
        stacks.append([hexadecimal(text) for text in _ADDRESS.findall(found[3])])
    return stacks, _pairs(numbers), len(lines) - 1


def _pairs(numbers: list[tuple[int, int]]) -> Int64s:
    return np.array(numbers, np.int64).reshape(-1, 2)


def _heap(numbers: Int64s) -> tuple[Int64s, Int64s]:
    """Objects and bytes, scaled up, and the size of one object as it was sampled. Bytes come first in the file."""
    space, objects = numbers.T
    if (objects == 0).any():
        raise BadRecord(int(np.argmax(objects == 0)), "it has no objects")
    return np.column_stack(scaled(objects, space, rate=_RATE)), space // objects


def _contentions(numbers: Int64s, period: int) -> Int64s:
    """How often, and how long; of one in `period`, all. How long comes first in the file."""
    if not period:
        return numbers[:, ::-1]
    is_large = (numbers > (2**63 - 1) // period).any(axis=1)
    if is_large.any():
        raise BadRecord(int(np.argmax(is_large)), "what it stands for takes more than 64 bits")
    return numbers[:, ::-1] * period


def _with_sizes(part: Part, sizes: Int64s) -> Part:
    none = np.full(len(sizes), -1)
    strings = part.symbols.strings
    label = np.column_stack([np.full(len(sizes), len(strings)), none, sizes, none])
    named_symbols = replace(part.symbols, strings=joined_strings([strings, strings_of([b"bytes"])]))
    return replace(part, symbols=named_symbols, label=label, label_end=np.arange(1, len(sizes) + 1))


def named(part: Part, lines: Sequence[str]) -> Part:
    """The part, its addresses replaced by what the lines call them; what they do not name lies in a mapping without a name."""
    place_of = {address: place for place, address in enumerate(part.symbols.location_address.tolist())}
    functions: dict[str, tuple[int, str]] = {}
    line_of: dict[int, tuple[int, int]] = {}
    for text in lines:
        found = _LOCATION.match(text.strip())
        place = place_of.get(hexadecimal("0x" + found[1])) if found else None
        if found and place is not None:
            name, file, line = _meant(found[2].rstrip())
            function, _ = functions.setdefault(name, (len(functions), file))
            line_of[place] = (function, line)
    return replace(part, symbols=_symbols(part.symbols, functions, line_of))


def _meant(text: str) -> tuple[str, str, int]:
    """Function, file and line that a location's text names."""
    if len(text) <= _MOST_LINE_CHARS:
        if found := _FILE_LINE.match(text):
            line = int(found[3])
            return found[1], found[2], line if 0 < line < 2**63 else 0
        if found := _PATH.match(text):
            # Of a library's path, its name.
            return found[1], found[2].rstrip("/").rpartition("/")[2] or ("/" if found[2] else "."), 0
    return ("STUB" if "generated stub/JIT" in text else text), "", 0


def _symbols(
    bare: Symbols, functions: Mapping[str, tuple[int, str]], line_of: Mapping[int, tuple[int, int]]
) -> Symbols:
    count, base = len(bare.location_address), len(bare.strings)
    texts = [*functions, *(file for _, file in functions.values())]
    rows: list[tuple[int, int]] = [line_of[place] for place in sorted(line_of)]
    has_line = np.zeros(count, np.int64)
    has_line[list(line_of)] = 1
    nowhere = (has_line == 0) & (bare.location_address != 0)
    made: dict[str, Any] = {}
    if nowhere.any():
        made = {
            "mapping_start": np.zeros(1, np.uint64),
            "mapping_limit": np.full(1, 2**64 - 1, np.uint64),
            "mapping_file_offset": np.zeros(1, np.uint64),
            "mapping_file_text": np.array([base + len(texts)]),
            "mapping_build_id_text": np.array([base + len(texts)]),
            "mapping_flags": np.zeros(1, np.uint8),
        }
    name = base + np.arange(len(functions))
    function, line = np.array(rows, np.int64).reshape(-1, 2).T
    return replace(
        bare,
        strings=joined_strings([bare.strings, strings_of([text.encode() for text in (*texts, "")])]),
        function_name_text=name,
        function_system_name_text=name,
        function_file_text=name + len(functions),
        function_start_line=np.zeros(len(functions), np.int64),
        location_mapping=np.where(nowhere, 0, -1),
        location_address=np.zeros(count, np.uint64),
        location_line_offsets=np.append(0, np.cumsum(has_line)),
        line_function=np.ascontiguousarray(function),
        line_line=np.ascontiguousarray(line),
        line_column=np.zeros(len(rows), np.int64),
        **made,
    )
