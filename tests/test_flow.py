"""The corridor, from paths to a database, without a command line."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import flow
from pipeline.errors import QueryError, UsageError
from pipeline.formats import FORMATS
from pipeline.inputs.limits import Limits
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
    return folder


def ingest(folder: Path, lake: Path, *, limits: Limits = LIMITS, **more: object) -> flow.Receipt:
    return flow.ingest([str(folder)], str(lake), labels={}, limits=limits, **more)  # type: ignore[arg-type]


def contents(lake: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def asked(db: Path, query: str) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(db), threads=1) as connection:
        return connection.sql(query).fetchall()


def test_a_receipt_says_what_went_in_and_what_did_not(folder: Path, tmp_path: Path) -> None:
    receipt = ingest(folder, tmp_path / "lake")

    assert (dict(receipt.ingested), receipt.known, receipt.snapshot.version) == ({"heap": 3}, 0, 1)
    ((uri, reason),) = receipt.refusals
    assert uri.endswith("notes.txt")
    assert "not a format heapscape knows" in reason


def test_offering_again_changes_nothing_and_what_was_refused_is_refused_again(folder: Path, tmp_path: Path) -> None:
    first = ingest(folder, tmp_path / "lake")
    before = contents(tmp_path / "lake")

    again = ingest(folder, tmp_path / "lake")

    assert (dict(again.ingested), again.known, again.refusals) == ({}, 3, first.refusals)
    assert again.snapshot == first.snapshot
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
    assert (second.snapshot.version - first.snapshot.version, loaded.rows["source"], loaded.rows["profile"]) == (
        1,
        0,
        1,
    )
    statuses = "SELECT parse_filename(split_part(uri, '!', 1)), status FROM source ORDER BY ALL"
    heaps = [(f"heap-{second}.pb", "ingested") for second in range(3)]
    assert asked(db, statuses) == [*heaps, (name, "ingested"), ("notes.txt", "refused")]
    assert list(flow.verify_lake(str(lake))) == []
    flow.load(str(lake), str(tmp_path / "once.duckdb"))
    everything = "FROM source ORDER BY source_id"
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
    assert (second.snapshot.version - first.snapshot.version, len(second.snapshot.sources)) == (1, 5)
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
    # The older release did not write down what it refused.
    entry = lake / "_manifest" / "0000000001.json"
    document = json.loads(entry.read_text())
    for key in ("refused", "replaced", "removed"):
        del document[key]
    entry.write_text(json.dumps(document))
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

    assert together.snapshot.sources == alone.snapshot.sources
    assert _rows(together) == _rows(alone)


def _rows(receipt: flow.Receipt) -> Mapping[str, int]:
    return {name: sum(file.rows for file in files) for name, files in receipt.snapshot.files.items()}


def test_growth_comes_out_at_the_other_end(folder: Path, tmp_path: Path) -> None:
    ingest(folder, tmp_path / "lake")

    loaded = flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"), threads=1)

    assert (loaded.from_version, loaded.to_version, loaded.rows["profile"]) == (0, 1, 3)
    sites = asked(tmp_path / "h.duckdb", "SELECT function, line, growth_bytes FROM attribution.growth_by_site")
    assert sites == [("main.grow", 7, 200)]


def test_a_load_reads_only_what_is_new(folder: Path, tmp_path: Path) -> None:
    lake, db = str(tmp_path / "lake"), str(tmp_path / "h.duckdb")
    ingest(folder / "heap-0.pb", tmp_path / "lake")
    flow.load(lake, db)
    ingest(folder, tmp_path / "lake")

    second = flow.load(lake, db)

    assert (second.from_version, second.to_version, second.rows["profile"]) == (1, 2, 2)


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
