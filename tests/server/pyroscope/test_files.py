"""What is selected, as a profile of pprof."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.generated.profile_pb2 import Profile
from pipeline.server.pyroscope import files
from pipeline.server.pyroscope.request import selection
from pipeline.warehouse import pyroscope_questions as questions
from pipeline.warehouse.connect import open_readonly
from tests.server.pyroscope.conftest import START

INUSE = "memory:inuse_space:bytes:space:bytes"
ALLOCATED = "memory:alloc_space:bytes:space:bytes"
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"


def asked(shop: Path, wanted: questions.Selection) -> Profile:
    with open_readonly(str(shop)) as connection:
        return files.profile(connection, wanted)


@pytest.mark.parametrize(
    ("kind", "values", "duration_s"), [(INUSE, [50, 400], 0), (ALLOCATED, [2300], 0), (CPU, [30, 60], 30)]
)
def test_it_weighs_what_the_flame_graph_weighs_and_has_one_type(
    shop: Path, kind: str, values: list[int], duration_s: int
) -> None:
    found = asked(shop, selection(kind, "{}", START, START + 120_000))

    text = found.string_table
    assert sorted(sample.value[0] for sample in found.sample) == values
    assert not any(sample.label for sample in found.sample)
    assert [f"{text[one.type]}:{text[one.unit]}" for one in found.sample_type] == [":".join(kind.split(":")[1:3])]
    assert text[found.default_sample_type] == kind.split(":")[1]
    assert f"{text[found.period_type.type]}:{text[found.period_type.unit]}" == ":".join(kind.split(":")[3:])
    assert found.duration_nanos == duration_s * 1_000_000_000


def test_nothing_selected_is_a_profile_that_says_of_what(shop: Path) -> None:
    found = asked(shop, selection(INUSE, '{service_name="none"}', START, START + 5))

    assert (len(found.sample), len(found.sample_type), found.time_nanos) == (0, 1, (START + 5) * 1_000_000)
    assert found.string_table[found.sample_type[0].type] == "inuse_space"


def test_a_call_site_keeps_the_stacks_below_it(shop: Path) -> None:
    wanted = selection(CPU, "{}", START, START + 120_000)

    def values(*site: str) -> list[int]:
        named = questions.Selection(wanted.profile_type, wanted.matchers, wanted.during, call_site=site)
        return sorted(sample.value[0] for sample in asked(shop, named).sample)

    assert values("main.main", "main.g") == [60]
    assert values("main.main") == [30, 60]
    assert values("main.g") == []
