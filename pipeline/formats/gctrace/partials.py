"""Long lines that the kubelet's and docker's logs have in parts, put together again.

Kubernetes' CRI logs mark all parts but the last with a P (kubernetes/design-proposals-archive, node/kubelet-cri-logging.md);
docker's json-file cuts after 16 KiB, and only the last part ends with a line feed (daemon/logger/copier.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import CutOff
from pipeline.kernels.text.fragments import holds_fragment

_MARKS: Final = (b" stderr P ", b" stdout P ")
# Of each what hardly any other text has.
_FRAGMENTS: Final = np.array([[*mark[5:9], 0xFF] for mark in _MARKS], np.uint8)
_LOG: Final = b'{"log":"'
_CRI: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF]) ")
_DOCKER: Final = re.compile(rb'((?:[^"\\]|\\.)*+)("(?:,"stream":"(stdout|stderr)")?.*)', re.DOTALL)
# So far at its beginning a line says whose it is.
_HEAD_BYTES: Final = 600
# Shorter texts are whole, whatever wrote them without a line feed.
_PART_BYTES: Final = 16 << 10
_TOLD_BYTES: Final = 8 << 10
# So much is held of lines whose last part did not come yet.
_HELD_BYTES: Final = 1 << 20


def joined(chunks: Iterable[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """The same chunks of whole lines, in as many lines: what has parts stands where its first one stood.

    What has no last part ends a chunk by itself, as a line that may have been longer, and its line feed begins the next.

    Raises what the chunks raise, behind what came before.
    """
    held = b""
    broken_off: CutOff | None = None
    try:
        for piece, is_ended in chunks:
            chunk = held + piece
            held = b""
            if is_ended and _has_parts(chunk):
                made = _joined(chunk)
                yield from made.ended()
                held = made.held
                continue
            if chunk:
                yield chunk, is_ended
    except CutOff as error:
        broken_off = error
    if held:
        yield from _joined(held, most_held=-1).ended()
    if broken_off is not None:
        raise broken_off


def _has_parts(chunk: bytes) -> bool:
    # Who writes such lines writes all of them so: most logs are told by the first lines of a chunk.
    head = chunk[:_TOLD_BYTES]
    is_marked = (
        b" std" in head
        and holds_fragment(np.frombuffer(chunk, np.uint8), _FRAGMENTS)
        and any(mark in chunk for mark in _MARKS)
    )
    return is_marked or (_LOG in head and _has_long_line(chunk))


def _has_long_line(chunk: bytes) -> bool:
    """Whether a part may be full, found without looking at every line."""
    begun = 0
    while begun + _PART_BYTES < len(chunk):
        end = chunk.rfind(b"\n", begun, begun + _PART_BYTES)
        if end < 0:
            return True
        begun = end + 1
    return False


@dataclass(frozen=True, slots=True)
class _Made:
    """Lines that were put together, those of them whose last part is not there, and what is to be looked at again."""

    lines: list[bytes]
    unended: list[int]
    held: bytes

    def ended(self) -> Iterator[tuple[bytes, bool]]:
        """The lines in chunks, and whether they end with one."""
        begun = b""
        at = 0
        for number in self.unended:
            yield begun + b"".join(line + b"\n" for line in self.lines[at:number]) + self.lines[number], False
            begun, at = b"\n", number + 1
        if rest := begun + b"".join(line + b"\n" for line in self.lines[at:]):
            yield rest, True


def _joined(chunk: bytes, *, most_held: int = _HELD_BYTES) -> _Made:
    """A chunk with its lines put together."""
    lines = chunk.split(b"\n")[:-1]
    made = list(lines)
    # Of each writer and stream: the line of the first part, and all parts so far.
    parts: dict[tuple[bytes, bytes], tuple[int, list[bytes]]] = {}
    for number, line in enumerate(lines):
        found = _part_of(line)
        if found is None:
            continue
        owner, is_last, text, behind = found
        if owner in parts:
            made[number] = b""
            parts[owner][1].append(text)
        elif not is_last:
            parts[owner] = number, [line.removesuffix(behind)]
        if owner in parts and is_last:
            first, texts = parts.pop(owner)
            made[first] = b"".join((*texts, behind))
    least = min((first for first, _ in parts.values()), default=len(lines))
    held = b"".join(line + b"\n" for line in lines[least:])
    if len(held) <= most_held:
        return _Made(made[:least], [], held)
    for first, texts in parts.values():
        made[first] = b"".join(texts)
    return _Made(made, sorted(first for first, _ in parts.values()), b"")


def _part_of(line: bytes) -> tuple[tuple[bytes, bytes], bool, bytes, bytes] | None:
    """Whose a line is, whether it is the last part, its text, and what stands behind that; None for a line that is neither's."""
    if found := _CRI.search(line, 0, _HEAD_BYTES):
        return (line[: found.start()], found[1]), found[2] == b"F", line[found.end() :].rstrip(b"\r"), b""
    place = line.find(_LOG, 0, _HEAD_BYTES)
    if place >= 0 and (found := _DOCKER.match(line, place + len(_LOG))):
        is_last = found[1].endswith(b"\\n") or len(found[1]) < _PART_BYTES
        return (line[:place], found[3] or b""), is_last, found[1], found[2]
    return None
