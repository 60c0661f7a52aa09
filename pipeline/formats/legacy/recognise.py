"""Tells the spellings of a profile that are not protobuf from one another and from any other bytes, by how they begin."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

CPU: Final = "cpu"
HEAP: Final = "heap"
COUNT: Final = "count"
THREAD_TEXT: Final = "thread"
CONTENTION: Final = "contention"
JAVA: Final = "java"
COUNT_HEADER: Final = re.compile(rb"(\S{1,4096}) profile: total (\d{1,30})[ \t\r]*$")
_COUNTS: Final = rb"[ \t]*heap profile: *(\d{1,30}): *(\d{1,30}) *\[ *(\d{1,30}): *(\d{1,30}) *\] *@ *"
HEAP_HEADER: Final = re.compile(_COUNTS + rb"(?:(heap[_a-z0-9]*)/?(\d*)|(growthz?|fragmentationz?))")
CONTENTION_HEADER: Final = re.compile(rb"--- (?:(contentionz )|(mutex):|(contention):)")
HEAPZ: Final = b"--- heapz 1 ---"
CONTENTIONZ: Final = b"--- contentionz 1 ---"
THREADS: Final = re.compile(rb"--- threadz \d{1,30} ---")
THREAD: Final = re.compile(rb"--- Thread [0-9a-fA-F]{1,32} \(name: [^\n]{0,4096}/\d{1,30}\) stack: ---")
# Of gperftools' CPU profile, in the order in which pprof tries them.
_WORDS: Final = ("<u4", ">u4", "<u8", ">u8")
CPU_HEADER_WORDS: Final = 5
_HEAD_BYTES: Final = 16 << 10
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_JAVA: Final = re.compile(rb"^[ \t]*format *= *java[ \t\r]*$", re.MULTILINE)


def looks_like_legacy(content: bytes) -> bool:
    """Whether the bytes begin as a profile in text or in gperftools' words does."""
    return spelling(content) != ""


def spelling(content: bytes) -> str:
    """Which spelling the bytes begin in; "" for none."""
    if word_type(content):
        return CPU
    head = content[:_HEAD_BYTES].removeprefix(_UTF8_MARK)
    if b"\0" in head:
        return ""
    first, _, following = head.partition(b"\n")
    if HEAP_HEADER.match(first):
        return HEAP
    if first.strip() == HEAPZ:
        return JAVA
    if CONTENTION_HEADER.match(first):
        is_java = first.strip() == CONTENTIONZ and _JAVA.search(following.partition(b"@")[0])
        return JAVA if is_java else CONTENTION
    line = header_line(head)[0]
    if COUNT_HEADER.match(line):
        return COUNT
    return THREAD_TEXT if THREADS.match(line) or THREAD.match(line) else ""


def word_type(content: bytes) -> str:
    """How a CPU profile's words are written; "" for what is none."""
    for kind in _WORDS:
        if cpu_header(content, kind) is not None:
            return kind
    return ""


def cpu_header(content: bytes, kind: str) -> list[int] | None:
    """The five words that a CPU profile begins with, if they are; `kind` is how they are written."""
    size = np.dtype(kind).itemsize * CPU_HEADER_WORDS
    if not kind or len(content) < size:
        return None
    words: list[int] = np.frombuffer(content[:size], kind).tolist()
    zero, version, language, period, padding = words
    return words if (zero, version, padding) == (0, 3, 0) and language in (0, 1) and period > 0 else None


def header_line(text: bytes) -> tuple[bytes, int]:
    """The first line that is not blank and no comment, and where the one behind it begins."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start) + 1 or len(text)
        line = text[start:end]
        if line.strip() and not line.lstrip().startswith(b"#"):
            return line.rstrip(b"\r\n"), end
        start = end
    return b"", len(text)
