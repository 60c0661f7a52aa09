"""How stacks weigh by what they waited for, against `go tool trace -pprof=net|sync|syscall|sched`."""

from __future__ import annotations

import gzip
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from pipeline.formats.gotrace.decode import decode
from pipeline.generated import profile_pb2
from pipeline.tables.build import build_tables
from pipeline.tables.trace import SAMPLE_TYPES
from pipeline.values import Blob, Origin, Source
from tests.oracle import toolchain
from tests.tables.expected import values_of

pytestmark = pytest.mark.oracle

TRACES = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "files").rglob("*.trace"))
Stack = tuple[tuple[str, int], ...]


def theirs(path: Path, kind: str) -> dict[Stack, tuple[int, int]]:
    """Contentions and delay by stack, as functions with their lines."""
    command = [str(toolchain.go()), "tool", "trace", f"-pprof={kind}", str(path)]
    done = subprocess.run(command, env=toolchain.environment(), capture_output=True, check=True)
    profile = profile_pb2.Profile.FromString(_plain(done.stdout))
    names = {function.id: profile.string_table[function.name] for function in profile.function}
    lines = {
        location.id: tuple((names[line.function_id], line.line) for line in location.line)
        for location in profile.location
    }
    found: dict[Stack, list[int]] = {}
    for sample in profile.sample:
        stack = tuple(line for location in sample.location_id for line in lines[location] if line[0])
        weights = found.setdefault(stack, [0, 0])
        for place, value in enumerate(sample.value):
            weights[place] += value
    return {stack: (weights[0], weights[1]) for stack, weights in found.items()}


def _plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def ours(path: Path) -> dict[str, dict[Stack, tuple[int, int]]]:
    content = path.read_bytes()
    blob = Blob(Source(1, Origin(str(path)), len(content), ""), content)
    names: dict[int, str] = {}
    lines: dict[int, tuple[tuple[str, int], ...]] = {}
    stacks: dict[int, Stack] = {}
    weights: Counter[tuple[str, int]] = Counter()
    for decoded in decode([blob]):
        tables = {name: table.to_pylist() for name, table in build_tables(decoded, [blob]).items()}
        names |= {row["function_hash"]: row["name"] for row in tables.get("function", [])}
        for row in tables.get("location", []):
            lines[row["location_hash"]] = tuple((names[line["function_hash"]], line["line"]) for line in row["lines"])
        for row in tables.get("stack", []):
            # Go takes a stack of one frame without a name, at address 0, for the empty one.
            stacks[row["stack_hash"]] = tuple(line for one in row["location_hashes"] for line in lines[one] if line[0])
        for row in tables.get("sample", []):
            for (name, _), value in zip(SAMPLE_TYPES, values_of(row), strict=True):
                weights[name, row["stack_hash"]] += value
    found: dict[str, dict[Stack, tuple[int, int]]] = {}
    for kind in ("net", "sync", "syscall", "sched"):
        of_kind: dict[Stack, tuple[int, int]] = {}
        for (name, stack), value in weights.items():
            if name == f"{kind}_contentions" and value:
                count, delay = of_kind.get(stacks[stack], (0, 0))
                of_kind[stacks[stack]] = (count + value, delay + weights[f"{kind}_delay", stack])
        found[kind] = of_kind
    return found


@pytest.mark.parametrize("path", TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_stack_weighs_what_go_says(path: Path) -> None:
    mine = ours(path)

    for kind, weights in mine.items():
        assert weights == theirs(path, kind), kind
    assert mine["sync"]
    assert mine["sched"]
