from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import LakeError
from pipeline.lake import durable


def test_a_new_file_brings_its_folders_with_it(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "a" / "b" / "c", memoryview(b"content"))

    assert (tmp_path / "a" / "b" / "c").read_bytes() == b"content"


def test_a_file_that_exists_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"old")

    with pytest.raises(LakeError, match=r"c: writing 3 bytes failed: File exists.*run the same command again"):
        durable.write_new(tmp_path / "c", memoryview(b"new"))

    assert (tmp_path / "c").read_bytes() == b"old"


def test_a_rename_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"1")
    (tmp_path / "new").write_bytes(b"2")

    durable.rename(tmp_path / "old", tmp_path / "new")

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"1"]


def test_a_folder_that_is_a_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "lake").write_bytes(b"")

    with pytest.raises(LakeError, match=r"lake/stack/x: writing 1 bytes failed: Not a directory"):
        durable.write_new(tmp_path / "lake" / "stack" / "x", memoryview(b"1"))


def test_removing_what_is_gone_is_done_already(tmp_path: Path) -> None:
    durable.remove(tmp_path / "gone")

    assert list(tmp_path.iterdir()) == []


def test_tokens_differ() -> None:
    assert len({durable.token() for _ in range(100)}) == 100
