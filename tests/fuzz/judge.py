"""What a case may come to, and what must hold of it: the oracle of the fuzzer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DecodeError
from pipeline.formats import is_streamed, recognise
from pipeline.hashes import hash_of
from pipeline.inputs.compression import codec_of
from pipeline.inputs.limits import Limits
from pipeline.inputs.read import read
from pipeline.notes import NOTE_KINDS
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from pipeline.tables.source import note_table
from pipeline.tables.symbols import NamedSymbols
from pipeline.values import Blob, Format, Note, Origin, Refusal, Source
from tests.fuzz.compressions import LIBRARY, LIBRARY_ERRORS
from tests.fuzz.target import Broken, Outcome

LIMITS = Limits(max_plain_bytes=2 << 20, max_ratio=100, max_members=200, max_depth=3)
# Below this a ratio means nothing; see pipeline/inputs/limits.py.
_HARMLESS_BYTES = 4 << 20
_IN_MEMORY = "/dev/shm"
_ROOM_BYTES = 1 << 30
# What a reason repeats of the input, any number of times in a row.
_OF_THE_INPUT = re.compile(r"(?:(?:'[^']*'?|\"[^\"]*\"?|\S*\d\S*|\b[0-9a-f]{2,8}\b)\s*)+")
# Rows that parts of a trace may have in common with each other are these tables' alone.
_SHARED = frozenset({"mapping", "function", "location", "stack", "label_set"})


@dataclass(slots=True)
class Decoding:
    """All that decoding some blobs gave."""

    built: dict[str, list[pa.Table]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refusals: dict[int, str] = field(default_factory=dict)


def decoded(contents: Sequence[bytes], *, good: bytes) -> Outcome:
    """Judge plain bytes: recognised, decoded together with a sound one before and behind them, made into tables."""
    of_format = recognise(_blob(good, 0))
    traits: dict[bytes, frozenset[str]] = {}
    known = []
    for content in contents:
        try:
            is_known = recognise(_blob(content, 0)) is of_format
        except DecodeError as error:
            is_known, traits[content] = False, frozenset({_pattern(str(error))})
        known += [content] if is_known else []
    blobs = [_blob(content, place) for place, content in enumerate((good, *known, good))]
    found = _decode(of_format, blobs)
    if lost := found.refusals.keys() & {0, len(known) + 1}:
        raise Broken(f"a sound neighbour was refused: {found.refusals[lost.pop()]}")
    check_reasons(found.refusals.values())
    _check_refused(of_format, [blobs[place] for place in found.refusals])
    _check_notes(found.notes, blobs)
    _check_tables(found, blobs)
    for place, content in enumerate(known, start=1):
        noted = {f"note {note.kind}" for note in found.notes if note.blob_index == place}
        refused = {_pattern(found.refusals[place])} if place in found.refusals else set()
        traits[content] = frozenset(noted | refused)
    return Outcome(len(contents), len(known) - len(found.refusals), traits)


def unpacked(content: bytes, *, codec: str = "") -> Outcome:
    """Judge bytes as they are offered: what comes out of compression and archives, within the limits.

    codec  what they are compressed with, if with anything: then the plain bytes are those of the library of that name
    """
    path = Path(_folder().name, "offered")
    path.write_bytes(content)
    parcels = list(read(Origin(str(path)), limits=LIMITS, is_streamed=is_streamed))
    if not parcels:
        raise Broken("an input that came to nothing: neither a blob nor a refusal")
    blobs = [parcel for parcel in parcels if isinstance(parcel, Blob)]
    refusals = [parcel for parcel in parcels if isinstance(parcel, Refusal)]
    check_reasons(refusal.reason for refusal in refusals)
    plain = sum(len(blob.content) for blob in blobs)
    if plain > max(_HARMLESS_BYTES, len(content) * LIMITS.max_ratio) + len(content):
        raise Broken(f"{len(content):,} bytes became {plain:,}, more than the limits allow")
    if len(parcels) > LIMITS.max_members**LIMITS.max_depth:
        raise Broken(f"{len(parcels):,} members, more than the limits allow")
    for blob in blobs:
        if blob.large is None and blob.source.source_hash != hash_of(blob.content):
            raise Broken("a source is not known by its content")
    if codec and len(blobs) == 1 and blobs[0].large is None and not blobs[0].source.origin.member:
        _check_plain(codec, content, blobs[0].content)
    traits = {f"blobs {min(len(blobs), 9)}", *(_pattern(refusal.reason) for refusal in refusals)}
    return Outcome(1, min(len(blobs), 1), {content: frozenset(traits)})


def check_reasons(reasons: Iterable[str]) -> None:
    """Raise when an input was refused without a reason, or for a mistake of ours."""
    for reason in reasons:
        if not reason.strip():
            raise Broken("a refusal without a reason")
        if "bug in heapscape" in reason or "not enough memory" in reason:
            raise Broken(f"a refusal for what is not the input's fault: {reason}")


@cache
def _folder() -> TemporaryDirectory[str]:
    # One for all cases: to make and to remove one takes longer than most of them.
    return folder()


def folder() -> TemporaryDirectory[str]:
    """A folder to work in: in memory where there is enough, since nothing here has to outlive a crash."""
    has_room = Path(_IN_MEMORY).is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM_BYTES
    return TemporaryDirectory(prefix="heapscape-fuzz-", dir=_IN_MEMORY if has_room else None)


def _check_plain(codec: str, content: bytes, plain: bytes) -> None:
    """Raise when the library reads other bytes; what it does not read, or is packed in another way, is not compared."""
    found = codec_of(content[:16])
    try:
        expected = LIBRARY[codec](content) if found and found.name == codec else plain
    except LIBRARY_ERRORS:
        # Python's xz, for one, takes the padding that the format allows for a stream cut off.
        return
    if expected != plain and not codec_of(expected[:16]):
        raise Broken(f"other bytes than {codec}'s own library reads")


def _blob(content: bytes, source_hash: int) -> Blob:
    return Blob(Source(source_hash, Origin(f"{source_hash}.in"), len(content), "0" * 64), content)


def _decode(of_format: Format, blobs: Sequence[Blob]) -> Decoding:
    found, named = Decoding(), NamedSymbols()
    for part in of_format.decode(blobs):
        found.refusals.update(part.refusals)
        found.notes += part.notes
        for name, table in build_tables(part, blobs, named=named).items():
            found.built.setdefault(name, []).append(table)
    return found


def _check_refused(of_format: Format, refused: Sequence[Blob]) -> None:
    """Raise when a refused input leaves rows, symbols too; of several the first is looked at."""
    for blob in refused[:1]:
        left = {
            name: sum(table.num_rows for table in tables) for name, tables in _decode(of_format, [blob]).built.items()
        }
        if any(left.values()):
            raise Broken(f"a refused input has rows: {left}")


def _check_notes(notes: Sequence[Note], blobs: Sequence[Blob]) -> None:
    for note in notes:
        if note.kind not in NOTE_KINDS or note.count < 1 or note.blob_index not in range(len(blobs)):
            raise Broken(f"a note that none may be: {note}")
    note_table(notes, blobs)


def _check_tables(found: Decoding, blobs: Sequence[Blob]) -> None:
    """Every table has its declared schema, no NULL where none may be, keys of their own, references that land."""
    whole = {name: pa.concat_tables(parts).unify_dictionaries() for name, parts in found.built.items()}
    for name, table in whole.items():
        declared = tables()[name]
        if not table.schema.equals(declared.schema):
            raise Broken(f"{name}: its schema is not the declared one")
        table.validate(full=True)
        for column in declared.schema:
            if not column.nullable and table[column.name].null_count:
                raise Broken(f"{name}.{column.name}: NULL, which none may be")
        keys = table.select(declared.key)
        if (
            name not in _SHARED
            and keys.group_by(declared.key, use_threads=False).aggregate([]).num_rows != table.num_rows
        ):
            raise Broken(f"{name}: two rows of one key")
        _check_references(name, whole, blobs)


def _check_references(name: str, whole: Mapping[str, pa.Table], blobs: Sequence[Blob]) -> None:
    for reference in tables()[name].references:
        if reference.to_table == "source":
            known = pa.array([blob.source.source_hash for blob in blobs], pa.int64())
        elif reference.to_table in whole:
            known = whole[reference.to_table][reference.to_column]
        else:
            known = pa.array([], tables()[reference.to_table].schema.field(reference.to_column).type)
        if not pc.all(pc.is_in(whole[name][reference.column].drop_null(), known), min_count=0).as_py():
            raise Broken(f"{name}.{reference.column}: names what is not in {reference.to_table}")


def _pattern(reason: str) -> str:
    """A reason without its numbers, bytes and quotations: what of it a decoder was written to say."""
    return _OF_THE_INPUT.sub("#", reason)[:80]
