"""Timelines that are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipeline import flow
from pipeline.server.timelines import Timelines
from pipeline.values import Int64s
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


def test_an_order_is_made_once_as_long_as_its_timeline_is_kept(traces: Path) -> None:
    timelines, serving = Timelines(), Serving(str(traces))
    made: list[int] = []

    def make() -> Int64s:
        made.append(1)
        return np.arange(3)

    with serving.question() as connection:
        line = timelines.of(connection, "now", 1)
        first, again, other = (timelines.order(line, asked, make) for asked in ("busy", "busy", "long"))
        for trace in (2, 3, 4):
            timelines.of(connection, "now", trace)
        timelines.order(line, "busy", make)
        timelines.order(line, "busy", make)
    serving.close()

    # Nothing is kept of a timeline that nobody looks at any more.
    assert (again is first, other is first, len(made)) == (True, False, 4)
