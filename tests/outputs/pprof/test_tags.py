"""Labels as filters and as frames."""

from __future__ import annotations

import pytest

from pipeline.outputs.pprof import tags
from tests.outputs.pprof.seen import lines, profile

SAMPLES = ("a 1 {who=north} {bytes=2048}", "a 2 {who=south}", "b 4 {wait=5ms}", "b 8")


def test_the_unit_of_a_number_is_the_first_or_its_name() -> None:
    made = profile("a 1 {t=1} {bytes=5} {request=1}", "a 1 {t=2us}", "a 1 {t=2ms}", "a 1 {t=3ns}")

    assert tags.label_units(made) == ({"t": "us", "bytes": "bytes", "request": "bytes"}, {"t": ("ms", "ns")})


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("north", [1]),
        ("who", [1, 2]),
        ("who:s", [2]),
        ("who=th", [1, 2]),
        ("who,nor", [1]),
        ("who=nor,sou", [1, 2]),
        ("2kb", [1]),
        ("1kb:3kb", [1]),
        (":1kb", []),
        ("bytes=1kb:", [1]),
        ("wait=1kb:", []),
        ("wait=1ms:1s", [4]),
        ("5000us", [4]),
        ("12kb:64ms", []),
    ],
)
def test_samples_are_asked_for_by_label(asked: str, left: list[int]) -> None:
    made = profile(*SAMPLES)
    units, _ = tags.label_units(made)
    wanted = tags.tag_filter("tagfocus", asked, of_labels=units, told=lambda text: None)

    kept, matched = tags.by_tag(made, focus=wanted, ignore=None)
    rest, _ = tags.by_tag(made, focus=None, ignore=wanted)

    assert kept.values.ravel().tolist() == left
    assert rest.values.ravel().tolist() == [value for value in (1, 2, 4, 8) if value not in left]
    assert matched == (bool(left), False)


def test_a_range_is_told_of() -> None:
    said: list[str] = []

    tags.tag_filter("tagfocus", "bytes=1kb:", of_labels={}, told=said.append)

    assert said == ["tagfocus:Interpreted '1kb:' as range, not regexp"]


def test_labels_are_shown_and_hidden_by_name() -> None:
    made, matched = tags.labels_shown(profile(*SAMPLES), show="w", hide="wait")

    assert [(one.texts, one.numbers) for one in made.label_sets] == [
        ({"who": ("north",)}, {}),
        ({"who": ("south",)}, {}),
        ({}, {}),
        ({}, {}),
    ]
    assert matched == (True, True)


def test_labels_become_frames() -> None:
    made, matched = tags.with_frames(profile(*SAMPLES), roots="who,bytes", leaves="wait", unit="minimum")

    assert lines(made) == [" a 2048 north 1", " a  south 2", "5ms b   4", " b   8"]
    assert matched == (True, True)


def test_without_keys_nothing_is_added() -> None:
    made = profile("a 1")

    assert tags.with_frames(made, roots=",", leaves="", unit="minimum") == (made, (False, False))
