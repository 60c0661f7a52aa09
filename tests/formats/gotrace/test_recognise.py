"""Execution traces among other bytes."""

from __future__ import annotations

import pytest

from pipeline.formats.gotrace.recognise import looks_like_trace, version_of


@pytest.mark.parametrize("version", [11, 21, 22, 26, 31])
def test_any_version_of_the_header_is_a_trace(version: int) -> None:
    assert version_of(b"go 1.%d trace\0\0\0rest" % version) == version


@pytest.mark.parametrize("version", [5, 7, 8, 9])
def test_before_1_10_a_version_has_one_digit(version: int) -> None:
    assert version_of(b"go 1.%d trace\0\0\0\0rest" % version) == version


@pytest.mark.parametrize("content", [b"", b"go 1.22 trace", b"go 1.2 trace\0\0\0", b"\x0a\x04go 1.22 trace\0\0\0"])
def test_other_bytes_are_not(content: bytes) -> None:
    assert not looks_like_trace(content)
