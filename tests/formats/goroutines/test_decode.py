from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.formats.goroutines.decode import decode
from pipeline.values import Decoded
from tests.builders.dumps import MANY, dump, goroutine
from tests.builders.facts import facts_of_decoded
from tests.builders.profile import blob

TWINS = Path(__file__).parents[2] / "fixtures" / "files" / "twins" / "service=twins"
REAL = sorted([*TWINS.glob("*/*.debug2.txt"), *TWINS.glob("*/panic-*.txt")])


def read(*contents: bytes) -> Decoded:
    (decoded,) = decode([blob(content) for content in contents])
    return decoded


def samples(decoded: Decoded) -> list[Any]:
    """Lines of each location, count, labels."""
    profiles = {name: columns for name, columns in decoded.columns.items() if name != "goroutine_dump"}
    facts = facts_of_decoded(replace(decoded, columns=profiles))
    return [
        (
            [
                [f"{facts.functions[f][0].decode()}:{line}" for f, line, _ in facts.locations[place][3]]
                for place in stack
            ],
            values,
            {label.key.decode(): (label.text or b"").decode() for label in labels},
        )
        for stack, values, labels in facts.samples
    ]


def rows(decoded: Decoded, *names: str) -> list[tuple[Any, ...]]:
    table = decoded.columns["goroutine_dump"]
    return list(zip(*(table[name].tolist() for name in names), strict=True))


def test_equal_stacks_with_equal_state_are_one_sample() -> None:
    assert samples(read(MANY)) == [
        ([["main.die:9", "main.main:3"]], (1,), {"state": "running"}),
        ([["main.inner:45", "main.wait:41"]], (2,), {"state": "chan receive"}),
        ([["main.read:50"]], (1,), {"queue": "red", "tier": "a, b", "state": "IO wait"}),
    ]


def test_each_goroutine_has_its_row_and_sample() -> None:
    assert rows(read(MANY), "goroutine", "sample", "wait_ns", "is_locked_to_thread", "creator") == [
        (1, 0, None, False, None),
        (18, 1, 300_000_000_000, True, 1),
        (19, 1, 420_000_000_000, False, 1),
        (20, 2, None, False, None),
    ]


def test_samples_of_several_dumps_tell_them_apart() -> None:
    found = read(MANY + b"\nexit status 2\n" + MANY)

    assert [labels["dump"] for *_, labels in samples(found)] == ["0", "0", "0", "1", "1", "1"]
    assert [dump for (dump,) in rows(found, "dump")] == [0] * 4 + [1] * 4


def test_several_files_are_several_profiles() -> None:
    found = read(MANY, b"goroutine 1 [x", MANY)

    assert rows(found, "blob_index", "sample")[4:] == [(2, 3), (2, 4), (2, 4), (2, 5)]
    assert found.refusals == {1: "no goroutine of the dump can be read; it may be cut off"}


def test_what_is_cut_off_is_noted() -> None:
    assert [note.kind for note in read(MANY[:-4]).notes] == ["dump_cut_off", "no_time"]
    assert [note.kind for note in read(MANY).notes] == ["no_time"]


def test_a_goroutine_without_a_stack_counts() -> None:
    found = read(b"goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n")

    assert samples(found) == [([], (1,), {"state": "running"})]
    assert rows(found, "has_stack") == [(False,)]


def test_a_label_that_comes_twice_is_a_map_with_its_last() -> None:
    found = read(dump(goroutine("1 [select] {a: x, a: y}", "main.f()@main.go:3 +0x1")))

    assert found.columns["goroutine_dump"]["labels"].to_pylist() == [[("a", "y")]]  # type: ignore[union-attr]


@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_goroutine_of_a_real_dump_is_there(path: Path) -> None:
    content = path.read_bytes()

    found = read(content)

    headers = [int(number) for number in re.findall(rb"^goroutine (\d+) ", content, re.MULTILINE)]
    assert [number for (number,) in rows(found, "goroutine")] == headers
    assert [dump for (dump,) in rows(found, "dump")] == [0] * len(headers)
    created = re.findall(rb"^created by (\S+) in goroutine (\d+)\n\t.*\n(?!created)", content, re.MULTILINE)
    told = [(name, creator) for name, creator in rows(found, "created_by", "creator") if name]
    assert told == [(name.decode(), int(creator)) for name, creator in created]


@pytest.mark.parametrize("path", sorted(TWINS.glob("*/panic-all.txt")), ids=lambda path: path.parent.name)
def test_what_a_real_panic_leaves_is_told(path: Path) -> None:
    found = read(path.read_bytes())

    by_creator = {(name, state) for name, state in rows(found, "created_by", "state") if name}
    assert {(name, "chan receive") for name, state in by_creator if state == "chan receive"} == {
        ("example.com/twins/park.Everybody", "chan receive")
    }
    assert max(elided for (elided,) in rows(found, "elided_frames")) in (31, 30)
    assert sum(locked for (locked,) in rows(found, "is_locked_to_thread")) == 1
    labels = [label for (label,) in rows(found, "labels") if label]
    has_labels = path.parent.name in ("build=go1.26-trim", "build=go1.27-trim")
    assert labels == ([[("queue", "red"), ("tier", 'gold "9"')]] if has_labels else [])
