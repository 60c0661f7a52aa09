"""Which bytes are metrics of a Go process, as JSON, as Prometheus' text or as its answer; only their first 256 KiB are looked at."""

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
_GO: Final = rb"go_(?:cgo|cpu|gc|godebug|goroutines|info|memory|memstats|sched|sync|threads)\w{0,200}"
# As `promtool tsdb dump` spells it, its name is a label.
_SERIES: Final = re.compile(
    rb"^(?:"
    + _GO
    + rb'(?:\{[^\n]{0,4096}\})?|\{__name__="'
    + _GO
    + rb'"[^\n]{0,4096}\})[ \t]+'
    + _VALUE
    + rb"(?:[ \t]+[\d.eE+-]{1,30})?(?:[ \t]+#[^\n]*)?\r?$",
    re.MULTILINE,
)
# How a text of Prometheus begins: with a comment of its own, or with a series.
_BEGINNING: Final = re.compile(
    rb"\s{0,64}(?:# (?:HELP|TYPE|UNIT) [a-zA-Z_:]|# EOF|(?:[a-zA-Z_:][\w:]{0,400}(?:\{[^\n]*\})?|\{__name__=\"[^\n]*\})[ \t]+"
    + _VALUE
    + rb")"
)
# Of an answer of Prometheus' HTTP API, a series of Go's client.
ANSWERED: Final = re.compile(rb'"__name__"\s*:\s*"' + _GO + rb'"')
_ANSWER: Final = re.compile(rb'\s*\{[^\[]{0,4096}"result"\s*:\s*\[')
# A program or a document that quotes one is none.
_QUOTING: Final = re.compile(rb"^(?:package \w+[ \t]*(?://[^\n]*)?\r?$|```)", re.MULTILINE)


def looks_like_metrics(content: bytes) -> bool:
    """Whether metrics of Go's runtime are in the bytes."""
    head = head_of(content)
    return (
        is_exposition(head)
        or is_answer(head)
        or (b"{" in head and b"\0" not in head and WANTED.search(head) is not None and _QUOTING.search(head) is None)
    )


def is_exposition(head: bytes) -> bool:
    """Whether it is the text that Prometheus reads, or OpenMetrics, with series of Go's client in it."""
    return _BEGINNING.match(head) is not None and _SERIES.search(head) is not None


def is_answer(head: bytes) -> bool:
    """Whether it is what Prometheus answers to a query over its HTTP API, with series of Go's client in it."""
    return _ANSWER.match(head) is not None and ANSWERED.search(head) is not None
