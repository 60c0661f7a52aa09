"""The corridor, from paths to a database, without a command line."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.errors import QueryError, UsageError
from pipeline.formats import FORMATS
from pipeline.inputs.limits import Limits
from pipeline.lake.snapshot import read_known, read_snapshot
from tests.builders.profile import profile

LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=1000, max_members=100, max_depth=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three profiles of one series, a second apart and growing, and a text."""
    folder = tmp_path / "in"
    folder.mkdir()
    for second in range(3):
        content = profile(f"main.grow@m.go:7 main.main {100 * (second + 1)}", time_ns=(1_700_000_000 + second) * 10**9)
        (folder / f"heap-{second}.pb").write_bytes(content)
    (folder / "notes.txt").write_text("nothing")
    settled(folder)
    return folder


def settled(folder: Path) -> None:
    """Make all files of a folder an hour old, so that they can be known again by their time of change."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 3600, 1_700_000_000))


def ingest(folder: Path, lake: Path, *, limits: Limits = LIMITS, **more: object) -> flow.Receipt:
    return flow.ingest([str(folder)], str(lake), labels={}, limits=limits, **more)  # type: ignore[arg-type]


def contents(lake: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def asked(db: Path, query: str) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(db), threads=1) as connection:
        return connection.sql(query).fetchall()


def test_a_receipt_says_what_went_in_and_what_did_not(folder: Path, tmp_path: Path) -> None:
    receipt = ingest(folder, tmp_path / "lake")

    assert (dict(receipt.ingested), receipt.known, receipt.batch) == ({"heap": 3}, 0, 1)
    ((uri, reason),) = receipt.refusals
    assert uri.endswith("notes.txt")
    assert "not a format heapscape knows" in reason


def test_offering_again_changes_nothing_and_what_was_refused_is_refused_again(folder: Path, tmp_path: Path) -> None:
    first = ingest(folder, tmp_path / "lake")
    before = contents(tmp_path / "lake")

    again = ingest(folder, tmp_path / "lake")

    assert (dict(again.ingested), again.known, again.refusals) == ({}, 3, first.refusals)
    assert again.batch == first.batch
    assert contents(tmp_path / "lake") == before


LARGE = profile(*(f"main.f{number}@m.go:{number} main.main {number + 1}" for number in range(400)))
LOW = replace(LIMITS, max_plain_bytes=len(LARGE) - 1)


def packed(name: str) -> bytes:
    """LARGE, in one of the ways a profile can be packed."""
    buffer = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("large.pb", LARGE)
    elif name.endswith(".tar"):
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo("large.pb")
            member.size = len(LARGE)
            archive.addfile(member, io.BytesIO(LARGE))
    else:
        return gzip.compress(LARGE) if name.endswith(".gz") else LARGE
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["large.pb", "large.pb.gz", "large.zip", "large.tar"])
def test_what_a_limit_refused_goes_in_with_a_higher_one(folder: Path, tmp_path: Path, name: str) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    (folder / name).write_bytes(packed(name))
    first = ingest(folder, lake, limits=LOW)
    flow.load(str(lake), str(db))

    second = ingest(folder, lake)
    loaded = flow.load(str(lake), str(db))

    assert ([len(one.refusals) for one in (first, second)], dict(second.ingested)) == ([2, 1], {"heap": 1})
    assert (second.batch - first.batch, loaded.rows["source"], loaded.rows["profile"]) == (1, 1, 1)
    statuses = "SELECT parse_filename(split_part(uri, '!', 1)), status FROM source ORDER BY ALL"
    heaps = [(f"heap-{second}.pb", "ingested") for second in range(3)]
    assert asked(db, statuses) == [*heaps, (name, "ingested"), ("notes.txt", "refused")]
    assert list(flow.verify_lake(str(lake))) == []
    flow.load(str(lake), str(tmp_path / "once.duckdb"))
    everything = "SELECT * EXCLUDE (source_id) FROM source ORDER BY source_hash"
    assert asked(tmp_path / "once.duckdb", everything) == asked(db, everything)


def test_another_reason_takes_the_place_of_the_old_one(folder: Path, tmp_path: Path) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    (folder / "large.pb").write_bytes(LARGE)
    first = ingest(folder, lake, limits=LOW)
    flow.load(str(lake), str(db))

    second = ingest(folder, lake, limits=replace(LOW, max_plain_bytes=LOW.max_plain_bytes - 1))
    flow.load(str(lake), str(db))

    ((reason,),) = asked(db, "SELECT reason FROM source WHERE uri LIKE '%large.pb'")
    assert f"more than the {LOW.max_plain_bytes - 1:,} that fit into --memory;" in str(reason)
    assert second.batch - first.batch == 1
    assert asked(db, "SELECT COUNT(*) FROM source") == [(5,)]
    assert list(flow.verify_lake(str(lake))) == []


def test_what_an_older_release_did_not_know_goes_in_with_a_newer_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    (folder / "build=7").mkdir()
    (folder / "build=7" / "m.txt").write_text("# app\n./main.go:5:2: moved to heap: x\n")
    with monkeypatch.context() as older:
        older.setattr("pipeline.formats.FORMATS", tuple(one for one in FORMATS if one.name == "gotrace"))
        ingest(folder, lake)
    flow.load(str(lake), str(db))
    assert asked(db, "SELECT status, COUNT(*) FROM source GROUP BY ALL") == [("refused", 5)]

    second = ingest(folder, lake)
    flow.load(str(lake), str(db))

    assert dict(second.ingested) == {"heap": 3, "escape report": 1, "site": 1}
    found = asked(db, "SELECT parse_filename(uri), status FROM source ORDER BY ALL")
    assert found == [
        *((f"heap-{second}.pb", "ingested") for second in range(3)),
        ("m.txt", "ingested"),
        ("notes.txt", "refused"),
    ]
    assert list(flow.verify_lake(str(lake))) == []


def test_every_input_is_told_of_as_it_is_done(folder: Path, tmp_path: Path) -> None:
    done: list[int] = []

    ingest(folder, tmp_path / "lake", advance=done.append)

    assert sum(done) == 4


def test_an_executor_gives_the_same_lake(folder: Path, tmp_path: Path) -> None:
    alone = ingest(folder, tmp_path / "one")
    with ThreadPoolExecutor(2) as executor:
        together = ingest(folder, tmp_path / "two", executor=executor)

    assert (together.ingested, together.refusals) == (alone.ingested, alone.refusals)
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    assert read_known(two).ingested.tolist() == read_known(one).ingested.tolist()
    assert _rows(two) == _rows(one)


def _rows(lake: str) -> Mapping[str, int]:
    return {name: sum(file.rows for file in files) for name, files in read_snapshot(lake).files.items()}


# What is known without being read. -----------------------------------------------------------------------------------


def in_place(path: Path, content: bytes) -> None:
    """Other bytes, as many, under the same time of change: only who reads the file can tell."""
    status = path.stat()
    assert len(content) == status.st_size
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_unchanged_file_is_known_without_being_read(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake")
    in_place(folder / "heap-1.pb", b"x" * (folder / "heap-1.pb").stat().st_size)

    again = ingest(folder, tmp_path / "lake")

    assert (dict(again.ingested), again.known) == ({}, 3)
    assert [Path(uri).name for uri, _ in again.refusals] == ["notes.txt"]


def test_with_check_content_a_known_file_is_read(folder: Path, tmp_path: Path) -> None:
    first = ingest(folder, tmp_path / "lake")
    same = ingest(folder, tmp_path / "lake", check_content=True)
    in_place(folder / "heap-1.pb", b"x" * (folder / "heap-1.pb").stat().st_size)

    other = ingest(folder, tmp_path / "lake", check_content=True)

    assert (dict(same.ingested), same.known, same.refusals) == ({}, 3, first.refusals)
    assert (dict(other.ingested), other.known) == ({}, 2)
    assert sorted(Path(uri).name for uri, _ in other.refusals) == ["heap-1.pb", "notes.txt"]


def test_what_was_read_with_check_content_is_known_the_next_time(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake", check_content=True)
    in_place(folder / "heap-1.pb", b"x" * (folder / "heap-1.pb").stat().st_size)

    assert ingest(folder, tmp_path / "lake").known == 3


@pytest.mark.parametrize("change", ["size", "time", "path"])
def test_a_file_that_changed_in_anything_that_shows_is_read(folder: Path, tmp_path: Path, change: str) -> None:
    ingest(folder, tmp_path / "lake")
    path = folder / "heap-1.pb"
    content = profile("main.other 1", time_ns=1_700_000_009 * 10**9)
    if change == "time":
        in_place(path, b"x" * path.stat().st_size)
        os.utime(path, (1_700_000_000, 1_700_000_001))
    elif change == "size":
        path.write_bytes(content)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    else:
        path.rename(folder / "moved.pb")

    again = ingest(folder, tmp_path / "lake")

    outcome = (dict(again.ingested), again.known, len(again.refusals))
    assert outcome == {"time": ({}, 2, 2), "size": ({"heap": 1}, 2, 1), "path": ({}, 3, 1)}[change]


def test_the_same_file_with_other_labels_is_the_same_source_until_it_is_written_again(
    folder: Path, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")
    report = folder / "m.txt"
    report.write_text("# app\n./main.go:5:2: moved to heap: x\n")
    settled(folder)
    builds = [{"build": "1"}, {"build": "2"}, {"build": "1"}]

    found = [flow.ingest([str(report)], lake, labels=labels, limits=LIMITS) for labels in builds]
    os.utime(report, (1_000_000_000, 1_000_000_000))
    anew = flow.ingest([str(report)], lake, labels={"build": "2"}, limits=LIMITS)

    assert [(one.ingested.get("escape report", 0), one.known) for one in found] == [(1, 0), (0, 1), (0, 1)]
    assert [one.unlike for one in found] == [(), (str(report),), ()]
    assert anew.ingested["escape report"] == 1


def test_a_report_of_this_moment_is_one_source_whatever_its_labels_until_it_is_written_again(tmp_path: Path) -> None:
    lake, report = str(tmp_path / "lake"), tmp_path / "m.txt"

    def offered(build: str) -> tuple[int, tuple[str, ...]]:
        found = flow.ingest([str(report)], lake, labels={"build": build}, limits=LIMITS)
        return found.ingested.get("escape report", 0), found.unlike

    report.write_text("# app\n./main.go:5:2: moved to heap: x\n")

    assert offered("1") == (1, ())
    assert offered("2") == (0, (str(report),))
    # As the next build does, which may have nothing else to say.
    report.write_text(report.read_text())
    assert offered("2") == (1, ())


def test_a_file_of_this_moment_is_read_again_and_then_known(folder: Path, tmp_path: Path) -> None:
    young = folder / "heap-1.pb"
    os.utime(young, None)
    ingest(young, tmp_path / "lake")
    assert read_known(str(tmp_path / "lake")).offered.tolist() == []
    settled(folder)

    second = ingest(young, tmp_path / "lake")

    assert (dict(second.ingested), second.known) == ({}, 1)
    assert len(read_known(str(tmp_path / "lake")).offered) == 1


def test_a_second_name_of_the_same_bytes_is_a_name_of_the_source(folder: Path, tmp_path: Path) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    ingest(folder / "heap-0.pb", lake)
    flow.load(str(lake), str(db))
    (folder / "copy.pb.gz").write_bytes(gzip.compress((folder / "heap-0.pb").read_bytes()))
    settled(folder)

    again = ingest(folder / "copy.pb.gz", lake)
    flow.load(str(lake), str(db))

    names = "SELECT parse_filename(n.uri) FROM source JOIN source_name n USING (source_id) ORDER BY ALL"
    assert (dict(again.ingested), again.known) == ({}, 1)
    assert asked(db, names) == [("copy.pb.gz",), ("heap-0.pb",)]
    assert asked(db, "SELECT COUNT(*) FROM source") == [(1,)]


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def test_an_archive_of_which_a_member_is_refused_is_read_again(folder: Path, tmp_path: Path) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    archive = folder / "all.zip"
    zipped(archive, small=profile("main.small 1"), large=LARGE)
    settled(folder)
    first = ingest(archive, lake, limits=replace(LOW, max_members=10))

    second = ingest(archive, lake)
    flow.load(str(lake), str(db))

    assert (dict(first.ingested), len(first.refusals)) == ({"heap": 1}, 1)
    assert (dict(second.ingested), second.known, second.refusals) == ({"heap": 1}, 1, ())
    assert asked(db, "SELECT split_part(uri, '!', 2), status FROM source ORDER BY ALL") == [
        ("large", "ingested"),
        ("small", "ingested"),
    ]


def test_an_archive_of_which_all_is_in_is_known_without_being_read(folder: Path, tmp_path: Path) -> None:
    archive = folder / "all.zip"
    zipped(archive, one=profile("main.one 1"), two=profile("main.two 2"))
    settled(folder)
    ingest(archive, tmp_path / "lake")
    in_place(archive, b"x" * archive.stat().st_size)

    again = ingest(archive, tmp_path / "lake")

    assert (dict(again.ingested), again.known, again.refusals) == ({}, 1, ())


def test_a_member_that_is_still_refused_stays_in_source_beside_its_newer_sibling(folder: Path, tmp_path: Path) -> None:
    lake, db = tmp_path / "lake", tmp_path / "h.duckdb"
    archive = folder / "all.zip"
    zipped(archive, bad=b"call them on Monday", good=profile("main.one 1"))
    ingest(archive, lake)
    flow.load(str(lake), str(db))
    zipped(archive, bad=b"call them on Monday", good=profile("main.two 2"))

    ingest(archive, lake)
    flow.load(str(lake), str(db))
    flow.load(str(lake), str(tmp_path / "once.duckdb"))

    everything = "SELECT split_part(uri, '!', 2), status FROM source ORDER BY ALL"
    for one in (db, tmp_path / "once.duckdb"):
        assert asked(one, everything) == [("bad", "refused"), ("good", "ingested"), ("good", "ingested")]


def test_growth_comes_out_at_the_other_end(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake")

    loaded = flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"), threads=1)

    assert (loaded.from_batch, loaded.to_batch, loaded.rows["profile"]) == (0, 1, 3)
    sites = asked(tmp_path / "h.duckdb", "SELECT function, line, growth_bytes FROM attribution.growth_by_site")
    assert sites == [("main.grow", 7, 200)]


def test_a_load_reads_only_what_is_new(folder: Path, tmp_path: Path) -> None:
    lake, db = str(tmp_path / "lake"), str(tmp_path / "h.duckdb")
    ingest(folder / "heap-0.pb", tmp_path / "lake")
    flow.load(lake, db)
    ingest(folder, tmp_path / "lake")

    second = flow.load(lake, db)

    assert (second.from_batch, second.to_batch, second.rows["profile"]) == (1, 2, 2)


def test_an_empty_lake_neither_loads_nor_verifies(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the lake is empty or not there"):
        flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"))
    with pytest.raises(UsageError, match="the lake is empty or not there"):
        flow.verify_lake(str(tmp_path / "lake"))
    assert list(tmp_path.iterdir()) == []


def test_a_sound_lake_has_no_findings(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake")

    assert list(flow.verify_lake(str(tmp_path / "lake"))) == []


def test_an_opened_warehouse_cannot_be_written_to(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake")
    flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"))

    with flow.open_warehouse(str(tmp_path / "h.duckdb")) as connection, pytest.raises(Exception, match="read-only"):
        connection.execute("DELETE FROM source")


def test_a_file_that_is_no_database_is_a_query_error(tmp_path: Path) -> None:
    (tmp_path / "h.duckdb").write_text("no database" * 1000)

    with pytest.raises(QueryError, match="is not a DuckDB file"), flow.open_warehouse(str(tmp_path / "h.duckdb")):
        pass


def report_of(packages: int) -> bytes:
    """An `-m=2` report of so many packages with a verdict each."""
    return b"".join(
        b"# example.com/p%d\n./a.go:5:2: x escapes to heap in f:\n./a.go:5:2:   flow: ~r0 = &x:\n"
        b"./a.go:5:2:     from &x (address-of) at ./a.go:6:9\n./a.go:5:2: moved to heap: x\n" % number
        for number in range(packages)
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_escape_report_that_is_not_held_goes_in_and_is_the_same_as_held(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "m2.txt").write_bytes(pack(report_of(10_000)))
    everything = "SELECT s.*, t.* EXCLUDE (escape_site_id) FROM escape_site s JOIN escape_step t USING (escape_site_id) ORDER BY ALL"
    found = []
    for name, most in (("held", 64 << 20), ("streamed", 300_000)):
        receipt = ingest(tmp_path / "in", tmp_path / name, limits=replace(LIMITS, max_plain_bytes=most))
        assert (receipt.refusals, receipt.ingested["site"]) == ((), 10_000)
        flow.load(str(tmp_path / name), str(tmp_path / f"{name}.duckdb"))
        assert asked(tmp_path / f"{name}.duckdb", "SELECT count(*) FROM escape_report") == [(1,)]
        found.append(asked(tmp_path / f"{name}.duckdb", everything))

    assert found[0] == found[1]
    assert len(found[0]) == 10_000


def test_a_damaged_large_report_is_refused_and_harms_nothing_else(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.txt.gz").write_bytes(gzip.compress(report_of(10_000))[:-2_000])

    receipt = ingest(folder, tmp_path / "lake", limits=replace(LIMITS, max_plain_bytes=300_000))

    reasons = dict(receipt.refusals)
    assert "unexpected EOF" in reasons[str(folder / "broken.txt.gz")]
    assert (dict(receipt.ingested), len(reasons)) == ({"heap": 3}, 2)
    assert list(flow.verify_lake(str(tmp_path / "lake"))) == []


@pytest.mark.parametrize("name", ["labels.json", "user.labels.json"])
def test_a_compilers_log_that_is_named_like_a_sidecar_is_a_log(folder: Path, tmp_path: Path, name: str) -> None:
    header = {
        "version": 0,
        "package": "p",
        "goos": "linux",
        "goarch": "amd64",
        "gc_version": "go1.27.3",
        "file": "/l.go",
    }
    (folder / "json" / "p").mkdir(parents=True)
    (folder / "json" / "p" / name).write_text(json.dumps(header) + "\n")
    (folder / "labels.json").write_text('{"service": "checkout"}')
    with tarfile.open(folder / "more.tar", "w") as archive:
        content = json.dumps({**header, "package": "q"}).encode() + b"\n"
        member = tarfile.TarInfo(f"q/{name}")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    receipt = ingest(folder, tmp_path / "lake")
    flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"))

    assert dict(receipt.ingested) == {"heap": 3, "escape report": 2}
    assert asked(tmp_path / "h.duckdb", "SELECT DISTINCT service FROM escape_report") == [("checkout",)]


FILES = Path(__file__).parent / "fixtures" / "files"
# Of every format one, and something that is none.
_OF_EACH = (
    "everykind/service=everykind/build=go1.27-trim/heap.pb.gz",
    "everykind/service=everykind/build=go1.27-trim/heap.debug1.txt",
    "tracer/service=tracer/build=go1.27-trim/generations.trace",
)


def test_a_database_in_memory_is_the_one_made_of_a_lake(folder: Path, tmp_path: Path) -> None:
    paths = [str(folder), *(str(FILES / name) for name in _OF_EACH)]
    limits = replace(LIMITS, max_plain_bytes=16 << 20)
    flow.ingest(paths, str(tmp_path / "lake"), labels={}, limits=limits)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "a.duckdb"), threads=1)
    told: list[flow.Receipt] = []

    with flow.open_warehouse(str(tmp_path / "a.duckdb"), threads=1) as kept:
        with flow.once(paths, limits=limits, threads=1, memory="1GiB", views=None, told=told.append) as once:
            assert once.sql("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall() == []
            for table in _tables(kept):
                assert _rows_of(once, table) == _rows_of(kept, table), table
        assert len(_tables(kept)) > 30

    assert sorted(told[0].refusals) == [(f"{folder}/notes.txt", told[0].refusals[0][1])]


def test_what_is_large_or_cannot_be_read_twice_is_asked_beside_a_lake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_ONCE_ROW_BYTES", 100)

    with flow.once(
        [str(folder)], limits=LIMITS, threads=1, memory="1GiB", views=("int64.clamp",), told=lambda receipt: None
    ) as once:
        assert once.sql("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall() != []
        assert once.sql("SELECT count(*) FROM profile").fetchall() == [(3,)]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.sql(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT temporary"
    ).fetchall()
    # What a file is up to, and which of the lake's files it has.
    return sorted({name for (name,) in found} - {"main.warehouse_state", "main.loaded_file"})


def _rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    # When it was read is of the reading.
    rows = connection.sql(f"SELECT COLUMNS(lambda c: c <> 'ingested_at') FROM {table}").fetchall()
    return sorted(map(repr, rows))
