"""Kernels as ordinary functions, as NUMBA_DISABLE_JIT makes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="package")
def _wrapping() -> Iterator[None]:
    # Un-jitted, NumPy warns of the overflows that hashes and 64-bit times are made of.
    with np.errstate(over="ignore"):
        yield
