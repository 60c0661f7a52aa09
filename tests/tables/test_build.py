"""Whole tables: equal to what the facts of a profile say, and exactly as declared."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.pprof import FORMAT
from pipeline.formats.pprof.decode import decode
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from tests.builders.facts import facts_of_decoded
from tests.builders.odd import encode, random_message
from tests.builders.profile import blob, profile
from tests.builders.wire import texts
from tests.tables.building import built, by_id
from tests.tables.expected import VALUES, Expected

SAMPLE_COLUMNS = ("sample_index", "stack_hash", *VALUES, "label_set_hash")


@given(st.randoms(use_true_random=True), st.integers(0, 6))
def test_every_table_holds_what_the_profile_says_under_recomputed_ids(random: Random, size: int) -> None:
    one = blob(encode(random_message(random, size=size), random))
    (decoded,) = decode([one])
    expected = Expected(facts_of_decoded(decoded))

    made = build_tables(decoded, [one])

    functions = by_id(made["function"])
    assert all(row.pop("package") is None or True for row in functions.values())
    assert functions == expected.functions()
    assert by_id(made["mapping"]) == expected.mappings()
    assert by_id(made["location"]) == expected.location_rows()
    assert by_id(made["stack"]) == expected.stack_rows()
    assert by_id(made["label_set"]) == expected.label_set_rows()
    assert list(zip(*(made["sample"][name].to_pylist() for name in SAMPLE_COLUMNS), strict=True)) == expected.samples()
    assert made["profile_mapping"]["mapping_hash"].to_pylist() == expected.mapping_hashes


@given(st.randoms(use_true_random=True), st.integers(0, 5))
def test_profiles_built_together_have_the_rows_of_each_alone(random: Random, count: int) -> None:
    contents = [encode(random_message(random), random) for _ in range(count)]

    alone = [built(content) for content in contents]

    together = built(*contents)

    for name in ("function", "mapping", "location", "stack", "label_set"):
        folded: dict[int, object] = {}
        for one in alone:
            folded |= by_id(one[name])
        assert by_id(together[name]) == folded
    for name in ("profile", "profile_sample_type", "profile_mapping", "sample"):
        rows = [row for one in alone for row in without_ids(one[name].to_pylist())]
        assert without_ids(together[name].to_pylist()) == rows


def without_ids(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key not in ("profile_hash", "source_hash")} for row in rows]


@pytest.mark.parametrize(
    "contents",
    [
        (),
        (texts(),),
        (profile(),),
        (profile("1"),),
        (profile("a b 1 {k=v}", "c 0"), profile("a 2", binary=""), texts()),
    ],
    ids=["no file", "empty message", "no samples", "empty stack", "several"],
)
def test_every_table_has_its_declared_schema(contents: tuple[bytes, ...]) -> None:
    made = built(*contents)

    assert set(made) == set(FORMAT.fills)
    for name, table in made.items():
        assert table.schema.equals(tables()[name].schema, check_metadata=True), name
        table.validate(full=True)
        for field in tables()[name].schema:
            assert field.nullable or table[field.name].null_count == 0, f"{name}.{field.name}"


@given(st.randoms(use_true_random=True))
def test_every_reference_lands(random: Random) -> None:
    made = built(*(encode(random_message(random), random) for _ in range(3)))

    for name, table in made.items():
        for reference in tables()[name].references:
            if reference.to_table in made:
                there = set(made[reference.to_table][reference.to_column].to_pylist())
                assert set(table[reference.column].drop_null().to_pylist()) <= there
    lines = [line for lines in made["location"]["lines"].to_pylist() for line in lines]
    assert {line["function_hash"] for line in lines} <= set(made["function"]["function_hash"].to_pylist())
    in_stacks = {location for stack in made["stack"]["location_hashes"].to_pylist() for location in stack}
    assert in_stacks <= set(made["location"]["location_hash"].to_pylist())
