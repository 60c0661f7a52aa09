"""Machine code of kernels, kept in files and run without the compiler that made it.

To import numba takes a quarter of a second, and its own cache reads each function's LLVM code beside its machine code. Here
LLVM links the machine code alone, to the runtime that numba's three extension modules are.
"""

from __future__ import annotations

import builtins
import ctypes
import hashlib
import json
import pickle
import secrets
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import binding as llvm

from pipeline.kernels import numba_folder

_DIGEST_BYTES = 16


@cache
def processor() -> str:
    """What the machine code is for: a home folder may be shared by machines of different kinds."""
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def save(path: Path, compiled: Any) -> None:
    """Keep what numba compiled, its CompileResult, in a file that is whole or not there."""
    # Those of the kernels it calls are for exceptions, which kernels do not raise, unless they hold something.
    called = [one for one in compiled._find_referenced_environments() if one.consts]
    environments = {one.env_name: one.consts for one in (compiled.environment, *called)}
    if not all(isinstance(constant, np.dtype) for constants in environments.values() for constant in constants):
        return
    texts = {name: [constant.str for constant in constants] for name, constants in environments.items()}
    head = json.dumps([compiled.fndesc.llvm_cpython_wrapper_name, texts])
    content = head.encode() + b"\n" + compiled.library._get_compiled_object()
    # Then it is compiled again the next time.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        draft.write_bytes(_digest(content) + content)
        draft.replace(path)


def load(path: Path) -> Callable[..., Any] | None:
    """The function that was kept in a file; None when there is none, or not all of it."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if _digest(content) != digest:
        return None
    head, _, code = content.partition(b"\n")
    name, environments = json.loads(head)
    builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(name)
    for symbol, address in _symbols().items():
        builder.import_symbol(symbol, address)
    for symbol in environments:
        builder.export_symbol(symbol)
    try:
        linked = builder.link(_linker(), f"{path.name} {secrets.token_hex(4)}")
    except RuntimeError:
        # Of another numba, perhaps: there is something this one does not have.
        return None
    dynfunc = _extension("numba._dynfunc")
    made = []
    for symbol, constants in environments.items():
        environment = dynfunc.Environment({})
        environment.consts.extend(np.dtype(constant) for constant in constants)
        ctypes.c_void_p.from_address(linked[symbol]).value = id(environment)
        made.append(environment)
    # What is linked lives as long as the function.
    kept_alive = (linked, made)
    function: Callable[..., Any] = dynfunc.make_function(
        sys.modules[__name__], path.name, "", linked[name], made[0], kept_alive
    )
    return function


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


@cache
def _linker() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.create_lljit_compiler()


@cache
def _symbols() -> Mapping[str, int]:
    """The addresses that compiled code may name, as numba's own linker knows them (core/base.py, core/runtime/nrt.py)."""
    runtime = _extension("numba.core.runtime._nrt_python")
    runtime.memsys_use_cpython_allocator()
    symbols = {name if name.startswith("_") else f"NRT_{name}": at for name, at in runtime.c_helpers.items()}
    for name in ("numba._helperlib", "numba._dynfunc"):
        symbols |= {f"numba_{helper}": at for helper, at in _extension(name).c_helpers.items()}
    exceptions = [one for one in vars(builtins).values() if isinstance(one, type) and issubclass(one, BaseException)]
    symbols |= {f"PyExc_{one.__name__}": id(one) for one in exceptions} | {"_Py_NoneStruct": id(None)}
    return symbols | {"numba_unpickle": ctypes.cast(_unpickle(), ctypes.c_void_p).value or 0}


@cache
def _unpickle() -> Any:
    """The classes of named tuples as objects; numba's own function for it would import all of numba."""
    signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    return signature(lambda address, size, _hashed: _unpickled(address, size))


@cache
def _unpickled(address: int, size: int) -> Any:
    return pickle.loads(ctypes.string_at(address, size))


@cache
def _extension(name: str) -> Any:
    """One of numba's extension modules, without numba, which comes with its compiler."""
    if name in sys.modules:
        return sys.modules[name]
    spec = PathFinder.find_spec(name, [str(numba_folder().joinpath(*name.split(".")[1:-1]))])
    assert spec is not None, name
    assert spec.loader is not None, name
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
