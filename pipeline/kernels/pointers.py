"""Arrays as bare pointers, for kernels that are made of many functions.

A compiled function counts the references to each array it is given: of the 40 ns that ordering one event of a trace may
take, that would be 200. Where numba checks bounds or does not compile at all, an array stays an array, so that the
tests see every index.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic

from pipeline.kernels import kernel

if numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK:

    @kernel
    def pointer(array: Any) -> Any:
        """The array itself, whose indices are checked."""
        return array

else:

    @intrinsic
    def pointer(_context: Any, array: Any) -> Any:
        """Where the first element of a contiguous array is; the caller keeps the array alive."""

        create_struct_proxy: Any = cgutils.create_struct_proxy
        c_pointer: Any = types.CPointer

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = signature.args[0]
            found = create_struct_proxy(kind)(context, builder, arguments[0])
            return found.data

        return c_pointer(array.dtype)(array), codegen
