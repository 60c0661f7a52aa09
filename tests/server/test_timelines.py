"""Timelines that are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline import flow
from pipeline.server.timelines import Timelines
from pipeline.warehouse.serving import Serving
from pipeline.warehouse.timeline import Timeline


def test_a_trace_is_opened_once_for_all_who_look_at_it_and_anew_in_another_state(traces: Path) -> None:
    timelines, serving = Timelines(), Serving(str(traces))

    def opened(state: str) -> Timeline:
        with serving.question() as connection:
            return timelines.of(connection, state, 1)

    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(opened, ["now"] * 4)

    assert all(one is first for one in others)
    assert opened("later") is not first
    assert opened("now") is first
    serving.close()


def test_only_the_last_few_are_kept(traces: Path) -> None:
    timelines = Timelines()
    with flow.open_warehouse(str(traces)) as connection:
        first, second = timelines.of(connection, "now", 1), timelines.of(connection, "now", 2)
        timelines.of(connection, "now", 3)
        # Who was looked at last goes last.
        timelines.of(connection, "now", 1)
        timelines.of(connection, "now", 4)

        assert timelines.of(connection, "now", 1) is first
        assert timelines.of(connection, "now", 2) is not second
