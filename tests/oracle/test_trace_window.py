"""`heapscape events` against `go tool trace -d=parsed`: byte for byte, but for what the tables do not have."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.seat import heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

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
