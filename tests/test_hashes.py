"""Content hashes: 64 bits read as signed, and shown as 16 digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hashes import hash_of, hexadecimal, signed


def test_a_hash_is_that_of_the_published_xxh64() -> None:
    # The test vectors of the algorithm's own documents.
    assert hexadecimal(hash_of(b"")) == "ef46db3751d8e999"
    assert hexadecimal(hash_of(b"abc")) == "44bc2cf5ad770999"


def test_a_text_is_hashed_as_utf_8_and_a_file_name_as_what_it_was() -> None:
    assert hash_of("größe") == hash_of("größe".encode())
    assert hash_of("\udcff.pb") == hash_of(b"\xff.pb")
    assert hash_of(memoryview(b"abc")) == hash_of(b"abc")


@pytest.mark.parametrize(
    ("bits", "expected"), [(0, 0), (1, 1), (2**63 - 1, 2**63 - 1), (2**63, -(2**63)), (2**64 - 1, -1)]
)
def test_the_upper_half_of_the_numbers_is_negative(bits: int, expected: int) -> None:
    assert signed(bits) == expected


@given(st.integers(0, 2**64 - 1))
def test_the_digits_of_a_signed_number_are_those_of_its_bits(bits: int) -> None:
    assert hexadecimal(signed(bits)) == f"{bits:016x}"
