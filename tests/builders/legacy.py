"""Profiles that are no protobuf, from a few readable lines: gperftools' words, and texts of every spelling.

cpu(Sample("0x40010 0x40020", 3), maps="00400000-00500000 r-xp 00000000 08:01 12 /bin/shop")
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

MAPS = """\
00400000-00500000 r-xp 00000000 08:01 12 /usr/bin/shop
00500000-00600000 rw-p 00100000 08:01 12 /usr/bin/shop
7f0000001000-7f0000005000 r-xp 00001000 08:01 13 /lib/libc.so.6
7f0000005000-7f0000008000 r-xp 00005000 08:01 13 /lib/libc.so.6
7fff00000000-7fff00002000 r-xp 00000000 00:00 0 [vdso]
"""


class Sample(NamedTuple):
    """Addresses, leaf first, and how often they were met."""

    stack: str
    count: int


def cpu(
    *samples: Sample,
    period_us: int = 10_000,
    word: str = "<Q",
    is_java: bool = False,
    is_ended: bool = True,
    behind: str = "",
) -> bytes:
    """A CPU profile in words of `<Q`, `>Q`, `<I` or `>I`; `behind` is the text that follows."""
    words = [0, 3, int(is_java), period_us, 0]
    for stack, count in samples:
        addresses = [int(address, 16) for address in stack.split()]
        words += [count, len(addresses), *addresses]
    words += [0, 1, 0] if is_ended else []
    return b"".join(struct.pack(word, number) for number in words) + behind.encode()


def text(header: str, *lines: str, maps: str = "", announced: str = "MAPPED_LIBRARIES:") -> bytes:
    """A text of a header and lines, and mappings behind them if there are any."""
    behind = ("", announced, *maps.splitlines()) if maps else ()
    return "".join(f"{line}\n" for line in (header, *lines, *behind)).encode()


def heap(*records: str, header: str = "heap profile: 1: 1 [2: 2] @ heap/1048576", maps: str = "") -> bytes:
    """A heap profile: `2: 32 [3: 48] @ 0x401000 0x402000`, and comment lines."""
    return text(header, *records, maps=maps)


def frames(*named: str) -> Sequence[str]:
    """Go's comment lines: `0x4a1b2c main.f+0x1c main.go:12`."""
    return [f"#\t{line}".replace(" ", "\t", 2) for line in named]


EVERY_SPELLING: dict[str, bytes] = {
    "cpu": cpu(
        Sample("0x400100 0x400900 0x400201", 3),
        Sample("0x400150 0x400900 0x7f0000001100", 1),
        Sample("0x9000", 2),
        Sample("0x400100 0x400900 0x400100", 5),
        behind=MAPS,
    ),
    "cpu_32_big": cpu(Sample("0x400100 0x400201", 3), Sample("0x400150 0x400251", 1), word=">I", behind=MAPS),
    "cpu_java": cpu(
        Sample("0x3 0x7", 4),
        Sample("0x7 0x9 0xb", 1),
        is_java=True,
        behind="  0x00000003 com.example.Cache.put (Cache.java:25)\n  0x7 GC\n  0x9 libjvm (/usr/lib/libjvm.so)\n",
    ),
    "heap_v2": heap(
        "     1:      256 [     3:     768] @ 0x400101 0x400202 0x7f0000001100",
        "     2:     2048 [     2:    2048] @ 0x400150 0x9000",
        "     0:        0 [     4:    4096] @ 0x400150",
        header="heap profile:      3:     2304 [     9:     6912] @ heap_v2/524288",
        maps=MAPS,
    ),
    "heapprofile": heap(
        "     1:      256 [     3:     768] @ 0x400101 0x400202",
        header="heap profile:      1:      256 [     3:      768] @ heapprofile",
        maps=MAPS,
    ),
    "heapz_v2_in_use": heap(
        "1: 256 [0: 0] @ 0x400101", header="heap profile: 1: 256 [0: 0] @ heapz_v2/262144", maps=MAPS
    ),
    "growthz": heap(
        "1: 1048576 [1: 1048576] @ 0x400101 0x400202", header="heap profile: 1: 1048576 [1: 1048576] @ growthz"
    ),
    "fragmentationz": heap("1: 4096 [1: 4096] @ 0x400101", header="heap profile: 1: 4096 [1: 4096] @ fragmentationz"),
    "heap_go": heap(
        "1: 48 [5: 240] @ 0x47ab13 0x47ac15",
        "-1: -48 [5: 240] @ 0x47ab13",
        "0: 0 [1: 1048576] @ 0x47ab13 0x47ab13 0x47ac15",
    ),
    "count": text("goroutine profile: total 12", "7 @ 0x48a0aa 0x417dee", "5 @ 0x48a0aa 0x417def"),
    "contentionz": text(
        "--- contentionz 1 ---",
        "cycles/second = 2000000000",
        "sampling period = 100",
        "ms since reset = 16502830",
        "discarded samples = 0",
        "  19490304       27 @ 0x400101 0x400202",
        "       768        1 @ 0x400150",
        maps=MAPS,
        announced="--- Memory map: ---",
    ),
    "contention_go": text("--- contention:", "cycles/second=2596123369", "1626395523 1 @ 0x496005 0x61c306"),
    "mutex_go": text("--- mutex:", "cycles/second=2596123369", "sampling period=5", "719712045 79 @ 0x61b4bd 0x61b9bb"),
    "threadz": text(
        "--- threadz 1 ---",
        "",
        "--- Thread 7f794ab90940 (name: main/14748) stack: ---",
        "  PC: 0x400100: worker",
        "    0x400101 0x400202 0x7f0000001100",
        "--- Thread 7f794ab91940 (name: worker/14749) stack: ---",
        "  [same as previous thread]",
        "--- Thread 7f794ab92940 (name: worker/14750) stack: ---",
        "    0x400150",
        maps=MAPS,
        announced="--- Memory map: ---",
    ),
    "java_heap": text(
        "--- heapz 1 ---",
        "format = java",
        "resolution = bytes",
        "    7048       2 @ 0x00000003 0x00000007",
        " 9437184       1 @ 0x00000007 0x0000000b",
        "",
        "  0x00000003 com.example.Cache.put (Cache.java:25)",
        "  0x00000007 com.example.Main.main (Main.java:7)",
    ),
    "java_contention": text(
        "--- contentionz 1 ---",
        "format = java",
        "resolution = microseconds",
        "sampling period = 100",
        "ms since reset = 6019923",
        "  5 2 @ 0x00000003 0x00000007",
        "  1 1 @ 0x00000009",
        "  0x00000003 com.example.Cache.put (Cache.java:25)",
        "  0x00000007 generated stub/JIT",
        "  0x00000009 VM",
    ),
}
