"""Each way a profile can be broken is refused with the place and nature of its fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.formats.pprof.wire import parse
from pipeline.generated.profile_pb2 import Profile
from tests.builders.profile import message, profile
from tests.builders.reference import verdict
from tests.builders.wire import number, numbers, sized, tag, texts, varint

# Two sample types, as `a` and `b`.
TYPES = sized(1, number(1, 1)) + sized(1, number(1, 2))
TEXTS = texts("a", "b")


def refusal(content: bytes) -> str:
    """Why it is refused; the reference must refuse it too."""
    assert verdict(content) != "ok"
    return parse([content]).refusals[0]


def changed(change: Callable[[Profile], None]) -> bytes:
    built = message("a b 1", "c 2 {k=v}", "d 3", comments=["x"])
    change(built)
    return built.SerializeToString()


def test_an_empty_file() -> None:
    assert refusal(b"") == "profile: the file is empty; a CPU profile that was never stopped leaves such a file"


# The wire format: where a profile is cut off or overwritten.


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXTS + b"\x80", "profile, byte 8: the data ends inside a number; the file is truncated"),
        (TEXTS + tag(9, 0), "profile, byte 9: the data ends inside a number; the file is truncated"),
        (TEXTS + tag(9, 0) + b"\x81\x82", "profile, byte 9: the data ends inside a number; the file is truncated"),
        (TEXTS + tag(2, 2), "profile, byte 9: the data ends inside a number; the file is truncated"),
        (
            TEXTS + tag(9, 0) + b"\xff" * 10,
            "profile, byte 9: a number goes on for more than ten bytes; the file is damaged or not a profile",
        ),
        (
            b"\xff" * 11,
            "profile, byte 0: a number goes on for more than ten bytes; the file is damaged or not a profile",
        ),
        (
            TEXTS + tag(2, 2) + varint(300) + b"123",
            "profile, byte 11: a length of 300 bytes reaches past the end, 3 are left; the file is truncated",
        ),
        (
            TEXTS + tag(6, 2) + varint(2**64 - 1),
            "profile, byte 19: a length of 18446744073709551615 bytes reaches past the end, 0 are left; the file is truncated",
        ),
        (
            TEXTS + tag(100, 1) + b"1234567",
            "profile, byte 10: 7 bytes are left of a field that needs 4 or 8; the file is truncated",
        ),
        (TEXTS + tag(100, 5), "profile, byte 10: 0 bytes are left of a field that needs 4 or 8; the file is truncated"),
        (
            TEXTS + tag(100, 3),
            "profile, byte 8: a field has wire type 3, which protobuf no longer has; the file is damaged or not a profile",
        ),
        (
            TEXTS + tag(2, 7),
            "profile, byte 8: a field has wire type 7, which protobuf no longer has; the file is damaged or not a profile",
        ),
    ],
)
def test_a_break_at_the_top_level_says_the_byte(content: bytes, expected: str) -> None:
    assert refusal(content) == expected


MISMATCH = "a field has wire type {} where profile.proto has another; the file is damaged"


@pytest.mark.parametrize(
    ("content", "place", "found"),
    [
        (TEXTS + number(2, 1), "profile field 2, byte 8", 0),
        (TEXTS + number(6, 1), "profile field 6, byte 8", 0),
        (TEXTS + number(11, 1), "profile field 11, byte 8", 0),
        (TEXTS + tag(4, 5) + b"1234", "profile field 4, byte 8", 5),
        (TEXTS + sized(9, b"12"), "profile field 9, byte 8", 2),
        (TEXTS + tag(12, 1) + b"12345678", "profile field 12, byte 8", 1),
        (TEXTS + tag(13, 1) + b"12345678", "comment 0, byte 8", 1),
        (sized(1) + sized(1, sized(2)), "sample type 1, byte 4", 2),
        (TEXTS + sized(11, number(1, 1), sized(2)), "period type, byte 12", 2),
        (sized(2) + sized(2, tag(1, 5), b"1234"), "sample 1, byte 4", 5),
        (sized(2) + sized(2, number(1, 1), tag(2, 1), b"12345678"), "sample 1, byte 6", 1),
        (sized(2) + sized(2, number(3, 1)), "sample 1, byte 4", 0),
        (sized(2) + sized(2, sized(3, number(1, 1), sized(2))), "sample 1, byte 8", 2),
        (sized(3) + sized(3, number(1, 1), sized(10)), "mapping 1, byte 6", 2),
        (sized(4) + sized(4, number(1, 1), tag(3, 1), b"12345678"), "location 1, byte 6", 1),
        (sized(4) + sized(4, number(4, 1)), "location 1, byte 4", 0),
        (sized(4) + sized(4, sized(4, tag(1, 5), b"1234")), "location 1, byte 6", 5),
        (sized(5) + sized(5, sized(5)), "function 1, byte 4", 2),
    ],
)
def test_a_field_of_the_wrong_type_says_message_byte_and_type(content: bytes, place: str, found: int) -> None:
    assert refusal(content) == f"{place}: {MISMATCH.format(found)}"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (sized(1, tag(1, 2), varint(5), b"12"), "sample type 0, byte 4"),
        (sized(11, tag(1, 2), varint(5), b"12"), "period type, byte 4"),
        (sized(2) + sized(2, tag(1, 2), varint(5), b"12"), "sample 1, byte 6"),
        (sized(2, sized(3, tag(1, 2), varint(5), b"12")), "sample 0, byte 6"),
        (sized(3, tag(1, 2), varint(5), b"12"), "mapping 0, byte 4"),
        (sized(4, tag(4, 2), varint(5), b"12"), "location 0, byte 4"),
        (sized(4, sized(4, tag(9, 2), varint(5), b"12")), "location 0, byte 6"),
        (sized(5, tag(9, 2), varint(5), b"12"), "function 0, byte 4"),
    ],
)
def test_a_length_past_the_end_of_its_message_says_how_much_is_left(content: bytes, place: str) -> None:
    # There is more in the file: the message ends first.
    expected = f"{place}: a length of 5 bytes reaches past the end, 2 are left; the file is truncated"

    assert refusal(content + TEXTS) == expected


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (sized(1, tag(1, 0)), "sample type 0, byte 3"),
        (sized(2, tag(2, 0)), "sample 0, byte 3"),
        (sized(2, sized(1, b"\x01\x80")), "sample 0, byte 5"),
        (sized(2, sized(2, b"\x01\x02\xff\xff")), "sample 0, byte 6"),
        (sized(2, sized(3, b"\x08")), "sample 0, byte 5"),
        (sized(4, b"\x80"), "location 0, byte 2"),
        (sized(13, b"\x01\x80"), "comment 1, byte 3"),
    ],
)
def test_a_number_cut_off_by_the_end_of_its_message_says_where_it_begins(content: bytes, place: str) -> None:
    assert refusal(content + TEXTS) == f"{place}: the data ends inside a number; the file is truncated"


def test_an_endless_number_among_packed_ones() -> None:
    content = TYPES + sized(2, sized(1, b"\x01" + b"\xff" * 12)) + TEXTS

    assert refusal(content) == (
        "sample 0, byte 13: a number goes on for more than ten bytes; the file is damaged or not a profile"
    )


# What the numbers mean.


def test_two_profiles_in_one_file() -> None:
    one = profile("a 1")

    assert refusal(one + one) == (
        f"profile, byte {len(one) + one.index(number(9, 1_700_000_000_000_000_000))}: "
        "a second time_nanos: these are concatenated profiles; offer each as a file of its own"
    )


def test_a_string_table_that_does_not_begin_empty() -> None:
    assert refusal(sized(6, b"abc")) == "string 0, byte 2: string 0 has 3 bytes; profile.proto wants it empty"


def test_no_string_table_at_all() -> None:
    assert refusal(number(9, 1)) == (
        "profile field 7: string 0 does not exist; the file has 0. It may be truncated: the strings come last"
    )


@pytest.mark.parametrize(
    ("content", "place", "found"),
    [
        (sized(1) + sized(1, number(2, 3)), "sample type 1", 3),
        (sized(1, number(1, 2**64 - 1)), "sample type 0", -1),
        (sized(3, number(1, 1), number(5, 4)), "mapping 0", 4),
        (sized(3, number(1, 1), number(6, 4)), "mapping 0", 4),
        (sized(5, number(1, 1), number(2, 5)), "function 0", 5),
        (sized(5, number(1, 1), number(3, 6)), "function 0", 6),
        (sized(5, number(1, 1), number(4, 7)), "function 0", 7),
        (sized(1) + sized(2, number(2, 1), sized(3), sized(3, number(1, 3))), "label 1", 3),
        (sized(1) + sized(2, number(2, 1), sized(3, number(2, 3))), "label 0", 3),
        (sized(1) + sized(2, number(2, 1), sized(3, number(3, 1), number(4, 3))), "label 0", 3),
        (sized(1) + sized(2, number(2, 1), sized(3, number(4, 2**63))), "label 0", -(2**63)),
        (numbers(13, 1, 9), "comment 1", 9),
        (number(7, 3), "profile field 7", 3),
        (number(8, 3), "profile field 8", 3),
        (number(14, 3), "profile field 14", 3),
        (number(15, 3), "profile field 15", 3),
        (sized(11, number(1, 3)), "profile field 11", 3),
        (sized(11, number(2, 3)), "profile field 11", 3),
    ],
)
def test_a_text_that_is_not_in_the_string_table(content: bytes, place: str, found: int) -> None:
    assert refusal(content + TEXTS) == (
        f"{place}: string {found} does not exist; the file has 3. It may be truncated: the strings come last"
    )


@pytest.mark.parametrize(("values", "count"), [((), 0), ((1,), 1), ((1, 2, 3), 3)])
def test_a_sample_with_more_or_fewer_values_than_types(values: tuple[int, ...], count: int) -> None:
    content = TYPES + sized(2, numbers(2, 1, 2)) + sized(2, numbers(2, *values)) + TEXTS

    assert refusal(content) == f"sample 1, byte 16: it has {count} values; the file has 2 sample types"


def test_samples_without_sample_types() -> None:
    assert refusal(sized(2) + sized(2) + TEXTS) == "sample 0, byte 2: there are samples and no sample types"


def test_a_sample_of_a_location_that_does_not_exist() -> None:
    def change(built: Profile) -> None:
        built.sample[1].location_id[:] = [1, 42]

    content = changed(change)

    at = content.index(built_sample := numbers(1, 1, 42))
    assert refusal(content) == (
        f"sample 1, byte {at}: location 42 does not exist; the file has 4. "
        "It may be truncated: compare its size with the server's"
    )
    assert len(built_sample) == 4


@pytest.mark.parametrize("known", [0, 2**63, 2**64 - 1])
def test_ids_beyond_those_of_the_file_are_shown_unsigned(known: int) -> None:
    def change(built: Profile) -> None:
        built.sample[0].location_id[0] = known

    assert f": location {known} does not exist; the file has 4." in refusal(changed(change))


@pytest.mark.parametrize("known", [0, 9, 2**64 - 1])
def test_a_line_of_a_function_that_does_not_exist(known: int) -> None:
    def change(built: Profile) -> None:
        built.location[2].line[0].function_id = known

    assert refusal(changed(change)) == (
        f"location 2: a line of location 3 names function {known}, which does not exist"
    )


@pytest.mark.parametrize("of", ["mapping", "location", "function"])
def test_an_id_of_zero(of: str) -> None:
    def change(built: Profile) -> None:
        getattr(built, of)[0].id = 0

    assert refusal(changed(change)) == f"{of}: an id is 0, which profile.proto reserves"


@pytest.mark.parametrize("of", ["mapping", "location", "function"])
@pytest.mark.parametrize("known", [1, 10**12, 2**63, 2**64 - 1])
def test_an_id_given_twice(of: str, known: int) -> None:
    def change(built: Profile) -> None:
        rows = getattr(built, of)
        rows[0].id = known
        rows.add().CopyFrom(rows[0])

    assert refusal(changed(change)) == f"{of}: id {known} is given twice"


def test_a_long_text_named_again_and_again() -> None:
    # One MiB of file would become 300 of names.
    functions = b"".join(sized(5, number(1, place + 1), number(2, 1)) for place in range(300))
    content = functions + sized(6) + sized(6, b"x" * (1 << 20))

    assert verdict(content) == "ok"
    assert parse([content]).refusals[0] == (
        "profile: its texts unfold to 314572800 bytes, more than 268435456: a long text is named again and again"
    )


def test_each_file_of_many_has_its_own_fault_and_byte() -> None:
    good = profile("a 1")

    refusals = parse([good, TEXTS + b"\x80", good, b"", good, TEXTS + number(2, 1)]).refusals

    assert refusals == {
        1: "profile, byte 8: the data ends inside a number; the file is truncated",
        3: "profile: the file is empty; a CPU profile that was never stopped leaves such a file",
        5: "profile field 2, byte 8: a field has wire type 0 where profile.proto has another; the file is damaged",
    }
