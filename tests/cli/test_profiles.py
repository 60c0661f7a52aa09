"""Which profiles a pprof-like command is about, and their stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import flow
from pipeline.cli.profiles import Filters, choose, header, stacks_of
from pipeline.errors import UsageError
from pipeline.warehouse.questions import Selection


def test_the_newest_heap_profile_is_taken_and_its_last_sample_type(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        chosen = choose(connection, Selection())

    assert chosen.profiles[0]["uri"].endswith("heap-12.pb.gz")
    assert (chosen.sample_type, chosen.unit) == ("inuse_space", "bytes")


@pytest.mark.parametrize(
    ("asked", "found"), [("alloc_objects", "alloc_objects"), ("1", "alloc_space"), ("space", None)]
)
def test_a_sample_type_goes_by_name_or_number(demo: Path, asked: str, found: str | None) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        if found is None:
            with pytest.raises(UsageError, match="alloc_objects, alloc_space"):
                choose(connection, Selection(), sample_index=asked)
        else:
            assert choose(connection, Selection(), sample_index=asked).sample_type == found


def test_focus_and_ignore_split_the_total(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        chosen = choose(connection, Selection())
        whole, total = stacks_of(connection, chosen)
        focused, _ = stacks_of(connection, chosen, filters=Filters(focus="store"))
        ignored, _ = stacks_of(connection, chosen, filters=Filters(ignore="store"))

    assert 0 < focused.values.sum() < whole.values.sum() == total
    assert focused.values.sum() + ignored.values.sum() == total


def test_a_filter_looks_at_files_and_binaries_too(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        chosen = choose(connection, Selection())
        by_file, _ = stacks_of(connection, chosen, filters=Filters(focus=r"cache\.go$"))
        by_binary, total = stacks_of(connection, chosen, filters=Filters(focus="/checkout$"))

    assert 0 < by_file.values.sum() < total
    assert by_binary.values.sum() == total


def test_a_base_is_taken_off_and_is_the_total(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        before = choose(connection, Selection(profiles=("heap-00",)))
        after = choose(connection, Selection(profiles=("heap-12",)))
        first, first_total = stacks_of(connection, before)
        last, _ = stacks_of(connection, after)
        grown, total = stacks_of(connection, after, base=before.ids)

    assert grown.values.sum() == last.values.sum() - first.values.sum()
    assert total == first_total


def test_profiles_added_up_have_the_time_of_the_first(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        chosen = choose(connection, Selection(profiles=("heap-03", "heap-01")))

    assert header(chosen, total=1, filters=Filters()).time_ns == chosen.profiles[0]["time_ns"]
    assert chosen.profiles[0]["uri"].endswith("heap-01.pb.gz")


def test_hidden_frames_are_gone_and_what_they_inlined_is_called_by_who_called_them(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        chosen = choose(connection, Selection(profiles=("heap-12",)))
        whole, total = stacks_of(connection, chosen)
        hidden, same = stacks_of(connection, chosen, filters=Filters(hide=r"\.Put$"))
        alone, left = stacks_of(connection, chosen, filters=Filters(show=r"\.Put$", relative=True))

    put = whole.names.index("example.com/checkout/store.(*Store).Put")
    assert put in whole.frames
    assert put not in hidden.frames
    assert same == total
    assert {alone.names[frame] for frame in alone.frames} == {whole.names[put]}
    assert left == alone.values.sum() < total
