"""The tables of `heapscape trace` against the pages that `go tool trace` serves, and the profiles that it writes."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle import toolchain, trace_facts
from tests.oracle.test_trace_pprof import theirs

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
# One of each release, with all that there is of tasks, regions and blocking.
TRACES = sorted(FILES.glob("tracer/service=*/build=*/plain.trace"))
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
_UNITS = {"ns": 1, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module", params=TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def trace(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def ask(trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What a query over the trace says."""
    folder = tmp_path_factory.mktemp("tables")
    flow.ingest([str(trace)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "trace.duckdb"))
    with flow.open_warehouse(str(folder / "trace.duckdb")) as connection:
        yield lambda query: connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def page(trace: Path) -> Iterator[Callable[[str], str]]:
    """A page of `go tool trace`, on a port of this machine."""
    command = [str(toolchain.go()), "tool", "trace", "-http=127.0.0.1:0", str(trace)]
    # Without a display it finds no browser to open.
    environment = toolchain.environment() | {"BROWSER": "true", "DISPLAY": ""}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as served:
        assert served.stderr is not None
        said = (line.decode() for line in served.stderr)
        where = next(found[0] for line in said if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        try:
            yield lambda path: urlopen(f"{where}{path}", timeout=60).read().decode()  # type: ignore[no-any-return]
        finally:
            # The tool is a process below that of `go`, which ends with it.
            served.send_signal(2)


def histogram(cells: str) -> dict[int, int]:
    """Counts of the buckets that have any, by where they begin."""
    found = re.findall(r'"histoTime" align="right">(?:<a href=[^>]*>)?([^<]+)<.*?position:relative">(\d+)<', cells)
    return {nanoseconds(when): int(count) for when, count in found if int(count)}


def nanoseconds(duration: str) -> int:
    """What Go writes as `1m2.5s`."""
    return int(
        sum(Decimal(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ns|µs|ms|h|m|s)", duration))
    )


def test_types_of_tasks_are_those_of_the_page(ask: Ask, page: Callable[[str], str]) -> None:
    rows = re.findall(
        r'<tr>\s*<td>([^<]*)</td>\s*<td><a href="/usertask[^>]*>(\d+)</a></td>\s*<td>(.*?)</td>\s*</tr>\s*(?=<tr>\s*<td>|</table>\s*</body>)',
        page("/usertasks"),
        re.DOTALL,
    )
    told = {html.unescape(name): (int(count), histogram(cells)) for name, count, cells in rows}

    mine = ask("SELECT coalesce(name, ''), tasks, histogram FROM sched.task_type")
    ours = {name: (tasks, {one["from_ns"]: one["count"] for one in buckets}) for name, tasks, buckets in mine}
    # The page counts the background task among those without a name.
    told.pop("", None)
    ours.pop("", None)
    assert ours == told
    assert {"order", "ship"} <= set(told)


def test_kinds_of_regions_are_those_of_the_page(ask: Ask, page: Callable[[str], str]) -> None:
    rows = re.findall(
        r"<td><pre>(.*?)<br>(.*?) @ 0x([0-9a-f]+)<br>(.*?)</pre></td>\s*<td><a [^>]*>(\d+)</a></td>\s*<td>(.*?)</td>\s*</tr>\s*(?=<tr>\s*<td><pre>|</table>\s*</body>)",
        page("/userregions"),
        re.DOTALL,
    )
    told = {}
    for name, function, pc, place, count, cells in rows:
        key = (json.loads(html.unescape(name)), html.unescape(function), int(pc, 16), html.unescape(place))
        told[key] = (int(count), histogram(cells))

    mine = ask("""
        SELECT name, coalesce(function, ''), coalesce(address, 0), coalesce(file, '') || ':' || coalesce(line, 0), regions, histogram
        FROM sched.region_type
        LEFT JOIN location USING (location_id)""")
    ours = {row[:4]: (row[4], {one["from_ns"]: one["count"] for one in row[5]}) for row in mine}
    # Go makes regions up for goroutines that are created in one; those have no name.
    assert ours == {key: value for key, value in told.items() if key[0]}
    assert len(ours) >= 5


def test_mutator_utilisation_is_that_of_the_page(ask: Ask, page: Callable[[str], str]) -> None:
    curve = json.loads(page("/mmu?mode=plot&flags=stw|background|assist".replace("|", "%7C")))["curve"]
    told = {int(window): utilisation for window, utilisation in curve}

    mine = dict(ask(f"SELECT window_ns, tool_utilisation FROM gc.mmu({sorted(told)})"))
    assert len(told) > 80
    assert mine == pytest.approx(told, abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "named"), [("net", "network"), ("sync", "sync"), ("syscall", "syscall"), ("sched", "sched")]
)
def test_blocking_by_function_is_that_of_the_tools_profile(ask: Ask, trace: Path, kind: str, named: str) -> None:
    flat: Counter[str] = Counter()
    cum: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for stack, (count, delay) in theirs(trace, kind).items():
        if stack:
            flat[stack[0][0]] += delay
            times[stack[0][0]] += count
        for function in {name for name, _ in stack}:
            cum[function] += delay

    rows = ask(f"""
        SELECT function, contentions, delay_ns, cum_delay_ns FROM sched.blocking_by_function
        WHERE kind = '{named}' AND function <> '<unknown>'""")
    assert {row[0]: row[1] for row in rows if row[1]} == dict(times)
    assert {row[0]: row[2] for row in rows if row[2]} == {name: delay for name, delay in flat.items() if delay}
    assert {row[0]: row[3] for row in rows if row[3]} == {name: delay for name, delay in cum.items() if delay}
    assert len(rows) > 5


def test_waits_for_a_proc_add_up_to_the_tools_sched_wait_time(ask: Ask, trace: Path) -> None:
    told: Counter[str] = Counter()
    for summary in trace_facts.goroutines(trace):
        told[summary["name"]] += summary["runnable_ns"]

    mine = dict(ask("SELECT coalesce(function, ''), delay_ns FROM sched.latency_by_function"))
    assert mine == {name: delay for name, delay in told.items() if delay}


def test_system_calls_with_and_without_a_proc_are_the_tools(ask: Ask, trace: Path) -> None:
    told = {
        one["goroutine"]: (one["syscall_ns"], one["syscall_blocked_ns"])
        for one in trace_facts.goroutines(trace)
        if one["syscall_ns"] or one["syscall_blocked_ns"]
    }

    rows = ask("SELECT goroutine, SUM(held_ns)::BIGINT, SUM(blocked_ns)::BIGINT FROM sched._syscall GROUP BY 1")
    assert {row[0]: row[1:] for row in rows} == told
    assert told
