from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.outputs.pprof.graph import frames_of
from pipeline.outputs.pprof.nodelets import NodeTags, Tag, collapsed, in_order, joined_texts, node_tags
from pipeline.outputs.pprof.profile import LabelSet
from tests.outputs.pprof.seen import prepared, profile


def tags_of(*samples: str, dropped: Sequence[str] = ()) -> tuple[dict[str, list[Tag]], dict[str, dict[str, list[Tag]]]]:
    report = prepared(profile(*samples), report="dot")
    frames = frames_of(report)
    names = [info.printable for info in frames.infos]
    found = node_tags(report, frames, kept=np.array([name not in dropped for name in names], np.bool_))
    return (
        {names[node]: list(tags) for node, tags in found.texts.items()},
        {names[node]: {text: list(tags) for text, tags in one.items()} for node, one in found.numbers.items()},
    )


def test_texts_of_a_sample_are_one_label() -> None:
    texts, _ = tags_of("leaf main 5 {b=y} {a=x}", "main 2 {a=x} {b=y}")

    assert texts == {
        "leaf": [Tag("a:x\\nb:y", 5, 5)],
        "main": [Tag("a:x\\nb:y", 2, 7)],
    }


def test_of_numbers_bytes_alone_is_shown_by_the_text_it_stands_with() -> None:
    _, numbers = tags_of("main 5 {bytes=2048} {wait=7}", "main 1 {bytes=16} {a=x}")

    assert numbers == {
        "main": {
            "": [Tag("2kB", 5, 5, number=2048, unit="bytes")],
            "a:x": [Tag("16B", 1, 1, number=16, unit="bytes")],
        }
    }


def test_numbers_that_are_written_alike_are_one() -> None:
    _, numbers = tags_of("main 5 {bytes=1048576}", "main 2 {bytes=1048577}")

    assert numbers["main"][""] == [Tag("1MB", 7, 7, number=1048576, unit="bytes")]


def test_a_node_whose_callee_was_dropped_is_no_leaf_of_its_samples() -> None:
    texts, _ = tags_of("leaf main 5 {a=x}", dropped=["leaf"])

    assert texts == {"main": [Tag("a:x", 0, 5)]}


def test_light_tags_go() -> None:
    tags = NodeTags({0: [Tag("a", 5, 5), Tag("b", 1, 1)]}, {0: {"": [Tag("c", 1, 9)]}})

    assert tags.heavier(2) == NodeTags({0: [Tag("a", 5, 5)]}, {0: {"": [Tag("c", 1, 9)]}})
    assert tags.counts(2).tolist() == [3, 0]


def test_the_heaviest_stand_first_by_flat_or_by_cum() -> None:
    tags = [Tag("a", 1, 9), Tag("b", 5, 5), Tag("c", -7, 1)]

    assert [tag.name for tag in in_order(tags, is_flat=True)] == ["c", "b", "a"]
    assert [tag.name for tag in in_order(tags, is_flat=False)] == ["a", "b", "c"]


def test_of_many_numbers_the_lighter_go_to_the_nearest_of_the_four_heaviest() -> None:
    tags = [Tag(str(number), weight, weight, number=number, unit="bytes") for number, weight in
            [(16, 90), (1024, 80), (4096, 70), (65536, 60), (24, 5), (32, 4), (60000, 3)]]  # fmt: skip

    assert [(tag.name, tag.flat) for tag in collapsed(tags, is_flat=True)] == [
        ("16B..32B", 99),
        ("1kB", 80),
        ("4kB", 70),
        ("58.59kB..64kB", 63),
    ]


def test_means_are_of_sums() -> None:
    assert Tag("a", 7, 9, flat_divisor=2, cum_divisor=4).flat_value == 3
    assert Tag("a", 7, -9, flat_divisor=2, cum_divisor=4).cum_value == -2


def test_the_mark_of_a_diff_base_is_no_label() -> None:
    assert joined_texts(LabelSet({"pprof::base": ("true",), "k": ("v", "u")})) == "k:u\\nk:v"
