"""`escape.tree` node by node: bytes are those that `go tool pprof` prints by line, and steps those that the compiler prints below a verdict."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

MODULE = "example.com/weighs"
# One worker makes the run of a version once.
RUNS = [pytest.param(version, marks=pytest.mark.xdist_group(f"weighs-{version}")) for version in toolchain.SINCE_1_22]
# `   3600B  0.1% 99.9%   3600B  0.1%  main.boxed /tmp/weighs/main.go:62`; pprof without inlined functions has the line of their call.
_PLACE = re.compile(r"^ *(\d+)B? +\S+ +\S+ +\d+B? +\S+ +(.+) \S*?([^/ ]+):(\d+)$")
_AT = r"^(?:\S*/)?([^/ ]+):(\d+):(\d+): "
# `./main.go:44:7: &pair{...} escapes to heap in flows:`, without the function up to Go 1.24, explains `... escapes to heap` below it.
_FLOWS = re.compile(_AT + r".+ escapes to heap(?: in .+)?:$")
_STEP = re.compile(_AT + r"    from (.+) \(([^()]+)\) at \S+$")
_VERDICT = re.compile(_AT + r"(?:moved to heap: (.+)|(.+) escapes to heap)$")

Place = tuple[str, str, int]
Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A database of two profiles and the report, and all of it as Go's tools tell."""

    database: Path
    # By weight: bytes of each package, file and line.
    bytes: dict[str, Counter[Place]]
    # The verdicts of each place, as what stands in the tree for them.
    verdicts: dict[Place, set[Path_]]


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, version = tmp_path_factory.mktemp("weighs"), request.param
    shutil.copytree(toolchain.PROGRAMS / "weighs", folder, dirs_exist_ok=True)
    (folder / "go.mod").write_text(f"module {MODULE}\n\ngo 1.22\n")
    command: list[str | Path] = [toolchain.go(version), "build", f"-gcflags={MODULE}/...=-m=2", "-o", "weighs", "."]
    built = subprocess.run(
        command, cwd=folder, env=toolchain.environment(version), check=True, capture_output=True, text=True
    )
    (folder / "report.txt").write_text(built.stderr)
    # Where a cycle starts amid an allocation, the runtime may allocate for itself on the program's line.
    toolchain.run([folder / "weighs", folder], env={"GOGC": "off"})
    inputs = [folder / name for name in ("report.txt", "heap-0.pb.gz", "heap-1.pb.gz")]
    labels = {"service": "weighs", "build": "1"}
    flow.ingest([str(path) for path in inputs], str(folder / "lake"), labels=labels, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "some.duckdb"))
    live, first = (_printed(folder / f"heap-{number}.pb.gz", "inuse_space") for number in (1, 0))
    grown = Counter(live)
    grown.subtract(first)
    weights = {"live": live, "growth": +grown, "alloc": _printed(folder / "heap-1.pb.gz", "alloc_space")}
    return Run(folder / "some.duckdb", weights, _verdicts(built.stderr))


@pytest.mark.parametrize("weight", ["growth", "live", "alloc"])
def test_each_node_weighs_what_go_prints_of_its_lines(run: Run, weight: str) -> None:
    found = dict(_tree(run.database, weight))

    wanted: Counter[Path_] = Counter()
    for (package, base, line), value in run.bytes[weight].items():
        verdicts = run.verdicts.get((package, base, line), set())
        assert len(verdicts) <= 1, "a line of the program with two verdicts"
        path = (package, *next(iter(verdicts), ("[]",)))
        for level in range(len(path) + 1):
            wanted[path[:level]] += value
    # Bytes that no verdict explains are told by package; how they are told is for other tests.
    unexplained: Counter[Path_] = Counter()
    for path, value in found.items():
        unexplained[(path[0], "[]") if len(path) > 1 and path[1].startswith("[") else path] += value
    assert unexplained == wanted
    assert len([path for path in wanted if len(path) > 2]) > 10


@pytest.mark.parametrize("weight", ["growth", "live", "alloc"])
def test_a_node_weighs_what_its_children_weigh_and_what_has_no_further_step(run: Run, weight: str) -> None:
    with flow.open_warehouse(str(run.database)) as connection:
        rows = connection.sql(_query(weight, "level, value, self")).fetchall()

    below: Counter[int] = Counter()
    parents: list[int] = []
    for index, (level, value, _) in enumerate(rows):
        del parents[level:]
        if parents:
            below[parents[-1]] += value
        parents.append(index)
    assert [value - self for _, value, self in rows] == [below[index] for index in range(len(rows))]


def test_objects_of_known_number_and_size_are_where_the_program_made_them(run: Run) -> None:
    # 1,000 before the first profile and 3,500 after it, in slots of 8, 16 and 112 bytes.
    by_expression = {
        "&pair{...}": (16 * 3_500, 16 * 4_500, 16 * 4_500),
        "&link{...}": (16 * 3_500, 16 * 4_500, 16 * 4_500),
        "&Entry{}": (112 * 7_000, 112 * 9_000, 112 * 9_000),
        # Of those all but the last 500 are let go of.
        "func literal": (0, 16 * 500, 16 * 4_500),
        "make([]byte, n)": (0, 250 * (320 + 1_408), 2_250 * (320 + 1_408)),
    }

    found = {weight: dict(_tree(run.database, weight)) for weight in ("growth", "live", "alloc")}

    for expression, weights in by_expression.items():
        told = [
            sum(value for path, value in tree.items() if len(path) == 2 and path[1].startswith(f"{expression} at "))
            for tree in found.values()
        ]
        assert tuple(told) == weights, expression


def _query(weight: str, columns: str) -> str:
    return (
        f"SELECT {columns} FROM escape.tree((SELECT list(series_id) FROM heap.series), '{weight}') ORDER BY node_index"
    )


def _tree(database: Path, weight: str) -> Iterator[tuple[Path_, int]]:
    """Nodes with what leads to them; the root is ()."""
    with flow.open_warehouse(str(database)) as connection:
        rows = connection.sql(_query(weight, "level, label, value")).fetchall()
    path: list[str] = []
    for level, label, value in rows:
        path[max(level - 1, 0) :] = [label] if level else []
        yield tuple(path), value


def _printed(profile: Path, sample_type: str) -> Counter[Place]:
    everything = ["-nodecount=1000000", "-nodefraction=0", "-edgefraction=0"]
    text = toolchain.run_pprof(
        ["-text", "-lines", "-noinlines", "-unit=B", f"-sample_index={sample_type}", *everything, profile]
    )
    places: Counter[Place] = Counter()
    for line in text.splitlines():
        if (found := _PLACE.match(line)) and int(found[1]):
            folder, _, name = found[2].rpartition("/")
            package = f"{folder}/" * bool(folder) + name.split(".")[0]
            places[package, found[3], int(found[4])] += int(found[1])
    return places


def _verdicts(report: str) -> dict[Place, set[Path_]]:
    """What the compiler puts on the heap at each place: itself, and its steps."""
    verdicts: dict[Place, set[Path_]] = {}
    steps: dict[tuple[str, ...], Path_] = {}
    package = ""
    explained: tuple[str, ...] = ()
    for line in report.splitlines():
        if line.startswith("# "):
            package = "main" if line == f"# {MODULE}" else line[2:]
        elif flow_of := _FLOWS.match(line):
            explained = (package, *flow_of.groups())
        elif (step := _STEP.match(line)) and explained == (package, *step.groups()[:3]):
            steps[explained] = steps.get(explained, ()) + ((f"{step[5]}: {step[4]}",) if step[5] != "spill" else ())
        elif verdict := _VERDICT.match(line):
            base, number, column = verdict.groups()[:3]
            path = (f"{verdict[4] or verdict[5]} at {base}:{number}", *steps.get((package, base, number, column), ()))
            verdicts.setdefault((package, base, int(number)), set()).add(path)
    return verdicts
