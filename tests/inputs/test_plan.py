"""Inputs are grouped by size, in their order, and none is lost."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.inputs.plan import is_small, plan, unread, was_before
from pipeline.values import Origin


def _origins(folder: Path, sizes: list[int]) -> list[Origin]:
    for number, size in enumerate(sizes):
        with (folder / str(number)).open("wb") as file:
            file.truncate(size)
    return [Origin(str(folder / str(number))) for number in range(len(sizes))]


def _sizes(batches: list[tuple[Origin, ...]]) -> list[list[int]]:
    return [[Path(origin.path).stat().st_size for origin in batch] for batch in batches]


def test_a_batch_ends_before_it_grows_too_large(tmp_path: Path) -> None:
    origins = _origins(tmp_path, [40, 40, 30, 70, 1])

    batches = list(plan(origins, target_bytes=100, target_files=10))

    assert _sizes(batches) == [[40, 40], [30, 70], [1]]


def test_a_batch_ends_after_so_many_files(tmp_path: Path) -> None:
    origins = _origins(tmp_path, [1, 2, 3, 4, 5])

    batches = list(plan(origins, target_bytes=100, target_files=2))

    assert _sizes(batches) == [[1, 2], [3, 4], [5]]


def test_a_file_larger_than_a_batch_is_one_by_itself(tmp_path: Path) -> None:
    origins = _origins(tmp_path, [1, 500, 2, 3])

    batches = list(plan(origins, target_bytes=100, target_files=10))

    assert _sizes(batches) == [[1], [500], [2, 3]]


def test_what_has_no_size_counts_as_nothing(tmp_path: Path) -> None:
    origins = [Origin(str(tmp_path / "gone")), *_origins(tmp_path, [100])]

    batches = list(plan(origins, target_bytes=100, target_files=10))

    assert batches == [tuple(origins)]


def test_nothing_gives_no_batch() -> None:
    assert list(plan([], target_bytes=1, target_files=1)) == []


def test_batches_come_before_the_next_input_is_asked_for(tmp_path: Path) -> None:
    origins = iter(_origins(tmp_path, [60, 60, 60]))

    first = next(plan(origins, target_bytes=100, target_files=10))

    assert _sizes([first]) == [[60]]
    assert len(list(origins)) == 1


@given(
    sizes=st.lists(st.integers(0, 50), max_size=12), target_bytes=st.integers(1, 100), target_files=st.integers(1, 5)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_input_is_in_one_batch_and_no_batch_is_too_large(
    tmp_path: Path, sizes: list[int], target_bytes: int, target_files: int
) -> None:
    origins = _origins(tmp_path, sizes)

    batches = list(plan(origins, target_bytes=target_bytes, target_files=target_files))

    assert [origin for batch in batches for origin in batch] == origins
    assert all(1 <= len(batch) <= target_files for batch in batches)
    assert all(len(batch) == 1 or sum(batch) <= target_bytes for batch in _sizes(batches))


def _aged(folder: Path, name: str) -> Origin:
    """A file that nobody has touched for an hour."""
    path = folder / name
    path.write_bytes(b"profile")
    os.utime(path, (time.time() - 3600,) * 2)
    return Origin(str(path))


def test_what_is_known_by_path_size_time_and_labels_is_left_out(tmp_path: Path) -> None:
    one, other = _aged(tmp_path, "one"), _aged(tmp_path, "other")
    (seen,) = unread([one], offered=np.empty(0, np.int64))
    assert seen.offered is not None

    found = unread([one, other, replace(one, labels={"service": "shop"})], offered=np.array([seen.offered], np.int64))

    assert [(origin.path, dict(origin.labels)) for origin in found] == [
        (other.path, {}),
        (one.path, {"service": "shop"}),
    ]
    assert len({origin.offered for origin in found}) == 2


def test_what_cannot_be_relied_on_is_always_read(tmp_path: Path) -> None:
    young = tmp_path / "young"
    young.write_bytes(b"profile")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    origins = [Origin(str(young)), Origin(str(pipe)), Origin("-"), Origin(str(tmp_path / "gone"))]

    found = unread(origins, offered=np.array([0], np.int64))

    assert [origin.offered for origin in found] == [None] * 4
    assert [origin.path for origin in found] == [origin.path for origin in origins]


def test_what_was_there_before_a_moment_is_a_file_that_was_not_changed_since(tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b"")
    os.utime(tmp_path / "report", ns=(5, 5))

    assert was_before(Origin(str(tmp_path / "report")), 5)
    assert not was_before(Origin(str(tmp_path / "report")), 4)
    assert not was_before(Origin(str(tmp_path / "none")), 5)
    assert not was_before(Origin("-"), time.time_ns() * 2)
    assert not was_before(Origin(str(tmp_path / "report"), version="etag"), 5)


def test_a_path_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _aged(tmp_path, "heap.pb")
    monkeypatch.chdir(tmp_path)

    found = unread([whole, Origin("heap.pb")], offered=np.empty(0, np.int64))

    assert found[0].offered == found[1].offered


def test_small_are_files_that_can_be_read_again_and_are_no_larger_together(tmp_path: Path) -> None:
    origins = _origins(tmp_path, [10, 20])
    os.mkfifo(tmp_path / "pipe")

    assert is_small(origins, most_bytes=30)
    assert not is_small(origins, most_bytes=29)
    for other in ("-", "absent", str(tmp_path / "pipe"), str(tmp_path)):
        assert not is_small([*origins, Origin(other)], most_bytes=30), other
    assert not is_small([replace(origins[0], version="etag")], most_bytes=30)
