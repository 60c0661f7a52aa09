"""Stacks of addresses and their values, sample by sample: what the spellings read that are no table of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.samples import Part, ranges, symbols
from pipeline.kernels.ids import first_of_each
from pipeline.values import Bools, Int64s, UInt64s


@dataclass(frozen=True, slots=True)
class Stacks:
    """The addresses of each sample, leaf first.

    addresses  uint64
    offsets    int64 (n + 1,)  where those of each begin
    """

    addresses: UInt64s
    offsets: Int64s

    def less_one(self) -> Stacks:
        """The calls, and not where they return to; a leaf is no call, and stays."""
        above = np.ones(len(self.addresses), np.uint64)
        above[self.offsets[:-1][np.diff(self.offsets) > 0]] = 0
        return Stacks(self.addresses - above, self.offsets)

    def without(self, is_gone: Bools) -> Stacks:
        """Those without some of the addresses."""
        kept_before = np.append(0, np.cumsum(~is_gone))
        return Stacks(self.addresses[~is_gone], kept_before[self.offsets])

    def second(self) -> Int64s:
        """Where the second address stands of each sample that has two or more."""
        return self.offsets[:-1][np.diff(self.offsets) > 1] + 1


def stacks_of(listed: Sequence[Sequence[int]]) -> Stacks:
    """Stacks of plain numbers."""
    flat = [address for stack in listed for address in stack]
    sizes = np.array([len(stack) for stack in listed], np.int64)
    return Stacks(np.array(flat, np.uint64), np.append(0, np.cumsum(sizes)))


def without_doubled_leaf(stacks: Stacks) -> Stacks:
    """Those without a second address that is the leaf's, less one: it was taken down twice (cleanupDuplicateLocations)."""
    second = stacks.second()
    is_gone = np.zeros(len(stacks.addresses), np.bool_)
    is_gone[second[stacks.addresses[second - 1] == stacks.addresses[second] + np.uint64(1)]] = True
    return stacks.without(is_gone)


def part_of(stacks: Stacks, values: Int64s) -> Part:
    """Samples of nothing but addresses; `values` are (n, sample types)."""
    first, location = first_of_each(stacks.addresses)
    known = symbols(location_address=stacks.addresses[first], stack_offsets=stacks.offsets, stack_locations=location)
    return Part(values.ravel(), known, np.empty((0, 4), np.int64), np.zeros(len(stacks.offsets) - 1, np.int64))


def hexadecimal(text: str) -> int:
    """The number behind `0x`; raises DecodeError for one that takes more than 64 bits."""
    number = int(text[2:], 16)
    if number >= 2**64:
        raise DecodeError(f"address {text} takes more than 64 bits")
    return number


def gathered(words: UInt64s, starts: Int64s, sizes: Int64s) -> Stacks:
    """The stacks that stand in words[start : start + size]."""
    return Stacks(words[ranges(starts, sizes)].astype(np.uint64), np.append(0, np.cumsum(sizes)))
