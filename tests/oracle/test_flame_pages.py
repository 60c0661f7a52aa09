"""What functions weigh in the flame graphs of spans of time and their differences, against `go tool pprof -top`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.seat import DEMO_HEAPS
from tests.oracle import toolchain
from tests.outputs.unpacking import Payload, payload_of
from tests.server.conftest import served

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def client(demo: Path) -> Iterator[httpx.Client]:
    with served(demo) as asking:
        yield asking


def drawn(client: httpx.Client, sample_type: str, **ends: int) -> Payload:
    """The flame graph of instance a with these ends, by their place in the series."""
    query = "SELECT profile_id, series_id FROM profile WHERE instance = 'a' AND kind = 'heap' ORDER BY time_ns"
    rows = client.get("/query.json", params={"q": query}).json()
    named = {name.replace("from_", "from"): rows[place]["profile_id"] for name, place in ends.items()}
    page = client.get("/flame", params={"series": rows[0]["series_id"], "type": sample_type, **named})
    assert page.status_code == 200, page.text
    return payload_of(page.text)


def cumulated(payload: Payload, column: str) -> dict[str, int]:
    """What each function weighs, below itself nothing more; without those of no weight and the root."""
    found: dict[str, int] = {}
    stack: list[str] = []
    level = 0
    for label, step, value in zip(payload.labels(), payload.columns["level"], payload.columns[column], strict=True):
        level += step
        del stack[level:]
        if level and label not in stack:
            found[label] = found.get(label, 0) + value
        stack.append(label)
    return {label: value for label, value in found.items() if value}


def topped(*arguments: str | Path) -> dict[str, int]:
    """The same, as Go has it."""
    text = toolchain.run_go(
        ["tool", "pprof", "-top", "-cum", "-unit=B", "-nodefraction=0", "-nodecount=100000", *arguments]
    )
    rows = re.findall(r"^\s*(?:-?\d+B?)\s+\S+\s+\S+\s+(-?\d+)B?\s+\S+\s+(.*?)(?: \(inline\))?$", text, flags=re.M)
    return {name: int(value) for value, name in rows if int(value)}


def heap(place: int) -> Path:
    return DEMO_HEAPS / f"heap-{place:02}.pb.gz"


def test_live_bytes_of_two_spans_differ_as_their_last_profiles_do(client: httpx.Client) -> None:
    payload = drawn(client, "inuse_space", from_=8, profile=12, base_from=2, base=5)

    before, after = (cumulated(payload, column) for column in ("value", "valueRight"))
    change = {name: after.get(name, 0) - before.get(name, 0) for name in before | after}
    expected = topped("-sample_index=inuse_space", f"-diff_base={heap(5)}", heap(12))
    assert len(expected) > 10
    assert {name: value for name, value in change.items() if value} == expected


def test_bytes_allocated_in_a_span_are_its_last_profile_less_its_first(client: httpx.Client) -> None:
    payload = drawn(client, "alloc_space", from_=8, profile=12, base_from=2, base=5)

    for column, first, last in (("value", 2, 5), ("valueRight", 8, 12)):
        expected = topped("-sample_index=alloc_space", f"-base={heap(first)}", heap(last))
        assert len(expected) > 10
        assert cumulated(payload, column) == expected
