"""What `heapscape export` writes, read by the tools that it is for: `go tool pprof`, `go build -pgo`."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from pipeline.generated.profile_pb2 import Profile
from tests.cli.seat import DEMO_HEAPS, EVERY_KIND, FILES, heapscape
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("export")]

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


def test_every_profile_exported_is_field_by_field_and_to_go_what_it_was(db: Path, tmp_path: Path) -> None:
    said = heapscape("sql", "SELECT uri FROM source JOIN profile USING (source_id) WHERE uri LIKE '%.pb.gz'", "--db", db, "--format", "json")  # fmt: skip
    paths = [Path(row["uri"]) for row in said.json()]
    differing = []
    for path in paths:
        again = exported(tmp_path / "again.pb.gz", "--db", db, "--profile", path)
        if in_words(message(again)) != in_words(message(path)):
            differing.append(f"fields of {path}")
        if toolchain.run_pprof(["-raw", again]) != toolchain.run_pprof(["-raw", path]):
            differing.append(f"-raw of {path}")

    assert len(paths) > 150
    assert differing == []


@pytest.mark.parametrize("paths", [HEAPS, CPUS], ids=["heap", "cpu"])
def test_several_profiles_are_merged_as_go_merges_them(tmp_path: Path, paths: list[Path]) -> None:
    ours = exported(tmp_path / "ours.pb.gz", *paths)
    toolchain.run_pprof(["-proto", f"-output={tmp_path / 'theirs.pb.gz'}", *paths])

    theirs = message(tmp_path / "theirs.pb.gz")

    assert len(paths) > 2
    assert len(theirs.sample) > 5
    assert in_words(message(ours))["header"] == in_words(theirs)["header"]
    assert raw_samples(ours) == raw_samples(tmp_path / "theirs.pb.gz")


def raw_samples(path: Path) -> Counter[object]:
    return Counter(map(repr, in_words(message(path))["samples"]))  # type: ignore[call-overload]


def test_go_builds_with_a_profile_for_pgo_as_with_its_own(db: Path, tmp_path: Path) -> None:
    ours = exported(tmp_path / "default.pgo", *CPUS)
    assert EVERY_KIND.exists()
    assert ours
    assert db
