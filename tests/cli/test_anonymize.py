"""heapscape anonymize."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from pipeline.generated.profile_pb2 import Profile
from tests.cli.seat import DEMO, FIRST, LAST, heapscape

# Of the demo's programs, their folders, and whose they are.
NAMES = ("checkout", "example.com", "newSession", "sessions", "1.4.2", "heapscape-fixtures")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's lake and database, and those without names."""
    folder = tmp_path_factory.mktemp("shared")
    assert heapscape("ingest", DEMO, "--lake", folder / "lake").code == 1
    seen = heapscape("anonymize", "--lake", folder / "lake", "-o", folder / "other", "--names", folder / "names.csv")
    assert (seen.code, seen.out) == (0, f"{folder / 'other'}\n")
    assert "names replaced" in seen.err
    for lake in ("lake", "other"):
        assert heapscape("load", "--lake", folder / lake, "--db", folder / f"{lake}.duckdb").code == 0
    return folder


def asked(db: Path, query: str) -> Any:
    return heapscape("sql", query, "--db", db, "--format", "json").json()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT growth_bytes, slope_bytes_per_s, attribution, escape_kind, line FROM attribution.growth_by_site ORDER BY ALL",
        "SELECT attribution, SUM(growth_bytes)::BIGINT AS bytes FROM attribution.coverage GROUP BY ALL ORDER BY ALL",
        "SELECT alloc_bytes_per_s, live_bytes, line FROM escape.cost ORDER BY ALL",
        "SELECT * EXCLUDE (profile_id) FROM profile_total ORDER BY ALL",
        "SELECT name FROM binary_function WHERE name LIKE 'runtime.%' ORDER BY ALL",
        "SELECT kind, COUNT(*) AS n FROM call_site GROUP BY ALL ORDER BY ALL",
    ],
)
def test_every_question_has_the_same_answer(shared: Path, query: str) -> None:
    answers = [asked(shared / f"{lake}.duckdb", query) for lake in ("lake", "other")]

    assert answers[0] == answers[1]
    assert len(answers[0]) > 1


def test_no_name_is_in_any_file_of_it(shared: Path) -> None:
    tables = [
        row["name"]
        for row in asked(shared / "other.duckdb", "SELECT table_name AS name FROM duckdb_tables() WHERE NOT internal")
    ]
    said = "".join(
        heapscape("sql", f"FROM {name}", "--db", shared / "other.duckdb", "--format", "csv").out
        for name in tables
        if name != "warehouse_state"
    )
    logs = "".join(path.read_text() for path in (shared / "other").rglob("*.json"))

    assert "main.main" in said
    assert [name for name in NAMES if name in said or name in logs] == []


def test_the_lake_is_sound_and_nobody_can_put_the_hashes_together(shared: Path) -> None:
    assert heapscape("lake", "verify", "--lake", shared / "other").code == 0
    before, after = (
        {row["h"] for row in asked(shared / f"{lake}.duckdb", "SELECT function_hash AS h FROM function")}
        for lake in ("lake", "other")
    )

    assert len(before) == len(after)
    assert not before & after


def test_names_are_kept_for_whoever_asks(shared: Path) -> None:
    rows = list(csv.DictReader((shared / "names.csv").read_text().splitlines()))
    (top,) = asked(
        shared / "other.duckdb", "SELECT function FROM attribution.growth_by_site ORDER BY growth_bytes DESC LIMIT 1"
    )

    was = {row["now"]: row["name"] for row in rows}
    words = top["function"].replace("(*", "").replace(")", "").replace("/", ".").split(".")
    assert "Store" in {was.get(word) for word in words} or "store" in {was.get(word) for word in words}


def test_profiles_are_written_without_names_a_file_each(tmp_path: Path) -> None:
    seen = heapscape("anonymize", FIRST, LAST, "-o", "shared")

    assert (seen.code, seen.out) == (0, "shared/1.pb.gz\nshared/2.pb.gz\n")
    for number, path in enumerate((FIRST, LAST), start=1):
        was, made = (gzip.decompress(one.read_bytes()) for one in (path, tmp_path / f"shared/{number}.pb.gz"))
        assert [list(one.value) for one in Profile.FromString(made).sample] == [
            list(one.value) for one in Profile.FromString(was).sample
        ]
        assert [name for name in NAMES if name.encode() in made] == []
        assert [name for name in ("checkout", "store", "example.com") if name.encode() not in was] == []
    assert heapscape("growth", "shared").code == 0


@pytest.mark.parametrize("ending", [".otlp", ".otlp.json"])
def test_profiles_of_opentelemetry_are_written_as_the_same_of_pprof_are(ending: str) -> None:
    assert heapscape("export", LAST, "-o", f"heap{ending}").code == 0

    seen = heapscape("anonymize", f"heap{ending}", LAST, "-o", "shared")

    assert seen.code == 0
    ours, theirs = (heapscape("pprof", "-raw", path) for path in sorted(Path("shared").iterdir()))
    assert ours.out == theirs.out
    assert "runtime." in ours.out
    assert "checkout" not in ours.out


def test_a_folder_that_is_not_empty_and_inputs_that_are_no_profiles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")

    full = heapscape("anonymize", LAST, "-o", "full")
    report = heapscape("anonymize", DEMO / "escape-m2.txt", "-o", "empty")
    bucket = heapscape("anonymize", LAST, "-o", "s3://bucket/x")

    assert (full.code, full.out) == (2, "")
    assert "full: there is something already; give a folder that is empty, or not there" in full.err
    assert report.code == 3
    assert "escape, where legacy or otlp or pprof was expected" in report.err
    assert not (tmp_path / "empty").exists()
    assert (bucket.code, "written into a folder on this machine" in bucket.err) == (2, True)
