"""Compiled loops over arrays: the only code that runs per sample, per frame or per byte.

The rules a kernel keeps:

* arrays and numbers in, arrays and numbers out; no strings, no Python objects, no exceptions;
* every length and index that comes from a file is checked before it is used, since compiled code
  reads whatever address it is told to;
* a failure is a status code and a position, which the caller turns into a DecodeError;
* a reference twin in its test, written for the reader, and a benchmark in tests/bench.

Compiled code is kept on disk under a folder named after the content of this package, because numba's
own cache does not notice a change in a kernel that another kernel calls.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

_Function = TypeVar("_Function", bound=Callable[..., object])


def cache_folder() -> Path:
    """Where compiled kernels are kept: beside the sources in a checkout, else in the user's cache."""
    # With bounds checks or without: numba would take the one for the other.
    content = hashlib.sha256(f"{numba.__version__} {numba.config.BOUNDSCHECK}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content.update(path.read_bytes())
    checkout = Path(__file__).parents[2]
    # A wheel has no Makefile beside it, and its folder may belong to root.
    root = checkout / ".cache" if (checkout / "Makefile").exists() else Path.home() / ".cache" / "heapscape"
    if not _writable(root):
        root = Path(tempfile.gettempdir()) / f"heapscape-{os.getuid()}"
    return root / "kernels" / content.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return os.access(existing, os.W_OK)


numba.config.CACHE_DIR = str(cache_folder())


class _Cache(FunctionCache):
    """What was compiled is loaded without all that only the compiler needs to know, which takes 90 ms to gather."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def kernel(function: _Function) -> _Function:
    """Compile a loop: cached on disk, without the GIL."""
    return _compiled(function)


def inlined(function: _Function) -> _Function:
    """A kernel that becomes part of each kernel that calls it: of a few ns of work a call would be half."""
    return _compiled(function, forceinline=True)


def _compiled(function: _Function, **options: Any) -> _Function:
    # Nobody calls a kernel from C, and a wrapper for that takes a tenth of the time to compile.
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    compiled: Any = numba.njit(**options)(function)
    if not numba.config.DISABLE_JIT:
        compiled._cache = _Cache(function)  # type: ignore[no-untyped-call]
    return compiled
