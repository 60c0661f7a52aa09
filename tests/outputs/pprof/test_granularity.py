"""What of a location tells it from another."""

from __future__ import annotations

import pytest

from pipeline.outputs.pprof.granularity import GRANULARITIES, aggregated
from pipeline.outputs.pprof.nodes import nodes_of
from tests.outputs.pprof.seen import profile


@pytest.mark.parametrize(
    ("granularity", "names"),
    [
        ("functions", ["a", "b"]),
        ("filefunctions", ["a x.go", "b y.go"]),
        ("files", ["x.go", "y.go"]),
        ("lines", ["a x.go:3", "b y.go:4"]),
        ("addresses", ["0000000000400010 a x.go:3", "0000000000400010 b y.go:4"]),
    ],
)
def test_a_frame_is_called_by_what_is_kept(granularity: str, names: list[str]) -> None:
    made = aggregated(profile("a@x.go:3|b@y.go:4 1"), granularity, has_inlines=True, has_columns=False)

    assert [info.printable for info in nodes_of(made, has_object_names=False).infos] == names
    assert granularity in GRANULARITIES


def test_without_inlines_the_function_is_the_one_they_were_inlined_into() -> None:
    made = aggregated(profile("a|b|c 1"), "addresses", has_inlines=False, has_columns=False)

    assert [info.name for info in nodes_of(made, has_object_names=False).infos] == ["c"]
    assert not made.mappings[0].has_inline_frames
