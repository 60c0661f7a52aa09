"""Profiles in text and in gperftools' words to Decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from pipeline.errors import DecodeError
from pipeline.formats.legacy.contention import read_contention_header
from pipeline.formats.legacy.count import read_count_header
from pipeline.formats.legacy.cpu import calls, is_java, read_cpu
from pipeline.formats.legacy.heap import read_heap_header
from pipeline.formats.legacy.java import named, read_java
from pipeline.formats.legacy.maps import mapped, maps_of
from pipeline.formats.legacy.recognise import CONTENTION, COUNT, CPU, HEAP, JAVA, header_line, spelling
from pipeline.formats.legacy.records import Spelling, read_records
from pipeline.formats.legacy.stacks import part_of
from pipeline.formats.legacy.thread import read_threads
from pipeline.formats.legacy.wire import memstats_trailer, pieces_of
from pipeline.formats.memstats.trailer import columns_of_trailers
from pipeline.formats.samples import Header, Profile, decoded
from pipeline.values import Blob, Decoded, Note

_PIECE_BYTES: Final = 8 << 20
# Some thirty fields and 512 numbers of 64 bits.
_MOST_TRAILER_BYTES: Final = 64 << 10


def decode(blobs: Sequence[Blob], *, piece_bytes: int = _PIECE_BYTES) -> Iterator[Decoded]:
    """All profiles as one Decoded; text is read in pieces of about so many bytes."""
    profiles: list[Profile] = []
    trailers: list[tuple[int, list[bytes]]] = []
    refusals: dict[int, str] = {}
    for index, blob in enumerate(blobs):
        end = _End()
        try:
            profiles.append(_read(index, blob, piece_bytes, end))
        except DecodeError as error:
            refusals[index] = str(error)
        else:
            if trailer := memstats_trailer(end.content):
                trailers.append((index, trailer.splitlines()))
    found = decoded(profiles, refusals)
    if not trailers:
        yield found
        return
    memory, notes = columns_of_trailers(trailers)
    yield replace(found, columns={**found.columns, **memory}, notes=[*found.notes, *notes])


class _End:
    """The last bytes of what is read through it: where Go's heap profile has its MemStats."""

    def __init__(self) -> None:
        self.content = b""

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            last = piece[-_MOST_TRAILER_BYTES:]
            self.content = (self.content + last)[-_MOST_TRAILER_BYTES:]
            yield piece


def _read(index: int, blob: Blob, piece_bytes: int, end: _End) -> Profile:
    kind = spelling(blob.content)
    if kind == CPU:
        return _cpu(index, _whole(blob))
    if kind in (HEAP, COUNT, CONTENTION):
        return _records(index, kind, end.through(pieces_of(blob, piece_bytes=piece_bytes)))
    text = _whole(blob)
    if kind == JAVA:
        return Profile(index, *read_java(text))
    header, stacks, counts, rest = read_threads(text)
    part = part_of(stacks, counts)
    notes = () if rest is not None else (_cut_off(index),)
    return Profile(index, header, replace(part, symbols=mapped(part.symbols, rest or b"")), notes)


def _whole(blob: Blob) -> bytes:
    """All bytes of a blob; raises DecodeError where they are more than may be held."""
    if blob.large is None:
        return blob.content
    if blob.size_bytes > blob.large.most_held_bytes:
        raise DecodeError(
            f"{blob.size_bytes:,} bytes, and at most {blob.large.most_held_bytes:,} of this spelling are held; "
            f"give --memory {-(-8 * blob.size_bytes >> 20)}MiB"
        )
    return b"".join(pieces_of_bytes(blob))


def pieces_of_bytes(blob: Blob) -> Iterator[bytes]:
    """The bytes of a large blob, as they are."""
    assert blob.large is not None
    read = blob.large.open()
    while piece := read(_PIECE_BYTES):
        yield piece


def _cut_off(index: int) -> Note:
    return Note(index, "profile_cut_off", 1)


def _cpu(index: int, content: bytes) -> Profile:
    samples = read_cpu(content)
    notes = () if samples.is_ended else (_cut_off(index),)
    if is_java(content):
        lines = samples.rest.decode("utf-8", "replace").split("\n")
        return Profile(index, samples.header, named(part_of(samples.stacks, samples.values), lines), notes)
    part = part_of(calls(samples.stacks), samples.values)
    return Profile(index, samples.header, replace(part, symbols=mapped(part.symbols, maps_of(samples.rest))), notes)


def _records(index: int, kind: str, pieces: Iterator[bytes]) -> Profile:
    first = next(pieces)
    header, written, start = _header(kind, first)
    above = first[:start].count(b"\n")
    found = read_records(chain([first[start:]], pieces), written, lines_above=above)
    part = replace(found.part, symbols=mapped(found.part.symbols, found.rest))
    return Profile(index, header, part, (_cut_off(index),) if found.is_short else ())


def _header(kind: str, text: bytes) -> tuple[Header, Spelling, int]:
    """What the first lines say, how records are written, and where they begin."""
    if kind == HEAP:
        line, _, _ = text.partition(b"\n")
        return *read_heap_header(line), min(len(line) + 1, len(text))
    line, start = header_line(text)
    if kind == COUNT:
        return *read_count_header(line), start
    attributes: list[tuple[str, str]] = []
    while start < len(text):
        following, end = header_line(text[start : start + _MOST_ATTRIBUTE_BYTES])
        name, is_attribute, value = following.decode("utf-8", "replace").partition("=")
        if not is_attribute or following.lstrip().startswith(b"---"):
            break
        attributes.append((name.strip(), value.strip()))
        start += end
    return *read_contention_header(line, attributes), start


_MOST_ATTRIBUTE_BYTES: Final = 64 << 10
