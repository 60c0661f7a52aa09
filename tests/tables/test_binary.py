"""Executables as tables: exactly those that are declared, with the source's id and labels."""

from __future__ import annotations

from pipeline.formats.binary import FORMAT
from pipeline.schema import tables
from pipeline.tables.binary import binary_tables
from pipeline.tables.build import build_tables
from tests.formats.binary.reading import blob, some_program


def test_every_table_is_as_declared() -> None:
    blobs = [blob(some_program().content)]
    (decoded,) = FORMAT.decode(blobs)
    built = build_tables(decoded, blobs)

    assert set(built) == set(FORMAT.fills)
    for name, table in built.items():
        assert table.schema == tables()[name].schema
        assert set(table["source_hash"].to_pylist()) == {7}
        assert table.num_rows


def test_labels_of_the_source_are_the_programs() -> None:
    blobs = [blob(b"\x7fELF"), blob(some_program().content, service="shop", build="v1", zone="eu")]
    refused, decoded = FORMAT.decode(blobs)

    assert binary_tables(refused, blobs) == {}
    (row,) = binary_tables(decoded, blobs)["binary_file"].to_pylist()
    assert (row["service"], row["build"]) == ("shop", "v1")
    assert row["labels"] == [("build", "v1"), ("service", "shop"), ("zone", "eu")]


def test_a_program_without_labels_has_none() -> None:
    blobs = [blob(some_program().content)]
    (decoded,) = FORMAT.decode(blobs)

    (row,) = binary_tables(decoded, blobs)["binary_file"].to_pylist()
    assert (row["service"], row["build"], row["labels"]) == (None, None, [])
