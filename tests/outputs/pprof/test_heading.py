"""What reports say of a profile before their rows."""

from __future__ import annotations

from dataclasses import replace

from pipeline.outputs.pprof.graph import trimmed
from pipeline.outputs.pprof.heading import of_graph, of_profile
from tests.outputs.pprof.seen import prepared, profile


def test_a_profile_is_told_of_by_all_it_says() -> None:
    made = profile(
        "a 3000000000",
        types=["cpu/nanoseconds"],
        comments=["seen", "# not shown"],
        doc_url="https://example.com",
        duration_ns=10**10,
    )

    assert list(of_profile(prepared(made), unit="minimum")) == [
        "File: server",
        "Build ID: build-1",
        "seen",
        "Type: cpu",
        "Doc: https://example.com",
        "Time: 2023-11-14 22:13:20 UTC",
        "Duration: 10s, Total samples = 3s (30.00%)",
    ]


def test_filters_and_what_was_dropped_are_told_of() -> None:
    report = prepared(profile("a 100", "b 1", "c 50"), focus="x" * 90 + "|.", nodefraction=0.1, nodecount=1)

    lines = list(of_graph(report, trimmed(report), unit="B"))

    assert lines[-5:] == [
        "Active filters:",
        f"   focus={'x' * 74}…",
        "Showing nodes accounting for 100B, 66.23% of 151B total",
        "Dropped 1 node (cum <= 15B)",
        "Showing top 1 nodes out of 2",
    ]


def test_pictures_tell_of_calls_and_where_to_read_about_them() -> None:
    report = prepared(profile("a b 100"), compact_labels=True)
    shown = replace(trimmed(report), dropped_edges=2)

    assert next(of_graph(report, shown, unit="B")).startswith("Showing nodes")
    assert list(of_graph(report, shown, unit="B", is_full=True))[-2:] == [
        "Dropped 2 edges (freq <= 0)",
        "\nSee https://git.io/JfYMW for how to read the graph",
    ]
