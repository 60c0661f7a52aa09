"""What `heapscape export` writes, read by the tools that it is for: `go tool pprof`, `go build -pgo`, OpenTelemetry's and Perfetto's own classes."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from pipeline.generated.profile_pb2 import Profile
from tests.builders.perfetto import read
from tests.cli.seat import DEMO_HEAPS, EVERY_KIND, FILES, heapscape
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("export")]

PROGRAM = FILES.parent / "programs" / "everykind"
HEAPS = sorted(DEMO_HEAPS.glob("*.pb.gz"))
CPUS = sorted((FILES / "everykind" / "service=everykind").glob("build=*/cpu.pb.gz"))


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All fixtures."""
    folder = tmp_path_factory.mktemp("export")
    heapscape("ingest", FILES, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "h.duckdb").code == 0
    return folder / "h.duckdb"


def exported(path: Path, *arguments: str | Path) -> Path:
    seen = heapscape("export", *arguments, "-o", path)
    assert (seen.code, seen.out) == (0, f"{path}\n"), seen.err
    return path


def message(path: Path) -> Profile:
    return Profile.FromString(gzip.decompress(path.read_bytes()))


def in_words(found: Profile) -> dict[str, object]:
    """Everything a profile says, without the numbers by which it says it."""
    text = found.string_table
    kept = {one.id: one for one in found.mapping}
    function = {
        one.id: (text[one.name], text[one.system_name], text[one.filename], one.start_line) for one in found.function
    }

    def mapping(id: int) -> tuple[object, ...]:
        one = kept[id]
        flags = (one.has_functions, one.has_filenames, one.has_line_numbers, one.has_inline_frames)
        where = (one.memory_start, one.memory_limit, one.file_offset)
        return (*where, text[one.filename], text[one.build_id], *flags)

    location = {
        one.id: (
            mapping(one.mapping_id) if one.mapping_id else None,
            one.address,
            tuple((function[line.function_id], line.line, line.column) for line in one.line),
            one.is_folded,
        )
        for one in found.location
    }
    return {
        "sample types": [(text[one.type], text[one.unit]) for one in found.sample_type],
        "samples": [
            (
                tuple(location[id] for id in one.location_id),
                tuple(one.value),
                sorted((text[each.key], text[each.str], each.num, text[each.num_unit]) for each in one.label),
            )
            for one in found.sample
        ],
        "mappings": [mapping(id) for id in kept],
        "header": (
            *(text[found.drop_frames], text[found.keep_frames], text[found.default_sample_type], text[found.doc_url]),
            *(found.time_nanos, found.duration_nanos, found.period),
            *(text[found.period_type.type], text[found.period_type.unit]),
            [text[place] for place in found.comment],
        ),
    }


def test_every_profile_exported_is_field_by_field_what_it_was(db: Path, tmp_path: Path) -> None:
    query = "SELECT uri FROM source JOIN profile USING (source_id) WHERE uri LIKE '%.pb.gz' ORDER BY uri"
    paths = [Path(row["uri"]) for row in heapscape("sql", query, "--db", db, "--format", "json").json()]
    differing = []
    for path in paths:
        again = exported(tmp_path / "again.pb.gz", "--db", db, "--profile", path)
        if in_words(message(again)) != in_words(message(path)):
            differing.append(str(path))

    assert len(paths) > 150
    assert differing == []


@pytest.mark.parametrize("path", sorted(EVERY_KIND.glob("*.pb.gz")), ids=lambda path: path.name)
def test_a_profile_of_each_kind_exported_is_to_go_what_it_was(tmp_path: Path, path: Path) -> None:
    again = exported(tmp_path / "again.pb.gz", path)

    assert toolchain.run_pprof(["-raw", again]) == toolchain.run_pprof(["-raw", path])


@pytest.mark.parametrize("paths", [HEAPS, CPUS], ids=["heap", "cpu"])
def test_several_profiles_are_merged_as_go_merges_them(tmp_path: Path, paths: list[Path]) -> None:
    ours, theirs = merged(tmp_path, paths)

    assert len(paths) > 2
    for part in ("sample types", "header"):
        assert in_words(message(ours))[part] == in_words(message(theirs))[part]
    assert Counter(samples(ours)) == Counter(samples(theirs))
    assert len(samples(ours)) > 5


def test_samples_of_merged_profiles_stand_where_go_has_them(tmp_path: Path) -> None:
    ours, theirs = merged(tmp_path, HEAPS)

    assert samples(ours) == samples(theirs)


def merged(folder: Path, paths: list[Path]) -> tuple[Path, Path]:
    """What we make of several files, and what `go tool pprof -proto` does."""
    theirs = folder / "theirs.pb.gz"
    toolchain.run_pprof(["-proto", f"-output={theirs}", *paths])
    return exported(folder / "ours.pb.gz", *paths), theirs


def samples(path: Path) -> list[str]:
    found = in_words(message(path))["samples"]
    assert isinstance(found, list)
    return list(map(repr, found))


def test_go_builds_with_our_profile_as_with_its_own(tmp_path: Path) -> None:
    _, theirs = merged(tmp_path, CPUS)
    ours = exported(tmp_path / "default.pgo", *CPUS)
    program = tmp_path / "everykind"

    # What the compiler is given of it: calls with their weights.
    given = [toolchain.run_go(["tool", "preprofile", "-i", path]) for path in (ours, theirs)]
    toolchain.run_go(["build", f"-pgo={ours}", "-o", program, "."], cwd=PROGRAM)

    assert given[0] == given[1]
    assert given[0].count("\n") > 3
    assert f"build\t-pgo={ours}" in toolchain.run_go(["version", "-m", program])


@pytest.mark.parametrize("kind", ["heap", "cpu", "goroutine", "mutex"])
def test_every_format_has_the_totals_of_pprof(tmp_path: Path, kind: str) -> None:
    path = EVERY_KIND / f"{kind}.pb.gz"
    wanted = {name: pprof_total(path, name) for name, _ in in_words(message(path))["sample types"]}  # type: ignore[attr-defined]

    otlp = exported(tmp_path / "x.otlp", path).read_bytes()
    speedscope = json.loads(exported(tmp_path / "x.speedscope.json", path).read_bytes())
    perfetto = read(exported(tmp_path / "x.pftrace", path).read_bytes())

    data = ProfilesData.FromString(otlp)
    text = data.dictionary.string_table
    assert {
        text[one.sample_type.type_strindex]: sum(sum(sample.values) for sample in one.samples)
        for one in data.resource_profiles[0].scope_profiles[0].profiles
    } == wanted
    assert {one["name"]: sum(one["weights"]) for one in speedscope["profiles"]} == wanted
    if kind == "cpu":
        assert len(perfetto.cpu) == wanted["samples"]
    else:
        assert {name: sum(value for _, value in stacks) for name, stacks in perfetto.heaps.items()} == wanted


def pprof_total(path: Path, sample_type: str) -> int:
    """What `go tool pprof -top` says all nodes come to."""
    unit = {"space": "B", "delay": "ns", "cpu": "ns"}.get(sample_type.rpartition("_")[2], "count")
    said = toolchain.run_pprof(["-top", f"-sample_index={sample_type}", f"-unit={unit}", path])
    found = re.search(r"% of (-?[\d.]+)[a-zA-Z]* total", said)
    assert found, said
    return int(float(found[1]))
