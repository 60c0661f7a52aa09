"""A file for people is the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import PipelineError, UsageError
from pipeline.files import copy, written_beside


def write(path: Path | str, content: bytes = b"new") -> None:
    with written_beside(path) as draft:
        draft.write_bytes(content)


def test_the_draft_takes_the_name_when_all_went_well(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")

    with written_beside(path) as draft:
        draft.write_bytes(b"new")
        during = path.read_bytes()

    assert during == b"old"
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"page.html": b"new"}


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_leaves_the_old_file_whole_and_no_draft(
    tmp_path: Path, trouble: type[BaseException]
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")

    with pytest.raises(trouble), written_beside(path) as draft:  # noqa: PT012
        draft.write_bytes(b"half")
        raise trouble

    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"page.html": b"old"}


def test_a_full_disk_is_an_error_with_the_path_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"old")

    with pytest.raises(PipelineError, match=r"page.html: cannot be written: No space left on device; make room"):  # noqa: SIM117
        with written_beside(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"page.html": b"old"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no/folder/page.html", "No such file or directory; make the folder first"),
        ("file/page.html", "Not a directory; a part of the path is a file"),
        ("folder", "Is a directory; it is a folder; name a file"),
        ("circle", "Too many levels of symbolic links; its links lead in a circle"),
        ("n" * 300, "File name too long; name it shorter"),
    ],
)
def test_a_path_that_cannot_be_written_is_a_wrong_request(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")

    with pytest.raises(UsageError, match=f"cannot be written: {said}"):
        write(tmp_path / name)

    assert sorted(one.name for one in tmp_path.iterdir()) == ["circle", "file", "folder"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "page.html").write_bytes(b"old")
    (tmp_path / "again").symlink_to("kept/page.html")
    (tmp_path / "page.html").symlink_to("again")

    write(tmp_path / "page.html")

    assert (tmp_path / "page.html").is_symlink()
    assert (tmp_path / "kept" / "page.html").read_bytes() == b"new"
    assert [one.name for one in (tmp_path / "kept").iterdir()] == ["page.html"]


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "page.html").symlink_to("there.html")

    write(tmp_path / "page.html")

    assert (tmp_path / "page.html").is_symlink()
    assert (tmp_path / "there.html").read_bytes() == b"new"


def test_permissions_are_those_of_the_file_before_and_the_umask_for_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"")
    (tmp_path / "old").chmod(0o604)
    before = os.umask(0o027)
    try:
        write(tmp_path / "old")
        write(tmp_path / "new")
    finally:
        os.umask(before)

    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")] == [0o604, 0o640]


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()

    write(tmp_path / "pipe")

    reader.join(60)
    assert read == [b"new"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_device_stays_a_device() -> None:
    write("/dev/null")

    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_device_is_a_full_disk() -> None:
    with pytest.raises(PipelineError, match="/dev/full: cannot be written: No space left on device"):
        write("/dev/full")


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no such name")
def test_standard_output_that_is_a_file_is_written_and_not_replaced(tmp_path: Path) -> None:
    script = "from pipeline.files import written_beside\nwith written_beside('/dev/stdout') as draft: draft.open('ab').write(b'new')"
    with (tmp_path / "out").open("wb") as out:
        inode = os.fstat(out.fileno()).st_ino
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True, timeout=60)

    assert [(one.name, one.stat().st_ino, one.read_bytes()) for one in tmp_path.iterdir()] == [("out", inode, b"new")]


def test_drafts_that_nobody_touched_for_a_day_are_removed(tmp_path: Path) -> None:
    for name, age_s in ((".heapscape-1-a.draft", 90_000), (".heapscape-1-b.draft", 60), ("x.draft", 90_000)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)

    write(tmp_path / "page.html")

    assert sorted(one.name for one in tmp_path.iterdir()) == [".heapscape-1-b.draft", "page.html", "x.draft"]


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_copy_is_the_file_whatever_the_system_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    (tmp_path / "file").write_bytes(os.urandom(size))
    (tmp_path / "old").write_bytes(bytes(4_000_000))

    copy(tmp_path / "file", tmp_path / "quick")
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    copy(tmp_path / "file", tmp_path / "old")
    monkeypatch.delattr(os, "copy_file_range")
    copy(tmp_path / "file", tmp_path / "slow")

    assert {(tmp_path / name).read_bytes() for name in ("quick", "old", "slow")} == {(tmp_path / "file").read_bytes()}


def test_a_copy_that_breaks_off_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"whole")

    def broken(read: int, written: int, most: int) -> int:
        os.write(written, b"who")
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", broken)
    copy(tmp_path / "file", tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == b"whole"
