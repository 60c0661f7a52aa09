"""A real `heapscape serve`, asked by the generated Connect client that Grafana and profilecli use; what it gives is held against `go tool pprof`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.outputs.pprof_file import columns_of, write
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.pprof_questions import sampled
from tests.cli.seat import DEMO_HEAPS, EVERY_KIND, FILES, FIRST, LAST, heapscape
from tests.cli.test_serve import serving
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("pyroscope")]

HEAP_SELECTOR = '{service_name="checkout",instance="a"}'
EVERY_SELECTOR = '{service_name="everykind",build=~"go1[.]27-.*"}'


@dataclass(frozen=True)
class Case:
    """A selection, and the files of which it is the sum: of the last ones less the others."""

    kind: str
    selector: str
    last: Path
    less: Path | None = None

    @property
    def sample_type(self) -> str:
        return self.kind.split(":")[1]


CASES = {
    "live heap": Case("memory:inuse_space:bytes:space:bytes", HEAP_SELECTOR, LAST),
    "allocations": Case("memory:alloc_space:bytes:space:bytes", HEAP_SELECTOR, LAST, FIRST),
    "objects": Case("memory:alloc_objects:count:space:bytes", HEAP_SELECTOR, LAST, FIRST),
    "CPU": Case("process_cpu:cpu:nanoseconds:cpu:nanoseconds", EVERY_SELECTOR, EVERY_KIND / "cpu.pb.gz"),
    "goroutines": Case("goroutine:goroutine:count:goroutine:count", EVERY_SELECTOR, EVERY_KIND / "goroutine.pb.gz"),
}


@pytest.fixture(scope="module")
def connects() -> Path:
    try:
        return toolchain.module_build("connects")
    except toolchain.ToolchainError as error:
        pytest.skip(f"the modules of Grafana's client cannot be had: {error}")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pyroscope")
    heapscape("ingest", DEMO_HEAPS, EVERY_KIND, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "h.duckdb").code == 0
    return folder / "h.duckdb"


@pytest.fixture(scope="module")
def url(db: Path) -> Iterator[str]:
    with serving(db) as (_, url):
        yield url


def taken_ms(db: Path, path: Path) -> int:
    query = f"SELECT time_ns // 1000000 AS ms FROM profile JOIN source USING (source_id) WHERE uri = '{path}'"
    ((row),) = heapscape("sql", query, "--db", db, "--format", "json").json()
    return int(row["ms"])


def calls(connects: Path, url: str, db: Path, case: Case, codec: str, file: Path) -> dict[str, Any]:
    """What each call came to."""
    first, last = taken_ms(db, case.less or case.last), taken_ms(db, case.last)
    words = [connects, url, codec, first, first, first, last, case.kind, case.selector, file]
    said = [json.loads(line) for line in toolchain.run([str(word) for word in words]).splitlines()]
    return {one["call"]: one for one in said}


def pprof_total(case: Case, *paths: Path) -> int:
    """What `go tool pprof -top` says all nodes come to, in the smallest unit."""
    unit = {"bytes": "B", "nanoseconds": "ns"}.get(case.kind.split(":")[2], "count")
    said = toolchain.run_pprof(["-top", f"-sample_index={case.sample_type}", f"-unit={unit}", *paths])
    found = re.search(r"% of (-?[\d.]+)[a-zA-Z]* total", said)
    assert found, said
    return int(float(found[1]))


def raw(path: Path, sample_type: str) -> Counter[tuple[str, ...]]:
    """The stacks of a file in words of `go tool pprof -raw`, leaf first, and what each weighs."""
    text = toolchain.run_pprof(["-raw", path])
    samples, _, rest = text.partition("Samples:\n")[2].partition("Locations\n")
    types, *rows = samples.splitlines()
    place = [word.split("/")[0] for word in types.removesuffix("[dflt]").replace("[dflt]", "").split()].index(
        sample_type
    )
    words, number = {}, ""
    for line in rest.partition("Mappings\n")[0].splitlines():
        begin = re.match(r" +(\d+): (0x\w+) (?:M=\d+ )?(.*)", line)
        if begin:
            number = begin[1]
            words[number] = f"{begin[2]} {begin[3]}"
        else:
            words[number] += f" | {line.strip()}"
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        values, is_sample, stack = row.partition(":")
        if is_sample and re.fullmatch(r"[-\d ]+", values):
            found[tuple(words[one] for one in stack.split())] += int(values.split()[place])
    return found


def selected(case: Case) -> dict[tuple[str, ...], int]:
    """What the selection is, from the files themselves."""
    found = raw(case.last, case.sample_type)
    if case.less:
        found.subtract(raw(case.less, case.sample_type))
    return {stack: value for stack, value in found.items() if value > 0}


@pytest.mark.parametrize("codec", ["proto", "json"])
@pytest.mark.parametrize("name", CASES)
def test_what_grafana_is_given_weighs_what_go_says(
    connects: Path, url: str, db: Path, tmp_path: Path, name: str, codec: str
) -> None:
    case, file = CASES[name], tmp_path / "selected.pb"

    said = calls(connects, url, db, case, codec, file)

    graph = said["SelectMergeStacktraces"]["answer"]["flamegraph"]
    total = pprof_total(case, case.last) - (pprof_total(case, case.less) if case.less else 0)
    weights = selected(case)
    assert total > 0
    assert graph["total"] == sum(weights.values()) == pprof_total(case, file) == total
    assert sum(graph["levels"][1]["values"][1::4]) == total
    assert raw(file, case.sample_type) == weights
    (sample_type,) = said["pprof"]["answer"]["pprof"]["profile"]["sample_type"]
    assert set(sample_type) == {"type", "unit"}
    assert said["tree"]["answer"]["tree"]


@pytest.mark.parametrize("codec", ["proto", "json"])
def test_every_call_of_the_editor_is_answered(connects: Path, url: str, db: Path, tmp_path: Path, codec: str) -> None:
    case = CASES["live heap"]

    said = {call: one.get("answer") for call, one in calls(connects, url, db, case, codec, tmp_path / "x").items()}

    assert said["ProfileTypes"]["profile_types"][0]["ID"] == case.kind
    assert {"service_name", "instance", "build"} <= set(said["LabelNames"]["names"])
    assert said["LabelValues"]["names"] == ["checkout"]
    assert all(
        {label["name"] for label in one["labels"]} == {"service_name", "__profile_type__"}
        for one in said["Series"]["labels_set"]
    )
    (series,) = said["SelectSeries"]["series"]
    assert series["labels"] == [{"name": "service_name", "value": "checkout"}]
    assert said["GetProfileStats"]["data_ingested"] is True


@pytest.mark.parametrize("codec", ["proto", "json"])
def test_nothing_and_mistakes_are_what_grafana_can_show(
    connects: Path, url: str, db: Path, tmp_path: Path, codec: str
) -> None:
    said = calls(connects, url, db, CASES["allocations"], codec, tmp_path / "x")

    for call in ("nothing there", "unknown type", "SelectMergeSpanProfile"):
        graph = said[call]["answer"]["flamegraph"]
        assert (graph["names"], graph["levels"]) == (["total"], [{"values": [0, 0, 0, 0]}]), call
    codes = {call: one["code"] for call, one in said.items() if "code" in one}
    assert codes == {
        "wrong selector": "invalid_argument",
        "wrong type": "invalid_argument",
        "wrong range": "invalid_argument",
        "SelectHeatmap": "unimplemented",
    }
    assert "not a regular expression" in said["wrong selector"]["error"]
    assert "choose one of the list" in said["wrong type"]["error"]


@pytest.mark.parametrize("codec", ["proto", "json"])
def test_a_difference_has_both_totals(connects: Path, url: str, db: Path, tmp_path: Path, codec: str) -> None:
    case = Case("memory:inuse_space:bytes:space:bytes", HEAP_SELECTOR, LAST, FIRST)

    graph = calls(connects, url, db, case, codec, tmp_path / "x")["Diff"]["answer"]["flamegraph"]

    assert graph["leftTicks"] == pprof_total(case, FIRST)
    assert graph["rightTicks"] == pprof_total(case, LAST)


def test_what_is_given_for_pgo_has_the_edges_that_go_makes_of_the_file(
    connects: Path, url: str, db: Path, tmp_path: Path
) -> None:
    case, file = CASES["CPU"], tmp_path / "selected.pb"
    calls(connects, url, db, case, "proto", file)

    # Go weighs by the first sample type: samples in the file, 10 ms of processor time each here.
    given, made = edges(file), edges(case.last)

    assert len(made) > 1
    assert given == {edge: weight * 10_000_000 for edge, weight in made.items()}


def edges(profile: Path) -> dict[str, int]:
    """Caller, callee, line of the call, and what it weighs, as `go build -pgo` reads it."""
    header, *lines = toolchain.run_go(["tool", "preprofile", "-i", profile]).splitlines()
    assert header.startswith("GO PREPROFILE")
    return {
        "|".join((*lines[at : at + 2], lines[at + 2].split()[0])): int(lines[at + 2].split()[1])
        for at in range(0, len(lines), 3)
    }


def test_every_profile_written_again_is_to_go_what_it_was(tmp_path: Path) -> None:
    heapscape("ingest", FILES, "--lake", tmp_path / "lake")
    assert heapscape("load", "--lake", tmp_path / "lake", "--db", tmp_path / "h.duckdb").code == 0
    files: Sequence[tuple[int, str]]
    differing = []
    with open_readonly(str(tmp_path / "h.duckdb")) as opened:
        files = opened.execute(
            "SELECT profile_id, uri FROM profile JOIN source USING (source_id) WHERE uri LIKE '%.pb.gz' ORDER BY uri"
        ).fetchall()
        for profile_id, uri in files:
            again = tmp_path / "again.pb"
            again.write_bytes(write(columns_of(sampled(opened, {profile_id: 1}, unit="sample"))))
            if toolchain.run_pprof(["-raw", again]) != toolchain.run_pprof(["-raw", uri]):
                differing.append(uri)

    assert len(files) > 150
    assert differing == []
