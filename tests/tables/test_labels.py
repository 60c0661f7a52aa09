"""Label sets: keys in order, values exact."""

from __future__ import annotations

import pytest

from pipeline.generated.profile_pb2 import Label, Profile
from tests.builders.profile import message, profile
from tests.builders.wire import number, sized, texts
from tests.tables.building import built
from tests.tables.expected import hash_of, id_of


def label_sets(*contents: bytes) -> list[list[tuple[object, ...]]]:
    return [[tuple(label.values()) for label in of] for of in built(*contents)["label_set"]["labels"].to_pylist()]


def labelled(*labels: Label) -> bytes:
    """A sample with labels that number these strings: 1 is `a`, 2 `b`, 3 `ms`."""
    made = Profile(string_table=["", "a", "b", "ms"], sample_type=[{}], sample=[{"value": [1], "label": labels}])
    return made.SerializeToString()


def test_the_id_is_a_hash_anyone_can_recompute() -> None:
    made = built(profile("f 1 {tenant=north} {bytes=48} {wait=5ms}"))

    size = id_of(hash_of(b"bytes"), 0, 48, 0, 0)
    tenant = id_of(hash_of(b"tenant"), hash_of(b"north"), 0, 0, 1)
    wait = id_of(hash_of(b"wait"), 0, 5, hash_of(b"ms"), 2)
    assert made["label_set"]["label_set_hash"].to_pylist() == [id_of(size, tenant, wait)]


def test_labels_come_in_key_order_and_a_repeated_key_keeps_its_values_in_theirs() -> None:
    assert label_sets(profile("f 1 {b=2} {a=z} {b=x} {a=y} {b=1}")) == [
        [
            ("a", "z", None, None),
            ("a", "y", None, None),
            ("b", None, 2, None),
            ("b", "x", None, None),
            ("b", None, 1, None),
        ]
    ]


def test_equal_sets_fold_across_samples_and_files_whatever_their_order() -> None:
    made = built(profile("f 1 {a=x} {b=1}", "g 1 {b=1} {a=x}"), profile("f 1 {b=1} {a=x}"))

    assert made["label_set"].num_rows == 1
    assert len(set(made["sample"]["label_set_hash"].to_pylist())) == 1


def test_the_order_of_a_repeated_keys_values_makes_another_set() -> None:
    assert len(label_sets(profile("f 1 {a=x} {a=y}", "f 1 {a=y} {a=x}"))) == 2


def test_a_sample_without_labels_has_the_empty_set() -> None:
    assert built(profile("f 1"))["label_set"].to_pylist() == [
        {"label_set_hash": 0xEF46DB3751D8E999 - 2**64, "labels": []}
    ]


@pytest.mark.parametrize("num", [1, -1, 2**63 - 1, -(2**63), 2**53 + 1])
def test_numbers_keep_all_their_bits(num: int) -> None:
    assert label_sets(profile(f"f 1 {{k={num}}}")) == [[("k", None, num, None)]]


def test_a_unit_without_a_number_is_a_zero_with_a_unit() -> None:
    assert label_sets(labelled(Label(key=1, num_unit=3))) == [[("a", None, 0, "ms")]]


def test_a_label_with_nothing_is_left_out() -> None:
    assert label_sets(labelled(Label(key=1), Label(key=2, num=1))) == [[("b", None, 1, None)]]


def test_a_label_without_a_key_has_an_empty_one() -> None:
    assert label_sets(labelled(Label(str=2))) == [[("", "b", None, None)]]


def test_a_label_with_a_text_and_a_number_keeps_both() -> None:
    assert label_sets(labelled(Label(key=1, str=2, num=7, num_unit=3))) == [[("a", "b", 7, "ms")]]


def test_text_number_and_unit_of_the_same_spelling_are_three_sets() -> None:
    same = [Label(key=1, str=2), Label(key=1, num=2), Label(key=1, num_unit=2), Label(key=2, str=1)]

    assert len({str(label_sets(labelled(label))) for label in same}) == 4
    assert len({built(labelled(label))["label_set"]["label_set_hash"][0].as_py() for label in same}) == 4


def test_an_id_does_not_depend_on_who_came_first() -> None:
    # Keys that look the same as text: only their bytes tell them apart.
    def content(first: bytes, second: bytes) -> bytes:
        labels = sized(3, number(1, 1), number(3, 1)), sized(3, number(1, 2), number(3, 2))
        return sized(1) + sized(2, number(2, 1), *labels) + sized(6) + sized(6, first) + sized(6, second)

    one = content(b"\xfe", b"\xff")
    other = sized(1) + sized(
        2, number(2, 1), sized(3, number(1, 1), number(3, 2)), sized(3, number(1, 2), number(3, 1))
    )
    other += sized(6) + sized(6, b"\xff") + sized(6, b"\xfe")

    assert built(one)["label_set"]["label_set_hash"] == built(other)["label_set"]["label_set_hash"]
    assert label_sets(one) == [[("\ufffd", None, 1, None), ("\ufffd", None, 2, None)]]


def test_keys_beyond_ascii_are_in_the_order_of_their_bytes() -> None:
    keys = ["z", "é", "日", "a", "\U0001f600"]
    labels = [sized(3, number(1, place + 1), number(3, 1)) for place in range(len(keys))]
    content = sized(1) + sized(2, number(2, 1), *labels) + texts(*keys)

    assert [key for key, *_ in label_sets(content)[0]] == ["a", "z", "é", "日", "\U0001f600"]


def test_samples_keep_their_own_sets() -> None:
    made = built(message("f 1 {k=b}", "f 2", "f 3 {k=a} {j=b}", "f 4 {k=b}").SerializeToString())

    sets = dict(
        zip(made["label_set"]["label_set_hash"].to_pylist(), made["label_set"]["labels"].to_pylist(), strict=True)
    )
    assert [[label["str"] for label in sets[of]] for of in made["sample"]["label_set_hash"].to_pylist()] == [
        ["b"],
        [],
        ["b", "a"],
        ["b"],
    ]
