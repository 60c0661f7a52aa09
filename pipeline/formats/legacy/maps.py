"""Where binaries were loaded, as text behind the samples: `/proc/PID/maps`, or `START-END /path (@offset) buildid`.

What pprof makes of it is made of it here (google/pprof, profile/legacy_profile.go: parseProcMapsFromScanner,
remapMappingIDs; profile/profile.go: massageMappings): parts of one binary become one mapping, what looks like the
program comes first, and addresses that lie nowhere are in a mapping without a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.samples import joined_strings, strings_of
from pipeline.kernels.text.fragments import holds_fragment
from pipeline.values import Int64s, Symbols

SENTINELS: Final = (b"--- Memory map: ---", b"MAPPED_LIBRARIES:")
# vm.max_map_count of Linux is 65,530.
_MOST_MAPPINGS: Final = 1 << 16
# Of each what hardly any other text has: so a thread that looks for them does not keep others from running.
_FRAGMENTS: Final = np.array([[*b"-- M", 0xFF], [*b"ED_L", 0xFF]], np.uint8)
_SEAM_BYTES: Final = max(map(len, SENTINELS))
_MOST_LINE_BYTES: Final = 1 << 14
_MOST_NAMES: Final = 100
_WORD: Final = 2**64
_PROGRAM_START: Final = 0x400000

_HEX: Final = rb"(?:0x)?([0-9a-fA-F]{1,32})"
_RANGE: Final = rb"^\s*" + _HEX + rb"[\s-]?\s*" + _HEX + rb":?"
_PERMISSIONS: Final = rb"(?:\s+([-rwxp]+))?"
_PROC_MAPS: Final = re.compile(
    _RANGE + _PERMISSIONS + rb"(?:\s+([0-9a-fA-F]+))?\s+[0-9a-fA-F]+:[0-9a-fA-F]+\s+[0-9]+(?:\s+(\S+))?"
)
_BRIEF: Final = re.compile(_RANGE + _PERMISSIONS + rb"(?:\s+(\S+))?(?:\s+\(@([0-9a-fA-F]+)\))?(?:\s+([0-9a-fA-F]+))?")
# What glog puts before a line.
_LOG_PREFIX: Final = re.compile(rb"^[^\[\]]{1,4096}:[0-9]{1,9}\]\s")
_LIBRARY: Final = re.compile(rb"([.]so$|[.]so[._][0-9]+)")


@dataclass(slots=True)
class Mapping:
    """One range of addresses, which grows while others are found to be parts of it."""

    start: int
    limit: int
    offset: int
    file: bytes
    build_id: bytes


def mapped(symbols: Symbols, text: bytes) -> Symbols:
    """The symbols, which have no mappings, with those that a text behind the samples tells of."""
    mappings = _massaged(list(_mappings(_behind_sentinel(text))))
    owner = _owners(mappings, symbols.location_address)
    strings = joined_strings(
        [symbols.strings, strings_of([text for one in mappings for text in (one.file, one.build_id)])]
    )
    texts = len(symbols.strings) + np.arange(2 * len(mappings)).reshape(-1, 2)
    return replace(
        symbols,
        strings=strings,
        mapping_start=np.array([one.start for one in mappings], np.uint64),
        mapping_limit=np.array([one.limit for one in mappings], np.uint64),
        mapping_file_offset=np.array([one.offset for one in mappings], np.uint64),
        mapping_file_text=texts[:, 0],
        mapping_build_id_text=texts[:, 1],
        mapping_flags=np.zeros(len(mappings), np.uint8),
        location_mapping=owner,
    )


def may_announce_maps(pieces: Iterable[bytes]) -> bool:
    """Whether the words that announce mappings stand anywhere in a text, which is cut anywhere."""
    before = b""
    for piece in pieces:
        seam = before + piece[:_SEAM_BYTES]
        is_in_it = holds_fragment(np.frombuffer(piece, np.uint8), _FRAGMENTS) and any(one in piece for one in SENTINELS)
        if is_in_it or any(sentinel in seam for sentinel in SENTINELS):
            return True
        before = (before + piece)[-_SEAM_BYTES:] if len(piece) < _SEAM_BYTES else piece[-_SEAM_BYTES:]
    return False


def is_sentinel(line: bytes) -> bool:
    """Whether the lines behind this one are mappings."""
    return any(sentinel in line for sentinel in SENTINELS)


def _behind_sentinel(text: bytes) -> bytes:
    """What follows the line that announces mappings."""
    places = [place for sentinel in SENTINELS if (place := text.find(sentinel)) >= 0]
    return text[min(places) :].partition(b"\n")[2] if places else b""


def maps_of(text: bytes) -> bytes:
    """Mappings that nothing announces, as they stand behind a CPU profile, for `mapped`."""
    return SENTINELS[1] + b"\n" + text


def _mappings(text: bytes) -> Iterator[Mapping]:
    """Executable ranges, in the text's order; what is none is skipped. `name=value` stands for `$name` from there on."""
    names: dict[bytes, bytes] = {}
    count = 0
    for whole in text.split(b"\n"):
        line = _LOG_PREFIX.sub(b"", whole[:_MOST_LINE_BYTES])
        if names and b"$" in line:
            for name, value in names.items():
                line = line.replace(name, value)[:_MOST_LINE_BYTES]
        is_entry, found = _mapping(line)
        if not is_entry:
            name, is_name, value = line.partition(b"=")
            if is_name and len(names) < _MOST_NAMES:
                names[b"$" + name.strip()] = value.strip()
        elif found is not None:
            count += 1
            if count > _MOST_MAPPINGS:
                raise DecodeError(f"more than {_MOST_MAPPINGS:,} mappings, and no process has so many; it is damaged")
            yield found


def _mapping(line: bytes) -> tuple[bool, Mapping | None]:
    """Whether a line is about a range of addresses, and the range if it is executable."""
    build_id: bytes | None = b""
    if found := _PROC_MAPS.match(line):
        start, limit, permissions, offset, file = found.groups()
    elif found := _BRIEF.match(line):
        start, limit, permissions, file, offset, build_id = found.groups()
    else:
        return False, None
    if permissions and b"x" not in permissions:
        return True, None
    first, last, behind = (int(text or b"0", 16) for text in (start, limit, offset))
    if max(first, last, behind) >= _WORD:
        return False, None
    return True, Mapping(first, last, behind, file or b"", build_id or b"")


def _massaged(mappings: list[Mapping]) -> list[Mapping]:
    """Parts of one binary as one, and the program first."""
    merged: list[Mapping] = []
    for one in mappings:
        if merged and _is_continued(merged[-1], one):
            merged[-1].limit = one.limit
            merged[-1].file = one.file or merged[-1].file
            merged[-1].build_id = one.build_id or merged[-1].build_id
        else:
            merged.append(one)
    for place, one in enumerate(merged):
        file = one.file.replace(b"(deleted)", b"").strip()
        if file and not _LIBRARY.search(file) and not file.startswith(b"["):
            merged[0], merged[place] = merged[place], merged[0]
            break
    if len(merged) > 1 and merged[0].file.startswith(b"/anon_hugepage") and merged[0].limit == merged[1].start:
        del merged[0]
    if merged and (merged[0].start - merged[0].offset) % _WORD == _PROGRAM_START:
        merged[0].start, merged[0].offset = _PROGRAM_START, 0
    return merged


def _is_continued(one: Mapping, after: Mapping) -> bool:
    if (one.file and after.file and one.file != after.file) or one.limit != after.start:
        return False
    if one.build_id and after.build_id and one.build_id != after.build_id:
        return False
    end = (one.offset + one.limit - one.start) % _WORD
    return not (one.offset and after.offset) or end == after.offset


def _owners(mappings: list[Mapping], addresses: Sequence[int] | np.ndarray) -> Int64s:
    """Which mapping each address lies in, -1 for address 0; one that begins too late grows, and one for all else is made."""
    owner = np.full(len(addresses), -1, np.int64)
    starts, limits, offsets = (
        np.array([getattr(one, name) for one in mappings], np.uint64) for name in ("start", "limit", "offset")
    )
    listed = np.asarray(addresses, np.uint64)
    may_grow = True
    for place, address in enumerate(listed if mappings else ()):
        if not address:
            continue
        inside = (starts <= address) & (address < limits)
        if may_grow and not inside.any():
            inside = (offsets != 0) & (starts - offsets <= address) & (address < starts)
        if inside.any():
            first = owner[place] = int(np.argmax(inside))
            if address < starts[first]:
                starts[first] -= offsets[first]
                offsets[first] = 0
        else:
            # For pprof the mapping of all else is there from now on, and whatever follows lies in it.
            may_grow = False
    for one, start, offset in zip(mappings, starts.tolist(), offsets.tolist(), strict=True):
        one.start, one.offset = start, offset
    nowhere = (owner < 0) & (listed != 0)
    if nowhere.any():
        owner[nowhere] = len(mappings)
        mappings.append(Mapping(0, _WORD - 1, 0, b"", b""))
    return owner
