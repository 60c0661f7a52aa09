"""The expected labels and percentages were printed by Go's own internal/measurement (Go 1.27.3)."""

from __future__ import annotations

import pytest

from pipeline.outputs.units import byte_rate, label, percentage, readable, scale, scaled_label, share, signed

LABELS_OF_GO = [
    (0, "bytes", "auto", "0"),
    (512, "bytes", "auto", "512B"),
    (1023, "bytes", "auto", "1023B"),
    (1024, "bytes", "auto", "1kB"),
    (1536, "bytes", "auto", "1.50kB"),
    (-1536, "bytes", "auto", "-1.50kB"),
    (1048576, "B", "minimum", "1MB"),
    (1048575, "bytes", "auto", "1024kB"),
    (1125899906842624, "bytes", "auto", "1PB"),
    (1152921504606846976, "bytes", "auto", "1024PB"),
    (1, "bytes", "gb", "0"),
    (5, "bytes", "MB", "0"),
    (-1, "bytes", "MB", "0"),
    (99999, "KB", "mb", "97.66MB"),
    (1000, "nanoseconds", "auto", "1us"),
    (1001, "ns", "auto", "1us"),
    (999, "ns", "auto", "999ns"),
    (60000000000, "ns", "auto", "60s"),
    (3600000000000, "ns", "auto", "1hrs"),
    (10000000, "ns", "s", "0.01s"),
    (5, "ms", "foo", "0.01s"),
    (123456789, "count", "auto", "123456789"),
    (5, "count", "foo", "5foo"),
    (5, "objects", "auto", "5"),
    (5, "", "ms", "5ms"),
    (1000, "milliGCU", "auto", "1GCU"),
    (5, "gcu", "auto", "5GCU"),
    (-9223372036854775808, "bytes", "auto", "-9223372036854775808B"),
    (9223372036854775807, "bytes", "auto", "8192PB"),
]

PERCENTAGES_OF_GO = [
    (0, 0, "    0%"),
    (1, 0, "    0%"),
    (0, 7, "    0%"),
    (1, 3, "33.33%"),
    (-5, 7, "71.43%"),
    (9994, 10005, "99.89%"),
    (10005, 9995, "100.10%"),
    (7, 1000, "  0.7%"),
    (7, 123456, "0.0057%"),
    (1, 5000000, "2e-05%"),
    (3, 1, "300.00%"),
    (999, 1000, "99.90%"),
    (996, 1000, "99.60%"),
    (9, 1000, "  0.9%"),
    (99, 10006, " 0.99%"),
    (5000000, 3, "166666666.67%"),
]


@pytest.mark.parametrize(("value", "unit", "to", "expected"), LABELS_OF_GO)
def test_scaled_labels_are_those_of_go(value: int, unit: str, to: str, expected: str) -> None:
    assert scaled_label(value, unit=unit, to=to) == expected


@pytest.mark.parametrize(("value", "total", "expected"), PERCENTAGES_OF_GO)
def test_percentages_are_those_of_go(value: int, total: int, expected: str) -> None:
    assert percentage(value, total) == expected


def test_a_micro_sign_is_not_found_because_its_s_is_taken_for_a_plural() -> None:
    assert scale(5, unit="μs", to="auto") == (5.0, "")


def test_a_label_picks_its_unit() -> None:
    assert label(1_500_000_000, unit="nanoseconds") == "1.50s"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "bytes", "0 B"),
        (1023, "bytes", "1023 B"),
        (1024, "bytes", "1.0 KiB"),
        (315831091, "bytes", "301.2 MiB"),
        (-315831091, "bytes", "−301.2 MiB"),
        (1048575, "bytes", "1.0 MiB"),
        (2**63, "bytes", "8.0 EiB"),
        (1_500_000_000, "nanoseconds", "1.50 s"),
        (90, "seconds", "1.50 min"),
        (12, "nanoseconds", "12 ns"),
        (12345, "count", "12,345"),
        (12345, "objects", "12,345 objects"),
    ],
)
def test_values_for_people_have_iec_units(value: int, unit: str, expected: str) -> None:
    assert readable(value, unit=unit).replace("\u00a0", " ") == expected


def test_a_gain_has_a_plus_and_nothing_has_none() -> None:
    assert signed(2048, unit="bytes") == "+2.0\u00a0KiB"
    assert signed(0, unit="bytes") == "0\u00a0B"


def test_growth_is_told_by_the_minute() -> None:
    assert byte_rate(2621440 / 60) == "+2.5\u00a0MiB/min"


def test_a_share_has_one_decimal() -> None:
    assert share(0.7321) == "73.2\u00a0%"
    assert share(-0.01) == "−1.0\u00a0%"
