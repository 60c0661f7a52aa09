from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.lake.describe import describe
from pipeline.lake.keep import expire
from pipeline.lake.snapshot import read_snapshot
from tests.lake.builder import ingest, refuse


def test_a_lake_is_told_by_table_day_service_and_outcome(tmp_path: Path) -> None:
    ingest(tmp_path, "a b", day=date(2026, 11, 23))
    ingest(tmp_path, "c", day=date(2026, 11, 24))
    refuse(tmp_path, "d")

    found = describe(read_snapshot(str(tmp_path)))

    assert (found.batch, found.tables["sample"].rows, found.tables["sample"].files) == (3, 36, 2)
    assert {day: weight.rows for day, weight in found.days.items()} == {"2026-11-23": 26, "2026-11-24": 13}
    assert (found.services, found.notes) == ({"checkout": 3}, {})
    assert found.sources == {"ingested": 3, "expired": 0, "refused": 1}
    on_disk = sum(path.stat().st_size for path in (tmp_path / "sample").rglob("*.parquet"))
    assert found.tables["sample"].size_bytes == on_disk


def test_what_expired_is_told_apart_from_what_is_there(tmp_path: Path) -> None:
    ingest(tmp_path, "old", day=date(2026, 11, 1))
    ingest(tmp_path, "new", day=date(2026, 11, 24))

    expire(str(tmp_path), before=datetime(2026, 11, 2, tzinfo=UTC))

    assert describe(read_snapshot(str(tmp_path))).sources == {"ingested": 1, "expired": 1, "refused": 0}
