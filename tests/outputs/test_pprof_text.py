"""The texts below were printed by `go tool pprof` of Go 1.27.3, with TZ=UTC, for a profile of these samples:

main.main main.serve +main.encode              1048576      (+ is inlined)
main.main main.serve main.encode                524288
main.main main.serve main.walk main.walk main.walk  786432
main.main main.serve main.walk +main.leaf       100000
main.main main.tiny                                900
main.main main.other +main.encode               262144
runtime.gcBgMarkWorker runtime.gcDrain          300000
main.main main.neg                               -4096
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof_graph import Edge
from pipeline.outputs.pprof_text import Row, TopHeader, inline_marks, output_unit, peek, peek_of, top, top_of, trim
from tests.outputs.builder import stacks

HEADER = TopHeader(
    sample_type="inuse_space",
    unit="bytes",
    total=3026436,
    file="/opt/bin/checkout",
    build_id="abc123",
    comments=("built by hand", "# a private remark"),
    time_ns=1764000000123456789,
    duration_ns=2500000000,
)
ROWS: list[Row] = [
    ("main.main", 0, 2718244),
    ("main.serve", 0, 2459296),
    ("main.encode", 1835008, 1835008),
    ("main.walk", 786432, 886432),
    ("main.leaf", 100000, 100000),
    ("main.tiny", 900, 900),
    ("main.other", 0, 262144),
    ("runtime.gcBgMarkWorker", 0, 300000),
    ("runtime.gcDrain", 300000, 300000),
    ("main.neg", -4096, -4096),
]
EDGES = [
    Edge("main.main", "main.serve", 2459296),
    Edge("main.main", "main.other", 262144),
    Edge("main.serve", "main.encode", 1572864),
    Edge("main.other", "main.encode", 262144, inlined=True),
    Edge("main.serve", "main.walk", 886432),
    Edge("main.walk", "main.leaf", 100000, inlined=True),
    Edge("runtime.gcBgMarkWorker", "runtime.gcDrain", 300000),
]

TOP = """\
File: checkout
Build ID: abc123
built by hand
Type: inuse_space
Time: 2025-11-24 16:00:00 UTC
Duration: 2.50s, Total samples = 2955.50kB\x20
Showing nodes accounting for 2950.62kB, 99.83% of 2955.50kB total
Dropped 2 nodes (cum <= 14.78kB)
      flat  flat%   sum%        cum   cum%
    1792kB 60.63% 60.63%     1792kB 60.63%  main.encode (partial-inline)
     768kB 25.99% 86.62%   865.66kB 29.29%  main.walk
  292.97kB  9.91% 96.53%   292.97kB  9.91%  runtime.gcDrain
   97.66kB  3.30% 99.83%    97.66kB  3.30%  main.leaf (inline)
         0     0% 99.83%  2654.54kB 89.82%  main.main
         0     0% 99.83%      256kB  8.66%  main.other
         0     0% 99.83%  2401.66kB 81.26%  main.serve
         0     0% 99.83%   292.97kB  9.91%  runtime.gcBgMarkWorker
"""

TOP_CUM_OF_MAIN = """\
File: checkout
Build ID: abc123
built by hand
Type: inuse_space
Time: 2025-11-24 16:00:00 UTC
Duration: 2.50s, Total samples = 2.89MB\x20
Active filters:
   focus=main
Showing nodes accounting for 1.75MB, 60.63% of 2.89MB total
Dropped 2 nodes (cum <= 0.01MB)
Showing top 3 nodes out of 6
      flat  flat%   sum%        cum   cum%
         0     0%     0%     2.59MB 89.82%  main.main
         0     0%     0%     2.35MB 81.26%  main.serve
    1.75MB 60.63% 60.63%     1.75MB 60.63%  main.encode (partial-inline)
"""

PEEK = """\
File: checkout
Build ID: abc123
built by hand
Type: inuse_space
Time: 2025-11-24 16:00:00 UTC
Duration: 2.50s, Total samples = 2955.50kB\x20
Showing nodes accounting for 2947.50kB, 99.73% of 2955.50kB total
----------------------------------------------------------+-------------
      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t\x20
----------------------------------------------------------+-------------
                                            1536kB 85.71% |   main.serve
                                             256kB 14.29% |   main.other (inline)
    1792kB 60.63% 60.63%     1792kB 60.63%                | main.encode
----------------------------------------------------------+-------------
                                          865.66kB   100% |   main.serve
     768kB 25.99% 86.62%   865.66kB 29.29%                | main.walk
                                           97.66kB 11.28% |   main.leaf (inline)
----------------------------------------------------------+-------------
"""


def test_top_is_the_text_of_go() -> None:
    marks = inline_marks(EDGES, cutoff=trim(ROWS).edge_cutoff)

    assert top(ROWS, HEADER, inlining=marks) == TOP


def test_top_by_cum_with_a_filter_and_a_node_count_is_the_text_of_go() -> None:
    rows = [row for row in ROWS if row[0].startswith("main.")]
    header = replace(HEADER, filters=("focus=main",))

    text = top(rows, header, order="cum", node_count=3, inlining={"main.encode": "(partial-inline)"})

    assert text == TOP_CUM_OF_MAIN


def test_peek_is_the_text_of_go() -> None:
    assert peek(ROWS, HEADER, pattern="encode|walk", edges=EDGES) == PEEK


def test_peek_of_nothing_names_the_pattern() -> None:
    with pytest.raises(UsageError, match="peek nowhere: matches none of the 10 functions"):
        peek(ROWS, HEADER, pattern="nowhere", edges=EDGES)


def test_peek_of_a_broken_pattern_says_so() -> None:
    with pytest.raises(UsageError, match=r"peek main\.\(: not a regular expression"):
        peek(ROWS, HEADER, pattern="main.(", edges=EDGES)


def test_stacks_give_the_same_texts() -> None:
    samples = stacks(str(__doc__).split("samples:")[1].replace("(+ is inlined)", ""))

    assert top_of(samples, HEADER) == TOP
    assert peek_of(samples, HEADER, pattern="encode|walk") == PEEK


def test_a_row_of_zero_is_not_a_node() -> None:
    shown = trim([("f", 10, 10), ("gone", 0, 0)], node_fraction=0.0)

    assert shown.rows == (("f", 10, 10),)
    assert shown.dropped == 0


def test_a_row_at_the_cutoff_stays() -> None:
    shown = trim([("f", 995, 1000), ("at", 5, 5), ("below", 0, 4)], node_fraction=0.005)

    assert [name for name, _, _ in shown.rows] == ["f", "at"]
    assert shown.dropped == 1


def test_a_loss_is_kept_for_its_size() -> None:
    assert [name for name, _, _ in trim([("gain", 100, 100), ("loss", -400, -400)]).rows] == ["loss", "gain"]


def test_equal_flats_are_in_the_order_of_names() -> None:
    rows = [("b", 5, 9), ("a", 5, 5), ("B", 5, 7)]

    assert [name for name, _, _ in trim(rows).rows] == ["B", "a", "b"]


def test_a_light_call_has_no_say_in_the_inline_mark() -> None:
    edges = [Edge("f", "g", 1000), Edge("h", "g", 1, inlined=True)]

    assert inline_marks(edges, cutoff=2) == {}
    assert inline_marks(edges, cutoff=1) == {"g": "(partial-inline)"}


def test_the_unit_is_larger_than_the_smallest_value_needs_when_the_range_is_wide() -> None:
    assert output_unit([("f", 900, 900)], unit="bytes", total=3026436) == "kB"
    assert output_unit([("f", 900, 900)], unit="bytes", total=1000) == "B"
    assert output_unit([("f", 0, 0)], unit="count", total=7) == "count"


def test_a_cpu_profile_tells_how_busy_it_was() -> None:
    header = TopHeader(sample_type="cpu", unit="nanoseconds", total=1_500_000_000, duration_ns=2_000_000_000)

    lines = top([("main.work", 1_500_000_000, 1_500_000_000)], header).splitlines()

    assert lines[1] == "Duration: 2s, Total samples = 1.50s (75.00%)"


def test_a_profile_without_samples_has_a_header_and_no_rows() -> None:
    text = top([], TopHeader(sample_type="inuse_space", unit="bytes", total=0))

    assert text.splitlines() == [
        "Type: inuse_space",
        "Showing nodes accounting for 0, 0% of 0 total",
        "      flat  flat%   sum%        cum   cum%",
    ]


def test_the_time_is_told_in_the_asked_zone() -> None:
    header = replace(HEADER, timezone=datetime.timezone(datetime.timedelta(hours=1), "CET"))

    assert "Time: 2025-11-24 17:00:00 CET" in top(ROWS, header).splitlines()


def test_a_long_filter_is_cut_as_pprof_cuts_it() -> None:
    header = replace(HEADER, filters=("focus=" + "x" * 100,))

    assert "   focus=" + "x" * 74 + "…" in top(ROWS, header).splitlines()
