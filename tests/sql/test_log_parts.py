"""A real log that was rotated, as it is found and read in the ways that happen, is one process."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from tests.warehouse.builder import LIMITS

LOG = Path(__file__).parents[1] / "fixtures/files/collector/service=collector/build=go1.27-trim/runtime.log"
NAMES = {
    "numbered": ("service.log.2.gz", "service.log.1", "service.log"),
    "dated": ("service.log-20261128.gz", "service.log-20261129", "service.log"),
    "lumberjack": (
        "service-2026-11-29T10-00-00.000.log.gz",
        "service-2026-11-30T10-00-00.000.log",
        "service.log",
    ),
    "kubelet": ("0.log.20261130-090000.gz", "0.log.20261130-100000", "0.log"),
    "folders": ("2026-11-28/service.log.gz", "2026-11-29/service.log", "2026-11-30/service.log"),
    "multilog": ("@4000000065a1b2c3d4e5f607.s.gz", "@4000000065a1b2c4d4e5f607.s", "current"),
}


@pytest.fixture(scope="module")
def pieces() -> list[bytes]:
    """The log in three, cut behind a cycle's line."""
    lines = LOG.read_bytes().splitlines(keepends=True)
    ends = [number + 1 for number, line in enumerate(lines) if line.startswith(b"gc ")]
    cuts = [0, ends[len(ends) // 3], ends[2 * len(ends) // 3], len(lines)]
    return [b"".join(lines[cuts[piece] : cuts[piece + 1]]) for piece in range(3)]


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_parts_in_one_run_are_what_the_whole_log_is(names: Sequence[str], pieces: list[bytes], tmp_path: Path) -> None:
    _write(tmp_path / "parts", dict(zip(names, pieces, strict=True)))

    summary, files = _told(tmp_path, [tmp_path / "parts"])

    assert summary == _whole(tmp_path)
    assert [row["run_by"] for row in files] == ["parts"] * 3
    assert len({row["run"] for row in files}) == 1


@pytest.mark.parametrize("order", [(2, 1, 0), (0, 1, 2), (1, 2, 0)], ids=str)
def test_parts_that_come_one_after_another_into_a_lake_are_what_the_whole_log_is(
    order: Sequence[int], pieces: list[bytes], tmp_path: Path
) -> None:
    names = NAMES["numbered"]
    _write(tmp_path / "parts", dict(zip(names, pieces, strict=True)))

    for one in order:
        summary, files = _told(tmp_path, [tmp_path / "parts" / names[one]])

    assert summary == _whole(tmp_path)
    assert [row["run_by"] for row in files] == ["parts"] * 3


def test_a_log_that_was_read_before_it_was_rotated_counts_once(pieces: list[bytes], tmp_path: Path) -> None:
    _write(tmp_path / "logs", {"service.log": pieces[0]})
    _told(tmp_path, [tmp_path / "logs"])
    _write(tmp_path / "logs", {"service.log.1.gz": pieces[0] + pieces[1], "service.log": pieces[2]})

    summary, files = _told(tmp_path, [tmp_path / "logs"])

    assert summary == _whole(tmp_path)
    assert (
        sorted((row["run_by"], row["run_cycles"]) for row in files if row["run_cycles"])
        == [
            ("cycles", pieces[0].count(b"\ngc ") + pieces[0].startswith(b"gc ")),
        ]
        * 2
    )
    assert [row["run_by"] for row in files].count("parts") == 1


def test_stamps_join_what_has_a_gap_and_part_what_began_at_another_time(pieces: list[bytes], tmp_path: Path) -> None:
    _write(tmp_path / "same", {"a.log.2": _stamped(pieces[0], 0), "a.log": _stamped(pieces[2], 0)})
    _write(tmp_path / "other", {"b.log.1": _stamped(pieces[0], 10), "b.log": _stamped(pieces[1], 50)})

    _, files = _told(tmp_path, [tmp_path / "same", tmp_path / "other"])

    assert [(row["name"], row["run_by"]) for row in files] == [
        ("a.log", "stamps"),
        ("a.log.2", "stamps"),
        ("b.log", "alone"),
        ("b.log.1", "alone"),
    ]


def test_a_line_that_was_cut_in_two_by_the_rotation_is_not_missed(pieces: list[bytes], tmp_path: Path) -> None:
    log = pieces[0] + pieces[1]
    cut = len(pieces[0]) + pieces[1].index(b"gc ") + 9
    _write(tmp_path / "parts", {"service.log.1": log[:cut], "service.log": log[cut:]})

    summary, files = _told(tmp_path, [tmp_path / "parts"])

    assert len(summary) == 1
    assert [row["run_by"] for row in files] == ["parts"] * 2


def _stamped(log: bytes, second: int) -> bytes:
    return b"".join(b"2026-11-30T10:00:%02dZ " % second + line for line in log.splitlines(keepends=True))


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


def _whole(folder: Path) -> list[dict[str, Any]]:
    (folder / "alone").mkdir()
    _write(folder / "alone" / "log", {"service.log": LOG.read_bytes()})
    return _told(folder / "alone", [folder / "alone" / "log"])[0]


def _told(folder: Path, inputs: Sequence[Path]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is told of the collector, but for names of files, and of the clock, in the order of names."""
    flow.ingest([str(path) for path in inputs], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    with flow.open_warehouse(str(folder / "db.duckdb")) as connection:
        summary = connection.sql("FROM gc.summary SELECT * EXCLUDE (source_id, uri, files)").to_arrow_table()
        files = connection.sql(
            "SELECT regexp_extract(uri, '[^/]*$') AS name, run, run_by, run_cycles"
            " FROM clock.file JOIN main.source USING (source_id) ORDER BY name"
        ).to_arrow_table()
        return summary.to_pylist(), files.to_pylist()
