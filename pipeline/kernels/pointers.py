"""Arrays as bare pointers, for kernels that are made of many functions.

A compiled function counts the references to each array it is given: of the 40 ns that ordering one event of a trace may
take, that would be 200. Where numba checks bounds or does not compile at all, an array stays an array, so that the
tests see every index.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pipeline import config
from pipeline.kernels import kernel


class _Pointer:
    """Where the first element of a contiguous array is, to compiled code; the caller keeps the array alive.

    What it comes to is made when numba asks for it: who only runs what was compiled has no numba.
    """

    @property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target

        found = self._intrinsic
        # Numba learns of an intrinsic where a compilation begins, and this is in the middle of one.
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
        return cpu_target.typing_context.resolve_value_type(found)

    @cached_property
    def _intrinsic(self) -> Any:
        from numba.core import cgutils, types
        from numba.extending import intrinsic

        create_struct_proxy: Any = cgutils.create_struct_proxy
        c_pointer: Any = types.CPointer

        @intrinsic
        def pointer(_context: Any, array: Any) -> Any:
            def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                kind = signature.args[0]
                found = create_struct_proxy(kind)(context, builder, arguments[0])
                return found.data

            return c_pointer(array.dtype)(array), codegen

        return pointer


@kernel
def _array(array: Any) -> Any:
    """The array itself, whose indices are checked."""
    return array


pointer: Any = _Pointer() if config.is_compiling() and not config.is_checking_bounds() else _array
