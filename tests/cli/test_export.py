"""heapscape export."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from pipeline.cli.export import FORMATS
from pipeline.generated.profile_pb2 import Profile
from tests.builders.perfetto import read
from tests.cli.seat import EVERY_KIND, FIRST, LAST, TRACES, heapscape, process

CPU = EVERY_KIND / "cpu.pb.gz"
# What `go tool pprof -top` says of the fixtures.
CPU_NS, CPU_SAMPLES = 220_000_000, 22


def total(path: Path, place: int) -> int:
    found = Profile.FromString(gzip.decompress(path.read_bytes()))
    return sum(sample.value[place] for sample in found.sample)


def test_one_profile_is_written_as_it_was_read(tmp_path: Path) -> None:
    seen = heapscape("export", LAST, "-o", "again.pb.gz")

    read_again, was = (
        Profile.FromString(gzip.decompress(path.read_bytes())) for path in (tmp_path / "again.pb.gz", LAST)
    )
    assert (seen.code, seen.out, seen.err) == (0, "again.pb.gz\n", "")
    assert [list(sample.value) for sample in read_again.sample] == [list(sample.value) for sample in was.sample]
    assert (read_again.time_nanos, read_again.period) == (was.time_nanos, was.period)


def test_several_are_merged_and_that_is_said(tmp_path: Path) -> None:
    seen = heapscape("export", FIRST, LAST, "-o", "both.pb.gz")

    assert seen.code == 0
    assert "added up: 2 heap profiles" in seen.err
    assert total(tmp_path / "both.pb.gz", 3) == total(FIRST, 3) + total(LAST, 3)


def test_the_newest_of_a_database_is_chosen_and_named(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("export", "--db", demo, "-o", "newest.pb.gz")

    assert "heap-12.pb.gz, the newest of 13 profiles" in seen.err
    assert total(tmp_path / "newest.pb.gz", 3) == total(LAST, 3)


def test_a_profile_for_pgo_is_all_cpu_profiles_that_fit(every_kind: Path, tmp_path: Path) -> None:
    seen = heapscape("export", "--db", every_kind, "-o", "default.pgo")

    assert seen.code == 0
    made = Profile.FromString(gzip.decompress((tmp_path / "default.pgo").read_bytes()))
    assert [made.string_table[one.type] for one in made.sample_type] == ["samples", "cpu"]
    assert made.duration_nanos > 0
    refused = heapscape("export", "--db", every_kind, "--format", "pgo", "--kind", "heap")
    assert refused.code == 2
    assert "--kind heap: a PGO profile is made of CPU profiles; leave the kind out" in refused.err


def test_one_sample_type_is_written_where_one_is_asked_for(tmp_path: Path) -> None:
    assert heapscape("export", LAST, "-sample_index=alloc_objects", "-o", "one.pb.gz").code == 0

    made = Profile.FromString(gzip.decompress((tmp_path / "one.pb.gz").read_bytes()))
    assert [made.string_table[one.type] for one in made.sample_type] == ["alloc_objects"]
    assert sum(sample.value[0] for sample in made.sample) == total(LAST, 0)


def test_every_format_weighs_what_go_says(tmp_path: Path) -> None:
    for name, known in FORMATS.items():
        assert heapscape("export", CPU, "-o", f"cpu{known.ending}").code == 0, name

    folded = [line.rpartition(" ")[2] for line in (tmp_path / "cpu.folded").read_text().splitlines()]
    assert sum(map(int, folded)) == CPU_NS
    speedscope = json.loads((tmp_path / "cpu.speedscope.json").read_text())
    assert [sum(one["weights"]) for one in speedscope["profiles"]] == [CPU_SAMPLES, CPU_NS]
    (resource,) = ProfilesData.FromString((tmp_path / "cpu.otlp").read_bytes()).resource_profiles
    profiles = resource.scope_profiles[0].profiles
    assert [sum(sample.values[0] for sample in one.samples) for one in profiles] == [CPU_SAMPLES, CPU_NS]
    assert len(read((tmp_path / "cpu.pftrace").read_bytes()).cpu) == CPU_SAMPLES
    for pprof in ("cpu.pb.gz", "cpu.pgo"):
        assert (total(tmp_path / pprof, 0), total(tmp_path / pprof, 1)) == (CPU_SAMPLES, CPU_NS)


@pytest.mark.parametrize("ending", [".otlp.gz", ".otlp.json"])
def test_what_is_exported_for_opentelemetry_is_read_again(tmp_path: Path, ending: str) -> None:
    assert heapscape("export", LAST, "-o", f"heap{ending}").code == 0

    again, was = (heapscape("top", path, "--format", "json") for path in (tmp_path / f"heap{ending}", LAST))

    assert again.code == 0
    assert again.json() == was.json()


def test_a_trace_is_a_trace_and_several_are_not_one(tmp_path: Path) -> None:
    seen = heapscape("export", EVERY_KIND / "go.trace", "-o", "go.pftrace")

    assert seen.code == 0
    found = read((tmp_path / "go.pftrace").read_bytes())
    assert found.open == {}
    assert any(track[1:2] == ("Procs",) for track, _ in found.lasted)
    several = heapscape("export", EVERY_KIND / "go.trace", TRACES / "plain.trace", "--format", "perfetto")
    assert several.code == 2
    assert "traces, each with a clock of its own; choose one with --profile" in several.err


def test_of_a_database_with_traces_perfetto_is_given_one(every_kind: Path, tmp_path: Path) -> None:
    for name, more in (("trace", []), ("heap", ["--kind", "heap"])):
        assert heapscape("export", "--db", every_kind, "-o", f"{name}.pftrace", *more).code == 0

    assert any(track[1:2] == ("Procs",) for track, _ in read((tmp_path / "trace.pftrace").read_bytes()).lasted)
    assert "inuse_space" in read((tmp_path / "heap.pftrace").read_bytes()).heaps


def test_a_name_that_says_no_format_is_a_usage_error() -> None:
    seen = heapscape("export", LAST, "-o", "heap.xml")

    assert seen.code == 2
    assert "heap.xml: which format is not said; choose one with --format, or call it .pb.gz, .pgo" in seen.err


def test_standard_output_is_a_pprof_file() -> None:
    seen = process("export", LAST)

    assert (seen.code, seen.err) == (0, "")
    assert len(Profile.FromString(gzip.decompress(seen.answer)).sample) > 0


@pytest.mark.parametrize("ending", [".folded.gz", ".speedscope.json.gz"])
def test_what_ends_in_gz_is_compressed(ending: str, tmp_path: Path) -> None:
    assert heapscape("export", LAST, "-o", f"heap{ending}").code == 0

    assert gzip.decompress((tmp_path / f"heap{ending}").read_bytes()).isascii()


def test_a_difference_is_not_written_for_speedscope_which_would_not_open_it(tmp_path: Path) -> None:
    seen = heapscape("export", EVERY_KIND / "heap-delta.pb.gz", "-o", tmp_path / "delta.speedscope.json")

    assert (seen.code, seen.out) == (2, "")
    assert (
        "values are less than zero, as in a difference of two profiles, and speedscope opens no file with such"
        in seen.err
    )
    assert "write it as pprof or folded" in seen.err
    assert not (tmp_path / "delta.speedscope.json").exists()
