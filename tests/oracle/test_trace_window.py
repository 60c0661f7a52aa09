"""`heapscape events` against `go tool trace -d=parsed`: byte for byte, but for what the tables do not have."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.cli.seat import heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
TRACES = [
    path
    for path in sorted(FILES.rglob("*.trace"))
    # What a recorder keeps begins with goroutines that wait in generations before; the others are one of each release.
    if path.stem in ("plain", "cpu", "generations", "flight", "go", "allocation_generations")
]
# M, P and G of an event; a ? is what the tables do not have.
_WHERE = re.compile(r"^M=(\S+) P=(\S+) G=(\S+) (\w+)")
_LEFT_OUT = ("RangeActive", "Experimental")


def told(text: str) -> list[str]:
    """Events with the stacks that stand below them."""
    return re.split(r"^(?=M=)", text, flags=re.MULTILINE)[1:]


def theirs(path: Path) -> list[str]:
    command = [str(toolchain.go()), "tool", "trace", "-d=parsed", str(path)]
    environment = toolchain.environment() | {"TZ": "UTC"}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    *events, last = [event for event in told(printed) if _WHERE.match(event)[4] not in _LEFT_OUT]  # type: ignore[index]
    assert " Sync " in last
    return events


def wakeups(events: list[str]) -> Counter[tuple[str, str, str]]:
    """Of waits that begin and end in a trace, how long by reason, where, and from where another goroutine ended it."""
    begun: dict[str, tuple[int, str, str]] = {}
    found: Counter[tuple[str, str, str]] = Counter()
    for event in events:
        head, _, stacks = event.partition("\n")
        change = re.search(r'G=(\S+) .* Time=(\d+) GoID=(\d+) (\w+)->(\w+) Reason="(.*)"$', head)
        if not change or change[4] == change[5]:
            continue
        by, time, goroutine = change[1], int(change[2]), change[3]
        of_goroutine, _, _ = stacks.partition("Stack=\n")[2].partition("Stack=\n")
        if since := begun.pop(goroutine, None):
            where = stacks.rpartition("Stack=\n")[2].strip() if by not in ("-1", goroutine) else ""
            found[since[1], since[2], where] += time - since[0]
        if change[4] == "Running" and change[5] == "Waiting":
            begun[goroutine] = (time, change[6], of_goroutine.strip())
    return found


@pytest.mark.parametrize("path", TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_where_goroutines_block_and_who_wakes_them_is_what_the_events_say(path: Path, tmp_path: Path) -> None:
    # A wait without a stack may be one that began before the trace, or that a goroutine was born into.
    told = {key: took for key, took in wakeups(theirs(path)).items() if key[1]}
    query = """
    WITH texts AS (
      SELECT
        stack_id,
        array_to_string(
          list_transform(frames, lambda one: e'\\t' || one.function || ' @ 0x' || one.pc || e'\\n\\t\\t' || one.file || ':' || one.line),
          e'\\n'
        ) AS text
      FROM stack._go_frames
    )
    SELECT reason, coalesce(texts.text, '') AS place, coalesce(others.text, '') AS by_place, SUM(waiting_ns)::BIGINT AS waiting_ns
    FROM sched.wakeup
    LEFT JOIN texts USING (stack_id)
    LEFT JOIN texts AS others ON others.stack_id = by_stack_id
    WHERE state = 'waiting' AND is_ended AND stack_id IS NOT NULL
    GROUP BY ALL
    """
    flow.ingest([str(path)], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "trace.duckdb"))
    with flow.open_warehouse(str(tmp_path / "trace.duckdb")) as connection:
        mine = {(row[0], row[1].strip(), row[2].strip()): row[3] for row in connection.sql(query).fetchall()}

    assert len(told) > 3
    assert {key: mine.get(key) for key in told} == told


@pytest.mark.parametrize("path", TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_event_is_there_with_its_stacks(path: Path) -> None:
    seen = heapscape("events", path)
    assert seen.code == 0

    unknown = 0
    mine, others = told(seen.out), theirs(path)
    assert len(mine) == len(others) > 100
    for own, other in zip(mine, others, strict=True):
        ours, tool = _WHERE.match(own), _WHERE.match(other)
        assert ours
        assert tool
        known = [(a, b) for a, b in zip(ours.groups(), tool.groups(), strict=True) if a != "?"]
        unknown += 4 - len(known)
        assert own[ours.end() :] == other[tool.end() :]
        assert [a for a, _ in known] == [b for _, b in known], own
    # Transitions of goroutines, which most events are, are known whole.
    assert unknown < 3 * len(mine)
    assert not [own for own in mine if "GoID=" in own and "?" in own.partition(" Time")[0]]
