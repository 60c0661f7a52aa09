"""Bytes that are read a second time, since they were too many to be held, or broke off."""

from __future__ import annotations

from collections.abc import Callable

import xxhash

from pipeline.errors import CutOff, DecodeError


def same_again(again: Callable[[], Callable[[int], bytes]], digest: bytes) -> Callable[[int], bytes]:
    """What reads the bytes that `again` begins to read, and at their end raises DecodeError when they are others.

    digest  XXH64 of all that came the first time; bytes that broke off then break off again, as CutOff
    """
    read_some, xxh64 = again(), xxhash.xxh64()

    def read_same(size: int) -> bytes:
        broken_off: CutOff | None = None
        try:
            piece = read_some(size)
        except CutOff as error:
            piece, broken_off = b"", error
        xxh64.update(piece)
        if size and not piece and xxh64.digest() != digest:
            raise DecodeError(
                "the file was changed meanwhile, so its rows may be of both; offer a copy that nobody writes to"
            )
        if broken_off:
            raise broken_off
        return piece

    return read_same
