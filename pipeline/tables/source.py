"""Sources, refusals and notes as tables, and what labels say about a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from pipeline.hashes import hash_of, hexadecimal
from pipeline.notes import NOTE_KINDS
from pipeline.tables.table import declared
from pipeline.text import storable
from pipeline.values import Blob, Column, Note, Refusal, Source

Labels = Mapping[str, str]


def source_table(
    ingested: Sequence[tuple[Source, str]],
    refused: Sequence[Refusal],
    known: Sequence[tuple[Source, str]] = (),
    *,
    read_at: datetime,
) -> pa.Table:
    """One row per source that was offered.

    ingested, known  sources with their format: which went in, and which the lake has under other names
    """
    accepted = [*ingested, *known]
    sources = [source for source, _ in accepted] + [refusal.source for refusal in refused]
    origins = [source.origin for source in sources]
    outcomes = [("ingested", len(ingested)), ("known", len(known)), ("refused", len(refused))]
    columns: dict[str, Column] = {
        "source_hash": pa.array([source.source_hash for source in sources], pa.int64()),
        "uri": pa.array([storable(origin.uri) for origin in origins], pa.string()),
        "path": pa.array([storable(origin.path) for origin in origins], pa.string()),
        "format": pa.array([name for _, name in accepted] + [refusal.format for refusal in refused], pa.string()),
        "status": pa.array([status for status, count in outcomes for _ in range(count)], pa.string()),
        "reason": pa.array([None] * len(accepted) + [refusal.reason for refusal in refused], pa.string()),
        "size_bytes": pa.array([source.size_bytes for source in sources], pa.int64()),
        "sha256": pa.array([source.sha256 for source in sources], pa.string()),
        "offered_hash": pa.array([origin.offered for origin in origins], pa.int64()),
        "ingested_at": pa.array([read_at] * len(sources), pa.timestamp("us", "UTC")),
    }
    return declared("source", columns)


def note_table(notes: Iterable[Note], blobs: Sequence[Blob]) -> pa.Table:
    """One row per source and kind of note; several notes of one kind add up."""
    totals: dict[tuple[int, str], tuple[int, str]] = {}
    for note in notes:
        key = (blobs[note.blob_index].source.source_hash, note.kind)
        count, example = totals.get(key, (0, note.example))
        totals[key] = (count + note.count, example)
    columns: dict[str, Column] = {
        "source_hash": pa.array([source_hash for source_hash, _ in totals], pa.int64()),
        "kind": pa.array([kind for _, kind in totals], pa.string()),
        "severity": pa.array([NOTE_KINDS[kind].severity for _, kind in totals], pa.string()),
        "count": pa.array([count for count, _ in totals.values()], pa.int64()),
        "example": pa.array([example for _, example in totals.values()], pa.string()),
    }
    return declared("ingest_note", columns)


def label_columns(labels: Sequence[Labels], names: Iterable[str]) -> dict[str, pa.Array]:
    """The labels that views use, a column each, NULL where a source has none."""
    return {name: pa.array([of_one.get(name) for of_one in labels], pa.string()) for name in names}


def label_maps(labels: Sequence[Labels]) -> pa.Array:
    """All labels of each source, in key order."""
    return pa.array([sorted(of_one.items()) for of_one in labels], pa.map_(pa.string(), pa.string()))


def series_hashes(kinds: Sequence[str], labels: Sequence[Labels], programs: Sequence[str]) -> pa.Array:
    """XXH64 of the kind, in key order a line `key=value` for each label, and a line for the program if there is one.

    programs  what tells the program apart from others whose profiles have the same labels; empty where nothing does
    """
    texts = (
        "\n".join([kind, *(f"{k}={v}" for k, v in sorted(of.items())), *([f" {program}"] if program else [])])
        for kind, of, program in zip(kinds, labels, programs, strict=True)
    )
    return pa.array([hash_of(text) for text in texts], pa.int64())


def relabelled(rows: pa.Table, labels: Sequence[Labels]) -> pa.Table:
    """Rows of a labelled table with other labels, and all that follows from them."""
    names = [name for name in ("service", "instance", "build") if name in rows.schema.names]
    columns = {**label_columns(labels, names), "labels": label_maps(labels)}
    if "series_hash" in rows.schema.names:
        told_apart_by = zip(rows["program"].to_pylist(), rows["build_id"].to_pylist(), strict=True)
        programs = [" ".join(filter(None, texts)) for texts in told_apart_by]
        columns["series_hash"] = series_hashes(rows["kind"].to_pylist(), labels, programs)
    for name, values in columns.items():
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, values.cast(field.type))
    return rows


def labelled_hash(source: Source, names: Iterable[str]) -> int:
    """The id of a source that is another one under other labels: XXH64 of its id and, a line each, their values.

    A compiler says the same of two builds of the same code, and each report speaks for its own build. A source
    that has none of the labels keeps the id of its content.
    """
    labels = source.origin.labels
    values = [f"{name}={labels[name]}" for name in names if name in labels]
    if not values:
        return source.source_hash
    return hash_of("\n".join([hexadecimal(source.source_hash), *values]))
