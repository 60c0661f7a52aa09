"""Profiles are told from other bytes by how they begin."""

from __future__ import annotations

import gzip
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.pprof.recognise import _number, looks_like_profile
from tests.builders.odd import encode, random_message
from tests.builders.profile import profile
from tests.builders.wire import number, sized, tag, texts, varint


@given(st.randoms(use_true_random=True), st.integers(0, 5))
def test_whatever_field_comes_first_it_is_a_profile(random: Random, size: int) -> None:
    content = encode(random_message(random, size=size), random)
    first, _ = _number(content, 0)

    # An unknown field in front says nothing about pprof.
    assert looks_like_profile(content) == (first >> 3 < 16)


@pytest.mark.parametrize("content", [texts(), number(9, 1) + texts(), number(14, 0) + texts(), sized(1) + texts()])
def test_a_profile_of_a_few_bytes_is_one(content: bytes) -> None:
    assert looks_like_profile(content)


@pytest.mark.parametrize("width", range(1, 10))
def test_a_tag_that_lies_across_the_end_of_the_head_is_no_reason_to_doubt(width: int) -> None:
    content = texts("x" * 57) + tag(12, 0, width=width) + varint(5, width=10) + sized(1) * 9

    assert looks_like_profile(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"heap profile: 1: 2 [3: 4] @ heap/1048576\n",
        b"\n\n# command-line-arguments\n./main.go:3:6: can inline f\n",
        b"{}\n",
        b"\x80",
        b"PAR1\x15\x04",
        gzip.compress(profile("a 1")),
        b"go 1.27 trace\0\0\0",
        b"PK\x03\x04",
        b"\x7fELF\x02\x01\x01",
        b"\x00\x00\x00\x00",
        b"\x80\x01\x02",
        b"\x82\x01\x00",
        b"r\x00\x01\x02",
        # A length far beyond the end.
        b"\x0a\xff\xff\x03" + bytes(100),
    ],
)
def test_other_files_are_not(content: bytes) -> None:
    assert not looks_like_profile(content)
