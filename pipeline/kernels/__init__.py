"""Compiled loops over arrays: the only code that runs per sample, per frame or per byte.

The rules a kernel keeps:

* arrays and numbers in, arrays and numbers out; no strings, no Python objects, no exceptions;
* every length and index that comes from a file is checked before it is used, since compiled code
  reads whatever address it is told to;
* a failure is a status code and a position, which the caller turns into a DecodeError;
* a reference twin in its test, written for the reader, and a benchmark in tests/bench.

Compiled code is kept on disk, and from there run without numba, under a folder named after the content of this package:
a kernel is made of those it calls, so a change in any of them is a change of it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Hashable
from functools import cache, cached_property, update_wrapper
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pipeline import config

_Function = TypeVar("_Function", bound=Callable[..., object])
_NUMBERS = (bool, float, np.generic)


@cache
def cache_folder() -> Path:
    """Where compiled kernels are kept: beside the sources in a checkout, else in the user's cache."""
    # With bounds checks or without; and what is compiled calls Python, and the runtime of this numba.
    content = hashlib.sha256(f"{config.numba_settings()} {sys.version}".encode())
    for path in (numba_folder() / "_version.py", *sorted(Path(__file__).parent.rglob("*.py"))):
        content.update(path.read_bytes())
    checkout = Path(__file__).parents[2]
    # A wheel has no Makefile beside it, and its folder may belong to root.
    root = checkout / ".cache" if (checkout / "Makefile").exists() else Path.home() / ".cache" / "heapscape"
    if not _writable(root):
        root = Path(tempfile.gettempdir()) / f"heapscape-{os.getuid()}"
    return root / "kernels" / content.hexdigest()[:16]


def numba_folder() -> Path:
    """Where numba is installed, without importing it."""
    package = find_spec("numba")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent


def _writable(folder: Path) -> bool:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return os.access(existing, os.W_OK)


def kernel(function: _Function) -> _Function:
    """Compile a loop: cached on disk, without the GIL."""
    return _compiled(function)


def inlined(function: _Function) -> _Function:
    """A kernel that becomes part of each kernel that calls it: of a few ns of work a call would be half."""
    return _compiled(function, forceinline=True)


def _compiled(function: _Function, **options: Any) -> _Function:
    if not config.is_compiling():
        return function
    found: Any = Kernel(function, **options)
    return found


class Kernel:
    """A loop, compiled for the types it is called with: by numba the first time on this machine, then loaded."""

    def __init__(self, function: Callable[..., object], **options: Any) -> None:
        update_wrapper(self, function)
        self._function, self._options = function, options
        self._native: dict[Hashable, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        kinds = tuple([_kind(argument) for argument in arguments])
        native = self._native.get(kinds)
        if native is None:
            native = self._native[kinds] = self._load(kinds, arguments)
        return native(*arguments)

    def _load(self, kinds: Hashable, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        from pipeline.kernels import native

        what = hashlib.sha256(f"{kinds} {native.processor()}".encode()).hexdigest()[:16]
        path = cache_folder() / f"{self._function.__module__}.{self._function.__name__}-{what}"
        # The folder knows nothing of what lies elsewhere, as a test's kernel does.
        is_kept = self._function.__module__.startswith(f"{__name__}.")
        found = native.load(path) if is_kept else None
        if found is None:
            types = tuple(self._dispatcher.typeof_pyval(argument) for argument in arguments)
            found = self._dispatcher.compile(types)
            if is_kept:
                native.save(path, self._dispatcher.overloads[types])
        return found

    def _made(self, **options: Any) -> Any:
        import numba

        # Nobody calls a kernel from C, and a wrapper for that takes a tenth of the time to compile.
        options |= self._options | {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
        return numba.njit(**options)(self._function)

    @cached_property
    def _dispatcher(self) -> Any:
        return self._made()

    @cached_property
    def _called(self) -> Any:
        """The same for kernels that call this one: without what makes numbers and pointers of Python's objects."""
        from numba.core import types

        called = self._made(no_cpython_wrapper=True)
        of_types = called.get_call_template
        # Numba would compile it anew for each constant that it is called with.
        called.get_call_template = lambda arguments, named: of_types(tuple(map(types.unliteral, arguments)), named)
        return called

    @property
    def _numba_type_(self) -> Any:
        """What numba asks of a name that a kernel uses: how this one is called."""
        return self._called._numba_type_


def _kind(value: Any) -> Hashable:
    """All of a value that numba compiles code for; what it would tell apart is told apart."""
    of = type(value)
    if of is np.ndarray:
        flags = value.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return value.dtype, value.ndim, layout, flags.writeable, flags.aligned
    if of is int:
        return of, value.bit_length() < 64
    if issubclass(of, tuple):
        return of, tuple([_kind(one) for one in value])
    if issubclass(of, _NUMBERS):
        return of
    raise TypeError(f"a kernel takes arrays and numbers, and was given a {of.__name__}")
