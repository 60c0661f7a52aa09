"""What is asked for listings: verdicts of the right builds, and which builds have none."""

from __future__ import annotations

from pathlib import Path

from pipeline import flow
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.listing_questions import owners, verdicts
from tests.builders.profile import profile
from tests.warehouse.builder import LIMITS

REPORT = b"# example.com/app/store\nstore/cache.go:5:2: moved to heap: x\nstore/cache.go:6:3: inlining call to f\n"


def test_verdicts_are_of_the_builds_of_the_profiles(tmp_path: Path) -> None:
    for build in ("1", "2"):
        folder = tmp_path / "in" / f"build={build}"
        folder.mkdir(parents=True)
        sample = f"example.com/app/store.Put@/src/store/cache.go:5 main.main@/src/main.go:3 {build}"
        (folder / "heap.pb").write_bytes(profile(sample, types=("inuse_space/bytes",)))
    (tmp_path / "in" / "build=1" / "escape.txt").write_bytes(REPORT)
    flow.ingest([str(tmp_path / "in")], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "p.duckdb"))

    with open_readonly(str(tmp_path / "p.duckdb")) as connection:
        ids = [id for (id,) in connection.execute("SELECT profile_id FROM profile ORDER BY build").fetchall()]
        found = verdicts(connection, ids, "Put").table.to_pylist()
        known = owners(connection, ids).table.to_pylist()

    assert [(row["build"], row["line"], row["message"]) for row in found] == [
        ("1", 5, "moved to heap: x"),
        ("1", 6, "inlining call to f"),
    ]
    assert known == [
        {"service": None, "build": "1", "has_report": True},
        {"service": None, "build": "2", "has_report": False},
    ]
