"""Tells an execution trace from any other bytes by its header."""

from __future__ import annotations

import re

_HEADER = re.compile(rb"go 1\.(?:(\d\d) trace\0\0\0|([5-9]) trace\0\0\0\0)")


def looks_like_trace(content: bytes) -> bool:
    """Whether the bytes begin as a Go execution trace of any version does."""
    return version_of(content) is not None


def version_of(content: bytes) -> int | None:
    """NN of the header `go 1.NN trace`, one digit before Go 1.10; None without one."""
    found = _HEADER.match(content[:16])
    return int(found[1] or found[2]) if found else None
