"""The calls of a program's code that ask the runtime for memory: where each is, whom it calls, and for what type.

A call is known by its opcode and by where it leads to, so code is not disassembled: every byte E8 of amd64 whose next four
lead to one of some hundred addresses is such a call. That other bytes do by chance has a probability of about one in
forty million for each E8 that is none, of which large programs have some hundred thousand; and a profile's leaf would have to
be just behind it to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import Image, words_at
from pipeline.values import Bools, Bytes, Int64s, UInt64s

# A type's address is loaded so many bytes before the call, if at all.
WINDOW_BYTES: Final = 64
# Of code that is nothing but calls, some hundred bytes are needed for each byte.
_PIECE_BYTES: Final = 4 << 20
# Ten times as many as a program of 120 MB has.
_MOST_CALLS: Final = 4_000_000
_CALL: Final = 0xE8
_CALL_BYTES: Final = 5
# LEA reg, [RIP + d32]: REX.W, opcode, and ModRM by argument: RAX is the first, RBX the second, RSI the fifth.
_LEA: Final[Mapping[int, bytes]] = {0: b"\x48\x8d\x05", 1: b"\x48\x8d\x1d", 4: b"\x48\x8d\x35"}
_LEA_BYTES: Final = 7
# XOR ECX, ECX and MOV ECX, 1: what the third argument is.
_FALSE: Final = b"\x31\xc9"
_TRUE: Final = b"\xb9\x01\0\0\0"
_WORD_BYTES: Final = 4
_BL: Final = 0b100101
# ADRP and ADD (immediate), without their operands.
_ADRP: Final = 0x9000_0000
_ADRP_MASK: Final = 0x9F00_0000
_ADD: Final = 0x9100_0000
_ADD_MASK: Final = 0xFF80_0000
_PAGE_BITS: Final = 12
# MOV X2, XZR and MOV X2, #1.
_FALSE_WORD: Final = 0xAA1F_03E2
_TRUE_WORD: Final = 0xB240_03E2


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of chosen functions, in the order of the code.

    behind  int64   bytes from the beginning of the code to behind each call, where it returns to
    target  int64   which of the functions it calls
    type    uint64  address its type argument has; 0 when the code does not tell
    is_uncleared  bool  its third argument is false, for those of which that says that memory need not be cleared
    """

    behind: Int64s
    target: Int64s
    type: UInt64s
    is_uncleared: Bools


@dataclass(frozen=True, slots=True)
class Wanted:
    """The functions whose calls are looked for.

    entry          int64  where every function of the program begins, rising
    is_target      bool   which of them are looked for
    type_argument  int64  which argument of each is the address of a type; -1 for none
    has_clearing   bool   which are told by their third argument whether memory is to be cleared
    """

    entry: Int64s
    is_target: Bools
    type_argument: Int64s
    has_clearing: Bools


def find_calls(image: Image, wanted: Wanted, *, code: int, code_bytes: int) -> Calls | None:
    """Every direct call of the wanted functions; None for an architecture whose calls are not known."""
    find = {"amd64": _calls_of_amd64, "arm64": _calls_of_arm64}.get(image.architecture)
    if find is None:
        return None
    found: list[Calls] = []
    total = 0
    for start, piece in _pieces(image, code=code, code_bytes=code_bytes):
        found.append(find(piece, start, code, wanted))
        total += len(found[-1].behind)
        if total > _MOST_CALLS:
            raise DecodeError(
                f"has more than {_MOST_CALLS:,} calls that allocate, more than any program; it is damaged"
            )
    behind = np.concatenate([one.behind for one in found])
    # Pieces overlap.
    behind, first = np.unique(behind, return_index=True)
    target, types, is_uncleared = (
        np.concatenate([getattr(one, name) for one in found])[first] for name in ("target", "type", "is_uncleared")
    )
    return Calls(behind, target, types, is_uncleared)


def _pieces(image: Image, *, code: int, code_bytes: int) -> Iterator[tuple[int, Bytes]]:
    """The code in pieces of bounded size, each with what stands before it."""
    for start in range(0, code_bytes, _PIECE_BYTES):
        begin = max(start - WINDOW_BYTES - _CALL_BYTES, 0) & ~(_WORD_BYTES - 1)
        end = min(start + _PIECE_BYTES, code_bytes)
        yield begin, image.read(code + begin, end - begin, what="the code")


def _calls_of_amd64(piece: Bytes, start: int, code: int, wanted: Wanted) -> Calls:
    place = np.flatnonzero(piece[: max(len(piece) - _CALL_BYTES + 1, 0)] == _CALL)
    leads_to = start + place + _CALL_BYTES + _signed(words_at(piece, place + 1), bits=32)
    function, is_call = _functions_at(wanted, leads_to)
    place, function = place[is_call], function[is_call]
    chosen = np.flatnonzero(wanted.is_target[function])
    at, target = place[chosen], function[chosen]
    # What an earlier call may have left in the registers is nothing the compiler relies on.
    earliest = np.where(chosen > 0, place[np.maximum(chosen - 1, 0)] + _CALL_BYTES, 0)
    types = np.zeros(len(at), np.uint64)
    for argument, lea in _LEA.items():
        asking = np.flatnonzero(wanted.type_argument[target] == argument)
        loaded = _last(piece, at[asking], earliest[asking], lea, size=_LEA_BYTES)
        known, loaded = asking[loaded >= 0], loaded[loaded >= 0]
        leads_to = code + start + loaded + _LEA_BYTES + _signed(words_at(piece, loaded + len(lea)), bits=32)
        types[known] = np.maximum(leads_to, 0).astype(np.uint64)
    clearing = np.flatnonzero(wanted.has_clearing[target])
    false, true = (
        _last(piece, at[clearing], earliest[clearing], operand, size=len(operand)) for operand in (_FALSE, _TRUE)
    )
    is_uncleared = np.zeros(len(at), np.bool_)
    is_uncleared[clearing] = false > true
    return Calls(start + at + _CALL_BYTES, target, types, is_uncleared)


def _last(piece: Bytes, before: Int64s, earliest: Int64s, pattern: bytes, *, size: int) -> Int64s:
    """Where the last instruction of `size` bytes that begins so stands before each place and not before the earliest.

    -1 for none within the window.
    """
    found = np.full(len(before), -1, np.int64)
    for distance in range(size, WINDOW_BYTES + 1):
        at = before - distance
        is_it = (found < 0) & (at >= earliest)
        for offset, byte in enumerate(pattern):
            is_it &= piece[np.minimum(np.maximum(at + offset, 0), len(piece) - 1)] == byte
        found = np.where(is_it, at, found)
    return found


def _calls_of_arm64(piece: Bytes, start: int, code: int, wanted: Wanted) -> Calls:
    words = piece[: len(piece) // _WORD_BYTES * _WORD_BYTES].view("<u4").astype(np.int64)
    place = np.flatnonzero(words >> 26 == _BL)
    leads_to = start + _WORD_BYTES * (place + _signed(words[place] & 0x3FF_FFFF, bits=26))
    function, is_call = _functions_at(wanted, leads_to)
    place, function = place[is_call], function[is_call]
    chosen = np.flatnonzero(wanted.is_target[function])
    at, target = place[chosen], function[chosen]
    earliest = np.where(chosen > 0, place[np.maximum(chosen - 1, 0)] + 1, 0)
    types = _last_adrp(words, at, earliest, wanted.type_argument[target], address=code + start)
    clearing = wanted.has_clearing[target]
    is_uncleared = clearing & (
        _last_word(words, at, earliest, _FALSE_WORD) > _last_word(words, at, earliest, _TRUE_WORD)
    )
    return Calls(start + _WORD_BYTES * (at + 1), target, types, is_uncleared)


def _last_word(words: Int64s, before: Int64s, earliest: Int64s, word: int) -> Int64s:
    """Where an instruction stands last before each place and not before the earliest; -1 for nowhere in the window."""
    found = np.full(len(before), -1, np.int64)
    for distance in range(1, WINDOW_BYTES // _WORD_BYTES + 1):
        at = before - distance
        found = np.where((found < 0) & (at >= earliest) & (words[np.maximum(at, 0)] == word), at, found)
    return found


def _last_adrp(words: Int64s, before: Int64s, earliest: Int64s, register: Int64s, *, address: int) -> UInt64s:
    """What the last pair of ADRP and ADD before each place puts into its register; 0 for none."""
    found = np.zeros(len(before), np.uint64)
    for distance in range(2, WINDOW_BYTES // _WORD_BYTES + 1):
        at = before - distance
        page, offset = words[np.maximum(at, 0)], words[np.maximum(at + 1, 0)]
        is_pair = (page & _ADRP_MASK == _ADRP) & (offset & _ADD_MASK == _ADD)
        # ADD of its own register to itself, without a shift of its operand.
        is_pair &= (page & 31 == register) & (offset & 31 == register) & (offset >> 5 & 31 == register)
        is_pair &= (found == 0) & (at >= earliest) & (offset >> 22 & 1 == 0)
        pages = _signed((page >> 5 & 0x7FFFF) << 2 | page >> 29 & 3, bits=21)
        own_page = (address + _WORD_BYTES * at) >> _PAGE_BITS
        value = ((own_page + pages) << _PAGE_BITS) + (offset >> 10 & 0xFFF)
        found = np.where(is_pair & (value > 0), value, found.astype(np.int64)).astype(np.uint64)
    return found


def _functions_at(wanted: Wanted, leads_to: Int64s) -> tuple[Int64s, Bools]:
    """Which function begins where each call leads to, and whether any does."""
    place = np.minimum(np.searchsorted(wanted.entry, leads_to), len(wanted.entry) - 1)
    return place, wanted.entry[place] == leads_to


def _signed(words: Int64s, *, bits: int) -> Int64s:
    half = 1 << (bits - 1)
    return (words ^ half) - half
