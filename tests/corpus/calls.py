"""What each call instruction of a Go binary calls, as `go tool objdump` disassembles it.

A heap sample's leaf address is the return address minus one, so the call that ends there says how memory was asked for. Nothing
here is shared with heapscape, which has to come to the same by itself.
"""

from __future__ import annotations

import gzip
import re
import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.oracle import toolchain

# `  file.go:12   0x40100f   e83c268701   CALL runtime.newobject(SB)`
_CALL = re.compile(rb"\t0x([0-9a-f]+)\t+([0-9a-f]+)\t+(?:LOCK )?CALL (\S.*?)(?:\(SB\))?\s*$")
_RUNTIME = re.compile(r"(internal/)?runtime(/internal/\w+)?\.")

# Entry points of the runtime by what the language asks of them; the first prefix that fits.
_KINDS = (
    (
        "map grows",
        ("runtime.mapassign", "internal/runtime/maps.(*Map).PutSlot", "internal/runtime/maps.runtime_mapassign"),
    ),
    ("map made", ("runtime.makemap",)),
    ("make", ("runtime.makeslice",)),
    ("append", ("runtime.growslice", "runtime.moveSlice")),
    ("channel", ("runtime.makechan",)),
    ("concatenation", ("runtime.concatstring", "runtime.concatbyte")),
    ("string", ("runtime.slicebytetostring", "runtime.slicerunetostring", "runtime.intstring")),
    ("bytes", ("runtime.stringtoslicebyte", "runtime.stringtoslicerune")),
    ("boxing", ("runtime.convT",)),
    ("new", ("runtime.newobject", "runtime.mallocgcSmall", "runtime.mallocgcTiny")),
    ("raw memory", ("runtime.mallocgc",)),
    ("goroutine", ("runtime.newproc",)),
    ("defer", ("runtime.deferproc",)),
)
# What the compiler reports if it reports it: the rest is the language's or the runtime's own.
REPORTED = frozenset({"make", "append", "map made", "concatenation", "string", "bytes", "boxing", "new", "raw memory"})


def kind_of(target: str, *, function: str) -> str:
    """What a call of `target` in this function asks for; `other` is the runtime's own or the library's.

    From Go 1.26 on `reflect.unsafe_New` and its like are leaves themselves: what they call says nothing of their caller.
    """
    if not target:
        return "unknown"
    if _RUNTIME.match(function):
        return "other"
    return next((kind for kind, prefixes in _KINDS if target.startswith(prefixes)), "other")


def calls(binary: Path, *, version: str) -> dict[int, str]:
    """The target of each direct call by its return address; disassembled once per binary."""
    kept = binary.with_suffix(".calls.gz")
    if not kept.exists() or kept.stat().st_mtime < binary.stat().st_mtime:
        found = _disassembled(binary, version=version)
        scratch = kept.with_suffix(".part")
        with gzip.open(scratch, "wt", compresslevel=1) as out:
            out.writelines(f"{address} {target}\n" for address, target in found)
        scratch.rename(kept)
    with gzip.open(kept, "rt") as lines:
        return {int(address): target for address, target in (line.rstrip("\n").split(" ", 1) for line in lines)}


def load_address(binary: Path) -> int:
    """Where the start of an ELF file is mapped: profiles count addresses from there."""
    head = binary.read_bytes()[:4096]
    (table,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    for at in range(table, table + size * count, size):
        kind, _, offset, address = struct.unpack_from("<IIQQ", head, at)
        if (kind, offset) == (1, 0):
            return int(address)
    raise ValueError(f"{binary}: no segment holds the start of the file")


def _disassembled(binary: Path, *, version: str) -> Iterator[tuple[int, str]]:
    """Return address and target of each call; some 100 MB of text go by and are not kept."""
    command = [toolchain.go(version), "tool", "objdump", binary]
    with subprocess.Popen(command, env=toolchain.environment(version), stdout=subprocess.PIPE) as objdump:
        assert objdump.stdout is not None
        yield from parse(objdump.stdout)
    if objdump.returncode != 0:
        raise toolchain.ToolchainError(f"go tool objdump {binary}: exit status {objdump.returncode}")


def parse(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Return address and target of each direct call in objdump's text."""
    for line in lines:
        if b"CALL " not in line:
            continue
        match = _CALL.search(line)
        # Without a symbol the target is an address, a register or memory.
        if match and b"." in match[3] and b"(SB)" in line:
            yield int(match[1], 16) + len(match[2]) // 2, match[3].decode()
