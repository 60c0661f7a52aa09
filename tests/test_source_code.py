"""Source is read where it is looked for, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.source_code import NoSource, Places, SourceReader, split_list, trimmed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "checkout"
    (home / "store").mkdir(parents=True)
    (home / "store" / "cache.go").write_bytes(b"package store\r\n\n// \xff\n")
    (tmp_path / "secret.go").write_text("secret\n")
    return home


def confined(folder: Path, *prefixes: str) -> SourceReader:
    return SourceReader(Places((str(folder),), prefixes, is_confined=True))


@pytest.mark.parametrize(
    "name", ["store/cache.go", "example.com/checkout/store/cache.go", "/build/checkout/store/cache.go"]
)
def test_a_file_is_found_below_the_folder_that_its_name_has(folder: Path, name: str) -> None:
    assert confined(folder).lines(name) == ("package store", "", "// \udcff")


def test_what_a_name_begins_with_is_taken_off(folder: Path) -> None:
    assert len(confined(folder, "/build/42").lines("/build/42/store/cache.go")) == 3
    assert trimmed("/build/42/a.go", prefixes=("/build/42",), folders=()) == "a.go"
    assert split_list(f"a{os.pathsep}b") == ("a", "b")


@pytest.mark.parametrize("name", ["../secret.go", "store/../../secret.go", "{}/secret.go", "x/checkout/../secret.go", "link.go", "pipe.go", "a\0b.go"])  # fmt: skip
def test_a_folder_is_not_left(folder: Path, name: str) -> None:
    (folder / "link.go").symlink_to(folder.parent / "secret.go")
    os.mkfifo(folder / "pipe.go")

    with pytest.raises(NoSource, match="could not find file"):
        confined(folder).lines(name.format(folder.parent))


def test_without_a_border_an_absolute_name_is_read_as_pprof_does(folder: Path) -> None:
    reader = SourceReader(Places((str(folder),)))

    assert reader.lines(str(folder.parent / "secret.go")) == ("secret",)
    with pytest.raises(NoSource):
        reader.lines("nothing.go")
