"""What memory is used for as text, and how long it lasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pipeline.outputs.memory_text import text

MIB = 1 << 20
ROW: dict[str, Any] = {
    "process": 0,
    "uri": "/vars/api.json",
    "service": "api",
    "instance": "a",
    "build": None,
    "moments": 2,
    "first_at": datetime(2026, 11, 30, 10, 0),
    "last_at": datetime(2026, 11, 30, 10, 2),
    "first_used_bytes": 8 * MIB,
    "used_bytes": 10 * MIB,
    "objects_bytes": 6 * MIB,
    "unused_bytes": MIB,
    "free_bytes": 2 * MIB,
    "stack_bytes": MIB,
    "metadata_bytes": 0,
    "other_bytes": None,
    "released_bytes": 3 * MIB,
    "limit_from": "label",
    "limit_bytes": 12 * MIB,
    "headroom_bytes": 2 * MIB,
    "slope_bytes_per_s": MIB / 60,
    "seconds_left": 120.0,
}


def said(**more: Any) -> list[str]:
    return text(ROW | more).replace("\u202f", " ").replace("\xa0", " ").splitlines()


def test_the_parts_are_told_the_largest_first_and_what_is_left() -> None:
    assert said() == [
        "api · instance a · api.json · 2 moments over 2.00 min: 10.0 MiB used, 8.0 MiB at first, +1.0 MiB/min",
        "  2.0 MiB left of 12.0 MiB (label memory_limit), for 2.00 min at this slope",
        "  6.0 MiB  60.0 %  objects, reachable or not yet swept",
        "  2.0 MiB  20.0 %  heap without objects, not given back",
        "  1.0 MiB  10.0 %  free slots of spans in use",
        "  1.0 MiB  10.0 %  stacks of goroutines and threads",
        "      0 B   0.0 %  the runtime's own tables",
        "  3.0 MiB          given back to the system: address space only",
    ]


@pytest.mark.parametrize(
    ("more", "second"),
    [
        (
            {"limit_bytes": None},
            "  no limit is known: ingest the files with --label memory_limit=512MiB, or give metrics that tell GOMEMLIMIT",
        ),
        ({"headroom_bytes": -MIB}, "  1.0 MiB beyond the limit of 12.0 MiB (label memory_limit)"),
        ({"seconds_left": None, "limit_from": "GOMEMLIMIT"}, "  2.0 MiB left of 12.0 MiB (GOMEMLIMIT)"),
    ],
)
def test_what_is_left_is_said_as_far_as_it_is_known(more: dict[str, Any], second: str) -> None:
    assert said(**more)[1] == second


def test_memory_that_is_not_told_is_not_made_up() -> None:
    nothing = dict.fromkeys((name for name in ROW if name.endswith("_bytes")), None)

    assert said(**nothing, slope_bytes_per_s=None, moments=1, process=3) == [
        "api · instance a · api.json · process 3 · 1 moment: memory that is not told",
        "  no limit is known: ingest the files with --label memory_limit=512MiB, or give metrics that tell GOMEMLIMIT",
    ]
