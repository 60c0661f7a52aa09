"""A log of a few readable lines, decoded, as rows a test can write down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from pipeline.errors import CutOff
from pipeline.formats.gctrace import FORMAT
from pipeline.formats.gctrace.decode import TABLES
from pipeline.notes import NOTE_KINDS
from pipeline.values import Blob, Large, Origin, Source

# Of Go 1.17 and of 1.27.
OLD = "gc 2 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.80 ms cpu, 4->5->1 MB, 6 MB goal, 8 P"
SCAN = "scan: class 16B 1+2+3=6 objs, 4+5=9 spans"
SCAVENGE = "scav 1 KiB work (bg), 2 KiB work (eager), 3 KiB now, 40% util"
SCHED = (
    "SCHED 1003ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=0 needspinning=1 idlethreads=3 "
    "runqueue=7 [ 8 9 ] schedticks=[ 10 11 ]"
)
INIT = "init net/http @1.2 ms, 0.030 ms clock, 448 bytes, 9 allocs"
START = "pacer: assist ratio=+1.500000e+000 (scan 1 MB in 3->4 MB) workers=0++2.500000e-001"
END = "pacer: 49% CPU (25 exp.) for 10+20+30 B work (40 B exp.) in 50 B -> 60 B (∆goal -70, cons/mark 0.25)"
SWEPT = "pacer: sweep done at heap size 1MB; allocated 0MB during sweep; swept 511 pages at 0.0007 pages/byte"


def gc(cycle: int, at: str = "", *, rest: str = "") -> str:
    """A line of a cycle, by default as many tenths of a second after the start as its number says."""
    return (
        f"gc {cycle} @{at or f'{cycle // 10}.{cycle % 10}00'}s 1%: 0.10+0.34+0.041 ms clock, 0.21+0.22/0/0+0.083 ms cpu, "
        f"3->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P{rest}"
    )


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of each table, and the notes as (blob, kind, count)."""

    tables: dict[str, list[dict[str, Any]]]
    notes: list[tuple[int, str, int]]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of one table, reduced to these columns."""
        return [tuple(row[column] for column in columns) for row in self.tables[table]]

    @property
    def prefixes(self) -> list[str]:
        """What tells the processes apart, in their order."""
        return [prefix for (prefix,) in self.rows("process", "prefix")]

    @property
    def cycles(self) -> list[tuple[int, int]]:
        """Process and number of each cycle."""
        return self.rows("gctrace_cycle", "process", "cycle")

    @property
    def kinds(self) -> dict[str, int]:
        """How often each oddity was met, of all logs."""
        return {kind: sum(count for _, other, count in self.notes if other == kind) for _, kind, _ in self.notes}


def lines(*texts: str) -> bytes:
    """The lines, each ended."""
    return "".join(f"{text}\n" for text in texts).encode()


def read(*contents: bytes) -> Read:
    """Decode contents as one call does."""
    return read_blobs(Blob(Source(0, Origin("log"), len(content), ""), content) for content in contents)


def read_blobs(blobs: Iterable[Blob]) -> Read:
    """Decode blobs as one call does."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in (*TABLES, "goroutine_dump")}
    notes: list[tuple[int, str, int]] = []
    for decoded in FORMAT.decode(list(blobs)):
        for name in tables.keys() & decoded.columns.keys():
            columns = decoded.columns[name]
            values = [column if isinstance(column, list) else column.tolist() for column in columns.values()]  # type: ignore[union-attr]
            tables[name] += [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
        assert all(note.kind in NOTE_KINDS for note in decoded.notes)
        notes += [(note.blob_index, note.kind, note.count) for note in decoded.notes]
        assert not decoded.refusals
    return Read(tables, notes)


def large(content: bytes, *, is_cut_off: bool = False) -> Blob:
    """A blob that is read as it is needed."""
    source = Source(0, Origin("log"), len(content), "")
    return Blob(source, content[: 1 << 18], Large(len(content), 1 << 20, partial(_opened, content, is_cut_off)))


def _opened(content: bytes, is_cut_off: bool) -> Any:
    stream = BytesIO(content)

    def read_some(size: int) -> bytes:
        piece = stream.read(size)
        if not piece and is_cut_off:
            raise CutOff("the compressed bytes end before their end")
        return piece

    return read_some
