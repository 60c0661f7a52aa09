"""Prometheus' text, line by line: samples, labels, scrapes, processes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.metrics.exposition import Labels, Moment, Reader, labels_of, memstats_of
from tests.builders.memstats import EXPOSITION


def read(text: str) -> tuple[list[Moment], list[tuple[str, int]]]:
    reader = Reader(0)
    moments = [moment for scrape in reader.moments(text.encode().split(b"\n")) for moment in scrape]
    return moments, [(note.kind, note.count) for note in reader.notes()]


def values(*texts: str) -> Sequence[dict[str, float]]:
    return [dict(moment.values) for moment in read("\n".join(texts))[0]]


def test_a_scrape_is_a_moment() -> None:
    (moment,), notes = read(EXPOSITION)

    assert moment.prefix == ""
    assert moment.time is None
    assert list(moment.values)[:6] == [
        *('go_gc_duration_seconds{quantile="0"}', 'go_gc_duration_seconds{quantile="1"}'),
        *("go_gc_duration_seconds_sum", "go_gc_duration_seconds_count", "go_goroutines", 'go_info{version="go1.27.3"}'),
    ]
    assert math.isnan(moment.values['go_gc_duration_seconds{quantile="1"}'])
    assert moment.values["go_memstats_alloc_bytes_total"] == 12_345_000
    assert moment.cumulative == {"go_sched_latencies_seconds": {1e-6: 2, 0.001: 2, math.inf: 5}}
    assert notes == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("go_x 5", 5),
        ("go_x\t 5 ", 5),
        ("go_x{} 5", 5),
        ("go_x 18446744073709551615", 2**64 - 1),
        ("go_x -5", -5),
        ("go_x +Inf", math.inf),
        ("go_x -Inf", -math.inf),
        ("go_x 1.5e+07", 15_000_000),
        ("go_x .5", 0.5),
        ("go_x 5.", 5),
        ('go_x 5 # {trace_id="x"} 0.5 1767225600.5', 5),
        ("go_x 5\r", 5),
    ],
)
def test_a_sample_has_its_value(line: str, value: float) -> None:
    assert values(line) == [{"go_x": value}]


@pytest.mark.parametrize(
    "line",
    [
        "go_x",
        "go_x ",
        "go_x five",
        "go_x{ 5",
        'go_x{a="b" 5',
        "go_x{a=b} 5",
        "go_x 5 6 7",
        "go_x 1_000",
        "go_x 0x10",
        "go_x5 {",
        "go_x{,} 5",
        'go_x{le="x"} 5',
        "go_x 5 x",
        "go_x nan",
        'go_x{a="b" c="d"} 5',
    ],
)
def test_a_line_that_is_no_sample_is_noted(line: str) -> None:
    moments, notes = read(f"{line}\ngo_y 1")

    assert [moment.values for moment in moments] == [{"go_y": 1}]
    assert notes == [("malformed_line", 1)]


def test_metrics_of_others_are_counted() -> None:
    moments, notes = read('http_requests_total{code="200"} 5\n\n# HELP x y\ngo_x 1\nup 1\n')

    assert [moment.values for moment in moments] == [{"go_x": 1}]
    assert notes == [("other_lines", 2)]


def test_labels_tell_processes_apart_but_for_those_of_the_metric() -> None:
    found, _ = read(
        'go_x{instance="a:80",job="api"} 1\ngo_x{job="api",instance="b:80"} 2\n'
        'go_gc_duration_seconds{quantile="0.5",job="api",instance="a:80"} 3\n'
    )

    assert [(moment.prefix, moment.values) for moment in found] == [
        ('instance="a:80",job="api"', {"go_x": 1, 'go_gc_duration_seconds{quantile="0.5"}': 3}),
        ('instance="b:80",job="api"', {"go_x": 2}),
    ]


def test_further_labels_are_of_a_metric_of_the_process_that_has_the_others() -> None:
    found, _ = read(
        'go_build_info{checksum="",path="shop",version="(devel)"} 1\n'
        "go_goroutines 5\n"
        'go_sql_idle_connections{db_name="a"} 6\ngo_sql_idle_connections{db_name="b"} 7\nprocess_cpu_seconds_total 8\n'
        'go_h_bucket{k="x",le="1"} 1\ngo_h_bucket{k="x",le="+Inf"} 2\ngo_h_count{k="x"} 2\n'
    )

    assert [(moment.prefix, moment.values, moment.cumulative) for moment in found] == [
        (
            "",
            {
                "go_goroutines": 5,
                "process_cpu_seconds_total": 8,
                'go_build_info{checksum="",path="shop",version="(devel)"}': 1,
                'go_sql_idle_connections{db_name="a"}': 6,
                'go_sql_idle_connections{db_name="b"}': 7,
                'go_h_count{k="x"}': 2,
            },
            {'go_h{k="x"}': {1.0: 1, math.inf: 2}},
        )
    ]


def test_further_labels_are_of_the_process_that_has_most_of_the_others_at_that_moment() -> None:
    found, _ = read(
        'go_memstats_sys_bytes{job="api",pod="1"} 1 10\ngo_memstats_sys_bytes{job="api",pod="2"} 2 10\n'
        'go_memstats_sys_bytes{job="api"} 3 10\ngo_x{job="api",pod="2",k="v"} 4 10\ngo_x{job="api",k="v"} 5 10\n'
        'go_x{job="api",pod="2",k="v"} 6 20\n'
    )

    assert [(moment.prefix, moment.time, len(moment.values)) for moment in found] == [
        ('job="api",pod="1"', 10, 1),
        ('job="api",pod="2"', 10, 2),
        ('job="api"', 10, 2),
        ('job="api",k="v",pod="2"', 20, 1),
    ]
    assert found[1].values['go_x{k="v"}'] == 4


def test_a_process_of_another_language_is_none() -> None:
    found, _ = read(
        'process_start_time_seconds{job="py"} 1\nprocess_start_time_seconds{job="go"} 2\ngo_x{job="go"} 3\n'
    )

    assert [moment.prefix for moment in found] == ['job="go"']


def test_a_series_that_comes_again_begins_another_scrape() -> None:
    assert values("go_x 1", "go_y 2", "go_x 3", "go_y 4") == [{"go_x": 1, "go_y": 2}, {"go_x": 3, "go_y": 4}]
    assert values("go_x 1", "# EOF", "go_y 4", "# EOF") == [{"go_x": 1}, {"go_y": 4}]


def test_a_bucket_that_comes_again_begins_another_scrape() -> None:
    found, _ = read('go_h_bucket{le="1"} 1\ngo_h_bucket{le="+Inf"} 2\ngo_h_bucket{le="1"} 3\n')

    assert [moment.cumulative for moment in found] == [{"go_h": {1.0: 1, math.inf: 2}}, {"go_h": {1.0: 3}}]


def test_samples_with_a_time_are_of_one_moment_wherever_they_stand() -> None:
    found, notes = read("go_x 1 1000\ngo_x 2 2000\ngo_y 3 1000\ngo_y 4 2000\ngo_y 5 2000\n")

    assert [(moment.time, moment.values) for moment in found] == [
        (1000, {"go_x": 1, "go_y": 3}),
        (2000, {"go_x": 2, "go_y": 4}),
    ]
    assert notes == [("value_out_of_range", 1)]


def test_labels_stand_as_they_are_written() -> None:
    assert labels_of(r'b="x\"},{\\", a = "ä" ,') == Labels('a="ä",b="x\\"},{\\\\"', "", None)
    assert labels_of('version="go1.27",le="0.5",z="1"') == Labels('z="1"', '{version="go1.27"}', 0.5)
    assert labels_of("") == Labels()
    assert [labels_of(text) for text in ("a", "a=1", 'a="', 'a="b"c="d"', ",", 'le="NaN"')] == [None] * 6


@given(st.lists(st.text(alphabet='go_xlebucketprcs{}="\\,0159.+-eInfNa# \t', max_size=30), max_size=8))
def test_any_lines_are_read_to_their_end(lines: list[str]) -> None:
    moments, _ = read("\n".join(["go_first 1 9", *lines]))

    assert any("go_first" in moment.values for moment in moments)


def test_memstats_are_what_the_client_exposes_of_them() -> None:
    (moment,), _ = read(EXPOSITION)

    assert memstats_of(moment) == {
        "Alloc": 287_312,
        "TotalAlloc": 12_345_000,
        "LastGC": 1_767_225_600_123_457_000,
        "PauseTotalNs": 2_218_696,
        "NumGC": 5,
    }


def test_without_any_of_memstats_there_are_none() -> None:
    (moment,), _ = read("go_gc_duration_seconds_count 5\ngo_goroutines 5\n")

    assert memstats_of(moment) is None


@pytest.mark.parametrize("number", ["NaN", "+Inf", "1e300", "-1e300"])
def test_times_that_are_none_are_nobodys_overflow(number: str) -> None:
    (moment,), _ = read(f"go_memstats_alloc_bytes 1\ngo_memstats_last_gc_time_seconds {number}\n")

    assert set(memstats_of(moment) or ()) == {"Alloc", "LastGC"}
