"""The runtime's entry points that allocate: what a call of each means, and which argument is the type.

The compiler's own are in cmd/compile/internal/typecheck/_builtin/runtime.go; those of other packages are linked to the
runtime by name. The names are of Go 1.16 to 1.27, together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

NO_TYPE: Final = -1
RUNTIME: Final = "runtime"
RUNTIME_PACKAGES: Final = ("runtime.", "internal/runtime/")
# By its folder the functions are known that other packages' names are linked to.
ALLOCATOR: Final = "runtime.mallocgc"
# What compiled code calls all the time and what never allocates, unless somebody recovers from its panic.
NEVER: Final = (
    r"^runtime\.(?:morestack|gcWriteBarrier|wb|mem|duff|throw|fatal|panic|gopanic|goPanic|gorecover|print|ifaceeq|efaceeq|cmpstring|decoderune"
    r"|deferreturn|deferprocStack|mapaccess|mapdelete|mapiter|mapIter|typedmem|typedslice|race|asan|msan|rand|strhash|interhash"
    r"|nilinterhash)|^sync/atomic\."
)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """What a call of one function of the runtime asks for.

    type_argument   which argument is the address of the type, from 0; NO_TYPE for none
    uncleared_kind  what it asks for where its third argument says that the memory need not be cleared; "" where none does
    """

    kind: str
    type_argument: int = NO_TYPE
    uncleared_kind: str = ""


def _named(
    kind: str, names: str, *, type_argument: int = NO_TYPE, uncleared_kind: str = ""
) -> Iterator[tuple[str, EntryPoint]]:
    for name in names.split():
        yield name if "." in name else f"runtime.{name}", EntryPoint(kind, type_argument, uncleared_kind)


# Compiled code asks for several variables at once (Go 1.25), and for slices that it fills at once, which are not cleared.
_MALLOC: Final = " ".join(
    [
        "mallocgc mallocgcTiny mallocgcSmallNoscan mallocgcSmallScanNoHeader mallocgcSmallScanHeader mallocgcLarge",
        *(f"mallocgc{kind}SC{size}" for kind in ("SmallScanNoHeader", "SmallNoScan", "Tiny") for size in range(1, 68)),
    ]
)

ENTRY_POINTS: Final[Mapping[str, EntryPoint]] = dict(
    [
        *_named("new", "newobject", type_argument=0),
        *_named("new", "reflect.unsafe_New internal/reflectlite.unsafe_New internal/runtime/maps.newobject", type_argument=0),
        *_named("new", _MALLOC, type_argument=1, uncleared_kind="make"),
        *_named("make", "makeslice makeslice64 makeslicecopy newarray", type_argument=0),
        *_named("make", "reflect.unsafe_NewArray internal/runtime/maps.newarray", type_argument=0),
        *_named("make", "internal/bytealg.MakeNoZero rawbyteslice rawruneslice rawstring"),
        *_named("append", "growslice growsliceBuf growsliceNoAlias growsliceBufNoAlias", type_argument=4),
        *_named("append", "reflect.growslice", type_argument=0),
        *_named("move", "moveSlice moveSliceNoCap", type_argument=0),
        *_named("move", "moveSliceNoScan moveSliceNoCapNoScan"),
        *_named("map", "makemap makemap64 reflect.makemap", type_argument=0),
        *_named("map", "makemap_small maps.clone"),
        *_named("map_growth", "mapassign mapassign_fast32 mapassign_fast32ptr mapassign_fast64 mapassign_fast64ptr mapassign_faststr", type_argument=0),
        *_named("map_growth", "reflect.mapassign reflect.mapassign0 reflect.mapassign_faststr reflect.mapassign_faststr0", type_argument=0),
        *_named("channel", "makechan makechan64 reflect.makechan", type_argument=0),
        *_named("concatenation", "concatstring2 concatstring3 concatstring4 concatstring5 concatstrings"),
        *_named("concatenation", "concatbyte2 concatbyte3 concatbyte4 concatbyte5 concatbytes"),
        *_named("conversion", "slicebytetostring slicerunetostring intstring stringtoslicebyte stringtoslicerune"),
        *_named("boxing", "convT convTnoptr convT2E convT2Enoptr convT2I convT2Inoptr", type_argument=0),
        *_named("boxing", "convT16 convT32 convT64 convTstring convTslice"),
        *_named("goroutine", "newproc"),
        *_named("defer", "deferproc deferprocat deferrangefunc"),
    ]
)  # fmt: skip
