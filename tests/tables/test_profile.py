"""Profiles and samples as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.hashes import hash_of
from tests.builders.profile import blob, message, profile
from tests.builders.wire import number, sized, texts
from tests.tables.building import built, built_from
from tests.tables.expected import VALUES


def rows(table: str, *contents: bytes) -> list[dict[str, object]]:
    found: list[dict[str, object]] = built(*contents)[table].to_pylist()
    return found


def test_the_header_survives() -> None:
    content = profile(
        "f 1 2",
        types=("alloc_space/bytes", "inuse_space/bytes"),
        default_type="alloc_space",
        period=524288,
        period_type="space/bytes",
        time_ns=1_700_000_000_123_456_789,
        duration_ns=60_000_000_000,
        comments=["one", "", "two"],
        drop_frames="drop.*",
        keep_frames="keep.*",
        doc_url="https://example.com",
        build_id="abc",
    )

    assert rows("profile", content) == [
        {
            "profile_hash": 0,
            "source_hash": 0,
            "series_hash": hash_of(b"allocs\n /app/server abc"),
            "kind": "allocs",
            "day": date(2023, 11, 14),
            "taken_at": datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC),
            "time_ns": 1_700_000_000_123_456_789,
            "duration_ns": 60_000_000_000,
            "period": 524288,
            "period_type": "space",
            "period_unit": "bytes",
            "default_sample_type": "alloc_space",
            "service": None,
            "instance": None,
            "build": None,
            "program": "/app/server",
            "build_id": "abc",
            "labels": [],
            "sample_count": 1,
            "drop_frames": "drop.*",
            "keep_frames": "keep.*",
            "comments": ["one", "", "two"],
            "doc_url": "https://example.com",
        }
    ]


def test_labels_of_the_source_become_columns_and_the_series() -> None:
    labels = {"zone": "b", "service": "checkout", "instance": "a", "build": "1.4.2"}
    (row,) = built_from(blob(profile("f 1"), labels=labels, source_hash=7))["profile"].to_pylist()

    key = b"heap\nbuild=1.4.2\ninstance=a\nservice=checkout\nzone=b\n /app/server build-1"
    assert (row["profile_hash"], row["service"], row["instance"], row["build"]) == (7, "checkout", "a", "1.4.2")
    assert row["labels"] == sorted(labels.items())
    assert row["series_hash"] == hash_of(key)


@pytest.mark.parametrize(
    ("time_ns", "taken_at"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1970, 1, 1, tzinfo=UTC)),
        (-(2**63), datetime(1970, 1, 1, tzinfo=UTC)),
        (999, datetime(1970, 1, 1, tzinfo=UTC)),
        (1_000, datetime(1970, 1, 1, microsecond=1, tzinfo=UTC)),
        (86_400_000_000_000 - 1, datetime(1970, 1, 1, 23, 59, 59, 999999, tzinfo=UTC)),
        (86_400_000_000_000, datetime(1970, 1, 2, tzinfo=UTC)),
        (2**63 - 1, datetime(2262, 4, 11, 23, 47, 16, 854775, tzinfo=UTC)),
    ],
)
def test_any_time_has_a_moment_and_a_day(time_ns: int, taken_at: datetime) -> None:
    (row,) = rows("profile", profile("f 1", time_ns=time_ns))

    assert (row["time_ns"], row["taken_at"], row["day"]) == (time_ns, taken_at, taken_at.date())


@pytest.mark.parametrize("number_of", ["period", "duration_ns"])
@pytest.mark.parametrize("value", [0, -1, 2**63 - 1, -(2**63)])
def test_numbers_of_the_header_keep_all_their_bits(number_of: str, value: int) -> None:
    (row,) = rows("profile", profile("f 1", **{number_of: value}))

    assert row[number_of] == value


def test_the_build_id_is_the_first_mappings_or_none() -> None:
    with_two = message("f 1", build_id="first")
    with_two.mapping.add(id=2, build_id=1)

    found = rows("profile", with_two.SerializeToString(), profile("f 1", build_id=""), profile("f 1", binary=""))

    assert [row["build_id"] for row in found] == ["first", None, None]


def test_sample_types_keep_the_files_order_for_each_profile() -> None:
    found = rows("profile_sample_type", profile(types=("b/count", "a/bytes")), texts(), profile(types=("a/",)))

    assert [(row["profile_hash"], row["position"], row["sample_type"], row["unit"]) for row in found] == [
        (0, 0, "b", "count"),
        (0, 1, "a", "bytes"),
        (2, 0, "a", ""),
    ]


def test_mappings_say_where_each_profile_loaded_them() -> None:
    first = message("f 1", loaded_at=0x1000)
    first.mapping.add(id=9, memory_start=2**63, memory_limit=2**64 - 1)

    found = rows("profile_mapping", first.SerializeToString(), profile("f 1", loaded_at=0x2000))

    assert [(row["profile_hash"], row["position"], row["memory_start"], row["memory_limit"]) for row in found] == [
        (0, 0, 0x1000, 0x101000),
        (0, 1, -(2**63), -1),
        (1, 0, 0x2000, 0x102000),
    ]
    assert found[0]["mapping_hash"] == found[2]["mapping_hash"]


def test_every_sample_is_a_row_with_its_values_in_order() -> None:
    found = rows("sample", profile("f 0 5", "g 0 0", "h 7 0", types=("n/count", "b/bytes")), profile("f 3"))

    assert [(row["profile_hash"], row["sample_index"], *(row[name] for name in VALUES)) for row in found] == [
        (0, 0, 0, 5, None, None, None),
        (0, 1, 0, 0, None, None, None),
        (0, 2, 7, 0, None, None, None),
        (1, 0, 3, None, None, None, None),
    ]


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1])
def test_values_keep_all_their_bits(value: int) -> None:
    assert rows("sample", profile(f"f {value}"))[0]["value_0"] == value


def test_samples_carry_the_kind_and_day_of_their_profile() -> None:
    found = rows(
        "sample",
        profile("f 1", types=("goroutine/count",), time_ns=0),
        profile("f 1 2", types=("samples/count", "cpu/nanoseconds"), time_ns=86_400_000_000_000),
    )

    assert [(row["kind"], row["day"]) for row in found] == [
        ("goroutine", date(1970, 1, 1)),
        ("cpu", date(1970, 1, 2)),
    ]


def test_text_that_is_not_utf8_is_replaced_in_names_and_kept_apart_by_id() -> None:
    def named(text: bytes) -> bytes:
        return sized(5, number(1, 1), number(2, 1)) + sized(6) + sized(6, text)

    made = built(named(b"\xff.f"), named(b"\xfe.f"), named("größe.f".encode()))

    assert made["function"]["name"].to_pylist() == ["\ufffd.f", "\ufffd.f", "größe.f"]


def test_samples_that_repeat_a_stack_stay_two_samples() -> None:
    found = rows("sample", profile("f 1", "f 2"))

    assert [(row["sample_index"], row["value_0"]) for row in found] == [(0, 1), (1, 2)]
    assert found[0]["stack_hash"] == found[1]["stack_hash"]
    assert rows("profile", profile("f 1", "f 2"))[0]["sample_count"] == 2


def test_a_second_sample_type_of_the_same_name_is_told_apart_by_its_position() -> None:
    content = profile("main.main 5 7 9", types=("cpu/ns", "cpu/ns", "cpu/us"))

    assert [row["sample_type"] for row in rows("profile_sample_type", content)] == ["cpu", "cpu#1", "cpu#2"]
