"""Profiles in text and in gperftools' words to Decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.legacy.contention import read_contention_header
from pipeline.formats.legacy.count import read_count_header
from pipeline.formats.legacy.cpu import calls, is_java, read_cpu
from pipeline.formats.legacy.heap import read_heap_header
from pipeline.formats.legacy.java import named, read_java
from pipeline.formats.legacy.maps import mapped, maps_of, may_announce_maps
from pipeline.formats.legacy.recognise import CONTENTION, COUNT, CPU, HEAP, JAVA, header_line, spelling
from pipeline.formats.legacy.records import Records, Spelling, read_records
from pipeline.formats.legacy.stacks import part_of
from pipeline.formats.legacy.thread import read_threads
from pipeline.formats.legacy.wire import memstats_trailer, pieces_of
from pipeline.formats.memstats.trailer import columns_of_trailers
from pipeline.formats.samples import Header, Profile, decoded, magnitude, oddities, tally
from pipeline.kernels.text.lines import line_feeds
from pipeline.values import Blob, Bytes, Decoded, Note

_PIECE_BYTES: Final = 8 << 20
# The samples of a larger text are given out a part at a time, each of which takes as much.
_PART_BYTES: Final = 8 << 20
_MOST_SAMPLES: Final = 2**31 - 1
# Some thirty fields and 512 numbers of 64 bits.
_MOST_TRAILER_BYTES: Final = 64 << 10
_RECORDS: Final = (HEAP, COUNT, CONTENTION)


def decode(
    blobs: Sequence[Blob], *, piece_bytes: int = _PIECE_BYTES, part_bytes: int = _PART_BYTES
) -> Iterator[Decoded]:
    """All profiles as one Decoded, but for the large ones, each of which is several, so that what is held is bounded.

    piece_bytes  text is read in pieces of about so many
    part_bytes   text of more is given out in parts that take as many
    """
    profiles: list[Profile] = []
    ends: list[tuple[int, bytes]] = []
    refusals: dict[int, str] = {}
    for index, blob in enumerate(blobs):
        end = _End()
        try:
            parts = _in_parts(index, blob, piece_bytes, part_bytes)
            whole = None if parts else _read(index, blob, piece_bytes, end)
        except DecodeError as error:
            refusals[index] = str(error)
            continue
        if parts:
            yield from parts
        elif whole:
            profiles.append(whole)
            ends.append((index, end.content))
    if profiles or refusals:
        yield _with_memory(decoded(profiles, refusals), ends)


def _in_parts(index: int, blob: Blob, piece_bytes: int, part_bytes: int) -> Iterator[Decoded] | None:
    """A large text, part by part; None for one that is held: mappings behind the samples say something of each.

    Raises DecodeError; the parts raise it, too, for what is wrong behind others that were given out.
    """
    if blob.size_bytes <= part_bytes or spelling(blob.content) not in _RECORDS:
        return None
    parts, refusal = _parts(index, blob, piece_bytes, part_bytes), None
    with ThreadPoolExecutor(1, thread_name_prefix="maps") as beside:
        # By the time that there is a first part it is known.
        has_maps = beside.submit(may_announce_maps, pieces_of_bytes(blob))
        try:
            first = next(parts)
        except DecodeError as error:
            refusal = error
    if has_maps.result():
        return None
    if refusal:
        raise refusal
    return chain([first], parts)


def _parts(index: int, blob: Blob, piece_bytes: int, part_bytes: int) -> Iterator[Decoded]:
    end = _End()
    most_bytes = min(part_bytes, blob.large.most_held_bytes) if blob.large else part_bytes
    header, read = _records(spelling(blob.content), end.through(pieces_of(blob, piece_bytes=piece_bytes)), most_bytes)
    counts, total, has_mapping = np.zeros(3, np.int64), 0.0, False
    for found in read:
        part = replace(found.part, symbols=mapped(found.part.symbols, b""))
        n_before, is_last = int(counts[0]), found.rest is not None
        counts, total = counts + tally(part), total + magnitude(part)
        if counts[0] > _MOST_SAMPLES:
            raise DecodeError(f"more than {_MOST_SAMPLES:,} samples; split the file")
        made = decoded([Profile(index, header, part)], {})
        place = {
            "blob_index": np.array([index]),
            "samples_before": np.array([n_before]),
            "is_last": np.array([is_last]),
            "has_mappings": np.array([not has_mapping]),
        }
        has_mapping |= len(part.symbols.mapping_start) > 0
        notes = [*oddities(index, counts, total), *([_cut_off(index)] if found.is_short else [])] if is_last else []
        made = replace(made, columns={**made.columns, "profile_part": place}, notes=notes)
        yield _with_memory(made, [(index, end.content)]) if is_last else made


def _with_memory(made: Decoded, ends: Sequence[tuple[int, bytes]]) -> Decoded:
    """The same with the MemStats that stand at the ends of some texts."""
    trailers = [(index, trailer.splitlines()) for index, content in ends if (trailer := memstats_trailer(content))]
    if not trailers:
        return made
    memory, notes = columns_of_trailers(trailers)
    return replace(made, columns={**made.columns, **memory}, notes=[*made.notes, *notes])


class _End:
    """The last bytes of what is read through it: where Go's heap profile has its MemStats."""

    def __init__(self) -> None:
        self.content = b""

    def through(self, pieces: Iterator[Bytes]) -> Iterator[Bytes]:
        for piece in pieces:
            last = piece[-_MOST_TRAILER_BYTES:].tobytes()
            self.content = (self.content + last)[-_MOST_TRAILER_BYTES:]
            yield piece


def _read(index: int, blob: Blob, piece_bytes: int, end: _End) -> Profile:
    kind = spelling(blob.content)
    if kind == CPU:
        return _cpu(index, _whole(blob))
    if kind in _RECORDS:
        header, read = _records(kind, end.through(pieces_of(blob, piece_bytes=piece_bytes)), None)
        (found,) = read
        part = replace(found.part, symbols=mapped(found.part.symbols, found.rest or b""))
        return Profile(index, header, part, (_cut_off(index),) if found.is_short else ())
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
    """The bytes of a blob, as they are."""
    if blob.large is None:
        yield blob.content
        return
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


def _records(kind: str, pieces: Iterator[Bytes], most_bytes: int | None) -> tuple[Header, Iterator[Records]]:
    first = next(pieces)
    header, written, start = _header(kind, first.tobytes())
    above = line_feeds(first[:start])
    return header, read_records(chain([first[start:]], pieces), written, lines_above=above, most_bytes=most_bytes)


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
