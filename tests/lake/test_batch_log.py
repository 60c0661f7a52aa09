from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.errors import LakeError
from pipeline.lake import batch_log, delta
from pipeline.lake.batch_log import Batch
from pipeline.lake.commit import commit, settle
from pipeline.lake.snapshot import read_known
from pipeline.values import DataFile, Known
from tests.lake.builder import batch, ingest, write


def numbered(number: int) -> Batch:
    return Batch(number, number - 1, datetime(2026, 11, 23, tzinfo=UTC), "a test", np.array([number], np.int64), ())


def test_a_batch_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))
    one = Batch(1, 0, datetime(2026, 11, 23, tzinfo=UTC), "a test", written.sources, written.files, written.files[:2])

    assert batch_log.append(str(tmp_path), one)

    (found,) = batch_log.since(str(tmp_path), 0)
    assert (found.files, found.gone, found.sources.tolist()) == (one.files, one.gone, one.sources.tolist())
    assert [file.statistics for file in found.files] == [file.statistics for file in one.files]


def test_a_number_that_is_taken_is_not_given_twice(tmp_path: Path) -> None:
    assert batch_log.append(str(tmp_path), numbered(1))

    assert not batch_log.append(str(tmp_path), numbered(1))
    assert [one.number for one in batch_log.since(str(tmp_path), 0)] == [1]
    assert len(list((tmp_path / "batch").glob("*.parquet"))) == 1


def test_numbers_leave_no_gap(tmp_path: Path) -> None:
    assert not batch_log.append(str(tmp_path), numbered(2))
    assert batch_log.latest(str(tmp_path)) == 0


def test_two_lakes_have_two_fingerprints_and_one_keeps_its_own(tmp_path: Path) -> None:
    for name in ("one", "other"):
        ingest(tmp_path / name, "a")
    one, other = (batch_log.fingerprint(str(tmp_path / name)) for name in ("one", "other"))
    ingest(tmp_path / "one", "b")

    assert one != other
    assert batch_log.fingerprint(str(tmp_path / "one")) == one
    assert batch_log.fingerprint(str(tmp_path / "none")) == ""


def test_only_batches_that_are_not_in_every_table_are_pending(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    known = settle(str(tmp_path), read_known(str(tmp_path)))
    for name in "bc":
        after = commit(str(tmp_path), write(tmp_path, batch(name)), known=known)
        assert after
        known = after

    assert [one.number for one in batch_log.pending(str(tmp_path))] == [2, 3]


def test_rolling_forward_what_some_tables_have_adds_to_the_others_alone(tmp_path: Path) -> None:
    commit(str(tmp_path), write(tmp_path, batch("a")), known=Known())
    pending = batch_log.pending(str(tmp_path))
    first = [one for one in pending[0].files if one.table == "stack"]
    batch_log.roll_forward(str(tmp_path), [Batch(1, 0, pending[0].committed_at, "", pending[0].sources, tuple(first))])

    batch_log.roll_forward(str(tmp_path), pending)

    versions = {name: log.version() for name in ("stack", "sample") if (log := delta.opened(str(tmp_path), name))}
    assert versions == {"stack": 0, "sample": 0}


def test_a_batch_of_a_newer_release_is_an_error_that_says_so(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    (path,) = (tmp_path / "batch").glob("*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["files"]), path)

    with pytest.raises(LakeError, match=r"not a batch as this heapscape writes them: 'files'; a newer one wrote it"):
        batch_log.since(str(tmp_path), 0)


@pytest.mark.parametrize(
    ("table", "path"), [("stack", "stack/../../out.parquet"), ("stack", "/out.parquet"), ("later", "later/a.parquet")]
)
def test_a_batch_of_files_in_no_table_is_an_error(tmp_path: Path, table: str, path: str) -> None:
    strange = replace(numbered(1), files=(DataFile(table, path, 1, 1),))
    assert batch_log.append(str(tmp_path), strange)

    with pytest.raises(LakeError, match="is not in a table"):
        batch_log.pending(str(tmp_path))
