"""What heapscape writes, read by programs that others made to read it: speedscope, Microsoft's SARIF multitool, the schema of JUnit's XML.

Perfetto's trace processor is in no registry; test_export.py replays its packets by Perfetto's own classes instead.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.builders.profile import message
from tests.cli.seat import DEMO_HEAPS, EVERY_KIND, FILES, LAST, REPORT, TRACES, heapscape
from tests.oracle import toolchain
from tests.oracle.readers import Shown, junit_faults, sarif_faults, speedscope
from tests.oracle.test_export import exported, in_words, pprof_total
from tests.oracle.test_export import message as message_in

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("readers")]

# Of a difference it reads neither the file itself nor ours: what weighs less than nothing is none of its.
PROFILES = [*sorted(path for path in EVERY_KIND.glob("*.pb.gz") if path.name != "heap-delta.pb.gz"), LAST]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, dict[str, list[Shown]]]:
    """Of each profile what speedscope makes of the file itself, of our speedscope file, and of our pprof file."""
    folder = tmp_path_factory.mktemp("speedscope")
    files: dict[Path, dict[str, Path]] = {}
    for number, path in enumerate(PROFILES):
        written = {ending: exported(folder / f"{number}{ending}", path) for ending in (".speedscope.json", ".pb.gz")}
        files[path] = {"theirs": path, **written}
    listed = [file for each in files.values() for file in each.values()]
    read = dict(zip(listed, speedscope(*listed), strict=True))
    return {path: {name: read[file] for name, file in each.items()} for path, each in files.items()}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.name)
def test_speedscope_gives_each_function_what_pprof_does(ours: dict[Path, dict[str, list[Shown]]], path: Path) -> None:
    types = in_words(message_in(path))["sample types"]

    found = {one.name: one for one in ours[path][".speedscope.json"]}

    assert {name: one.weight for name, one in found.items()} == {name: pprof_total(path, name) for name, _ in types}  # type: ignore[attr-defined]
    last = list(found)[-1]
    assert found[last].frames == flat_and_cum(path, last, found[last].unit)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.name)
def test_speedscope_has_of_our_pprof_file_what_it_has_of_the_profile_itself(
    ours: dict[Path, dict[str, list[Shown]]], path: Path
) -> None:
    # Of pprof it reads one sample type, and of a location the function that others were inlined into.
    (theirs,) = ours[path]["theirs"]

    assert theirs.frames
    assert [one.frames for one in ours[path][".pb.gz"]] == [theirs.frames]
    assert theirs.weight in [one.weight for one in ours[path][".speedscope.json"]]


def flat_and_cum(path: Path, sample_type: str, unit: str) -> dict[str, tuple[float, float]]:
    """What `go tool pprof -top` has of each function of some weight."""
    shown = ["-nodecount=1000000", "-nodefraction=0", "-functions", f"-unit={_UNITS.get(unit, unit)}"]
    said = toolchain.run_pprof(["-top", f"-sample_index={sample_type}", *shown, path])
    rows = re.findall(
        r"^ *(-?\d+)\S* +\S+% +\S+% +(-?\d+)\S* +\S+% +(.*?)(?: \((?:inline|partial-inline)\))?$", said, re.M
    )
    return {name: (int(flat), int(cum)) for flat, cum, name in rows if cum != "0"}


_UNITS = {"bytes": "B", "nanoseconds": "ns", "none": "count"}


def test_speedscope_reads_names_that_are_markup_or_no_text(tmp_path: Path) -> None:
    made = message("NAME0 NAME1 NAME2 NAME3 NAME4 7")
    made.string_table[:] = [_HOSTILE.get(text, text) for text in made.string_table]
    path = tmp_path / "hostile.pb"
    path.write_bytes(made.SerializeToString())

    ((ours,), (theirs,)) = speedscope(exported(tmp_path / "x.speedscope.json", path), path)

    assert set(ours.frames) == set(_HOSTILE.values())
    assert ours.frames == theirs.frames


_HOSTILE = {
    "NAME0": "</script><b>",
    "NAME1": 'a"b\\c',
    "NAME2": "line\nfeed\u2028",
    "NAME3": "\x00\x1b[31m",
    "NAME4": "名前🙂",
}


@pytest.mark.parametrize(
    "asked",
    [
        [DEMO_HEAPS, "--max-growth", "10GiB"],
        [DEMO_HEAPS, REPORT, "--max-growth", "1MiB", "--max-site-growth", "1MiB", "--max-slope", "1MiB/h"],
        [DEMO_HEAPS, REPORT],
        [FILES / "leaks" / "service=leaks" / "build=go1.27-trim", "--max-goroutines", "+10"],
        [FILES / "memory" / "service=memory" / "build=go1.22-trim", "--max-pause", "1us", "--max-pause-p99", "1us"],
        [TRACES, "--max-pause", "1ns"],
    ],
    ids=["nothing found", "growth", "defaults", "goroutines", "pauses", "traces"],
)
def test_what_a_gate_says_is_sarif_and_junit(tmp_path: Path, asked: list[str | Path]) -> None:
    sarif, junit = tmp_path / "check.sarif", tmp_path / "check.xml"
    codes = [heapscape("check", *asked, "--format", path.suffix.strip(".").replace("xml", "junit"), "-o", path).code for path in (sarif, junit)]  # fmt: skip

    assert set(codes) <= {0, 1, 4}
    assert sarif_faults(sarif) == []
    # Those that the schema has no place for and that are read all the same: where a case is by GitLab and annotations of GitHub,
    # why it was skipped by Jenkins itself.
    beyond = ("'testcase', attribute 'file'", "'testcase', attribute 'line'", "'skipped', attribute 'message'")
    assert [fault for fault in junit_faults(junit) if not any(name in fault for name in beyond)] == []


def test_the_readers_find_what_is_wrong(tmp_path: Path) -> None:
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"messag": {"text": "a"}}]}]}
    sarif, junit = tmp_path / "wrong.sarif", tmp_path / "wrong.xml"
    sarif.write_text(json.dumps(log))
    junit.write_text('<testsuites><testsuite name="x"><testcas/></testsuite></testsuites>')

    assert any("The required property 'message' is missing" in fault for fault in sarif_faults(sarif))
    assert any("testcas" in fault for fault in junit_faults(junit))
