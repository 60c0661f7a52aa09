"""Paths, folders, globs and standard input become origins with their labels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.inputs.find import find
from pipeline.inputs.labels import Labels
from pipeline.values import Origin


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, so that paths in the tests can be relative."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("{}" if path.endswith("labels.json") else "x")


def _paths(*given: str) -> list[str]:
    return [origin.path for origin in find(given, labels={})]


def _labels(given: Sequence[str], flags: Mapping[str, str] | None = None) -> dict[str, Mapping[str, str]]:
    return {origin.path: origin.labels for origin in find(given, labels=flags or {})}


def test_a_folder_gives_all_files_below_it_by_name(here: Path) -> None:
    _write("d/b.pb", "d/a/z.pb", "d/a/y/x.pb", "d/c.pb", "d/a.pb")

    assert _paths("d") == ["d/a/y/x.pb", "d/a/z.pb", "d/a.pb", "d/b.pb", "d/c.pb"]


def test_inputs_come_in_the_order_they_are_given(here: Path) -> None:
    _write("b", "a", "d/c")

    assert _paths("b", "d", "-", "a") == ["b", "d/c", "-", "a"]


def test_hidden_files_and_sidecars_are_skipped(here: Path) -> None:
    _write("d/.hidden", "d/.git/x", "d/a.pb", "d/a.pb.labels.json", "d/labels.json")

    assert _paths("d") == ["d/a.pb"]


def test_a_hidden_file_is_read_when_it_is_named(here: Path) -> None:
    _write(".d/.heap")

    assert _paths(".d/.heap") == [".d/.heap"]


def test_a_sidecar_that_a_shells_glob_names_is_skipped(here: Path) -> None:
    _write("a.pb", "a.pb.labels.json", "labels.json")

    assert _paths("a.pb", "a.pb.labels.json", "labels.json") == ["a.pb"]


def test_an_empty_folder_gives_nothing(here: Path) -> None:
    Path("d/e").mkdir(parents=True)

    assert _paths("d") == []


def test_links_in_a_circle_end(here: Path) -> None:
    _write("d/a/x", "d/b/y")
    os.symlink("..", "d/a/up")
    os.symlink("../../d", "d/b/again")
    os.symlink("self", "d/self")

    assert _paths("d") == ["d/a/x", "d/b/y", "d/self"]


def test_links_that_fan_out_are_followed_once(here: Path) -> None:
    for level in range(40):
        Path(f"d/{level}").mkdir(parents=True)
        os.symlink(f"../{level + 1}", f"d/{level}/left")
        os.symlink(f"../{level + 1}", f"d/{level}/right")
    _write("d/40/x")

    assert _paths("d") == ["d/40/x"]


def test_a_linked_folder_elsewhere_is_followed(here: Path) -> None:
    _write("elsewhere/x", "d/y")
    os.symlink("../elsewhere", "d/a")

    assert _paths("d") == ["d/y", "d/a/x"]


def test_the_real_folder_names_the_labels_when_a_link_leads_there_too(here: Path) -> None:
    _write("d/service=checkout/x")
    os.symlink("service=checkout", "d/current")

    assert _labels(["d"]) == {"d/service=checkout/x": {"service": "checkout"}}


def test_what_is_no_file_is_found_so_that_it_can_be_refused(here: Path) -> None:
    _write("d/a")
    os.mkfifo("d/pipe")
    os.symlink("nowhere", "d/broken")

    assert _paths("d") == ["d/a", "d/broken", "d/pipe"]


def test_a_folder_that_vanishes_meanwhile_is_found_so_that_it_can_be_refused(here: Path) -> None:
    _write("d/a/x", "d/b/y", "d/c/z")
    found = find(["d"], labels={})

    first = next(found)
    Path("d/b/y").unlink()
    Path("d/b").rmdir()

    assert [first.path, *(origin.path for origin in found)] == ["d/a/x", "d/b", "d/c/z"]


@pytest.fixture
def deep(here: Path) -> Iterator[str]:
    """A file below more folders than Python may call functions."""
    depth = sys.getrecursionlimit() + 200
    folder = os.open(".", os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    yield "d/" * depth + "x"
    # pytest removes its folders by a function that calls itself.
    subprocess.run(["rm", "-rf", here / "d"], check=True)


def test_a_very_deep_folder_is_walked(deep: str) -> None:
    assert _paths(".") == ["./" + deep]
    assert _paths(deep) == [deep]
    assert _paths("**/x") == [deep]


def test_names_that_are_not_utf8_can_be_opened(here: Path) -> None:
    with open(b"caf\xe9", "wb"):
        pass

    (path,) = _paths(".")

    assert os.fsencode(path) == b"./caf\xe9"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("d/*.pb", ["d/a.pb", "d/b.pb"]),
        ("d/?.pb", ["d/a.pb", "d/b.pb"]),
        ("d/[b-z].pb", ["d/b.pb"]),
        ("*/a.pb", ["d/a.pb"]),
        ("**/a.pb", ["d/a.pb", "d/e/a.pb", "d/e/f/a.pb"]),
        ("d/**/f/*", ["d/e/f/a.pb"]),
        ("d/**/**/f/*", ["d/e/f/a.pb"]),
        ("d/e/**", ["d/e/a.pb", "d/e/f/a.pb"]),
        ("d/*", ["d/a.pb", "d/b.pb", "d/e/a.pb", "d/e/f/a.pb"]),
        ("d/**/*", ["d/a.pb", "d/b.pb", "d/e/a.pb", "d/e/f/a.pb"]),
        ("**", ["./d/a.pb", "./d/b.pb", "./d/e/a.pb", "./d/e/f/a.pb"]),
        ("./d/[a]*", ["./d/a.pb"]),
        ("d/.[h]*", ["d/.hidden"]),
        ("d//e/?.pb", ["d/e/a.pb"]),
    ],
)
def test_globs_are_expanded_where_the_shell_did_not(here: Path, pattern: str, found: list[str]) -> None:
    _write("d/a.pb", "d/b.pb", "d/e/a.pb", "d/e/f/a.pb", "d/.hidden", "d/.git/a.pb", "d/labels.json")

    assert _paths(pattern) == found


def test_a_glob_may_be_absolute(tmp_path: Path) -> None:
    (tmp_path / "a.pb").write_text("x")

    assert _paths(f"{tmp_path}/*.pb") == [f"{tmp_path}/a.pb"]


def test_a_file_that_is_there_is_no_glob(here: Path) -> None:
    _write("a[1].pb", "a1.pb")

    assert _paths("a[1].pb") == ["a[1].pb"]


def test_a_glob_does_not_follow_links_for_any_number_of_folders(here: Path) -> None:
    _write("d/x.pb")
    os.symlink(".", "d/loop")

    assert _paths("**/*.pb") == ["d/x.pb"]


def test_folder_names_and_sidecars_and_flags_give_labels_in_that_order(here: Path) -> None:
    _write("d/service=a/zone=z/x.pb", "d/service=a/y.pb")
    Path("d/labels.json").write_text('{"service": "b", "build": "1", "owner": "o"}')
    Path("d/service=a/labels.json").write_text('{"build": 2}')
    Path("d/service=a/zone=z/x.pb.labels.json").write_text('{"build": 3, "host": "h"}')

    found = _labels(["d"], {"owner": "flag"})

    assert found == {
        "d/service=a/y.pb": {"service": "b", "build": "2", "owner": "flag"},
        "d/service=a/zone=z/x.pb": {"service": "b", "build": "3", "owner": "flag", "zone": "z", "host": "h"},
    }


def test_a_file_has_the_same_labels_however_it_is_named(here: Path) -> None:
    _write("d/service=a/x.pb", "d/service=a/e/f.pb")
    Path("d/labels.json").write_text('{"build": "1"}')
    Path("d/service=a/x.pb.labels.json").write_text('{"host": "h"}')
    expected = {"service": "a", "build": "1", "host": "h"}

    found = [_labels([path])["d/service=a/x.pb"] for path in ("d", "d/", "d/service=a", "d/service=a/x.pb", "d/*/*.pb")]

    assert found == [expected] * 5


def test_a_relative_path_has_no_labels_from_above_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "service=a" / "d").mkdir(parents=True)
    (tmp_path / "service=a" / "d" / "x").write_text("x")
    (tmp_path / "service=a" / "labels.json").write_text('{"build": "1"}')
    monkeypatch.chdir(tmp_path / "service=a" / "d")

    assert _labels(["x"]) == {"x": {}}
    assert _labels(["../d/x"]) == {"../d/x": {"build": "1"}}


def test_an_absolute_path_has_the_labels_of_all_its_folders(tmp_path: Path) -> None:
    folder = tmp_path / "service=a" / "d"
    folder.mkdir(parents=True)
    (folder / "x").write_text("x")
    (tmp_path / "labels.json").write_text('{"build": "1"}')

    assert _labels([str(folder)]) == {f"{folder}/x": {"service": "a", "build": "1"}}


def test_the_working_folders_sidecar_counts_for_relative_paths(here: Path) -> None:
    _write("d/x")
    Path("labels.json").write_text('{"build": "1"}')

    assert _labels(["d"]) == {"d/x": {"build": "1"}}
    assert _labels(["."]) == {"./d/x": {"build": "1"}}


def test_a_sidecar_named_by_a_linked_folder_counts_below_the_link(here: Path) -> None:
    _write("elsewhere/x", "d/y")
    Path("elsewhere/labels.json").write_text('{"build": "1"}')
    os.symlink("../elsewhere", "d/service=a")

    assert _labels(["d"])["d/service=a/x"] == {"service": "a", "build": "1"}


def test_standard_input_has_the_flags(here: Path) -> None:
    assert list(find(["-"], labels={"service": "a"})) == [Origin("-", "", {"service": "a"})]


def test_a_file_called_dash_is_named_with_its_folder(here: Path) -> None:
    _write("-")

    assert _paths("./-") == ["./-"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("d/nowhere/heap.pb", "d/nowhere/heap.pb: no such file or folder; the nearest that exists is d"),
        ("nowhere", "nowhere: no such file or folder; the nearest that exists is the working folder"),
        ("/nowhere/at/all", "/nowhere/at/all: no such file or folder; the nearest that exists is /"),
        ("d/x/y", "d/x/y: no such file or folder; the nearest that exists is d/x"),
        ("d/*.pb", "d/*.pb: no file matches; the nearest that exists is d"),
        ("d/broken", "d/broken: is a link to gone, which does not exist"),
        ("ftp://host/heap", "ftp://host/heap: no file has this name"),
        ("", "an empty path"),
    ],
)
def test_a_path_that_is_not_there_is_a_usage_error_at_once(here: Path, path: str, message: str) -> None:
    _write("d/x")
    os.symlink("gone", "d/broken")

    with pytest.raises(UsageError) as error:
        find(["d/x", path], labels={})

    assert str(error.value).startswith(message)


def test_standard_input_given_twice_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="given twice"):
        find(["-", "-"], labels={})


def test_a_broken_sidecar_is_the_fault_of_what_it_would_label_and_of_nothing_else(here: Path) -> None:
    _write("d/e/x", "d/e/f/y", "d/g/z", "d/g/z2")
    Path("d/e/labels.json").write_text("{")
    Path("d/e/f/labels.json").write_text('{"service": "checkout"}')
    Path("d/g/z2.labels.json").write_text("[]")

    faults = {
        origin.path: origin.labels.fault for origin in find(["d"], labels={}) if isinstance(origin.labels, Labels)
    }

    assert [path for path, fault in faults.items() if fault.startswith("d/e/labels.json, which")] == [
        "d/e/f/y",
        "d/e/x",
    ]
    assert faults["d/g/z2"].startswith("d/g/z2.labels.json, which labels it: it is not a JSON object")
    assert faults["d/g/z"] == ""


def test_what_heapscape_writes_itself_is_left_out_of_a_folder(tmp_path: Path) -> None:
    for name in ("a.pb", "lake/_manifest/1.json", "heapscape.duckdb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    found = find(
        [str(tmp_path)], labels={}, skip=[f"{tmp_path}/lake", f"{tmp_path}/heapscape.duckdb", f"{tmp_path}/not-there"]
    )

    assert [origin.path for origin in found] == [f"{tmp_path}/a.pb"]
