"""One batch of inputs, from their paths to Parquet files that nobody sees yet; runs in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from pipeline.endings import refusal_reason
from pipeline.errors import ENDS, LakeError
from pipeline.formats import is_streamed, recognise
from pipeline.inputs.limits import Limits
from pipeline.inputs.opening import opened_ahead
from pipeline.inputs.plan import offered_as, was_before
from pipeline.inputs.read import read
from pipeline.notes import NOTE_KINDS
from pipeline.tables.build import build_tables
from pipeline.tables.escape import Told
from pipeline.tables.held import Held
from pipeline.tables.source import labelled_hash, note_table, source_table
from pipeline.tables.symbols import NamedSymbols
from pipeline.text import storable
from pipeline.values import Blob, Format, Known, Loss, Note, Origin, Refusal, Source, Written

# Formats of moments, and the table that has at least a row for each.
_OF_MOMENTS = {"memstats": "memstats", "metrics": "runtime_metric"}
# As what files are counted whose rows are not.
_FILES = {"gctrace": "log", "memstats": "memstats", "metrics": "metrics"}
# Plain bytes that are decoded together.
_DECODE_BYTES = 16 << 20


# Told which kinds of input will be decoded: the names of formats, with their variant where they have some.
Ready: TypeAlias = Callable[[Set[str]], object]


def unheard(kinds: Set[str]) -> None:
    """Tell nobody."""


class Takes(Protocol):
    """What rows of any tables can be added to."""

    def add(self, rows_by_table: Mapping[str, pa.Table]) -> None:
        """Take rows."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one batch came to.

    ingested  inputs that went in, by what they are: a kind of profile, `escape report`, `binary`, `log`, `goroutine dump`, `memstats`, `metrics`;
              what they hold is counted too: `site`, `cycle`, `logged goroutine`, `dumped goroutine`, `memstats moment`, `metrics moment`
    known     inputs that were in the lake already, or went in twice in the batch
    refusals  uri and reason of each input that was refused, for the first time or again
    losses    what was lost of inputs that went in
    unlike    uris of inputs that were in the lake already, under other labels than they were offered with, which stay
    """

    written: Written
    ingested: Mapping[str, int]
    known: int
    refusals: tuple[tuple[str, str], ...]
    losses: tuple[Loss, ...]
    unlike: tuple[str, ...] = ()


def ingest_batch(
    batch: Sequence[Origin],
    *,
    lake: str,
    limits: Limits,
    known: Known,
    ready: Ready = unheard,
) -> BatchResult:
    """Decode one batch in this process and write its Parquet files, not yet visible to anyone.

    An input that a bug of ours makes impossible to decode is refused; the others go in.

    known  what the lake has: what went in already is left out, what was refused is written if the outcome is another
    ready  told which kinds of input will be decoded, before they are
    """
    attempt = partial(_attempt, batch, lake=lake, limits=limits, known=known, held={}, ready=ready)
    try:
        return attempt(careful=False)
    except (LakeError, *ENDS):
        raise
    except BaseException:
        # Which of many inputs it was is not known, and half of it may be with the writer: all of it is done again.
        pass
    return attempt(careful=True)


def hold_batch(
    batch: Sequence[Origin], *, limits: Limits, most_bytes: int, ready: Ready = unheard
) -> tuple[BatchResult, Mapping[str, pa.Table]] | None:
    """Decode one batch in this process and keep its rows in memory, as for a lake that has nothing yet.

    None when it is not as easy as that: there are more bytes of rows, or an input that only care gets past.
    """
    held = Held(most_bytes)
    try:
        told = _fill(held, batch, limits=limits, known=Known(), held={}, lake=None, ready=ready)
    except ENDS:
        raise
    except BaseException:
        return None
    return told(Written((), np.empty(0, np.int64), {})), held.tables()


def _attempt(
    batch: Sequence[Origin],
    *,
    lake: str,
    limits: Limits,
    known: Known,
    held: MutableMapping[str, bytes],
    ready: Ready,
    careful: bool,
) -> BatchResult:
    """One try at a batch, which leaves nothing when it fails.

    held     what came from standard input
    careful  each input is decoded alone, and before that for trial
    """
    from pipeline.lake.commit import open_writer

    with open_writer(lake) as writer:
        told = _fill(writer, batch, limits=limits, known=known, held=held, lake=lake if careful else None, ready=ready)
    return told(writer.written)


def _fill(
    writer: Takes,
    batch: Sequence[Origin],
    *,
    limits: Limits,
    known: Known,
    held: MutableMapping[str, bytes],
    lake: str | None,
    ready: Ready,
) -> Callable[[Written], BatchResult]:
    """Hand all that a batch has to the writer.

    held  what came from standard input
    lake  where each input is decoded for trial before; None for no trial
    """
    seen: set[int] = set()
    ingested: Counter[str] = Counter()
    repeated: list[tuple[Source, str]] = []
    accepted: list[tuple[Source, str]] = []
    refusals: list[Refusal] = []
    losses: list[Loss] = []
    for blobs, unread in read_together(batch, limits=limits, held=held):
        offered, unknown = recognised(blobs, known=known)
        fresh = []
        for blob, known_format in offered:
            if known.has(blob.source.source_hash) or not _is_fresh(blob.source, seen):
                repeated.append((blob.source, known_format.name))
            else:
                fresh.append((blob, known_format))
        ready({f"{one.name} {one.variant(blob.content)}".strip() for blob, one in fresh})
        sound, broken = (_by_format(fresh), []) if lake is None else _sound(fresh, lake=lake)
        for known_format, together in sound:
            taken, turned_down = _decode(known_format, together, writer=writer, ingested=ingested, losses=losses)
            accepted += taken
            broken += turned_down
        refusals += [*unread, *unknown, *broken]
    refusals += _refused_again([source for source, _ in repeated], refusals)
    refused = {refusal.source.source_hash for refusal in refusals}
    repeated = [(source, name) for source, name in repeated if source.source_hash not in refused]
    # They are told of as often as they are offered: what is noted as offered is not read again.
    unlike = [source for source, _ in repeated if not _is_like(source, known)]
    alike = [(source, name) for source, name in repeated if _is_like(source, known)]
    writer.add({"source": _told(accepted, refusals, alike, known=known)})
    reasons = tuple((refusal.source.origin.uri, refusal.reason) for refusal in refusals)
    uris = tuple(source.origin.uri for source in unlike)
    return lambda written: BatchResult(written, +ingested, len(repeated), reasons, tuple(losses), uris)


def _is_like(source: Source, known: Known) -> bool:
    """Whether a source that is known has the labels it is offered with, as far as anybody asked."""
    return known.labels.get(source.source_hash, source.origin.labels) == source.origin.labels


def _told(
    accepted: Sequence[tuple[Source, str]],
    refusals: Sequence[Refusal],
    repeated: Sequence[tuple[Source, str]],
    *,
    known: Known,
) -> pa.Table:
    """What table `source` is told: what went in, what is known under another name, what is refused for another reason."""
    incomplete = {refusal.source.origin.path for refusal in refusals}
    first = {refusal.source.source_hash: refusal for refusal in reversed(refusals)}
    changed = {source_hash for source_hash, one in first.items() if known.refused.get(source_hash) != one.reason}
    # The latest that was told of a path takes the place of all that was told of it before: so all of it is told, or nothing.
    anew = {source.origin.path for source, _ in accepted} | {first[one].source.origin.path for one in changed}
    refused = [one for source_hash, one in first.items() if source_hash in changed or one.source.origin.path in anew]
    # A name that is not remembered as offered would be told again each time; of the first batch of all it is told once.
    named = [
        (source, name)
        for source, name in repeated
        if (source.origin.offered is not None or not known.batch)
        and (source.origin.path in anew or source.origin.path not in incomplete)
    ]
    return source_table(
        [(_as_offered(source, incomplete), name) for source, name in accepted],
        refused,
        [(_as_offered(source, incomplete), name) for source, name in named],
        read_at=datetime.now(UTC),
    )


def _as_offered(source: Source, incomplete: Set[str]) -> Source:
    """The source; one out of an archive of which something was refused does not stand for all of it."""
    if source.origin.path not in incomplete:
        return source
    return replace(source, origin=replace(source.origin, offered=None))


def _refused_again(repeated: Iterable[Source], refusals: Iterable[Refusal]) -> list[Refusal]:
    """What is refused is refused as often as it stands there."""
    reason_of = {refusal.source.source_hash: refusal.reason for refusal in refusals}
    return [Refusal(source, reason_of[source.source_hash]) for source in repeated if source.source_hash in reason_of]


def read_together(
    batch: Iterable[Origin], *, limits: Limits, held: MutableMapping[str, bytes]
) -> Iterator[tuple[list[Blob], list[Refusal]]]:
    """Blobs in groups that fit into memory together; behind one that is streamed nothing is read before it is done."""
    blobs: list[Blob] = []
    refused: list[Refusal] = []
    size = 0
    for origin, opened in opened_ahead(batch):
        for found in read(origin, limits=limits, is_streamed=is_streamed, held=held, opened=opened):
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


def recognised(blobs: Iterable[Blob], *, known: Known) -> tuple[list[tuple[Blob, Format]], list[Refusal]]:
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
            same = _same_file(blob.source, known)
            source_hash = labelled_hash(blob.source, known_format.identity_labels) if same is None else same
            blob = replace(blob, source=replace(blob.source, source_hash=source_hash))
        offered.append((blob, known_format))
    return offered, unknown


def _same_file(source: Source, known: Known) -> int | None:
    """The source that this very file is already, unchanged, whatever labels it is offered with; None when it is none.

    A report of a later build may have the path and the words of one before: then it was written again.
    """
    found = known.files.get((storable(source.origin.uri), source.sha256))
    labels = known.labels.get(found.source_hash) if found else None
    if found is None or labels is None:
        return None
    offered = offered_as(replace(source.origin, labels=labels))
    is_same = (
        labels == source.origin.labels
        or (offered is not None and np.isin(offered, known.offered).any())
        or was_before(source.origin, found.read_at_ns)
    )
    return found.source_hash if is_same else None


def _is_fresh(source: Source, seen: set[int]) -> bool:
    if source.source_hash in seen:
        return False
    seen.add(source.source_hash)
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
    from pipeline.lake.commit import open_writer

    try:
        with open_writer(lake, is_trial=True) as writer:
            accepted, broken = _decode(known_format, [blob], writer=writer, ingested=Counter(), losses=[])
            writer.add({"source": source_table(accepted, broken, read_at=datetime.now(UTC))})
    except ENDS:
        raise
    except BaseException as error:
        return refusal_reason(error)
    return None


def _decode(
    known_format: Format, blobs: Sequence[Blob], *, writer: Takes, ingested: Counter[str], losses: list[Loss]
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
        ingested.update(_counted(tables, known_format.name))
        ingested.update(_moments(known_format.name, tables))
    # What is refused has its reason; notes on what nobody reads would have to be taken back when it goes in.
    told = [note for note in notes if note.blob_index not in reasons]
    writer.add({"ingest_note": note_table(told, blobs)})
    losses += losses_of(told, blobs)
    accepted = [(blob.source, known_format.name) for i, blob in enumerate(blobs) if i not in reasons]
    if known_format.name in _FILES:
        ingested[_FILES[known_format.name]] += len(accepted)
    return accepted, [Refusal(blobs[i].source, reason, known_format.name) for i, reason in reasons.items()]


def losses_of(notes: Iterable[Note], blobs: Sequence[Blob]) -> Iterator[Loss]:
    """One for each source and kind, with the first example."""
    of_each: dict[tuple[int, str], list[Note]] = {}
    for note in notes:
        if NOTE_KINDS[note.kind].severity != "info":
            of_each.setdefault((note.blob_index, note.kind), []).append(note)
    for (index, kind), found in of_each.items():
        yield Loss(blobs[index].source.origin.uri, kind, sum(note.count for note in found), found[0].example)


def _moments(name: str, tables: Mapping[str, pa.Table]) -> Mapping[str, int]:
    """How many moments of MemStats or metrics a file of them tells of."""
    if name not in _OF_MOMENTS or _OF_MOMENTS[name] not in tables:
        return {}
    moments = tables[_OF_MOMENTS[name]].group_by(["source_hash", "position"], use_threads=False).aggregate([])
    return {f"{name} moment": moments.num_rows}


def _counted(tables: Mapping[str, pa.Table], name: str) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    if "goroutine_dump" in tables and name in _FILES:
        counts["logged goroutine"] = tables["goroutine_dump"].num_rows
    elif "goroutine_dump" in tables:
        counts["goroutine dump"] = tables["profile"].num_rows
        counts["dumped goroutine"] = tables["goroutine_dump"].num_rows
    elif "profile" in tables:
        counts.update(tables["profile"]["kind"].to_pylist())
    if "escape_report" in tables:
        counts["escape report"] = tables["escape_report"].num_rows
        counts["site"] = tables["escape_site"].num_rows
    if "binary_file" in tables:
        counts["binary"] = tables["binary_file"].num_rows
    if "gctrace_cycle" in tables:
        counts["cycle"] = tables["gctrace_cycle"].num_rows
    return counts
