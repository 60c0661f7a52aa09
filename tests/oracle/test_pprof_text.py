"""Our `-top` and `-peek` against Go's own, character for character, on profiles a real program wrote."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.outputs.pprof_graph import Stacks
from pipeline.outputs.pprof_text import Order, TopHeader, peek_of, top_of
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

# Recursion, a function inlined in one place and not in another, a diamond, many small functions,
# and a sort from the standard library for depth.
PROGRAM = """
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"time"
)

var keep [][]byte
var sink int
var texts []string

func grow(n int) { keep = append(keep, make([]byte, n)) }

//go:noinline
func direct(n int) { grow(n); small(n / 7) }

//go:noinline
func viaPointer(f func(int), n int) { f(n) }

//go:noinline
func small(n int) { keep = append(keep, make([]byte, n)) }

//go:noinline
func recurse(depth int) {
	if depth == 0 {
		direct(3000)
		return
	}
	small(200)
	recurse(depth - 1)
}

func text(i int) { texts = append(texts, strings.Repeat("x", i)) }

//go:noinline
func work() {
	values := make([]int, 20000)
	for i := range values {
		values[i] = (i * 7919) % 20011
	}
	sort.Slice(values, func(a, b int) bool { return values[a] < values[b] })
	sink += values[3]
}

func write(name string) {
	file, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	runtime.GC()
	if err := pprof.Lookup("heap").WriteTo(file, 0); err != nil {
		panic(err)
	}
	file.Close()
}

func main() {
	runtime.MemProfileRate = 512
	cpu, _ := os.Create("cpu.pb.gz")
	pprof.StartCPUProfile(cpu)
	for i := 0; i < 300; i++ {
		recurse(i % 20)
		viaPointer(grow, 999)
		viaPointer(small, 777)
		text(i)
	}
	write("before.pb.gz")
	keep = keep[len(keep)/2:]
	for i := 0; i < 300; i++ {
		viaPointer(grow, 1999)
		text(i)
	}
	for until := time.Now().Add(1500 * time.Millisecond); time.Now().Before(until); {
		work()
	}
	pprof.StopCPUProfile()
	cpu.Close()
	write("after.pb.gz")
}
"""


@dataclass(frozen=True)
class Profile:
    """A profile as `pprof -raw` tells it."""

    stacks: Stacks
    header: TopHeader


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "main.go").write_text(PROGRAM)
    (folder / "go.mod").write_text("module oracle\n\ngo 1.22\n")
    program = folder / "oracle"
    toolchain.run_go(["build", "-trimpath", "-o", program, "."], cwd=folder)
    toolchain.run([program], cwd=folder)
    return folder


def pprof(*args: str | Path) -> str:
    return toolchain.run_go(["tool", "pprof", *args], extra={"TZ": "UTC"})


def read(*args: str | Path, sample_type: str) -> Profile:
    """Parse the text of `pprof -raw`; base samples of a diff have the label pprof::base."""
    text = pprof("-raw", *args)
    samples, locations, mappings = re.split(r"^(?:Locations|Mappings)$", text.split("Samples:\n")[1], flags=re.M)
    lines = samples.splitlines()
    types = [column.removesuffix("[dflt]").split("/") for column in lines[0].split()]
    position = [name for name, _ in types].index(sample_type)
    places = _locations(locations)
    names: dict[str, int] = {}
    frames: list[int] = []
    inlined: list[bool] = []
    offsets, values, base = [0], [], []
    for line in lines[1:]:
        if found := re.match(r"^\s*((?:-?\d+\s*)+): ?([\d ]*)$", line):
            values.append(int(found[1].split()[position]))
            base.append(False)
            for place in reversed(found[2].split()):
                for depth, name in enumerate(reversed(places[place])):
                    frames.append(names.setdefault(name, len(names)))
                    inlined.append(depth > 0)
            offsets.append(len(frames))
        elif "pprof::base:[true]" in line:
            base[-1] = True
    weights = np.abs(np.array(values, np.int64))
    total = int(weights[np.array(base)].sum()) or int(weights.sum())
    stacks = Stacks(
        tuple(names),
        np.array(offsets, np.int64),
        np.array(frames, np.int64),
        np.array(inlined, np.bool_),
        np.array(values, np.int64),
    )
    header = _header(mappings, sample_type, dict(types)[sample_type], total, pprof("-top", *args))
    return Profile(stacks, replace(header, duration_ns=_duration_ns(Path(args[-1])) if header.duration_ns else 0))


def _duration_ns(path: Path) -> int:
    """Field 10 of the message, which the text reports only tell rounded."""
    content = gzip.decompress(path.read_bytes())
    at, found = 0, 0
    while at < len(content):
        tag, at = _varint(content, at)
        length, behind = _varint(content, at)
        at = behind + (length if tag & 7 == 2 else 0)
        found = length if tag == 10 << 3 else found
    return found


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _locations(text: str) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        if found := re.match(r"^\s*(\d+): 0x[0-9a-f]+ (?:M=\d+ )?(?:\[F\] )?(.*)$", line):
            current, rest = found[1], found[2]
            places[current] = []
        else:
            rest = line
        if name := re.match(r"^\s*(\S.*?) \S*:\d+:\d+ s=\d+", rest):
            places[current].append(name[1])
    return places


def _header(mappings: str, sample_type: str, unit: str, total: int, top_text: str) -> TopHeader:
    """The mapping is in -raw; the time is read off -top, which says it to the second."""
    first = re.search(r"^1: \S+/\S+/\S+ (\S*) (\S*) ", mappings, flags=re.M)
    assert first is not None
    seconds = re.search(r"^Time: (\S+) (\S+) UTC$", top_text, flags=re.M)
    time_ns = int(np.datetime64(f"{seconds[1]}T{seconds[2]}", "ns").astype(np.int64)) if seconds else 0
    return TopHeader(
        sample_type=sample_type,
        unit=unit,
        total=total,
        file=first[1],
        build_id=first[2],
        time_ns=time_ns,
        duration_ns=1 if "\nDuration: " in top_text else 0,
    )


SAMPLE_TYPES = [
    ("after.pb.gz", "inuse_space"),
    ("after.pb.gz", "inuse_objects"),
    ("after.pb.gz", "alloc_space"),
    ("before.pb.gz", "alloc_objects"),
    ("cpu.pb.gz", "cpu"),
    ("cpu.pb.gz", "samples"),
]


@pytest.mark.parametrize(("name", "sample_type"), SAMPLE_TYPES)
@pytest.mark.parametrize(
    ("flags", "order", "node_count", "unit"),
    [
        ([], "flat", 0, "minimum"),
        (["-cum"], "cum", 0, "minimum"),
        (["-nodecount=5"], "flat", 5, "minimum"),
        (["-cum", "-nodecount=3"], "cum", 3, "minimum"),
        (["-unit=kb"], "flat", 0, "kb"),
    ],
)
def test_top_is_what_go_prints(
    profiles: Path, name: str, sample_type: str, flags: list[str], order: Order, node_count: int, unit: str
) -> None:
    arguments: list[str | Path] = [f"-sample_index={sample_type}", profiles / name]
    profile = read(*arguments, sample_type=sample_type)

    ours = top_of(profile.stacks, profile.header, order=order, node_count=node_count, unit=unit)

    assert ours == pprof("-top", *flags, *arguments)


@pytest.mark.parametrize("base", ["-base", "-diff_base"])
def test_top_of_a_difference_is_what_go_prints(profiles: Path, base: str) -> None:
    before, after = profiles / "before.pb.gz", profiles / "after.pb.gz"
    arguments: list[str | Path] = ["-sample_index=inuse_space", f"{base}={before}", after]
    profile = read(*arguments, sample_type="inuse_space")

    ours = top_of(profile.stacks, profile.header)

    assert ours == pprof("-top", *arguments)


@pytest.mark.parametrize(("name", "sample_type"), SAMPLE_TYPES)
@pytest.mark.parametrize("pattern", [r"main\.", "recurse|main", "small|grow|work"])
def test_peek_is_what_go_prints(profiles: Path, name: str, sample_type: str, pattern: str) -> None:
    arguments: list[str | Path] = [f"-sample_index={sample_type}", profiles / name]
    profile = read(*arguments, sample_type=sample_type)

    ours = peek_of(profile.stacks, profile.header, pattern=pattern)

    assert ours == pprof(f"-peek={pattern}", *arguments)


def test_the_program_shows_both_marks_of_inlining(profiles: Path) -> None:
    text = pprof("-top", "-nodefraction=0", "-sample_index=alloc_space", profiles / "after.pb.gz")

    assert "(inline)" in text
    assert "(partial-inline)" in text
