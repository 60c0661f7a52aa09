"""What logs say as tables, each exactly as declared."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.formats.gctrace import FORMAT
from pipeline.schema import tables
from pipeline.tables.gctrace import gctrace_tables
from pipeline.values import Blob, Origin, Source
from tests.formats.gctrace.logs import END, INIT, SCAN, SCAVENGE, SCHED, START, gc, lines

LABELS = {"service": "checkout", "build": "1.4.2", "zone": "b"}


def test_every_table_is_as_declared_and_knows_its_source() -> None:
    texts = (INIT, SCHED, START, END, gc(1), SCAN, SCAVENGE)
    content = lines(*(f"2026-11-28T10:00:00Z web01 api[7]: {text}" for text in texts))
    blobs = [Blob(Source(source_hash, Origin("log", labels=LABELS), 0, ""), content) for source_hash in (5, -6)]
    (decoded,) = FORMAT.decode(blobs)
    built = gctrace_tables(decoded, blobs)

    assert set(built) == set(FORMAT.fills)
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
