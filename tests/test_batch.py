"""One batch from paths to files that nobody sees yet."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline import batch as batches
from pipeline.batch import BatchResult, hold_batch, ingest_batch
from pipeline.formats import FORMATS
from pipeline.hashes import hash_of
from pipeline.inputs import read as reading
from pipeline.inputs.limits import Limits
from pipeline.lake.commit import commit
from pipeline.lake.datafile import read_rows
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.lake.verify import verify
from pipeline.values import Blob, Decoded, Format, Known, Note, Origin
from tests.builders import memstats, trace
from tests.builders.executable import Function, executable
from tests.builders.otlp import otlp
from tests.builders.profile import message, profile
from tests.formats.gctrace.logs import gc, lines

LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=40, max_depth=2)
FILES = Path(__file__).parent / "fixtures" / "files"
REPORT = "# app\n./main.go:5:2: moved to heap: x\n"


def _written(folder: Path, name: str, content: bytes, **labels: str) -> Origin:
    path = folder / name
    path.write_bytes(content)
    return Origin(str(path), labels=labels)


def test_a_batch_is_visible_to_nobody_before_it_is_committed(tmp_path: Path) -> None:
    origin = _written(tmp_path, "a.pb", profile("main.main 5"))

    result = ingest_batch([origin], lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    assert result.written.summary["profile"] == 1
    assert read_snapshot(str(tmp_path / "lake")).batch == 0


def test_what_is_known_or_stands_twice_is_counted_and_left_out(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "a.pb", profile("main.main 5")),
        _written(tmp_path, "again.pb", profile("main.main 5")),
        _written(tmp_path, "b.pb", profile("main.main 6")),
    ]
    first = ingest_batch(batch[2:], lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    result = ingest_batch(
        batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known(ingested=first.written.sources)
    )

    assert (dict(result.ingested), result.known) == ({"heap": 1}, 2)


def test_a_broken_input_is_refused_and_the_others_go_in(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "cut.pb", profile("main.main 5")[:-3]),
        _written(tmp_path, "good.pb", profile("main.main 5")),
        _written(tmp_path, "notes.txt", b"call them on Monday"),
    ]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    assert dict(result.ingested) == {"heap": 1}
    assert {Path(uri).name for uri, _ in result.refusals} == {"cut.pb", "notes.txt"}
    assert len(result.written.sources) == 1
    assert sorted(row["status"] for row in _told(result, tmp_path / "lake")) == ["ingested", "refused", "refused"]


def test_what_is_held_in_memory_is_told_as_what_is_written(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "cut.pb", profile("main.main 5")[:-3]),
        _written(tmp_path, "good.pb", profile("main.main 5")),
        _written(tmp_path, "again.pb", profile("main.main 5")),
    ]
    written = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    held = hold_batch(batch, limits=LIMITS, most_bytes=1 << 20)

    assert held is not None
    result, rows = held
    assert replace(result, written=written.written) == written
    assert {name: table.num_rows for name, table in rows.items()} == written.written.summary
    assert hold_batch(batch, limits=LIMITS, most_bytes=sum(one.nbytes for one in rows.values()) - 1) is None


def test_equal_reports_of_two_builds_are_two_sources_and_of_one_build_one(tmp_path: Path) -> None:
    batch = [
        _written(tmp_path, "a.txt", REPORT.encode(), service="shop", build="1.4"),
        _written(tmp_path, "b.txt", REPORT.encode(), service="shop", build="1.5"),
        _written(tmp_path, "c.txt", REPORT.encode(), service="shop", build="1.5", team="blue"),
    ]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    assert (result.ingested["escape report"], result.known) == (2, 1)


def test_a_trace_larger_than_what_may_be_held_goes_in_whole(tmp_path: Path) -> None:
    content = (FILES / "tracer/service=tracer/build=go1.27-trim/generations.trace").read_bytes()
    origins = [_written(tmp_path, "a.trace", content), _written(tmp_path, "b.pb", profile("main.main 5"))]
    summaries = []

    for most in (len(content), len(content) - 1):
        limits = replace(LIMITS, max_plain_bytes=most)
        result = ingest_batch(origins, lake=str(tmp_path / f"lake{most}"), limits=limits, known=Known())
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
        known=Known(),
    )

    assert result.refusals == ()
    assert result.written.summary["trace"] == 2


def test_a_source_refused_in_the_same_words_is_told_and_not_written_again(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    batch = [_written(tmp_path, "notes.txt", b"call them on Monday")]
    first = ingest_batch(batch, lake=lake, limits=LIMITS, known=Known())
    commit(lake, first.written, known=Known())

    again = ingest_batch(batch, lake=lake, limits=LIMITS, known=read_known(lake))

    assert (again.refusals, again.known) == (first.refusals, 0)
    assert (again.written.files, again.written.sources.tolist()) == ((), [])


def test_a_source_refused_in_other_words_is_written_again(tmp_path: Path) -> None:
    batch = [_written(tmp_path, "notes.txt", b"call them on Monday")]
    first = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())
    (told,) = _told(first, tmp_path / "lake")

    known = Known(refused={told["source_hash"]: "in other words"})
    again = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=known)

    assert [row["reason"] for row in _told(again, tmp_path / "lake")] == [told["reason"]]


def _zipped(path: Path, **members: bytes) -> Origin:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Origin(str(path), offered=4711)


def test_with_anything_that_is_told_anew_of_an_archive_all_that_is_refused_of_it_is_told(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    archive = _zipped(tmp_path / "a.zip", bad=b"call them on Monday", good=profile("main.main 5"))
    commit(lake, ingest_batch([archive], lake=lake, limits=LIMITS, known=Known()).written, known=Known())
    _zipped(tmp_path / "a.zip", bad=b"call them on Monday", good=profile("main.main 6"))

    again = ingest_batch([archive], lake=lake, limits=LIMITS, known=read_known(lake))

    assert _outcomes(again, lake) == {("bad", "refused"), ("good", "ingested")}


def test_an_archive_of_which_nothing_is_new_adds_nothing_however_often_it_is_read(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    archive = _zipped(tmp_path / "a.zip", bad=b"call them on Monday", good=profile("main.main 5"))
    commit(lake, ingest_batch([archive], lake=lake, limits=LIMITS, known=Known()).written, known=Known())

    again = ingest_batch([archive], lake=lake, limits=LIMITS, known=read_known(lake))

    assert (again.known, len(again.refusals), again.written.files) == (1, 1, ())


def test_a_member_does_not_stand_for_an_archive_of_which_something_was_refused(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    whole = _zipped(tmp_path / "a.zip", good=profile("main.main 5"))
    part = replace(_zipped(tmp_path / "b.zip", bad=b"call them on Monday", good=profile("main.main 6")), offered=4712)

    commit(lake, ingest_batch([whole, part], lake=lake, limits=LIMITS, known=Known()).written, known=Known())

    assert read_known(lake).offered.tolist() == [4711]


def _told(result: BatchResult, lake: str | Path) -> list[Mapping[str, Any]]:
    """The rows of table `source` that a batch wrote."""
    return [
        row
        for file in result.written.files
        if file.table == "source"
        for row in read_rows(str(lake), file.path).to_pylist()
    ]


def _outcomes(result: BatchResult, lake: str | Path) -> set[tuple[str, str]]:
    """Each row's place, the archive itself having none, and its status."""
    return {(row["uri"].removeprefix(row["path"]).removeprefix("!"), row["status"]) for row in _told(result, lake)}


def test_a_refused_report_has_no_notes_beside_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
        yield Decoded({}, notes=[Note(0, "malformed_line", 1), Note(1, "malformed_line", 2)])
        yield Decoded({}, notes=[Note(1, "malformed_line", 3)], refusals={0: "nothing in it"})

    noting = Format("noting", recognise=lambda content: True, decode=decode, fills=())
    monkeypatch.setattr("pipeline.formats.FORMATS", (noting,))
    batch = [_written(tmp_path, "a.txt", b"a"), _written(tmp_path, "b.txt", b"b")]

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    (notes,) = [file for file in result.written.files if file.table == "ingest_note"]
    rows = read_rows(str(tmp_path / "lake"), notes.path).to_pylist()
    assert [(row["source_hash"], row["count"]) for row in rows] == [(hash_of(b"b"), 5)]


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

    result = ingest_batch(batch, lake=str(tmp_path / "lake"), limits=limits, known=Known())

    assert (dict(result.ingested), len(result.refusals)) == ({"heap": 2}, 1)
    assert _outcomes(result, tmp_path / "lake") == {("0.pb", "ingested"), ("1.pb", "ingested"), ("", "refused")}


def test_what_is_refused_is_refused_as_often_as_it_stands_there(tmp_path: Path) -> None:
    for name, content in (("a", b""), ("b", b""), ("c", b"\x0a\xff"), ("d", b"\x0a\xff")):
        (tmp_path / name).write_bytes(content)

    result = ingest_batch(
        [Origin(str(tmp_path / name)) for name in "abcd"], lake=str(tmp_path / "lake"), limits=LIMITS, known=Known()
    )

    assert (dict(result.ingested), result.known) == ({}, 0)
    assert sorted(Path(uri).name for uri, _ in result.refusals) == ["a", "b", "c", "d"]


# Bugs of ours, planted: whatever meets the word `cursed` breaks. ------------------------------------------------------

CURSE = b"cursed"


def _recurse(depth: int) -> int:
    return 1 + _recurse(depth + 1)


def _panic() -> None:
    # What polars raises for a bug of its own is no Exception.
    raise pl.exceptions.PanicException("index out of bounds")


BUGS: Mapping[str, Callable[[], object]] = {
    "IndexError": lambda: [][1],
    "OverflowError": lambda: int(float("inf")),
    "MemoryError": lambda: np.zeros(1 << 58),
    "RecursionError": lambda: _recurse(0),
    "ValueError": lambda: np.frombuffer(CURSE, np.int64),
    "ArrowInvalid": lambda: pa.array([1, "a"], pa.int64()),
    "PanicException": _panic,
    "SystemError": lambda: (_ for _ in ()).throw(SystemError("\x1b[31m\udcff of a library")),
}

TEXT_HEAP = """heap profile: 1: 48 [1: 48] @ heap/1048576
1: 48 [1: 48] @ 0x46d2f5
#\t0x46d2f4\tmain.WORD+0x14\t/a/WORD.go:7

"""


def _inputs(folder: Path) -> list[Origin]:
    """A good and a cursed input of each format, the cursed ones between the good."""
    made: list[Origin] = []
    for word, weight in (("one", 5), ("cursed", 6), ("two", 7)):
        blocked = [batch.replace(b"main.f", word.encode()[:6].ljust(6, b".")) for batch in trace.BLOCKED]
        made += [
            _written(folder, f"{word}.pb", profile(f"main.{word} {weight}")),
            _written(folder, f"{word}.otlp", otlp(message(f"main.{word} {weight}")).SerializeToString()),
            _written(folder, f"{word}.trace", trace.trace(26, blocked)),
            _written(folder, f"{word}.txt", f"# app\n./{word}.go:5:2: moved to heap: x\n".encode()),
            _written(folder, f"{word}.log", lines(f"{word} | {gc(weight)}")),
            _written(folder, f"{word}.exe", executable(Function(f"main.{word}")).content),
            _written(folder, f"{word}.heap", TEXT_HEAP.replace("WORD", word).encode()),
            _written(
                folder, f"{word}.dump", f"goroutine 1 [running]:\nmain.{word}()\n\t/a/{word}.go:7 +0x1d\n".encode()
            ),
            _written(folder, f"{word}.json", memstats.lines({"msg": word, "m": memstats.memstats(weight)})),
            _written(folder, f"{word}.prom", f'go_threads{{job="{word}"}} {weight}\n'.encode()),
        ]
    return made


def _cursed(inputs: Sequence[Origin]) -> list[str]:
    return sorted(Path(origin.path).name for origin in inputs if "cursed" in origin.path)


def _is_cursed(blobs: Sequence[Blob]) -> bool:
    return any(CURSE in blob.content for blob in blobs)


def _with_decoders(monkeypatch: pytest.MonkeyPatch, plant: Callable[[Format], Format]) -> None:
    monkeypatch.setattr("pipeline.formats.FORMATS", tuple(plant(one) for one in FORMATS))


def _rows(result: BatchResult, lake: Path) -> Mapping[str, list[Mapping[str, Any]]]:
    """All rows but those of refused sources, whose number is that of the refusals, and when each was read."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in result.written.files:
        rows = read_rows(str(lake), file.path).to_pylist()
        if file.table == "source":
            rows = [{**row, "ingested_at": None} for row in rows if row["status"] == "ingested"]
        found.setdefault(file.table, []).extend(rows)
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


def _only_the_cursed_are_refused(folder: Path, *, says: str = "this is a bug in heapscape: please report it") -> None:
    """Ingest, and compare all rows with those of a batch in which the cursed inputs are not; the lake is sound."""
    inputs = _inputs(folder)
    good = [origin for origin in inputs if "cursed" not in origin.path]

    result = ingest_batch(inputs, lake=str(folder / "lake"), limits=LIMITS, known=Known())

    refused = {Path(uri).name: reason for uri, reason in result.refusals}
    assert refused.keys() <= set(_cursed(inputs))
    assert refused
    for reason in refused.values():
        assert says in reason
        assert reason.isprintable()
    plain = [origin for origin in inputs if Path(origin.path).name not in refused]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.formats.FORMATS", FORMATS)
        patch.setattr(batches, "build_tables", BUILD_TABLES)
        undisturbed = ingest_batch(plain, lake=str(folder / "other"), limits=LIMITS, known=Known())
    assert undisturbed.refusals == ()
    assert _rows(result, folder / "lake") == _rows(undisturbed, folder / "other")
    assert (result.ingested, result.known) == (undisturbed.ingested, 0)
    assert len(result.written.sources) == len(inputs) - len(refused) >= len(good)
    commit(str(folder / "lake"), result.written, known=Known())
    assert list(verify(read_snapshot(str(folder / "lake")))) == []


BUILD_TABLES = batches.build_tables


@pytest.mark.parametrize("behind", [0, 1])
@pytest.mark.parametrize("name", [one.name for one in FORMATS])
def test_an_exception_in_a_decoder_refuses_the_input_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, behind: int
) -> None:
    def plant(of: Format) -> Format:
        def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
            if _is_cursed(blobs):
                # Behind its first Decoded, rows of it are on their way.
                yield from [next(iter(of.decode(blobs)))] * behind
                _ = [][1]
            yield from of.decode(blobs)

        return replace(of, decode=decode) if of.name == name else of

    _with_decoders(monkeypatch, plant)

    _only_the_cursed_are_refused(tmp_path, says="IndexError at batch.py:")


@pytest.mark.parametrize("name", BUGS)
def test_whatever_exception_it_is_the_reason_names_it_in_plain_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def plant(of: Format) -> Format:
        def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
            if _is_cursed(blobs):
                BUGS[name]()
            yield from of.decode(blobs)

        return replace(of, decode=decode)

    _with_decoders(monkeypatch, plant)

    _only_the_cursed_are_refused(tmp_path, says=f"{name} at batch.py:")


def test_an_exception_in_a_recogniser_refuses_the_input_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plant(of: Format) -> Format:
        def recognise(content: bytes) -> bool:
            assert CURSE not in content, "a curse"
            return of.recognise(content)

        return replace(of, recognise=recognise)

    _with_decoders(monkeypatch, plant)

    _only_the_cursed_are_refused(tmp_path, says="AssertionError at formats/__init__.py:")


def _of_the_wrong_type(tables: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    return {
        name: rows.cast(pa.schema([field.with_type(pa.string()) for field in rows.schema][:1]))
        if rows.num_columns == 1
        else rows.select(rows.column_names[1:])
        for name, rows in tables.items()
    }


def _of_a_stranger(tables: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    def strange(rows: pa.Table) -> pa.Table:
        names = [name for name in ("source_hash", "profile_hash", "trace_hash") if name in rows.column_names][:1]
        for name in names:
            column = pa.array([4711] * rows.num_rows, pa.int64())
            rows = rows.set_column(rows.column_names.index(name), rows.schema.field(name), column)
        return rows

    return {name: strange(rows) for name, rows in tables.items()}


@pytest.mark.parametrize("broken", [_of_the_wrong_type, _of_a_stranger])
def test_tables_that_are_not_as_declared_refuse_the_input_they_are_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Callable[[Mapping[str, pa.Table]], Mapping[str, pa.Table]]
) -> None:
    def build(decoded: Decoded, blobs: Sequence[Blob], **rest: Any) -> Mapping[str, pa.Table]:
        tables = BUILD_TABLES(decoded, blobs, **rest)
        return broken(tables) if _is_cursed(blobs) else tables

    monkeypatch.setattr(batches, "build_tables", build)

    _only_the_cursed_are_refused(tmp_path, says="SchemaError at lake/")


def test_an_exception_in_a_table_builder_refuses_the_input_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(decoded: Decoded, blobs: Sequence[Blob], **rest: Any) -> Mapping[str, pa.Table]:
        if _is_cursed(blobs):
            pa.array([1, "a"], pa.int64())
        return BUILD_TABLES(decoded, blobs, **rest)

    monkeypatch.setattr(batches, "build_tables", build)

    _only_the_cursed_are_refused(tmp_path, says="ArrowInvalid at batch.py:")


def test_a_bug_that_shows_only_in_company_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plant(of: Format) -> Format:
        def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
            yield from of.decode(blobs)
            assert len(blobs) == 1

        return replace(of, decode=decode)

    _with_decoders(monkeypatch, plant)

    inputs = _inputs(tmp_path)
    result = ingest_batch(inputs, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    assert (result.refusals, len(result.written.sources)) == ((), len(inputs))


def test_what_was_known_or_stands_twice_is_counted_once_when_a_batch_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plant(of: Format) -> Format:
        def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
            yield from of.decode(blobs)
            assert not _is_cursed(blobs)

        return replace(of, decode=decode)

    _with_decoders(monkeypatch, plant)
    inputs = [*_inputs(tmp_path), _written(tmp_path, "one-again.pb", profile("main.one 5"))]

    result = ingest_batch(inputs, lake=str(tmp_path / "lake"), limits=LIMITS, known=Known())

    # The profile, the text of one, and one of OpenTelemetry.
    assert (result.ingested["heap"], result.known) == (6, 1)
    assert sorted(Path(uri).name for uri, _ in result.refusals) == _cursed(inputs)


def test_an_exception_in_an_unpacker_refuses_the_member_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract(archive: Any, entry: Any, **rest: Any) -> bytes:
        content = EXTRACT(archive, entry, **rest)
        assert CURSE not in content, "a curse"
        return content

    monkeypatch.setattr(reading, "extract", extract)
    inputs = _inputs(tmp_path)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for origin in inputs:
            archive.write(origin.path, Path(origin.path).name)

    result = ingest_batch(
        [Origin(str(tmp_path / "all.zip"))], lake=str(tmp_path / "lake"), limits=LIMITS, known=Known()
    )

    assert sorted(uri.rpartition("!")[2] for uri, _ in result.refusals) == _cursed(inputs)
    assert all("AssertionError at inputs/read.py:" in reason for _, reason in result.refusals)
    assert len(result.written.sources) == len(inputs) - len(result.refusals)


EXTRACT = reading.extract


def test_an_exception_while_a_file_is_unpacked_refuses_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gunzip(content: bytes, **rest: Any) -> bytes | None:
        assert CURSE not in content, "a curse"
        return GUNZIP(content, **rest)

    monkeypatch.setattr(reading, "gunzip_whole", gunzip)

    _only_the_cursed_are_refused(tmp_path, says="AssertionError at inputs/read.py:")


GUNZIP = reading.gunzip_whole
