"""Reading a second time."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import xxhash

from pipeline.errors import CutOff, DecodeError
from pipeline.inputs.again import same_again

BYTES = bytes(range(100))
DIGEST = xxhash.xxh64(BYTES).digest()


def breaking_off(content: bytes) -> Callable[[int], bytes]:
    readable = io.BytesIO(content)

    def read(size: int) -> bytes:
        if piece := readable.read(size):
            return piece
        raise CutOff("cut off at byte 100")

    return read


def to_its_end(read: Callable[[int], bytes]) -> bytes:
    return b"".join(iter(lambda: read(7), b""))


def test_the_same_bytes_come_again() -> None:
    read = same_again(lambda: io.BytesIO(BYTES).read, DIGEST)

    assert to_its_end(read) == BYTES


@pytest.mark.parametrize("other", [BYTES[:-1], BYTES + b"x", b"x" + BYTES[1:]])
@pytest.mark.parametrize("opened", [lambda content: io.BytesIO(content).read, breaking_off])
def test_others_are_a_fault(opened: Callable[[bytes], Callable[[int], bytes]], other: bytes) -> None:
    read = same_again(lambda: opened(other), DIGEST)

    with pytest.raises(DecodeError, match="the file was changed meanwhile"):
        to_its_end(read)


def test_what_broke_off_breaks_off_again() -> None:
    read = same_again(lambda: breaking_off(BYTES), DIGEST)

    with pytest.raises(CutOff, match="cut off at byte 100"):
        to_its_end(read)
