"""Every field of a profile is read back as protobuf's own runtime reads it, however oddly it was written."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.pprof.decode import decode
from pipeline.generated.profile_pb2 import Function, Line, Location, Mapping, Profile, Sample, ValueType
from pipeline.generated.profile_pb2 import Label as LabelMessage
from pipeline.notes import NOTE_KINDS
from pipeline.values import Decoded
from tests.builders.facts import Facts, Label, facts_of_decoded, facts_of_message
from tests.builders.odd import encode, random_message
from tests.builders.profile import blob, message, profile
from tests.builders.reference import Refused, facts_of_bytes
from tests.builders.wire import number, numbers, sized, tag, texts, unknown_fields, varint

FULL = Profile(
    sample_type=[ValueType(type=1, unit=2), ValueType(type=3, unit=4)],
    sample=[
        Sample(
            location_id=[12, 2**64 - 1],
            value=[-5, 2**63 - 1],
            label=[
                LabelMessage(key=5, str=6),
                LabelMessage(key=5, num=-(2**63), num_unit=2),
                LabelMessage(key=7, num_unit=2),
            ],
        ),
        Sample(location_id=[], value=[0, 0]),
    ],
    mapping=[
        Mapping(
            id=9,
            memory_start=2**63,
            memory_limit=2**64 - 1,
            file_offset=4096,
            filename=8,
            build_id=9,
            has_functions=True,
            has_line_numbers=True,
        ),
        Mapping(id=2**63, has_filenames=True, has_inline_frames=True),
    ],
    location=[
        Location(
            id=12,
            mapping_id=2**63,
            address=2**64 - 2,
            is_folded=True,
            line=[Line(function_id=2**40, line=88, column=3), Line(function_id=1, line=-1)],
        ),
        Location(id=2**64 - 1, mapping_id=9, address=2**63 + 1),
    ],
    function=[
        Function(id=2**40, name=10, system_name=11, filename=12, start_line=2**62),
        Function(id=1, name=11),
    ],
    string_table=[
        "",
        "inuse_objects",
        "count",
        "inuse_space",
        "bytes",
        "tenant",
        "north",
        "wait",
        "/app/server",
        "abc123",
        "main.grow",
        "main.main",
        "store/cache.go",
        "doc",
        "drop.*",
        "keep.*",
        "built by hand",
        "größe",
    ],
    drop_frames=14,
    keep_frames=15,
    time_nanos=1_700_000_000_123_456_789,
    duration_nanos=60_000_000_000,
    period_type=ValueType(type=17, unit=4),
    period=524288,
    comment=[16, 13, 0],
    default_sample_type=1,
    doc_url=13,
)

FULL_FACTS = Facts(
    header=(
        1700000000123456789,
        60000000000,
        524288,
        "größe".encode(),
        b"bytes",
        b"inuse_objects",
        b"drop.*",
        b"keep.*",
        b"doc",
    ),
    sample_types=[(b"inuse_objects", b"count"), (b"inuse_space", b"bytes")],
    comments=[b"built by hand", b"doc", b""],
    mappings=[
        (2**63, 2**64 - 1, 4096, b"/app/server", b"abc123", True, False, True, False),
        (0, 0, 0, b"", b"", False, True, False, True),
    ],
    functions=[(b"main.grow", b"main.main", b"store/cache.go", 2**62), (b"main.main", b"", b"", 0)],
    locations=[(1, 2**64 - 2, True, ((0, 88, 3), (1, -1, 0))), (0, 2**63 + 1, False, ())],
    samples=[
        (
            (0, 1),
            (-5, 2**63 - 1),
            (
                Label(b"tenant", b"north", 0, None),
                Label(b"tenant", None, -(2**63), b"count"),
                Label(b"wait", None, 0, b"count"),
            ),
        ),
        ((), (0, 0), ()),
    ],
)


def read(*contents: bytes) -> Decoded:
    (decoded,) = decode([blob(content, source_hash=place) for place, content in enumerate(contents)])
    return decoded


def facts_of(content: bytes) -> Facts:
    decoded = read(content)
    assert decoded.refusals == {}
    return facts_of_decoded(decoded)


def notes_of(content: bytes) -> dict[str, int]:
    notes = read(content).notes
    assert all(note.blob_index == 0 for note in notes)
    return {note.kind: note.count for note in notes}


def test_every_field_of_profile_proto_is_read() -> None:
    assert facts_of(FULL.SerializeToString()) == FULL_FACTS


def test_the_three_readers_that_tests_compare_with_agree_on_every_field() -> None:
    assert facts_of_message(FULL) == FULL_FACTS
    assert facts_of_bytes(FULL.SerializeToString()) == FULL_FACTS


@given(st.randoms(use_true_random=True), st.integers(0, 8))
def test_a_profile_as_the_runtime_writes_it_reads_as_the_runtime_reads_it(random: Random, size: int) -> None:
    built = random_message(random, size=size)

    assert facts_of(built.SerializeToString()) == facts_of_message(built)


@given(st.randoms(use_true_random=True), st.integers(0, 5))
def test_an_odd_spelling_reads_as_the_runtime_reads_it(random: Random, size: int) -> None:
    content = encode(random_message(random, size=size), random)

    assert facts_of(content) == facts_of_message(Profile.FromString(content))


@given(st.randoms(use_true_random=True), st.integers(0, 5))
def test_a_spelling_that_only_pprof_accepts_says_the_same(random: Random, size: int) -> None:
    built = random_message(random, size=size)

    assert facts_of(encode(built, random, beyond_protobuf=True)) == facts_of_message(built)


@given(st.randoms(use_true_random=True), st.integers(0, 4), st.integers(1, 3))
def test_damaged_bytes_are_refused_when_the_reference_refuses_them_and_else_read_alike(
    random: Random, size: int, changes: int
) -> None:
    content = damaged(encode(random_message(random, size=size), random, beyond_protobuf=True), random, changes)
    try:
        expected: Facts | None = facts_of_bytes(content)
    except Refused:
        expected = None

    decoded = read(content)

    assert (decoded.refusals == {}) == (expected is not None), decoded.refusals
    assert expected is None or facts_of_decoded(decoded) == expected


def damaged(content: bytes, random: Random, changes: int) -> bytes:
    out = bytearray(content)
    for _ in range(changes):
        at = random.randrange(len(out) + 1)
        if random.random() < 0.2:
            out[at:at] = random.randbytes(1)
        elif random.random() < 0.1:
            del out[at:]
        elif at < len(out):
            out[at] = random.choice((out[at] ^ 1 << random.randrange(8), 0, 1, 127, 128, 255))
    return bytes(out)


@given(st.randoms(use_true_random=True), st.integers(0, 12))
def test_profiles_decoded_together_read_as_each_alone(random: Random, count: int) -> None:
    contents = [encode(random_message(random), random) for _ in range(count)]
    contents = [damaged(content, random, 1) if random.random() < 0.3 else content for content in contents]
    alone = [read(content) for content in contents]

    together = read(*contents)

    assert together.refusals == {place: one.refusals[0] for place, one in enumerate(alone) if one.refusals}
    assert_same(together, [(place, facts_of_decoded(one)) for place, one in enumerate(alone) if not one.refusals])
    assert sorted((note.blob_index, note.kind, note.count) for note in together.notes) == sorted(
        (place, note.kind, note.count) for place, one in enumerate(alone) for note in one.notes
    )


def assert_same(together: Decoded, sound: Sequence[tuple[int, Facts]]) -> None:
    symbols = together.symbols
    assert symbols is not None
    assert together.columns["profile"]["blob_index"].tolist() == [place for place, _ in sound]
    expected = [facts for _, facts in sound]
    for place, facts in enumerate(expected):
        found = facts_of_decoded(together, place, before=expected[:place])
        # Those of the profiles behind it come after its own.
        n_locations, n_functions = len(facts.locations), len(facts.functions)
        assert found._replace(locations=[], functions=[]) == facts._replace(locations=[], functions=[])
        assert found.locations[:n_locations] == facts.locations
        assert found.functions[:n_functions] == facts.functions
    assert len(symbols.location_mapping) == sum(len(facts.locations) for facts in expected)
    assert len(symbols.function_name_text) == sum(len(facts.functions) for facts in expected)
    assert len(symbols.stack_offsets) == 1 + sum(len(facts.samples) for facts in expected)


def test_a_bad_file_leaves_no_rows_between_good_ones() -> None:
    good, bad = profile("a@x.go:1 b 1 {k=v}"), profile("c d 1")[:-3]

    together = read(bad, good, bad, bad, good, bad)

    assert list(together.refusals) == [0, 2, 3, 5]
    assert_same(together, [(1, facts_of(good)), (4, facts_of(good))])


def test_no_files_are_no_profiles() -> None:
    (decoded,) = decode([])

    assert decoded.refusals == {}
    assert decoded.columns["profile"]["blob_index"].tolist() == []


def long_names(count: int) -> bytes:
    """As many functions, each with a name of its own number of MiB once it is written out."""
    functions = [sized(5, number(1, place + 1), number(2, 1), number(5, place)) for place in range(count)]
    return b"".join(functions) + sized(6) + sized(6, b"x" * (1 << 20)) + number(9, 1)


def test_texts_too_long_for_one_part_come_in_several() -> None:
    bad = b"\x0a"

    parts = list(
        decode([blob(content) for content in (long_names(200), long_names(200), bad, long_names(200), texts())])
    )

    assert [part.columns["profile"]["blob_index"].tolist() for part in parts] == [[0, 1], [3, 4]]
    assert [list(part.refusals) for part in parts] == [[], [2]]
    assert [[(note.blob_index, note.kind) for note in part.notes] for part in parts] == [
        [(0, "empty_profile"), (1, "empty_profile")],
        [(4, "no_time"), (3, "empty_profile"), (4, "empty_profile")],
    ]


# Rules of google/pprof that protobuf does not have, one by one.


def test_a_period_type_replaces_the_one_before_as_a_whole() -> None:
    content = sized(11, number(1, 1), number(2, 2)) + sized(11, number(2, 3)) + texts("a", "b", "c")

    assert facts_of(content).header[3:5] == (b"", b"c")


def test_field_number_zero_is_skipped() -> None:
    content = number(0, 7) + sized(1, number(0, 1), number(1, 1)) + sized(0, b"x") + texts("a")

    assert facts_of(content).sample_types == [(b"a", b"")]


def test_values_packed_and_single_add_up_in_order() -> None:
    types = sized(1) * 5
    content = types + sized(2, numbers(2, 1, 2), number(2, 3), numbers(2), numbers(2, 4), number(2, 5)) + texts()

    assert facts_of(content).samples == [((), (1, 2, 3, 4, 5), ())]


def test_zero_written_as_time_may_be_written_again() -> None:
    assert facts_of(number(9, 0) + number(9, 5) + texts()).header[0] == 5


def test_a_flag_is_true_for_any_number_but_zero() -> None:
    content = sized(3, number(1, 1), number(7, 2**63), number(8, 0), number(9, 2)) + texts()

    assert facts_of(content).mappings == [(0, 0, 0, b"", b"", True, False, True, False)]


def test_a_number_of_ten_bytes_is_cut_to_64_bits() -> None:
    content = tag(12, 0) + b"\x85" + b"\x80" * 8 + b"\x7e" + texts()

    assert facts_of(content).header[2] == 5


def test_the_unit_of_a_text_is_kept_when_it_is_there_and_not_looked_at_when_it_is_not() -> None:
    labels = [number(1, 1) + number(2, 2) + number(4, unit) for unit in (3, 4, 2**63)]
    content = sized(1) + sized(2, number(2, 1), *(sized(3, label) for label in labels)) + texts("k", "v", "unit")

    assert [label.unit for label in facts_of(content).samples[0][2]] == [b"unit", None, None]


def test_bytes_that_are_not_utf8_stay_what_they_are() -> None:
    content = sized(1, number(1, 1)) + sized(6) + sized(6, b"\xff\xfe")

    assert facts_of(content).sample_types == [(b"\xff\xfe", b"")]
    assert notes_of(content)["text_not_utf8"] == 1


def test_a_location_may_name_a_mapping_that_is_not_there() -> None:
    built = message("a 1", "b 2")
    built.location[0].mapping_id = 77

    assert [location[0] for location in facts_of(built.SerializeToString()).locations] == [None, 0]
    assert notes_of(built.SerializeToString()) == {"unknown_mapping": 1}


def test_an_inlined_location_has_its_lines_innermost_first() -> None:
    assert facts_of(profile("inner@a.go:1|middle@a.go:2|outer@b.go:3 1")).locations[0][3] == (
        (0, 1, 0),
        (1, 2, 0),
        (2, 3, 0),
    )


def test_labels_with_neither_text_number_nor_unit_are_noted() -> None:
    built = message("a 1 {k=v}", "b 1")
    built.sample[1].label.add(key=1)
    built.sample[1].label.add()

    assert notes_of(built.SerializeToString()) == {"label_without_value": 2}
    assert facts_of(built.SerializeToString()).samples[1][2] == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (profile("a 1"), {}),
        (profile("a 1", time_ns=0), {"no_time": 1}),
        (profile("a 1", time_ns=-1), {"time_out_of_range": 1}),
        (profile(f"a {2**62}", f"b {2**62}"), {"sum_out_of_range": 1}),
        (profile(f"a {-(2**63)}"), {"sum_out_of_range": 1}),
        (profile(f"a {2**62}", f"b {2**62 - 1}"), {}),
        (profile("a 1", time_ns=2**63 - 1), {}),
        (profile(), {"empty_profile": 1}),
        (texts(), {"empty_profile": 1, "no_time": 1}),
        (profile("a 1") + unknown_fields((16, 100)), {"unknown_field": 8}),
    ],
)
def test_what_is_odd_is_noted_once_with_its_count(content: bytes, expected: dict[str, int]) -> None:
    assert notes_of(content) == expected
    assert set(expected) <= set(NOTE_KINDS)


def test_unknown_fields_are_counted_in_every_message() -> None:
    unknown = number(100, 1)
    content = b"".join(
        [
            sized(1, unknown),
            sized(2, number(2, 1), unknown, sized(3, number(3, 1), unknown)),
            sized(3, number(1, 1), unknown),
            sized(4, number(1, 1), unknown, sized(4, number(1, 1), unknown)),
            sized(5, number(1, 1), unknown),
            sized(11, unknown),
            texts(),
            number(9, 1),
            unknown,
        ]
    )

    assert notes_of(content) == {"unknown_field": 9}


def test_a_profile_without_symbols_is_noted() -> None:
    built = message("a b 1")
    del built.function[:]
    for location in built.location:
        del location.line[:]

    assert notes_of(built.SerializeToString()) == {"no_functions": 1}


def test_numbers_may_be_longer_than_need_be() -> None:
    content = tag(12, 0, width=10) + varint(5, width=10) + tag(6, 2, width=10) + varint(0, width=10)

    assert facts_of(content).header[2] == 5
