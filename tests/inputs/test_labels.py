"""Labels come from folder names and sidecars, as written."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from pipeline.inputs.labels import Labels, Sidecar, folder_labels, is_data_file, is_sidecar, member_labels, sidecar


def _nothing(head: bytes) -> bool:
    return False


def test_folders_give_labels_and_inner_ones_win() -> None:
    assert folder_labels(["service=checkout", "plain", "instance=a", "service=cart"]) == {
        "service": "cart",
        "instance": "a",
    }


def test_values_are_url_decoded_and_may_hold_an_equals_sign() -> None:
    assert folder_labels(["image=go%2Fcheckout%3A1.4", "query=a=b"]) == {"image": "go/checkout:1.4", "query": "a=b"}


@pytest.mark.parametrize(
    "folder", ["=x", "key=", "two words=1", "1st=2", "service=__HIVE_DEFAULT_PARTITION__", "plain"]
)
def test_other_folders_give_none(folder: str) -> None:
    assert folder_labels([folder]) == {}


@pytest.mark.parametrize(
    "folder",
    ["date=2026-11-30", "dt=20261130", "year=2026", "month=11", "Day=30", "hour=07", "date=2026-11-30T07%3A00%3A00Z"],
)
def test_a_folder_that_says_when_gives_none(folder: str) -> None:
    assert folder_labels(["service=checkout", folder]) == {"service": "checkout"}


@pytest.mark.parametrize("folder", ["day=monday", "update=2026-11-30", "date=", "hour=peak"])
def test_words_are_no_times(folder: str) -> None:
    assert folder_labels([folder]) == ({} if folder == "date=" else dict([folder.split("=")]))


def test_a_member_adds_labels_but_changes_none_of_a_sidecar_or_a_flag() -> None:
    labels = Labels({"service": "from folder", "zone": "a"}, {"build": "from flag"})

    found = member_labels(labels, "service=inside/build=inside/instance=i/heap.pb.gz")

    assert found == {"service": "inside", "zone": "a", "build": "from flag", "instance": "i"}


def test_a_label_that_folder_and_flag_agree_on_is_still_the_flags() -> None:
    labels = Labels({"service": "x"}, {"service": "x"})

    assert member_labels(labels, "service=y/heap.pb.gz") == {"service": "x"}


def test_labels_survive_the_way_to_another_process() -> None:
    labels = Labels({"a": "1"}, {"b": "2"})

    copy = pickle.loads(pickle.dumps(labels))

    assert copy == {"a": "1", "b": "2"}
    assert member_labels(copy, "a=3/b=4/x") == {"a": "3", "b": "2"}


def test_a_members_own_name_is_no_label() -> None:
    assert member_labels({}, "service=x") == {}


def test_a_sidecars_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    file.write_text(
        '\ufeff{"build": 1.40, "shard": 12345678901234567890123, "canary": true, "service": "käse", "e": ""}'
    )

    assert sidecar(str(file), is_data=_nothing).labels == {
        "build": "1.40",
        "shard": "12345678901234567890123",
        "canary": "true",
        "service": "käse",
        "e": "",
    }


def test_a_sidecar_that_is_not_there_gives_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert sidecar(str(tmp_path / "labels.json"), is_data=_nothing) == Sidecar()
    assert sidecar(str(tmp_path / "file" / "labels.json"), is_data=_nothing) == Sidecar()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[1]", "not a JSON object"),
        ('"NaN"', "not a JSON object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": null}', "'a' is null"),
        ('{"a": {"b": 1}}', "'a' is an object"),
        ('{"a": ["b"]}', "'a' is a list"),
        ('{"a": 1, "a": 2}', "'a' is there twice"),
        ('{"": 1}', "no name"),
        ('{"a": 1', "delimiter"),
        ("[" * 100_000, "recursion"),
        (" " * (1 << 20) + "{}", "larger than"),
    ],
)
def test_a_broken_sidecar_is_named_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "labels.json"
    file.write_text(text)

    found = sidecar(str(file), is_data=_nothing)

    assert not found.labels
    assert found.fault.startswith(f"{file}, which labels it: ")
    assert reason in found.fault
    assert '{"service": "checkout"}' in found.fault


def test_a_sidecar_that_is_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.json")

    assert "not a regular file" in sidecar(str(tmp_path / "labels.json"), is_data=_nothing).fault


def test_a_sidecar_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_bytes(b'{"a": "\xff"}')

    assert (
        "labels.json, which labels it: 'utf-8' codec" in sidecar(str(tmp_path / "labels.json"), is_data=_nothing).fault
    )


def test_data_that_is_named_like_a_sidecar_holds_no_labels(tmp_path: Path) -> None:
    log = tmp_path / "labels.json"
    log.write_bytes(b'{"version":0}\n{"code":"escape"}\n' + bytes(2 << 20))

    found = sidecar(str(log), is_data=lambda head: head.startswith(b'{"version"'))

    assert found == Sidecar()
    assert is_data_file(str(log), is_data=lambda head: head.startswith(b'{"version"'))
    assert not is_data_file(str(log), is_data=_nothing)
    assert not is_data_file(str(tmp_path / "none"), is_data=lambda head: True)


def test_sidecars_are_known_by_name() -> None:
    names = ["labels.json", "heap.pb.gz.labels.json", "mylabels.json", "labels.json.gz", "heap.pb.gz"]

    assert [name for name in names if is_sidecar(name)] == ["labels.json", "heap.pb.gz.labels.json"]
