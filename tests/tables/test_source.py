"""Sources, refusals and notes as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.hashes import hash_of
from pipeline.schema import tables
from pipeline.tables.source import label_columns, label_maps, note_table, series_hashes, source_table
from pipeline.values import Note, Origin, Refusal, Source
from tests.builders.profile import blob

READ_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def source(known: int, path: str, member: str = "") -> Source:
    return Source(known, Origin(path, member, offered=9), 7, f"{known % 2**64:064x}")


def test_sources_and_refusals_are_rows_of_one_table() -> None:
    table = source_table(
        [(source(1, "heap.pb.gz"), "pprof")],
        [
            Refusal(source(-1, "all.zip", "notes.txt"), "is not a format"),
            Refusal(source(3, "x"), "cut", "pprof"),
        ],
        [(source(1, "again.pb.gz"), "pprof")],
        read_at=READ_AT,
    )

    assert table.schema.equals(tables()["source"].schema, check_metadata=True)
    assert [tuple(row.values())[:7] for row in table.to_pylist()] == [
        (1, "heap.pb.gz", "heap.pb.gz", "pprof", "ingested", None, 7),
        (1, "again.pb.gz", "again.pb.gz", "pprof", "known", None, 7),
        (-1, "all.zip!notes.txt", "all.zip", None, "refused", "is not a format", 7),
        (3, "x", "x", "pprof", "refused", "cut", 7),
    ]
    assert set(table["offered_hash"].to_pylist()) == {9}


def test_a_file_name_that_is_no_text_is_shown_with_its_bytes() -> None:
    name = b"heap-\xff.pb".decode("utf-8", "surrogateescape")

    assert source_table([(source(1, name), "pprof")], [], read_at=READ_AT)["uri"].to_pylist() == ["heap-\\xff.pb"]


def test_no_sources_are_an_empty_table() -> None:
    table = source_table([], [], read_at=READ_AT)

    assert table.num_rows == 0
    assert table.schema.equals(tables()["source"].schema)


def test_notes_of_one_kind_add_up_and_keep_their_first_example() -> None:
    blobs = [blob(b"", source_hash=5), blob(b"", source_hash=6)]
    notes = [
        Note(0, "unknown_field", 2, "first"),
        Note(1, "unknown_field", 1),
        Note(0, "label_without_value", 4, "x"),
        Note(0, "unknown_field", 3, "second"),
    ]

    table = note_table(notes, blobs)

    assert table.schema.equals(tables()["ingest_note"].schema, check_metadata=True)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (5, "unknown_field", "info", 5, "first"),
        (6, "unknown_field", "info", 1, ""),
        (5, "label_without_value", "loss", 4, "x"),
    ]


def test_a_kind_that_is_not_declared_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        note_table([Note(0, "no_such_kind", 1)], [blob(b"")])


def test_labels_are_columns_where_they_are_and_null_where_not() -> None:
    labels = [{"service": "a", "zone": "x"}, {}, {"build": "1"}]

    columns = label_columns(labels, ("service", "build"))

    assert {name: column.to_pylist() for name, column in columns.items()} == {
        "service": ["a", None, None],
        "build": [None, None, "1"],
    }
    assert label_maps(labels).to_pylist() == [[("service", "a"), ("zone", "x")], [], [("build", "1")]]


def test_a_series_is_a_kind_labels_in_any_order_and_a_program() -> None:
    keys = series_hashes(
        ["heap", "heap", "cpu", "heap", "heap"],
        [{"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "1", "b": "2"}, {}, {}],
        ["", "", "", "", "/bin/shop 1f2e"],
    ).to_pylist()

    assert keys[0] == keys[1] == hash_of(b"heap\na=1\nb=2")
    assert keys[4] == hash_of(b"heap\n /bin/shop 1f2e")
    assert len(set(keys)) == 4
