"""Which bytes are runtime.MemStats as JSON; only their first 256 KiB are looked at."""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.json_objects import head_of

# Fields that nothing else has, as encoding/json names them.
DISTINCT: Final = (
    *("TotalAlloc", "HeapAlloc", "HeapSys", "HeapIdle", "HeapInuse", "HeapReleased", "HeapObjects"),
    *("StackInuse", "NextGC", "PauseTotalNs", "NumGC", "NumForcedGC", "GCCPUFraction"),
)
# So many fields of MemStats make an object one; what people log of it is `Alloc, TotalAlloc, Sys, NumGC`.
FEWEST: Final = 3
_OTHERS: Final = ("Alloc", "Sys", "Mallocs", "Frees")
WANTED: Final = re.compile(rb'"(?:' + "|".join(DISTINCT).encode() + rb')"\s*:\s*[\d-]')
_FIELD: Final = re.compile(rb'"(' + "|".join((*DISTINCT, *_OTHERS)).encode() + rb')"\s*:\s*[\d-]')
# What debug.ReadGCStats fills: times are texts, and pauses stand under another name.
_GC_STATS: Final = re.compile(rb'"PauseTotal"\s*:\s*\d')
_GC_STATS_FIELDS: Final = (b'"NumGC"', b'"PauseQuantiles"', b'"PauseEnd"')
# A program or a document that quotes one is none.
_QUOTING: Final = re.compile(rb"^(?:package \w+[ \t]*(?://[^\n]*)?\r?$|```)", re.MULTILINE)
_BINARY: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_BINARY_BYTES: Final = 64


def looks_like_memstats(content: bytes) -> bool:
    """Whether there is an object with fields of runtime.MemStats in the bytes."""
    head = head_of(content)
    if b"{" not in head or _BINARY.search(head, 0, _BINARY_BYTES):
        return False
    if WANTED.search(head) is None and not is_gc_stats(head):
        return False
    fields = {found[1] for found in _FIELD.finditer(head)}
    return (len(fields) >= FEWEST or is_gc_stats(head)) and _QUOTING.search(head) is None


def is_gc_stats(head: bytes) -> bool:
    """Whether it is debug.GCStats, which is less and is not read."""
    return _GC_STATS.search(head) is not None and all(field in head for field in _GC_STATS_FIELDS)
