"""What logs, MemStats and metrics tell as tables: exactly those that are declared, with the source's id and labels."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.formats import gctrace, goroutines, memstats, metrics
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from pipeline.tables.process import process_tables
from pipeline.values import Blob, Decoded, Origin, Source
from tests.builders.memstats import EXPOSITION, lines
from tests.builders.memstats import memstats as stats
from tests.formats.gctrace.logs import END, INIT, SCAN, SCAVENGE, SCHED, START, gc
from tests.formats.gctrace.logs import lines as log_lines

LABELS = {"service": "checkout", "build": "1.4.2", "zone": "b"}


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

    rows = process_tables(decoded, blobs)["process"].to_pylist()

    assert [row["process"] for row in rows] == [0, 1]
    for row in rows:
        assert (row["service"], row["instance"], row["build"]) == ("shop", "a", "v1")
        assert row["labels"] == [("build", "v1"), ("instance", "a"), ("service", "shop"), ("zone", "eu")]


def test_a_dump_without_labels_has_none() -> None:
    blobs = [blob(lines(stats(3)))]
    (decoded,) = memstats.FORMAT.decode(blobs)

    (row,) = process_tables(decoded, blobs)["process"].to_pylist()

    assert (row["service"], row["instance"], row["build"], row["labels"]) == (None, None, None, [])


def test_what_a_profile_has_beside_is_left_to_others() -> None:
    blobs = [blob(lines(stats(3)))]
    (decoded,) = memstats.FORMAT.decode(blobs)
    more = Decoded({**decoded.columns, "profile": {}})

    assert set(process_tables(more, blobs)) == set(memstats.FORMAT.fills)


def test_every_table_of_a_log_is_as_declared_and_knows_its_source() -> None:
    texts = (INIT, SCHED, START, END, gc(1), SCAN, SCAVENGE)
    content = log_lines(*(f"2026-11-28T10:00:00Z web01 api[7]: {text}" for text in texts))
    blobs = [Blob(Source(source_hash, Origin("log", labels=LABELS), 0, ""), content) for source_hash in (5, -6)]
    (decoded,) = gctrace.FORMAT.decode(blobs)
    built = process_tables(decoded, blobs)

    # The others are of dumps among the lines.
    assert set(built) == {*gctrace.FORMAT.fills} - {*goroutines.FORMAT.fills}
    for name, table in built.items():
        assert table.schema == tables()[name].schema
        assert table["source_hash"].to_pylist() == [5, -6]
        assert table["process"].to_pylist() == [0, 0]
    (process, _) = built["process"].to_pylist()
    ten = datetime(2026, 11, 28, 10, tzinfo=UTC)
    assert (process["prefix"], process["started_by"]) == ("web01 api[7]:", "stamp")
    assert (ten - process["started_at"]).total_seconds() == 0.003
    assert (process["service"], process["instance"], process["build"]) == ("checkout", None, "1.4.2")
    assert process["labels"] == sorted(LABELS.items())
    assert built["gctrace_cycle"]["logged_at"].to_pylist() == [ten, ten]
    assert built["schedtrace"]["local_queues"].to_pylist() == [[8, 9], [8, 9]]
