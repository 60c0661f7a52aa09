from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.hashes import hexadecimal
from pipeline.lake import delta
from pipeline.lake.commit import open_writer
from pipeline.lake.datafile import encode, read_rows
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.verify import Finding, vacuum, verify
from pipeline.lake.writer import publish, stage
from pipeline.schema import tables
from pipeline.values import DataFile
from tests.lake.builder import batch, committed, content_id, ingest, refuse, table, write


def errors(lake: Path) -> list[Finding]:
    return [finding for finding in findings(lake) if finding.severity == "error"]


def findings(lake: Path) -> list[Finding]:
    return list(verify(read_snapshot(str(lake))))


def the_file(lake: Path, name: str) -> DataFile:
    (file,) = read_snapshot(str(lake)).files[name]
    return file


def replace_rows(lake: Path, name: str, rows: pa.Table, *, said: int | None = None) -> None:
    """Put other rows into a table's only file, and tell its log, as a bug of ours would; it says there are `said` of them."""
    file, declared = the_file(lake, name), tables()[name]
    content = encode(rows, table=declared)
    staged = stage(str(lake), content, rows=said or rows.num_rows, table=declared, folder=file.path.rpartition("/")[0])
    (new,) = publish(str(lake), [staged])
    log = delta.opened(str(lake), name)
    delta.commit(log, str(lake), name, [new], [file], schema=declared.schema, partition=declared.partition)
    (lake / file.path).unlink()


def stored(lake: Path, name: str) -> pa.Table:
    return read_rows(str(lake), the_file(lake, name).path)


def test_a_sound_lake_has_no_findings(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    ingest(tmp_path, "b c")

    assert errors(tmp_path) == []


def test_files_of_one_commit_with_other_words_are_sound(tmp_path: Path) -> None:
    with open_writer(str(tmp_path), flush_bytes=1) as writer:
        for name, word in (("a", "x"), ("b", "y")):
            ids = {"trace_hash": content_id("source", name), "source_hash": content_id("source", name)}
            ranges = table("trace_range", [{"trace_hash": ids["trace_hash"], "name": word}])
            writer.add({**batch(name), "trace": table("trace", [ids]), "trace_range": ranges})

    committed(tmp_path, writer.written)

    assert findings(tmp_path) == []


def test_a_lake_that_is_not_there_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path / "none") == []


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = the_file(tmp_path, "sample").path
    (tmp_path / path).unlink()

    (finding,) = errors(tmp_path)

    assert (finding.path, finding.problem) == (path, "cannot be read: No such file or directory; it has 12 rows")
    assert finding.advice.startswith("restore the file")


def test_one_changed_byte_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = tmp_path / the_file(tmp_path, "sample").path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    (finding,) = errors(tmp_path)

    assert finding.problem.startswith("sha256 ")


def test_another_size_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = tmp_path / the_file(tmp_path, "sample").path
    path.write_bytes(path.read_bytes()[:-1])

    (finding,) = errors(tmp_path)

    assert " bytes, the log says " in finding.problem


def test_another_row_count_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    replace_rows(tmp_path, "sample", stored(tmp_path, "sample").slice(0, 11), said=99)

    (finding,) = errors(tmp_path)

    assert finding.problem == "11 rows, the log says 99"


def test_a_column_of_another_type_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "function")
    wrong = rows.set_column(5, "start_line", rows["start_line"].cast(pa.int32()))
    replace_rows(tmp_path, "function", wrong)

    assert "column start_line is int32, declared int64" in [finding.problem for finding in errors(tmp_path)]


def test_a_lacking_column_that_may_not_be_null_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    replace_rows(tmp_path, "function", stored(tmp_path, "function").drop_columns(["file"]))

    assert "column file is not in it, and is NOT NULL" in [finding.problem for finding in errors(tmp_path)]


def test_a_lacking_column_that_may_be_null_is_an_older_file(tmp_path: Path) -> None:
    ingest(tmp_path, "a")

    replace_rows(tmp_path, "function", stored(tmp_path, "function").drop_columns(["package"]))

    assert findings(tmp_path) == []


def test_a_column_nobody_declares_is_a_newer_file(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "function")

    replace_rows(tmp_path, "function", rows.append_column("colour", pa.array(["blue"] * rows.num_rows)))

    (finding,) = findings(tmp_path)
    assert (finding.severity, finding.problem) == ("info", "column colour is not declared")


def test_a_repeated_key_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "sample")
    replace_rows(tmp_path, "sample", pa.concat_tables([rows, rows.slice(3, 1)]))

    (finding,) = errors(tmp_path)

    assert finding.problem.startswith("1 rows repeat a key (profile_hash, sample_index), such as ")


def test_a_symbol_twice_in_one_file_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "stack")
    replace_rows(tmp_path, "stack", pa.concat_tables([rows, rows]))

    (finding,) = errors(tmp_path)

    assert finding.problem == "stack_hash is not unique in it"


def test_one_id_with_two_contents_in_two_commits_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    clashing = batch("b", stacks="a c")
    rows = clashing["stack"].to_pylist()
    rows[0]["location_hashes"] = rows[0]["location_hashes"][::-1]
    clashing["stack"] = table("stack", rows)
    committed(tmp_path, write(tmp_path, clashing))

    (finding,) = errors(tmp_path)

    clash = content_id("stack", "a")
    assert finding.problem == f"stack_hash {hexadecimal(clash)} has different contents in two files (1 such keys)"


@pytest.mark.parametrize(
    ("lost", "missed_by"),
    [
        ("stack", "stack_hash are not in table stack"),
        ("label_set", "label_set_hash are not in table label_set"),
        ("mapping", "mapping_hash are not in table mapping"),
        ("function", "lines.function_hash are not in table function"),
        ("location", "location_hashes are not in table location"),
    ],
)
def test_a_reference_to_a_lost_row_is_an_error(tmp_path: Path, lost: str, missed_by: str) -> None:
    one = batch("a")
    one[lost] = one[lost].slice(0, 0)
    committed(tmp_path, write(tmp_path, one))

    problems = [finding.problem for finding in errors(tmp_path)]

    assert len(problems) == 1
    assert missed_by in problems[0]


def test_rows_of_a_source_that_did_not_go_in_are_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    rows = stored(tmp_path, "source").to_pylist()
    replace_rows(tmp_path, "source", table("source", [row for row in rows if row["uri"] != "a.pb.gz"]))

    problems = {finding.problem for finding in errors(tmp_path)}

    assert f"rows of source {hexadecimal(content_id('source', 'a'))}, which did not go in" in problems


def test_rows_of_a_refused_source_are_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = [{**row, "status": "refused", "reason": "cut off"} for row in stored(tmp_path, "source").to_pylist()]
    replace_rows(tmp_path, "source", table("source", rows))

    problems = {finding.problem for finding in errors(tmp_path)}

    assert f"rows of source {hexadecimal(content_id('source', 'a'))}, which did not go in" in problems


def test_a_source_that_went_in_twice_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "source")
    replace_rows(tmp_path, "source", pa.concat_tables([rows, rows]))

    assert "1 sources went in twice; their rows count twice" in [finding.problem for finding in errors(tmp_path)]


def test_refusals_told_again_and_names_of_known_bytes_are_sound(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")
    refuse(tmp_path, "b", reason="too large", at=13)
    ingest(tmp_path, "a")
    again = [{**row, "uri": "again.pb.gz", "status": "known"} for row in batch("a")["source"].to_pylist()]
    committed(tmp_path, write(tmp_path, {"source": table("source", again)}))

    assert findings(tmp_path) == []


def test_what_a_crash_left_is_told_as_info(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    (tmp_path / "stack" / f".{'a' * 32}.tmp").write_bytes(b"half")
    left = write(tmp_path, batch("b"))

    found = findings(tmp_path)

    assert {finding.severity for finding in found} == {"info"}
    assert {finding.path for finding in found} >= {f"stack/.{'a' * 32}.tmp", left.files[0].path}


def test_a_vacuum_removes_what_is_old_and_listed_nowhere(tmp_path: Path) -> None:
    snapshot = ingest(tmp_path, "a")
    listed = {file.path for files in snapshot.files.values() for file in files}
    old = [f"stack/.{'a' * 32}.tmp", f"batch/.{'b' * 32}.tmp", f"stack/{'c' * 32}.parquet"]
    theirs = ["stack/notes.txt", f"backup/{'c' * 32}.parquet", "README.md"]
    for name in (*old, *theirs):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    (tmp_path / "stack" / f".{'d' * 32}.tmp").write_bytes(b"young")

    removed = vacuum(str(tmp_path), older_than_hours=1)

    assert removed == sorted(old)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in left if "_delta_log" not in path and not path.startswith("batch/")} == (
        listed | set(theirs) | {f"stack/.{'d' * 32}.tmp"}
    )
    assert errors(tmp_path) == []


def test_a_lake_is_sound_after_a_vacuum(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    write(tmp_path, batch("b"))

    removed = vacuum(str(tmp_path), older_than_hours=0)

    assert removed
    assert findings(tmp_path) == []


def test_a_vacuum_of_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    assert vacuum(str(tmp_path / "none"), older_than_hours=0) == []
    assert not (tmp_path / "none").exists()


def test_a_lake_that_was_moved_is_sound(tmp_path: Path) -> None:
    ingest(tmp_path / "here", "a")

    shutil.move(tmp_path / "here", tmp_path / "there")

    assert findings(tmp_path / "there") == []
