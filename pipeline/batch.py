"""One batch of inputs, from their paths to Parquet files that nobody sees yet; runs in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

import pyarrow as pa

from pipeline.endings import refusal_reason
from pipeline.errors import ENDS, LakeError
from pipeline.formats import is_streamed, recognise
from pipeline.inputs.limits import Limits
from pipeline.inputs.read import read
from pipeline.lake.commit import open_writer
from pipeline.lake.writer import Writer
from pipeline.notes import NOTE_KINDS
from pipeline.tables.build import build_tables
from pipeline.tables.escape import Told
from pipeline.tables.source import labelled_id, note_table, source_table
from pipeline.tables.symbols import NamedSymbols
from pipeline.values import Blob, Format, Loss, Note, Origin, Refusal, Source, Written

# Plain bytes that are decoded together.
_DECODE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one batch came to.

    ingested  inputs that went in, by what they are: a kind of profile, `escape report`, `binary`; `site` counts verdicts
    known     inputs that were in the lake already, or went in twice in the batch
    refusals  uri and reason of each input that was refused, for the first time or again
    losses    what was lost of inputs that went in
    """

    written: Written
    ingested: Mapping[str, int]
    known: int
    refusals: tuple[tuple[str, str], ...]
    losses: tuple[Loss, ...]


def ingest_batch(
    batch: Sequence[Origin],
    *,
    lake: str,
    limits: Limits,
    known: frozenset[int],
    refused: Mapping[int, str] = MappingProxyType({}),
) -> BatchResult:
    """Decode one batch in this process and write its Parquet files, not yet visible to anyone.

    An input that a bug of ours makes impossible to decode is refused; the others go in.

    known    sources that went in already, and are left out
    refused  reasons of sources that were refused already: each is tried again, and written if the outcome is another
    """
    attempt = partial(_attempt, batch, lake=lake, limits=limits, known=known, refused=refused, held={})
    try:
        return attempt(careful=False)
    except (LakeError, *ENDS):
        raise
    except BaseException:
        # Which of many inputs it was is not known, and half of it may be with the writer: all of it is done again.
        pass
    return attempt(careful=True)


def _attempt(
    batch: Sequence[Origin],
    *,
    lake: str,
    limits: Limits,
    known: frozenset[int],
    refused: Mapping[int, str],
    held: MutableMapping[str, bytes],
    careful: bool,
) -> BatchResult:
    """One try at a batch, which leaves nothing when it fails.

    held     what came from standard input
    careful  each input is decoded alone, and before that for trial
    """
    seen = set(known)
    ingested: Counter[str] = Counter()
    repeated: list[Source] = []
    refusals: list[Refusal] = []
    losses: list[Loss] = []
    former_ids: set[int] = set()
    refused_ids: set[int] = set()
    with open_writer(lake) as writer:
        for blobs, unread in _read_together(batch, limits=limits, held=held):
            offered, unknown = _recognised(blobs)
            first = [_is_fresh(blob.source, seen) for blob, _ in offered]
            fresh = [one for one, is_first in zip(offered, first, strict=True) if is_first]
            repeated += [blob.source for (blob, _), is_first in zip(offered, first, strict=True) if not is_first]
            turned_away = [refusal for refusal in (*unread, *unknown) if _is_fresh(refusal.source, seen)]
            sound, broken = _sound(fresh, lake=lake) if careful else (_by_format(fresh), [])
            accepted: list[tuple[Source, str]] = []
            for known_format, together in sound:
                taken, turned_down = _decode(known_format, together, writer=writer, ingested=ingested, losses=losses)
                accepted += taken
                broken += turned_down
            told = [*turned_away, *broken]
            changed = [refusal for refusal in told if refused.get(refusal.source.source_id) != refusal.reason]
            read_at = datetime.now(UTC).replace(tzinfo=None)
            writer.add({"source": source_table(accepted, changed, read_at=read_at)})
            refusals += [*unread, *unknown, *broken]
            former_ids.update(*(blob.source.former_ids for blob, _ in offered))
            former_ids.update(*(refusal.source.former_ids for refusal in (*unread, *unknown)))
            refused_ids.update(refusal.source.source_id for refusal in (*unread, *unknown, *broken))
    # An archive can be refused behind some members that were read.
    written = replace(writer.written, outdated=frozenset(former_ids - refused_ids))
    again = _refused_again(repeated, refusals)
    reasons = tuple((refusal.source.origin.uri, refusal.reason) for refusal in (*refusals, *again))
    return BatchResult(written, +ingested, len(repeated) - len(again), reasons, tuple(losses))


def _refused_again(repeated: Iterable[Source], refusals: Iterable[Refusal]) -> list[Refusal]:
    """What is refused is refused as often as it stands there."""
    reason_of = {refusal.source.source_id: refusal.reason for refusal in refusals}
    return [Refusal(source, reason_of[source.source_id]) for source in repeated if source.source_id in reason_of]


def _read_together(
    batch: Iterable[Origin], *, limits: Limits, held: MutableMapping[str, bytes]
) -> Iterator[tuple[list[Blob], list[Refusal]]]:
    """Blobs in groups that fit into memory together; behind one that is streamed nothing is read before it is done."""
    blobs: list[Blob] = []
    refused: list[Refusal] = []
    size = 0
    for origin in batch:
        for found in read(origin, limits=limits, is_streamed=is_streamed, held=held):
            if isinstance(found, Refusal):
                refused.append(found)
                continue
            blobs.append(found)
            size += found.size_bytes
            if size >= _DECODE_BYTES or found.large:
                yield blobs, refused
                blobs, refused, size = [], [], 0
    if blobs or refused:
        yield blobs, refused


def _recognised(blobs: Iterable[Blob]) -> tuple[list[tuple[Blob, Format]], list[Refusal]]:
    """Each blob with its format, under the id it has there; and those that no format recognises."""
    offered, unknown = [], []
    for blob in blobs:
        try:
            known_format = recognise(blob)
        except ENDS:
            raise
        except BaseException as error:
            unknown.append(Refusal(blob.source, refusal_reason(error)))
            continue
        if known_format.identity_labels:
            blob = replace(blob, source=_labelled(blob.source, known_format.identity_labels))
        offered.append((blob, known_format))
    return offered, unknown


def _labelled(source: Source, names: tuple[str, ...]) -> Source:
    """The source under the id it has with its labels; before its format was known it had another."""
    source_id = labelled_id(source, names)
    former_ids = (source.former_ids | {source.source_id}) - {source_id}
    return replace(source, source_id=source_id, former_ids=former_ids)


def _is_fresh(source: Source, seen: set[int]) -> bool:
    if source.source_id in seen:
        return False
    seen.add(source.source_id)
    return True


def _by_format(fresh: Sequence[tuple[Blob, Format]]) -> list[tuple[Format, list[Blob]]]:
    """The blobs of each format, which are decoded together."""
    formats = dict.fromkeys(known_format for _, known_format in fresh)
    return [(one, [blob for blob, of_format in fresh if of_format is one]) for one in formats]


def _sound(fresh: Sequence[tuple[Blob, Format]], *, lake: str) -> tuple[list[tuple[Format, list[Blob]]], list[Refusal]]:
    """The blobs that went through a trial, each by itself; and those that did not."""
    sound: list[tuple[Format, list[Blob]]] = []
    broken: list[Refusal] = []
    for blob, known_format in fresh:
        if reason := _tried(known_format, blob, lake=lake):
            broken.append(Refusal(blob.source, reason, known_format.name))
        else:
            sound.append((known_format, [blob]))
    return sound, broken


def _tried(known_format: Format, blob: Blob, *, lake: str) -> str | None:
    """Why a blob cannot go in although its format does not refuse it; None when it can."""
    try:
        with open_writer(lake, is_trial=True) as writer:
            accepted, broken = _decode(known_format, [blob], writer=writer, ingested=Counter(), losses=[])
            writer.add({"source": source_table(accepted, broken, read_at=datetime.now(UTC).replace(tzinfo=None))})
    except ENDS:
        raise
    except BaseException as error:
        return refusal_reason(error)
    return None


def _decode(
    known_format: Format, blobs: Sequence[Blob], *, writer: Writer, ingested: Counter[str], losses: list[Loss]
) -> tuple[list[tuple[Source, str]], list[Refusal]]:
    """Hand tables and notes of one format to the writer; returns what went in, with its format, and what did not."""
    reasons: dict[int, str] = {}
    notes: list[Note] = []
    named, said = NamedSymbols(), Told()
    for decoded in known_format.decode(blobs):
        reasons.update(decoded.refusals)
        notes += decoded.notes
        tables = build_tables(decoded, blobs, named=named, told=said)
        writer.add(tables)
        ingested.update(_counted(tables))
    # What is refused has its reason; notes on what nobody reads would have to be taken back when it goes in.
    told = [note for note in notes if note.blob_index not in reasons]
    writer.add({"ingest_note": note_table(told, blobs)})
    losses += _losses(told, blobs)
    accepted = [(blob.source, known_format.name) for i, blob in enumerate(blobs) if i not in reasons]
    return accepted, [Refusal(blobs[i].source, reason, known_format.name) for i, reason in reasons.items()]


def _losses(notes: Iterable[Note], blobs: Sequence[Blob]) -> Iterator[Loss]:
    """One for each source and kind, with the first example."""
    of_each: dict[tuple[int, str], list[Note]] = {}
    for note in notes:
        if NOTE_KINDS[note.kind].severity != "info":
            of_each.setdefault((note.blob_index, note.kind), []).append(note)
    for (index, kind), found in of_each.items():
        yield Loss(blobs[index].source.origin.uri, kind, sum(note.count for note in found), found[0].example)


def _counted(tables: Mapping[str, pa.Table]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    if "profile" in tables:
        counts.update(tables["profile"]["kind"].to_pylist())
    if "escape_report" in tables:
        counts["escape report"] = tables["escape_report"].num_rows
        counts["site"] = tables["escape_site"].num_rows
    if "binary_file" in tables:
        counts["binary"] = tables["binary_file"].num_rows
    return counts
