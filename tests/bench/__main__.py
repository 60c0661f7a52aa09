"""heapscape against Go's own tools on this machine, in ratios: `python -m tests.bench [--quick | --fleet 1000 10000 50000]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from pipeline.warm import EVERYTHING, compile_missing
from tests.bench import work
from tests.bench.big_profile import SMALL_PER_SERIES, extreme_profile, large_profile, small_profiles
from tests.bench.big_text import json_log, larger_text_profile, log, text_profile
from tests.bench.big_trace import huge_trace, large_trace
from tests.bench.comparison import Comparison, as_table
from tests.bench.follow import follow_fleets, follow_trace, start
from tests.bench.load import ask_fleet
from tests.bench.timeline import look_at_trace
from tests.bench.trace_questions import ask_trace


def main(argv: list[str]) -> int:
    """Measure everything, print the table; 0 unless something did not run. A missed target is a figure, no failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one pair of each and fewer files: does it run at all")
    parser.add_argument(
        "--fleet",
        type=int,
        nargs="+",
        metavar="PROFILES",
        help="only fleets of so many profiles (50,000 take 10 GB of disk)",
    )
    given = parser.parse_args(argv)
    compile_missing(EVERYTHING)
    comparisons: list[Comparison] = []
    for measure in [partial(follow_fleets, given.fleet)] if given.fleet else _quick() if given.quick else _thorough():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            found = alone.submit(measure).result()
        sys.stderr.write("".join(f"{one.work}: {one.ratio:.2f}\n" for one in found))
        comparisons += found
    print(as_table(comparisons))
    return 0


Measurement = Callable[[], list[Comparison]]


def _thorough() -> list[Measurement]:
    large, small, extreme = large_profile(), small_profiles(), extreme_profile()
    return [
        partial(work.decode_large, large, pairs=7, seconds=1.0),
        partial(work.ingest_large, large, pairs=7, seconds=1.0),
        partial(work.ingest_small, small, pairs=3),
        partial(work.order_trace, large_trace(), pairs=7),
        partial(work.ask_top, large, small, pairs=5, seconds=1.0),
        partial(work.ingest_within_memory, small, f"{len(small):,} small heap profiles"),
        partial(work.ingest_within_memory, [extreme], "an extreme profile"),
        partial(work.ingest_within_memory, [huge_trace()], "a trace of more than 500 MB"),
        partial(follow_trace, large_trace(), pairs=5),
        partial(look_at_trace, large_trace(), pairs=5),
        partial(ask_trace, large_trace(), runs=3),
        partial(work.ingest_text, text_profile(), pairs=5),
        partial(work.ingest_text, larger_text_profile(4), pairs=1),
        partial(work.ingest_log, log(lines_per_cycle=1000), "a log, 1 line in 1,000 of a GC", pairs=3),
        partial(work.ingest_log, json_log(lines_per_cycle=1000), "a log of JSON, 1 line in 1,000 of a GC", pairs=3),
        partial(work.ingest_log, log(lines_per_cycle=1, size_bytes=32 << 20), "a log of GC lines alone", pairs=3),
        partial(work.ingest_log, json_log(lines_per_cycle=1, size_bytes=64 << 20), "… in JSON", pairs=3),
        partial(follow_fleets, (1000, 10_000)),
        partial(ask_fleet, 10_000),
        start,
    ]


def _quick() -> list[Measurement]:
    large, few = large_profile(), small_profiles()[: SMALL_PER_SERIES // 5]
    return [
        partial(work.decode_large, large, pairs=1, seconds=0.0),
        partial(work.ingest_large, large, pairs=1, seconds=0.0),
        partial(work.ingest_small, few, pairs=1),
        partial(work.order_trace, large_trace(), pairs=1),
        partial(work.ask_top, large, few, pairs=1, seconds=0.0),
        partial(work.ingest_within_memory, few, f"{len(few)} small heap profiles"),
        partial(follow_trace, large_trace(), pairs=1),
        partial(look_at_trace, large_trace(), pairs=1),
        partial(ask_trace, large_trace(), runs=1),
        partial(work.ingest_log, log(lines_per_cycle=1000, size_bytes=16 << 20), "a log", pairs=1),
        partial(follow_fleets, (100, 200)),
        partial(ask_fleet, 100),
        start,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
