"""What a pprof file is made of: written again, a profile is the one that was read."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.generated.profile_pb2 import Profile
from pipeline.outputs.pprof_file import columns_of, write
from pipeline.values import Sampled
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.pprof_questions import sampled, whole
from tests.builders.profile import profile
from tests.warehouse.builder import LIMITS, heap

TYPES = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    files = {
        "heap-0": heap(0, grow=100),
        "heap-1": heap(1, grow=250),
        "heap-2": heap(2, grow=7, build_id="build-2"),
        "odd": profile(
            "f 1 2 {a=x}", "f 1 2 {a=x}", "f 0 0", "f 3 -4", types=("x/a", "x/b"), time_ns=9, comments=("c",)
        ),
    }
    folder = tmp_path_factory.mktemp("pprof")
    for name, content in files.items():
        (folder / f"{name}.pb").write_bytes(content)
    flow.ingest([str(folder)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "p.duckdb"))
    with open_readonly(str(folder / "p.duckdb")) as opened:
        yield opened


def made(found: Sampled) -> Profile:
    return Profile.FromString(write(columns_of(found)))


def stacks(found: Profile) -> Counter[tuple[object, ...]]:
    """Samples in words."""
    text, function = found.string_table, {one.id: one for one in found.function}
    location = {
        one.id: (
            one.address,
            tuple((text[function[line.function_id].name], line.line, line.column) for line in one.line),
            text[found.mapping[one.mapping_id - 1].filename] if one.mapping_id else "",
        )
        for one in found.location
    }
    return Counter(
        (
            tuple(location[id] for id in sample.location_id),
            tuple(sample.value),
            tuple(sorted((text[one.key], text[one.str], one.num, text[one.num_unit]) for one in sample.label)),
        )
        for sample in found.sample
    )


def test_every_profile_of_every_kind_written_again_is_what_was_read(every_kind: Path) -> None:
    with open_readonly(str(every_kind)) as opened:
        files = opened.execute(
            "SELECT profile_id, uri FROM profile JOIN source USING (source_id) WHERE uri LIKE '%.pb.gz'"
        ).fetchall()
        for profile_id, uri in files:
            again = made(whole(opened, profile_id))
            read = Profile.FromString(gzip.decompress(Path(uri).read_bytes()))
            assert stacks(again) == stacks(read), uri
            assert (again.time_nanos, again.duration_nanos, again.period) == (
                *(read.time_nanos, read.duration_nanos, read.period),
            )

    assert len(files) > 5


def test_samples_of_one_file_stay_apart_and_repeated_types_have_the_name_of_the_file(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = made(whole(connection, id_of(connection, "odd")))

    assert [list(one.value) for one in found.sample] == [[1, 2], [1, 2], [0, 0], [3, -4]]
    assert [found.string_table[one.type] for one in found.sample_type] == ["x", "x"]
    assert [found.string_table[one] for one in found.comment] == ["c"]


def test_equal_stacks_with_equal_labels_are_added_up_and_nothing_is_left_out_that_counts(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    odd = {id_of(connection, "odd"): 1}

    assert sorted(list(one.value) for one in made(sampled(connection, odd)).sample) == [[2, 4], [3, -4]]
    assert [list(one.value) for one in made(sampled(connection, odd, unit="stack")).sample] == [[5, 0]]
    least = sampled(connection, odd, ["x#1"], unit="labelled stack", is_never_negative=True)
    assert [list(one.value) for one in made(least).sample] == [[4]]


def test_one_profile_less_another_is_what_came_to_be_between(connection: duckdb.DuckDBPyConnection) -> None:
    first, last = id_of(connection, "heap-0"), id_of(connection, "heap-1")

    found = made(sampled(connection, {first: -1, last: 1}, ["alloc_space"]))

    assert [list(one.value) for one in found.sample] == [[1150]]
    assert found.time_nanos == 1_767_225_660_000_000_000


def test_types_are_those_asked_for_in_that_order(connection: duckdb.DuckDBPyConnection) -> None:
    heaps = {id_of(connection, "heap-0"): 1, id_of(connection, "heap-1"): 1}

    assert [name for name, _ in sampled(connection, heaps).sample_types] == TYPES
    assert [name for name, _ in sampled(connection, heaps, TYPES[::-1]).sample_types] == TYPES[::-1]
    found = made(sampled(connection, heaps, ["inuse_space", "alloc_objects"], unit="stack"))
    assert sorted(list(one.value) for one in found.sample) == [[100, 2], [350, 2]]


def test_two_builds_are_two_binaries(connection: duckdb.DuckDBPyConnection) -> None:
    found = made(sampled(connection, {id_of(connection, "heap-0"): 1, id_of(connection, "heap-2"): 1}))

    assert [found.string_table[one.build_id] for one in found.mapping] == ["build-1", "build-2"]


def id_of(connection: duckdb.DuckDBPyConnection, part: str) -> int:
    ((profile_id,),) = connection.execute(
        "SELECT profile_id FROM profile JOIN source USING (source_id) WHERE contains(uri, ?)", [part]
    ).fetchall()
    return int(profile_id)
