"""Profiles as files have them."""

from __future__ import annotations

from pipeline.formats.pprof.decode import decode
from pipeline.outputs.pprof.decoded import profile_of
from tests.builders.profile import blob, message
from tests.outputs.pprof.seen import lines, profile


def test_samples_keep_their_order_and_are_not_added_up() -> None:
    made = profile("a b 1 10", "a b 2 20", types=("objects/count", "space/bytes"), comments=["seen"])

    assert lines(made) == ["a b 1 10", "a b 2 20"]
    assert made.sample_types == (("objects", "count"), ("space", "bytes"))
    assert made.header.comments == ("seen",)
    assert [(one.file, one.build_id) for one in made.mappings] == [("/app/server", "build-1")]


def test_ids_are_those_of_the_file() -> None:
    sent = message("a b 1")
    sent.location[0].id = 7
    sent.sample[0].location_id[0] = 7

    (decoded,) = decode([blob(sent.SerializeToString())])

    assert profile_of(decoded).locations.id.tolist() == [7, 2]


def test_units_of_numbers_are_none_or_as_many() -> None:
    made = profile("a 1 {n=1} {n=2ms} {n=3}", "a 2 {n=4}", "a 3 {k=v} {k=w}")

    assert [(one.texts, one.numbers, one.units) for one in made.label_sets] == [
        ({}, {"n": (1, 2, 3)}, {"n": ("", "ms", "")}),
        ({}, {"n": (4,)}, {}),
        ({"k": ("v", "w")}, {}, {}),
    ]
