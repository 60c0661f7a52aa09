"""A lake again under other names: the same rows, and of every text somebody has said what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import SchemaError, UsageError
from pipeline.lake.datafile import read_rows
from pipeline.lake.nameless import anonymize, rule_of
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.verify import verify
from pipeline.pseudonyms import Pseudonyms
from pipeline.schema import tables
from pipeline.values import Snapshot
from tests.lake.builder import batch, committed, table, write


def filled(lake: Path, batch: Mapping[str, pa.Table]) -> None:
    committed(lake, write(lake, batch))


def rows(snapshot: Snapshot, name: str) -> list[dict[str, object]]:
    found = [read_rows(snapshot.lake, file.path) for file in snapshot.files[name]]
    return [row for part in found for row in part.to_pylist()]


def texts(name: str, where: str, kind: pa.DataType) -> Iterator[str]:
    if pa.types.is_map(kind):
        return
    if pa.types.is_list(kind):
        yield from texts(name, where, kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind.fields:
            yield from texts(name, f"{where}.{field.name}", field.type)
    elif pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind):
        yield f"{name}.{where}"


def test_of_every_text_it_is_said_what_becomes_of_it() -> None:
    found = [
        where
        for name, declared in tables().items()
        if declared.in_lake
        for field in declared.schema
        for where in texts(name, field.name, field.type)
    ]

    elsewhere = ("escape_site.message", "goroutine_dump.created_file")
    assert len(found) > 100
    assert {rule_of(where) for where in found if where not in elsewhere}
    with pytest.raises(SchemaError, match="nothing says what becomes of its names"):
        rule_of("profile.nickname")


def test_the_rows_are_the_same_under_other_hashes(tmp_path: Path) -> None:
    filled(tmp_path / "lake", batch("a b"))
    was = read_snapshot(str(tmp_path / "lake"))

    counted = anonymize(was, str(tmp_path / "shared"), names=Pseudonyms())

    made = read_snapshot(str(tmp_path / "shared"))
    assert list(verify(made)) == []
    assert {name: len(rows(made, name)) for name in made.files} == dict(counted)
    assert set(made.files) == set(was.files)
    for name in ("stack", "sample", "profile"):
        key = f"{name}_hash" if name != "sample" else "stack_hash"
        before, after = ({row[key] for row in rows(one, name)} for one in (was, made))
        assert len(before) == len(after)
        assert not before & after
    assert sorted(row["sample_index"] for row in rows(made, "sample")) == sorted(
        row["sample_index"] for row in rows(was, "sample")
    )


def test_what_was_relabelled_is_so_no_more_and_refusals_quote_nothing(tmp_path: Path) -> None:
    told = [
        {"source_hash": 1, "uri": "in/kim-1.pb", "status": "ingested", "sha256": "12"},
        {"source_hash": 1, "uri": "in/kim-1.pb", "status": "relabelled", "reason": "3"},
        {"source_hash": 2, "uri": "in/kim-2.pb", "status": "refused", "reason": "it begins with 'kim'"},
    ]
    filled(tmp_path / "lake", {"source": table("source", told)})

    anonymize(read_snapshot(str(tmp_path / "lake")), str(tmp_path / "shared"), names=Pseudonyms())

    made = rows(read_snapshot(str(tmp_path / "shared")), "source")
    assert sorted((row["uri"], row["status"], row["reason"]) for row in made) == [
        ("n1/n2-1.pb", "ingested", None),
        ("n1/n2-2.pb", "refused", ""),
    ]


def test_messages_of_the_compiler_keep_their_words(tmp_path: Path) -> None:
    said = [
        ("heap", "heap escapes to heap"),
        ("entry", "moved to heap: entry"),
        ("b", "leaking param: b to result ~r0 level=1"),
        ('errors.New("kim")', 'errors.New("kim") does not escape'),
    ]
    sites = [
        {
            "source_hash": 1,
            "escape_site_hash": number,
            "file": "kim.go",
            "line": number,
            "expression": one,
            "message": message,
        }
        for number, (one, message) in enumerate(said, start=1)
    ]
    source = {"source_hash": 1, "uri": "r.txt", "status": "ingested"}
    filled(tmp_path / "lake", {"source": table("source", [source]), "escape_site": table("escape_site", sites)})

    anonymize(read_snapshot(str(tmp_path / "lake")), str(tmp_path / "shared"), names=Pseudonyms())

    made = rows(read_snapshot(str(tmp_path / "shared")), "escape_site")
    found = [row["message"] for row in sorted(made, key=lambda row: str(row["line"]))]
    assert [str(one).split(" ", 1)[1] for one in (found[0], found[3])] == ["escapes to heap", "does not escape"]
    assert str(found[1]).startswith("moved to heap: n")
    assert str(found[2]).endswith(" to result ~r0 level=1")
    assert all(row["file"] == made[0]["file"] != "kim.go" for row in made)
    assert "kim" not in str(made)


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "lake", batch("a"))
    snapshot = read_snapshot(str(tmp_path / "lake"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")

    for into in ("lake", "full"):
        with pytest.raises(UsageError, match="there is something already; give a folder that is empty, or not there"):
            anonymize(snapshot, str(tmp_path / into), names=Pseudonyms())
