"""One batch from paths to files that nobody sees yet."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import xxhash

from pipeline.batch import ingest_batch
from pipeline.inputs.limits import Limits
from pipeline.lake.datafile import read_rows
from pipeline.lake.snapshot import read_snapshot
from pipeline.values import Blob, Decoded, Format, Note, Origin
from tests.builders.profile import profile

LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=10, max_depth=2)
FILES = Path(__file__).parent / "fixtures" / "files"
REPORT = "# app\n./main.go:5:2: moved to heap: x\n"


def _written(folder: Path, name: str, content: bytes, **labels: str) -> Origin:
    path = folder / name
    path.write_bytes(content)
    return Origin(str(path), labels=labels)


def test_a_batch_is_visible_to_nobody_before_it_is_committed(tmp_path: Path) -> None:
    origin = _written(tmp_path, "a.pb", profile("main.main 5"))

    result = ingest_batch([origin], lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    assert result.written.summary["profile"] == 1
    assert read_snapshot(str(tmp_path / "lake")).version == 0


def test_what_is_known_or_stands_twice_is_counted_and_left_out(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "a.pb", profile("main.main 5")),
        _written(tmp_path, "again.pb", profile("main.main 5")),
        _written(tmp_path, "b.pb", profile("main.main 6")),
    ]
    first = ingest_batch(batch[2:], lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=first.written.sources)

    assert (dict(result.ingested), result.known) == ({"heap": 1}, 2)


def test_a_broken_input_is_refused_and_the_others_go_in(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "cut.pb", profile("main.main 5")[:-3]),
        _written(tmp_path, "good.pb", profile("main.main 5")),
        _written(tmp_path, "notes.txt", b"call them on Monday"),
    ]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    assert dict(result.ingested) == {"heap": 1}
    assert {Path(uri).name for uri, _ in result.refusals} == {"cut.pb", "notes.txt"}
    assert len(result.written.sources) == 3


def test_equal_reports_of_two_builds_are_two_sources_and_of_one_build_one(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "a.txt", REPORT.encode(), service="shop", build="1.4"),
        _written(tmp_path, "b.txt", REPORT.encode(), service="shop", build="1.5"),
        _written(tmp_path, "c.txt", REPORT.encode(), service="shop", build="1.5", team="blue"),
    ]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    assert (result.ingested["escape report"], result.known) == (2, 1)


def test_a_trace_larger_than_what_may_be_held_goes_in_whole(tmp_path: Path) -> None:
    content = (FILES / "tracer/service=tracer/build=go1.27-trim/generations.trace").read_bytes()
    origins = [_written(tmp_path, "a.trace", content), _written(tmp_path, "b.pb", profile("main.main 5"))]
    summaries = []

    for most in (len(content), len(content) - 1):
        limits = replace(LIMITS, max_plain_bytes=most)
        result = ingest_batch(origins, lake=str(tmp_path / f"lake{most}"), limits=limits, known=frozenset())
        assert result.refusals == ()
        summaries.append({name: rows for name, rows in result.written.summary.items() if name != "sample"})

    assert summaries[0] == summaries[1]
    assert summaries[0]["trace_generation"] > 3
    assert summaries[0]["profile"] == 2


def test_a_large_trace_is_decoded_before_the_next_file_is_opened(tmp_path: Path) -> None:
    content = (FILES / "tracer/service=tracer/build=go1.27-trim/generations.trace").read_bytes()
    origins = [_written(tmp_path, f"{name}.trace", content + name.encode()) for name in "ab"]

    result = ingest_batch(
        origins,
        lake=str(tmp_path / "lake"),
        limits=replace(LIMITS, max_plain_bytes=len(content) - 1),
        known=frozenset(),
    )

    assert result.refusals == ()
    assert result.written.summary["trace"] == 2


def test_a_source_refused_in_the_same_words_is_told_and_not_written_again(tmp_path: Path) -> None:
    batch = [_written(tmp_path, "notes.txt", b"call them on Monday")]
    first = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    again = ingest_batch(
        batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset(), refused=first.written.refused
    )

    assert (again.refusals, again.known) == (first.refusals, 0)
    assert (again.written.files, again.written.sources) == ((), frozenset())


def test_a_source_refused_in_other_words_is_written_again(tmp_path: Path) -> None:
    batch = [_written(tmp_path, "notes.txt", b"call them on Monday")]
    first = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    again = ingest_batch(
        batch,
        lake=str(tmp_path / "lake"),
        limits=LIMITS,
        known=frozenset(),
        refused=dict.fromkeys(first.written.refused, "in other words"),
    )

    assert again.written.refused == first.written.refused


def test_a_refused_report_has_no_notes_beside_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
        yield Decoded({}, notes=[Note(0, "malformed_line", 1), Note(1, "malformed_line", 2)])
        yield Decoded({}, notes=[Note(1, "malformed_line", 3)], refusals={0: "nothing in it"})

    noting = Format("noting", recognise=lambda content: True, decode=decode, fills=())
    monkeypatch.setattr("pipeline.formats.FORMATS", (noting,))
    batch = [_written(tmp_path, "a.txt", b"a"), _written(tmp_path, "b.txt", b"b")]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset())

    (notes,) = [file for file in result.written.files if file.table == "ingest_note"]
    rows = read_rows(tmp_path / "lake" / notes.path).to_pylist()
    assert [(row["source_id"], row["count"]) for row in rows] == [(xxhash.xxh64_intdigest(b"b"), 5)]


def test_an_archive_refused_behind_members_that_were_read_stays_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(3):
            content = profile(f"main.main {number + 1}")
            member = tarfile.TarInfo(f"{number}.pb")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    limits = replace(LIMITS, max_members=2)
    batch = [_written(tmp_path, "all.tar", buffer.getvalue())]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=limits, known=frozenset())

    assert (dict(result.ingested), len(result.written.refused)) == ({"heap": 2}, 1)
    assert not result.written.refused.keys() & result.written.outdated


def test_what_is_refused_is_refused_as_often_as_it_stands_there(tmp_path: Path) -> None:
    for name, content in (("a", b""), ("b", b""), ("c", b"\x0a\xff"), ("d", b"\x0a\xff")):
        (tmp_path / name).write_bytes(content)

    result = ingest_batch(
        [Origin(str(tmp_path / name)) for name in "abcd"], lake=str(tmp_path / "lake"), limits=LIMITS, known=frozenset()
    )

    assert (dict(result.ingested), result.known) == ({}, 0)
    assert sorted(Path(uri).name for uri, _ in result.refusals) == ["a", "b", "c", "d"]
