"""Compiles the kernels for this machine, so that nobody's first run waits: `python -m pipeline.warm`.

numba compiles a kernel for the types it is called with, so the way to compile what the product uses is to
use it: a tiny profile goes through every room into a database that is thrown away.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.kernels import cache_folder

# profile.proto by hand: one sample type, one sample with a label, one location with a line, one function.
_PROFILE = bytes.fromhex(
    "0a0408011002"
    "120c" "0a0101" "120164" "1a0408031864"
    "1a020801"
    "220a" "0801" "1001" "22040801100a"
    "2a0608011004" "2004"
    "3200" "320b" + b"inuse_space".hex() + "3205" + b"bytes".hex() + "3205" + b"color".hex() + "3209" + b"main.main".hex()
)  # fmt: skip
_LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=1, max_depth=1)
_STAMP = "warm"


def is_warm() -> bool:
    """Whether the kernels, as they are now, have been compiled on this machine."""
    return (cache_folder() / _STAMP).exists()


def compile_kernels() -> None:
    """Compile every kernel that a run uses; half a minute to a minute, once."""
    with TemporaryDirectory(prefix="heapscape-") as folder:
        Path(folder, "tiny.pb").write_bytes(_PROFILE)
        receipt = flow.ingest([f"{folder}/tiny.pb"], f"{folder}/lake", labels={}, limits=_LIMITS)
        assert not receipt.refusals, receipt.refusals
        flow.load(f"{folder}/lake", f"{folder}/tiny.duckdb")
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / _STAMP).touch()


def main(argv: Sequence[str] = ()) -> int:
    """Compile unless that was done; says so, because it takes a while."""
    if is_warm():
        return 0
    sys.stderr.write("compiling the kernels for this machine, once; about a minute\n")
    started = time.monotonic()
    compile_kernels()
    sys.stderr.write(f"compiled in {time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
