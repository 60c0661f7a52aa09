"""A lake's files in a folder and in a bucket: the same calls, the same outcome."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.errors import LakeError
from pipeline.lake.datafile import encode
from pipeline.lake.store import store_of
from pipeline.schema import tables
from tests.builders.s3 import BUCKET, Server
from tests.lake.builder import batch

pytestmark = pytest.mark.xdist_group("s3")

PATH = "sample/kind=heap/day=2026-01-01/x.parquet"


@pytest.fixture(params=["folder", "bucket", "whole bucket"])
def lake(request: pytest.FixtureRequest, tmp_path: Path, s3: Server) -> str:
    return {"folder": str(tmp_path / "lake"), "bucket": f"{BUCKET}/{tmp_path.name}/lake", "whole bucket": BUCKET}[
        request.param
    ]


def test_what_was_staged_is_there_once_it_is_published(lake: str) -> None:
    store = store_of(lake)

    staged = store.stage(PATH, memoryview(b"content"))
    store.publish([(staged, PATH)])

    assert store.size(PATH) == 7
    assert store.has_folder("sample/kind=heap")
    assert list(store.staged_before("sample", time.time() + 1)) == []
    assert store.sha256(PATH) == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"


def test_what_is_published_twice_is_there_once(lake: str) -> None:
    store = store_of(lake)

    for _ in range(2):
        store.publish([(store.stage(PATH, memoryview(b"content")), PATH)])

    assert store.size(PATH) == 7


def test_what_one_writer_discards_another_s_stays(lake: str) -> None:
    store = store_of(lake)
    store.publish([(store.stage(PATH, memoryview(b"content")), PATH)])

    store.discard([store.stage(PATH, memoryview(b"content"))])

    assert store.size(PATH) == 7


def test_what_was_removed_is_gone(lake: str) -> None:
    store = store_of(lake)
    store.write("batch/x", memoryview(b"content"))

    store.remove("batch/x")
    store.remove("batch/x")

    assert store.size("batch/x") is None
    assert not store.has_folder("batch/x")


def test_a_file_can_be_opened_wherever_it_is(lake: str, tmp_path: Path) -> None:
    store, rows = store_of(lake), batch("a")["stack"]
    store.write("stack/x.parquet", memoryview(encode(rows, table=tables()["stack"])))

    (path,) = store.fetched([store.address("stack/x.parquet")], str(tmp_path / "spill"))

    assert pq.read_table(path).num_rows == pq.read_table(store.readable("stack/x.parquet")).num_rows == rows.num_rows


def test_what_was_staged_in_a_folder_and_never_published_is_found(tmp_path: Path) -> None:
    store = store_of(str(tmp_path))
    staged = store.stage(PATH, memoryview(b"content"))

    assert list(store.staged_before("sample", time.time() + 1)) == [staged]
    assert list(store.staged_before("sample", time.time() - 60)) == []


def test_a_folder_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "lake").write_bytes(b"")

    with pytest.raises(LakeError, match=r"lake/stack/x: writing 1 bytes failed: Not a directory"):
        store_of(str(tmp_path / "lake")).write("stack/x", memoryview(b"1"))
