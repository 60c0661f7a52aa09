"""Tells the spellings of a profile that are not protobuf from one another and from any other bytes, by how they begin."""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.legacy.contention import CONTENTION_HEADER
from pipeline.formats.legacy.count import COUNT_HEADER
from pipeline.formats.legacy.cpu import word_type
from pipeline.formats.legacy.heap import HEAP_HEADER
from pipeline.formats.legacy.java import CONTENTIONZ, HEAPZ
from pipeline.formats.legacy.thread import THREAD, THREADS

CPU: Final = "cpu"
HEAP: Final = "heap"
COUNT: Final = "count"
THREAD_TEXT: Final = "thread"
CONTENTION: Final = "contention"
JAVA: Final = "java"
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
