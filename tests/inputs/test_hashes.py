"""Digests, at once or beside."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from itertools import repeat

import pytest

from pipeline.inputs import hashes
from pipeline.inputs.hashes import sha256_beside, sha256_of
from pipeline.values import Origin, Source

LEAST = hashes._LEAST_BESIDE_BYTES


@pytest.mark.parametrize("size", [0, 1, LEAST - 1, LEAST, LEAST + 1])
def test_a_source_says_what_sha256sum_does_whatever_its_size(size: int) -> None:
    content = b"\x00\xff" * (size // 2) + b"x" * (size % 2)

    source = Source(1, Origin("a"), size, sha256_of(content))

    assert source.sha256 == hashlib.sha256(content).hexdigest()


def test_only_many_bytes_are_hashed_beside() -> None:
    assert isinstance(sha256_of(bytes(LEAST - 1)), str)
    assert isinstance(sha256_of(bytes(LEAST)), Future)


def test_pieces_are_hashed_beside_as_one_text() -> None:
    with sha256_beside([b"a", b"", b"bc"]) as made:
        assert made.result() == hashlib.sha256(b"abc").hexdigest()


def test_who_hashes_pieces_stops_where_the_work_beside_it_fails() -> None:
    with pytest.raises(KeyError), sha256_beside(repeat(b"endless")):
        raise KeyError
