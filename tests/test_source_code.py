"""Source is read where it is looked for, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.source_code import NoSource, Places, SourceReader, split_list, trimmed


def reader(*folders: Path, prefixes: tuple[str, ...] = (), is_confined: bool = False) -> SourceReader:
    return SourceReader(Places(tuple(map(str, folders)), prefixes, is_confined))


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app" / "store").mkdir(parents=True)
    (tmp_path / "app" / "store" / "cache.go").write_text("package store\n\nvar x int\n")
    (tmp_path / "outside.go").write_text("secret\n")
    return tmp_path / "app"


@pytest.mark.parametrize(
    ("path", "prefixes", "folders", "left"),
    [
        ("/build/src/a.go", "/build", "", "src/a.go"),
        ("/build/src/a.go", "/other:/build/src/", "", "a.go"),
        ("/build/src/a.go", "", "/srv/code/src", "a.go"),
        ("/proc/self/cwd/a.go", "", "", "a.go"),
        ("/proc/self/cwd/./a.go", "/x", "/srv/code/cwd", "a.go"),
        ("a.go", "", "", "a.go"),
    ],
)
def test_paths_are_trimmed(path: str, prefixes: str, folders: str, left: str) -> None:
    assert trimmed(path, prefixes=split_list(prefixes), folders=split_list(folders)) == left


@pytest.mark.parametrize("name", ["store/cache.go", "example.com/app/store/cache.go", "/ci/app/store/cache.go"])
def test_a_file_is_found_behind_the_folders_name(app: Path, name: str) -> None:
    assert reader(app).lines(name) == ("package store", "", "var x int")
    assert reader(app, is_confined=True).lines(name) == ("package store", "", "var x int")


def test_a_file_is_looked_for_in_the_folders_parents_too(app: Path) -> None:
    assert reader(app / "store").lines("outside.go") == ("secret",)


def test_an_absolute_name_is_taken_as_it_is(app: Path, tmp_path: Path) -> None:
    assert reader(app).lines(str(tmp_path / "outside.go")) == ("secret",)


def test_what_is_not_there_is_told_in_pprofs_words(app: Path) -> None:
    with pytest.raises(NoSource, match=r"^could not find file nowhere\.go on path "):
        reader(app).lines("nowhere.go")
    with pytest.raises(NoSource, match=r"^open /nowhere/x\.go: no such file or directory$"):
        reader(app).lines("/nowhere/x.go")


@pytest.mark.parametrize("name", ["../outside.go", "store/../../outside.go", "/proc/self/cwd/../outside.go"])
def test_nothing_is_read_outside_of_the_folders(app: Path, name: str) -> None:
    with pytest.raises(NoSource, match="could not find file"):
        reader(app, is_confined=True).lines(name)


def test_an_absolute_name_and_a_link_lead_out_of_no_folder(app: Path, tmp_path: Path) -> None:
    (app / "link.go").symlink_to(tmp_path / "outside.go")

    for name in (str(tmp_path / "outside.go"), "link.go"):
        with pytest.raises(NoSource):
            reader(app, is_confined=True).lines(name)
    assert reader(app, is_confined=True).lines(str(app / "store" / "cache.go"))[0] == "package store"


def test_a_pipe_is_not_waited_for(app: Path) -> None:
    os.mkfifo(app / "pipe.go")

    with pytest.raises(NoSource, match="it is no regular file"):
        reader(app / "store").lines(str(app / "pipe.go"))


def test_a_name_with_a_zero_in_it_is_no_file(app: Path) -> None:
    with pytest.raises(NoSource):
        reader(app).lines("store/\0.go")
    with pytest.raises(NoSource):
        reader(app, is_confined=True).lines("store/\0.go")


def test_a_folder_has_no_lines(app: Path) -> None:
    assert reader(app / "store").lines(str(app)) == ()


def test_lines_are_those_of_gos_scanner(app: Path) -> None:
    (app / "odd.go").write_bytes(b"a\r\n\tb\xff\n" + b"x" * 65536 + b"\nc\n")

    assert reader(app).lines("odd.go") == ("a", "\tb\udcff")


def test_a_file_is_read_once(app: Path) -> None:
    one = reader(app)
    one.lines("store/cache.go")
    (app / "store" / "cache.go").unlink()

    assert one.lines("store/cache.go") == ("package store", "", "var x int")
