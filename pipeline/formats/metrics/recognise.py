"""Which bytes are metrics of a Go process, as JSON or as Prometheus' text; only their first 256 KiB are looked at."""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.json_objects import head_of

# Names of runtime/metrics: `/gc/heap/live:bytes`.
_NAME: Final = r"/(?:cgo|cpu|gc|godebug|memory|sched|sync)/[\w./-]{1,200}:[a-z][a-z*/-]{0,60}"
NAME: Final = re.compile(_NAME)
WANTED: Final = re.compile(rb'"' + _NAME.encode() + rb'"\s*:\s*[\d{-]')
# With a value of any kind, readable or not.
NAMED: Final = re.compile(rb'"' + _NAME.encode() + rb'"\s*:\s*+(?!null)')
_VALUE: Final = rb"[+-]?(?:\d[\d.eE+-]{0,40}|Inf|NaN)"
_SERIES: Final = re.compile(
    rb"^go_(?:cgo|cpu|gc|godebug|goroutines|info|memory|memstats|sched|sync|threads)\w{0,200}(?:\{[^\n]{0,4096}\})?[ \t]+"
    + _VALUE
    + rb"(?:[ \t]+[\d.eE+-]{1,30})?(?:[ \t]+#[^\n]*)?\r?$",
    re.MULTILINE,
)
# How a text of Prometheus begins: with a comment of its own, or with a series.
_BEGINNING: Final = re.compile(
    rb"\s{0,64}(?:# (?:HELP|TYPE|UNIT) [a-zA-Z_:]|# EOF|[a-zA-Z_:][\w:]{0,400}(?:\{[^\n]*\})?[ \t]+" + _VALUE + rb")"
)
# A program or a document that quotes one is none.
_QUOTING: Final = re.compile(rb"^(?:package \w+[ \t]*(?://[^\n]*)?\r?$|```)", re.MULTILINE)


def looks_like_metrics(content: bytes) -> bool:
    """Whether metrics of Go's runtime are in the bytes."""
    head = head_of(content)
    return is_exposition(head) or (
        b"{" in head and b"\0" not in head and WANTED.search(head) is not None and _QUOTING.search(head) is None
    )


def is_exposition(head: bytes) -> bool:
    """Whether it is the text that Prometheus reads, or OpenMetrics, with series of Go's client in it."""
    return _BEGINNING.match(head) is not None and _SERIES.search(head) is not None
