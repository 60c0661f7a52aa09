from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import LakeError
from pipeline.lake.manifest import Entry, append, entries, exclusive_lock, latest_version, shared_lock
from pipeline.values import DataFile

_FILE = DataFile("stack", "stack/00.parquet", 3, 100, "00" * 32)


def entry(version: int, *sources: int) -> Entry:
    return Entry(version, "2026-11-23T10:00:00.000+00:00", "test", frozenset(sources), (_FILE,), {"stack": 3})


def edit(lake: Path, number: int, **changes: Any) -> None:
    path = lake / "_manifest" / f"{number:010d}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_an_entry_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = entry(1, 2**64 - 1, 7)

    append(str(tmp_path), written)

    assert list(entries(str(tmp_path), after=0)) == [written]


def test_an_entry_that_replaces_a_refusal_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = replace(entry(1, 7, 9), refused={9: "cut off"}, replaced=frozenset({7, 8}), removed=("source/1.parquet",))

    append(str(tmp_path), written)

    assert list(entries(str(tmp_path), after=0)) == [written]


def test_only_an_entry_that_removes_files_has_the_format_that_knows_of_it(tmp_path: Path) -> None:
    append(str(tmp_path), replace(entry(1, 7), refused={7: "cut off"}))
    append(str(tmp_path), replace(entry(2, 7), replaced=frozenset({7}), removed=("source/1.parquet",)))

    formats = [json.loads(path.read_text())["format"] for path in sorted((tmp_path / "_manifest").iterdir())]

    assert formats == [1, 2]


def test_an_entry_from_before_refusals_were_written_down_does_not_tell_them(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 7))
    path = tmp_path / "_manifest" / "0000000001.json"
    document = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: document[key] for key in document if key not in ("refused", "replaced", "removed")})
    )

    (read,) = entries(str(tmp_path), after=0)

    assert read == replace(entry(1, 7), refused=None)


def test_an_entry_is_json_that_people_can_read(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 255))

    assert json.loads((tmp_path / "_manifest" / "0000000001.json").read_text()) == {
        "format": 1,
        "version": 1,
        "committed_at": "2026-11-23T10:00:00.000+00:00",
        "written_by": "test",
        "sources": ["00000000000000ff"],
        "refused": {},
        "replaced": [],
        "removed": [],
        "files": [{"table": "stack", "path": "stack/00.parquet", "rows": 3, "size_bytes": 100, "sha256": "00" * 32}],
        "summary": {"stack": 3},
    }


def test_a_number_is_taken_once(tmp_path: Path) -> None:
    first = append(str(tmp_path), entry(1, 1))
    second = append(str(tmp_path), entry(1, 2))

    assert (first, second) == (True, False)
    assert [one.sources for one in entries(str(tmp_path), after=0)] == [frozenset({1})]


def test_no_staged_entry_is_left_by_winner_or_loser(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 1))
    append(str(tmp_path), entry(1, 2))

    assert [path.name for path in (tmp_path / "_manifest").iterdir()] == ["0000000001.json"]


def test_a_lake_that_is_not_there_has_version_zero(tmp_path: Path) -> None:
    assert latest_version(str(tmp_path / "none")) == 0


def test_a_gap_is_refused_with_the_missing_entry(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        append(str(tmp_path), entry(version, version))
    (tmp_path / "_manifest" / "0000000002.json").unlink()

    with pytest.raises(LakeError, match=r"0000000002.json: entry 2 is missing, and later ones are there.*Restore it"):
        list(entries(str(tmp_path), after=0))


@pytest.mark.parametrize("kept", range(0, 300, 7))
def test_an_entry_cut_off_anywhere_is_refused_with_its_path(tmp_path: Path, kept: int) -> None:
    append(str(tmp_path), entry(1, 1))
    path = tmp_path / "_manifest" / "0000000001.json"
    content = path.read_bytes()
    assert kept < len(content) - 2

    path.write_bytes(content[:kept])

    with pytest.raises(LakeError, match=rf"0000000001.json: not a manifest entry: .*it has {kept} bytes.*restore it"):
        list(entries(str(tmp_path), after=0))


@pytest.mark.parametrize(
    "content",
    ["[]", "null", "7", '"x"', "{}", '{"format": "one"}', "\xff", "[" * 200_000, '{"format":' * 200_000, "9" * 5_000],
    ids=range(10),
)
def test_json_that_is_no_entry_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "_manifest").mkdir()
    (tmp_path / "_manifest" / "0000000001.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(LakeError, match=r"0000000001.json: not a manifest entry"):
        list(entries(str(tmp_path), after=0))


_VALUES = (7, -1, 1.5, True, None, "", "x", "\ud800", "9" * 16, ["x"], [7], [[]], {"x": "x"}, {"x": None}, [{}])


def test_an_entry_with_any_value_anywhere_is_refused_or_of_the_types_it_should_have(tmp_path: Path) -> None:
    append(str(tmp_path), replace(entry(1, 1), removed=("source/1.parquet",), refused={1: "cut off"}))
    whole = json.loads((tmp_path / "_manifest" / "0000000001.json").read_text())
    (file,) = whole["files"]
    changes = [{key: value} for key in whole for value in _VALUES]
    changes += [{"files": [{**file, key: value}]} for key in file for value in _VALUES]
    accepted, refused = [], []
    for change in changes:
        edit(tmp_path, 1, **{**whole, **change})
        try:
            accepted += list(entries(str(tmp_path), after=0))
        except LakeError as error:
            refused.append(str(error))

    assert len(refused) > 150
    assert accepted
    for one in accepted:
        assert {type(value) for value in (one.committed_at, one.written_by, *one.removed)} == {str}
        assert {type(value) for value in (one.version, *one.sources, *one.replaced, *one.summary.values())} == {int}
        assert {
            (type(of.table), type(of.path), type(of.rows), type(of.size_bytes), type(of.sha256)) for of in one.files
        } <= {(str, str, int, int, str)}
        assert {(type(source), type(reason)) for source, reason in (one.refused or {}).items()} <= {(int, str)}


@pytest.mark.parametrize(
    "path", ["../x.parquet", "/etc/x.parquet", "stack/../../x.parquet", "stack/passwd", "a\0b.parquet"]
)
def test_an_entry_whose_files_lie_outside_the_lake_is_refused(tmp_path: Path, path: str) -> None:
    append(str(tmp_path), entry(1, 1))
    edit(tmp_path, 1, removed=[path])

    with pytest.raises(LakeError, match="is no path of a data file in the lake"):
        list(entries(str(tmp_path), after=0))


def test_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 1))
    edit(tmp_path, 1, format=3, written_by="heapscape 9.0")

    with pytest.raises(LakeError, match=r"manifest format 3; this heapscape reads up to 2.*heapscape 9.0\): upgrade"):
        list(entries(str(tmp_path), after=0))


def test_keys_a_later_version_adds_are_passed_over(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 1))
    edit(tmp_path, 1, colour="blue")

    assert list(entries(str(tmp_path), after=0)) == [entry(1, 1)]


def test_an_entry_under_another_number_is_refused(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 1))
    edit(tmp_path, 1, version=5)

    with pytest.raises(LakeError, match=r"0000000001.json: says it is entry 5"):
        list(entries(str(tmp_path), after=0))


def test_a_lake_that_went_back_in_time_is_noticed(tmp_path: Path) -> None:
    append(str(tmp_path), entry(1, 1))

    with pytest.raises(LakeError, match=r"its latest commit is 1, and it was at 4 before.*anew"):
        list(entries(str(tmp_path), after=4))


def test_a_shared_lock_lets_others_share(tmp_path: Path) -> None:
    with shared_lock(str(tmp_path)), shared_lock(str(tmp_path)):
        held = (tmp_path / "_manifest" / ".lock").exists()

    assert held


def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), exclusive_lock(str(tmp_path)):
        raise ValueError("mine")

    with exclusive_lock(str(tmp_path)):
        assert True
