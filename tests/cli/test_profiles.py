"""Which profiles a pprof-like command is about, and what its report is written of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.cli.profiles import choose, choose_profiles, loaded, prepared
from pipeline.errors import UsageError
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from pipeline.warehouse.questions import Selection

KIND = REPORTS["top"].kind


def report_of(demo: Path, *names: str, merge: bool = False, **settings: Any) -> Report:
    with flow.open_warehouse(str(demo)) as connection:
        found = loaded(connection, choose_profiles(connection, Selection(profiles=names), merge=merge))
    return prepared(fetched(found), Settings(**settings), kind=KIND)


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
    whole = report_of(demo, "heap-12")
    focused, ignored = report_of(demo, "heap-12", focus="store"), report_of(demo, "heap-12", ignore="store")

    assert 0 < focused.values.sum() < whole.values.sum() == whole.total == focused.total
    assert focused.values.sum() + ignored.values.sum() == whole.total


def test_profiles_added_up_by_the_database_are_those_that_pprof_adds_up(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = report_of(demo, "heap-0", merge=True)

    monkeypatch.setattr("pipeline.cli.profiles._MOST_APART", 1)
    added_up = report_of(demo, "heap-0", merge=True)

    assert REPORTS["top"].write(added_up) == REPORTS["top"].write(apart)
    assert REPORTS["tags"].write(added_up) == REPORTS["tags"].write(apart)
    assert "Time: " in str(REPORTS["top"].write(apart))
