"""The table of trace events and the text form of the wire, against Go's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.formats.gotrace.spec import EVENTS
from tests.builders.trace_text import FORMS, TraceTextError, to_binary, to_text
from tests.oracle import toolchain, trace_facts

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
FIXTURES = sorted(FILES.rglob("*.trace"))


def test_the_table_of_events_is_gos() -> None:
    theirs = {row["number"]: row for row in trace_facts.specs() if row["timed"]}

    for event in EVENTS:
        row = theirs.pop(event.number)
        arguments = ("dt", *event.arguments)
        stacks = [name for name in arguments if name.endswith("stack")]
        assert (event.name, list(arguments)) == (row["name"], row["arguments"])
        assert [i for i, name in enumerate(arguments) if name.endswith("_string")] == row["strings"], event.name
        assert sorted(stacks) == sorted(arguments[i] for i in row["stacks"]), event.name
        # The first of Go's is the running goroutine's.
        assert arguments[row["stacks"][0]] == "stack" if stacks else True, event.name
        assert event.experiment == row["experiment"]
        # Go's tables of old versions end before the experiments, which 1.23 writes all the same.
        assert event.since == (23 if event.experiment else row["versions"][0]), event.name
    assert theirs == {}


def test_every_event_has_its_form_in_text() -> None:
    theirs = trace_facts.specs()

    assert {form.number: (form.name, list(form.arguments), form.has_frames, form.has_data) for form in FORMS} == {
        row["number"]: (row["name"], row["arguments"], row["has_frames"], row["has_data"]) for row in theirs
    }


def printed_by_go(path: Path) -> tuple[list[str], str]:
    """What `go tool trace -d=wire` prints, and why it stops."""
    command = [str(toolchain.go()), "tool", "trace", "-d=wire", str(path)]
    done = subprocess.run(command, env=toolchain.environment(), capture_output=True, check=False)
    return done.stdout.decode().splitlines(), done.stderr.decode()


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_text_of_a_file_is_gos(path: Path) -> None:
    ours = to_text(path.read_bytes()).splitlines()[1:]

    theirs, stops = printed_by_go(path)
    assert ours[: len(theirs)] == theirs
    # Go's raw reader does not know the experiment's events in versions that do write them.
    assert len(ours) == len(theirs) or "invalid event type: 1" in stops


def in_go_tree(pattern: str) -> Iterator[Path]:
    toolchain.go()
    yield from sorted((toolchain.goroot() / "src" / "internal" / "trace" / "testdata").glob(pattern))


def test_text_traces_of_gos_tests_become_the_same_bytes(tmp_path: Path) -> None:
    convert, made = toolchain.overlay_build("tracetext"), tmp_path / "made.trace"
    sources = list(in_go_tree("tests/*.test"))

    for source in sources:
        _, _, text = source.read_text().partition("-- trace --\n")
        toolchain.run([convert, source, made])
        assert to_binary(text) == made.read_bytes(), source.name
        assert to_binary(to_text(made.read_bytes())) == made.read_bytes(), source.name
    assert len(sources) >= 20


def test_broken_bytes_of_gos_fuzz_corpus_have_the_same_text_up_to_their_fault(tmp_path: Path) -> None:
    convert, made = toolchain.overlay_build("tracetext"), tmp_path / "made.trace"
    compared = 0
    for source in in_go_tree("fuzz/FuzzReader/*"):
        toolchain.run([convert, source, made])
        if made.read_bytes()[:8] in (b"go 1.22 ", b"go 1.23 ", b"go 1.25 ", b"go 1.26 "):
            theirs, stops = printed_by_go(made)
            try:
                ours = to_text(made.read_bytes()).splitlines()[1:]
                assert ours[: len(theirs)] == theirs, source.name
            except TraceTextError:
                assert stops, source.name
            compared += 1
    assert compared >= 12
