"""What stands behind a text heap profile is MemStats as well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.formats.memstats.decode import NAMED
from pipeline.formats.memstats.trailer import columns_of_trailers
from pipeline.values import Decoded
from tests.builders.memstats import memstats
from tests.formats.rows import Rows, rows_of

FILES = sorted((Path(__file__).parents[2] / "fixtures" / "files").rglob("heap.debug1.txt"))


def trailer(**fields: object) -> list[bytes]:
    """As writeHeapInternal prints it."""
    stats = memstats(3, **fields)
    said = ["heap profile: 1: 2 [3: 4] @ heap/1048576", "", "# runtime.MemStats"]
    single = (
        "Alloc",
        "TotalAlloc",
        "Sys",
        "Lookups",
        "Mallocs",
        "Frees",
        "HeapAlloc",
        "HeapSys",
        "HeapIdle",
        "HeapInuse",
    )
    said += [f"# {name} = {stats[name]}" for name in (*single, "HeapReleased", "HeapObjects")]
    said += [f"# {name} = {stats[name + 'Inuse']} / {stats[name + 'Sys']}" for name in ("Stack", "MSpan", "MCache")]
    said += [f"# {name} = {stats[name]}" for name in ("BuckHashSys", "GCSys", "OtherSys", "NextGC", "LastGC")]
    said += [f"# {name} = [{' '.join(map(str, stats[name]))}]" for name in ("PauseNs", "PauseEnd")]
    said += [f"# {name} = {stats[name]}" for name in ("NumGC", "NumForcedGC", "GCCPUFraction")]
    return [line.encode() for line in (*said, "# DebugGC = false", "# MaxRSS = 25640960", "")]


def read(*trailers: list[bytes]) -> Rows:
    columns, notes = columns_of_trailers((index, lines) for index, lines in enumerate(trailers))
    return rows_of(iter([Decoded(columns, notes=notes)]))


def test_every_field_is_in_its_column() -> None:
    found = read(trailer())

    (row,) = found.tables["memstats"]
    stats = memstats(3)
    printed = {go: column for go, column in NAMED.items() if go != "PauseTotalNs"}
    assert {column: row[column] for column in printed.values()} == {column: stats[go] for go, column in printed.items()}
    assert row["heap_alloc_bytes"] == 100
    assert row["last_gc_at"] == datetime(2026, 1, 1, 0, 0, 0, 123_456, UTC)
    assert (row["gc_cpu_fraction"], row["max_rss_bytes"]) == (0.25, 25_640_960)
    assert (row["pause_total_ns"], row["taken_at"]) == (None, None)
    assert found.of("memstats_pause", "cycle", "pause_ns", "ended_ns") == [(1, 1, 1001), (2, 2, 1002), (3, 3, 1003)]
    assert found.of("process", "process", "prefix") == [(0, "")]
    assert found.tables["memstats_size_class"] == []


def test_of_several_profiles_each_has_its_own() -> None:
    found = read(trailer(), [b"heap profile: 0: 0 [0: 0] @ heap/2", b""], trailer(HeapAlloc=7))

    assert found.of("memstats", "blob_index", "position", "process", "heap_alloc_bytes") == [
        (0, 0, 0, 100),
        (2, 0, 0, 7),
    ]
    assert found.column("process", "blob_index") == [0, 2]


def test_a_profile_without_any_has_no_row() -> None:
    found = read([b"# Alloc", b"# = 3", b"Alloc = 3", b""])

    assert found.tables["memstats"] == []


def test_lines_may_end_as_they_do_on_windows() -> None:
    assert read([line + b"\r" for line in trailer()]).tables == read(trailer()).tables


def test_a_trailer_cut_anywhere_has_what_stands_before() -> None:
    content = b"\n".join(trailer())
    whole = read(trailer()).tables["memstats"][0]

    rows = read(*(content[:end].split(b"\n") for end in range(0, len(content), 3))).tables["memstats"]

    assert len(rows) > 0.8 * len(content) / 3
    for row in rows:
        whole["blob_index"] = row["blob_index"]
        # The number that the cut went through.
        assert len([name for name, value in row.items() if value is not None and value != whole[name]]) <= 1


def test_values_that_are_no_numbers_are_left_out_and_counted() -> None:
    lines = [
        b"# Alloc = 1",
        b"# Sys = -5",
        b"# Frees = " + b"9" * 5000,
        b"# NextGC = x",
        b"# PauseNs = [1 x]",
        b"# NumGC = 1",
    ]

    found = read(lines)

    (row,) = found.tables["memstats"]
    assert (row["sys_bytes"], row["frees"], row["next_gc_bytes"], row["cycles"]) == (None, None, None, 1)
    assert found.notes == [(0, "value_out_of_range", 2)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_real_profile_has_all_of_them(path: Path) -> None:
    (row,) = read(path.read_bytes().split(b"\n")).tables["memstats"]

    assert {name for name, value in row.items() if value is None} == {"taken_at", "pause_total_ns"}
    assert row["heap_objects"] == row["mallocs"] - row["frees"]
    assert row["heap_sys_bytes"] == row["heap_inuse_bytes"] + row["heap_idle_bytes"]


def test_real_profiles_are_there_to_be_read() -> None:
    assert len(FILES) >= 3
