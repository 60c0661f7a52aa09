"""Compiles the kernels for this machine, so that nobody's first run waits: `python -m pipeline.warm`.

numba compiles a kernel for the types it is called with, so the way to compile what the product uses is to
use it: a tiny input of each kind goes through every room into a database that is thrown away, the kinds in processes
beside each other. Who has a profile does not wait for what decodes traces: only kinds that are read are compiled for.
"""

from __future__ import annotations

import fcntl
import gc
import os
import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pipeline import flow
from pipeline.endings import tell
from pipeline.inputs.limits import Limits
from pipeline.kernels import cache_folder

# profile.proto by hand: one sample type, two samples with a label (of one, all columns would lie in one piece, for which
# numba compiles code of its own), one location with a line, one function.
_PROFILE = bytes.fromhex(
    "0a0408011002"
    "120c" "0a0101" "120164" "1a0408031864"
    "120c" "0a0101" "120164" "1a0408031865"
    "1a020801"
    "220a" "0801" "1001" "22040801100a"
    "2a0608011004" "2004"
    "3200" "320b" + b"inuse_space".hex() + "3205" + b"bytes".hex() + "3205" + b"color".hex() + "3209" + b"main.main".hex()
)  # fmt: skip
# A trace of Go 1.26 in two generations: a goroutine that waits in the first has a stack and a reason in the second; and an
# event for each table.
_TRACE = bytes.fromhex(
    "676f20312e32362074726163650000000101ffffffffffffffffff01011032088094ebdc0333000580e2cfaa06000101ffff"
    "ffffffffffffff010131040501066d61696e2e660502076d61696e2e676f05030c6368616e2072656365697665050404776f"
    "726b050504736169640101ffffffffffffffffff01010d0203010264010207c8010102090101ffffffffffffffffff010107"
    "06076907000101310101ffffffffffffffffff01010c018080808080188040088010310101ffffffffffffffffff01010d00"
    "0480203010066d61696e2e5401010764450d0100011901010702090101001a0103011b012501092801010004012a01010401"
    "2b010104012c010104050129010101270104810102011684018010048701030c14010301340102ffffffffffffffffff0101"
    "1032088094ebdc0333000580e2cfaa0600010207f403120d010001190101ffffffffffffffffff010434"
)
# One of Go 1.21, an event for each of its kinds.
_OLD_TRACE = bytes.fromhex(
    "676f20312e3231207472616365000000410064cd0401010000cd04010200005f0102cd0401030000600103cd040104000045"
    "01078e01010184010200cd0401050102ed050109000301ef050109000301f004010903010568656c6c6fef0501090103015c"
    "0101870100014901020a016b01012c0108014b01018c01050661014dd50401020201ae0109015c01011e010601410164453c"
    "08e904010203035b0101660104a70102000f01dd050101029601f1060182010001012501066d61696e2e662502076d61696e"
    "2e676f2503046e616d65c306010164010207c3070201c801010208410064028094ebdc03"
)
_REPORT = b"# app\n./main.go:5:2: moved to heap: x\n"
# A heap profile as text: what it brings is compiled beside what the one above does.
_TEXT = (
    b"heap profile: 1: 1 [2: 2] @ heap/1048576\n"
    b"1: 1 [2: 2] @ 0x2 0x3\n#\t0x1\tmain.f+0x1\t/main.go:2\n#\t0x2\tmain.main+0x1\t/main.go:3\n\n"
)
# As many lines as are read at once.
_LOG = 40 * (
    b"gc 1 @0.010s 1%: 0.1+0.1+0.1 ms clock, 0.1+0.1/0.1/0.1+0.1 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, "
    b"0 MB globals, 2 P\n"
)
_DUMP = b"goroutine 1 [running]:\nmain.main()\n\t/main.go:3 +0x1\n"
_LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=1, max_depth=1)
# By what flow.ingest calls an input: how people call it, and an input that has all it may have. The other formats have no
# kernels of their own.
_TINY: Final[Mapping[str, tuple[str, str, bytes]]] = {
    "pprof": ("profiles", "tiny.pb", _PROFILE),
    "gotrace": ("traces", "tiny.trace", _TRACE),
    "gotrace v1": ("traces of Go 1.21 and before", "old.trace", _OLD_TRACE),
    "legacy": ("text profiles", "tiny.txt", _TEXT),
    "goroutines": ("goroutine dumps", "dump.txt", _DUMP),
    "gctrace": ("logs", "service.log", _LOG),
    "escape": ("escape reports", "report.txt", _REPORT),
}
EVERYTHING: Final = frozenset(_TINY)
# What they share is ready by the time the decoder of profiles is, which takes two thirds of the time.
_BESIDE: Final = {"pprof": "escape"}


def missing(kinds: Set[str]) -> list[str]:
    """Those of the kinds of input whose kernels, as they are now, have not been compiled on this machine."""
    return [kind for kind in _TINY if kind in kinds and not _stamp(kind).exists()]


def compile_kernels(kinds: Sequence[str]) -> None:
    """Compile the kernels of some kinds of input, as many at a time as there are cores; up to a minute, once."""
    # Most runs find all compiled, and need no processes.
    from pipeline.workers import workers

    kinds = list(dict.fromkeys([*kinds, *missing({_BESIDE[kind] for kind in kinds if kind in _BESIDE})]))
    with workers(min(len(kinds), os.cpu_count() or 1)) as executor:
        for kind in (executor.map if executor else map)(_compile, kinds):
            _stamp(kind).touch()


def _compile(kind: str) -> str:
    """Compile the kernels of one kind of input in this process."""
    _, name, content = _TINY[kind]
    # What a compiler makes, it mostly keeps: to look for what is left takes a tenth of the time.
    gc.disable()
    with TemporaryDirectory(prefix="heapscape-") as folder:
        Path(folder, name).write_bytes(content)
        receipt = flow.ingest([f"{folder}/{name}"], f"{folder}/lake", labels={}, limits=_LIMITS)
        assert not receipt.refusals, receipt.refusals
        flow.load(f"{folder}/lake", f"{folder}/tiny.duckdb")
    gc.enable()
    return kind


def _stamp(kind: str) -> Path:
    return cache_folder() / f"{kind.replace(' ', '-')}.warm"


def compile_missing(kinds: Set[str]) -> None:
    """Compile what has not been yet for some kinds of input; says so, because it takes a while."""
    if not missing(kinds):
        return
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w") as lock:
        # Who decodes beside this process waits for it, and finds all done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        cold = missing(kinds)
        if not cold:
            return
        tell(
            f"compiling the kernels for {', '.join(_TINY[kind][0] for kind in cold)}, once on this machine: up to a minute\n"
        )
        started = time.monotonic()
        compile_kernels(cold)
        tell(f"compiled in {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    compile_missing(EVERYTHING)
