"""MemStats, metrics and processes as tables: exactly those that are declared, with the source's id and labels."""

from __future__ import annotations

from pipeline.formats import memstats, metrics
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from pipeline.tables.memstats import memstats_tables
from pipeline.values import Blob, Decoded, Origin, Source
from tests.builders.memstats import EXPOSITION, lines
from tests.builders.memstats import memstats as stats


def blob(content: bytes, **labels: str) -> Blob:
    return Blob(Source(7, Origin("x", labels=labels), len(content), ""), content)


def test_every_table_is_as_declared() -> None:
    for known, content in ((memstats.FORMAT, lines(stats(3))), (metrics.FORMAT, EXPOSITION.encode())):
        blobs = [blob(content)]
        (decoded,) = known.decode(blobs)

        built = build_tables(decoded, blobs)

        assert set(built) == set(known.fills)
        for name, table in built.items():
            assert table.schema == tables()[name].schema
            assert set(table["source_hash"].to_pylist()) == {7}


def test_labels_of_the_source_are_its_processes() -> None:
    blobs = [blob(lines(stats(3), stats(1)), service="shop", instance="a", build="v1", zone="eu")]
    (decoded,) = memstats.FORMAT.decode(blobs)

    rows = memstats_tables(decoded, blobs)["process"].to_pylist()

    assert [row["process"] for row in rows] == [0, 1]
    for row in rows:
        assert (row["service"], row["instance"], row["build"]) == ("shop", "a", "v1")
        assert row["labels"] == [("build", "v1"), ("instance", "a"), ("service", "shop"), ("zone", "eu")]


def test_a_dump_without_labels_has_none() -> None:
    blobs = [blob(lines(stats(3)))]
    (decoded,) = memstats.FORMAT.decode(blobs)

    (row,) = memstats_tables(decoded, blobs)["process"].to_pylist()

    assert (row["service"], row["instance"], row["build"], row["labels"]) == (None, None, None, [])


def test_what_a_profile_has_beside_is_left_to_others() -> None:
    blobs = [blob(lines(stats(3)))]
    (decoded,) = memstats.FORMAT.decode(blobs)
    more = Decoded({**decoded.columns, "profile": {}})

    assert set(memstats_tables(more, blobs)) == set(memstats.FORMAT.fills)
