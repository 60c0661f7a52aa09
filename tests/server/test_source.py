"""Source beside what grew: the lines of a site, from the folders that were named and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from pipeline import flow
from pipeline.source_code import Places
from tests.builders.profile import profile
from tests.cli.seat import REPOSITORY
from tests.server.conftest import served
from tests.server.test_pages import text
from tests.warehouse.builder import LIMITS

PROGRAM = REPOSITORY / "tests" / "fixtures" / "programs" / "checkout"
SECRET = "nobody is to read this"
LARGE = 65 << 20


def rows(page: str) -> list[list[str]]:
    """The lines of source on a page: what is live, what grew, number, text and verdicts."""
    tables = re.findall(r'<table class="source">.*?</table>', page, flags=re.S)
    lines = [one for table in tables for one in re.findall(r"<tr[^>]*>(.*?)</tr>", table.partition("<tbody>")[2], re.S)]
    return [
        [unescape(re.sub(r"<[^>]*>", " ", cell)).replace("\u00a0", " ").strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line, re.S)]
        for line in lines
    ]  # fmt: skip


@pytest.fixture(scope="module")
def page(database: Path) -> str:
    with served(database, sources=Places((str(PROGRAM),), is_confined=True)) as asking:
        return asking.get("/growth").text


def test_each_line_has_its_bytes_and_what_the_compiler_says_of_it(page: str) -> None:
    first = rows(page)[:13]

    # store/cache.go, from the sixth line before the site to the sixth behind it.
    assert [line[2] for line in first] == [str(number) for number in range(15, 28)]
    assert first[5][:4] == ["", "", "20", "func (s *Store) Put(key string, total int64, body []byte) {"]
    assert first[5][4].split("  ") == ["leaking param: s", "leaking param: key", "body does not escape"]
    assert first[6] == [
        "307.8 MiB",
        "+285.8 MiB",
        "21",
        "entry := Entry{Key: key, Total: total} // site: cache",
        "entry moved to heap: passed to append(s.items, &entry)",
    ]
    assert first[11][:3] == ["2.3 MiB", "+2.3 MiB", "26"]


def test_without_a_folder_there_is_no_source(client: httpx.Client) -> None:
    assert rows(client.get("/growth").text) == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder `src` with files, what is no file, and ways out of it; and the page on a program that has a site in each."""
    home = tmp_path_factory.mktemp("world")
    folder = home / "src"
    folder.mkdir()
    (folder / "good.go").write_bytes(b"package shop // \x1b[31m<script>alert(1)</script>\xff\n")
    (folder / "short.go").write_text("one line\n")
    (home / "secret.go").write_text(f"{SECRET}\n")
    (home / "src-beside").mkdir()
    (home / "src-beside" / "secret.go").write_text(f"{SECRET}\n")
    (folder / "link.go").symlink_to(home / "secret.go")
    (folder / "linked").symlink_to(home)
    os.mkfifo(folder / "pipe.go")
    with open(folder / "large.go", "wb") as file:
        file.write(SECRET.encode())
        file.truncate(LARGE)
    names = [
        "/build/42/src/good.go",
        "/build/42/src/short.go",
        "../secret.go",
        "x/../../secret.go",
        str(home / "secret.go"),
        f"/build/42/src/../../../../../../../..{home}/secret.go",
        "/build/42/src/../secret.go",
        "../src-beside/secret.go",
        "/build/42/src/link.go",
        "/build/42/src/linked/secret.go",
        "/build/42/src/pipe.go",
        "/build/42/src/large.go",
        "/build/42/src",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
    ]
    for moment in (1, 2):
        samples = [
            f"example.com/shop.f{place}@{name}:{2 if 'short' in name else 1} main.main@main.go:9 {1000 * moment * (20 - place)} 1"
            for place, name in enumerate(names)
        ]
        made = profile(
            *samples, types=("inuse_space/bytes", "inuse_objects/count"), time_ns=1_700_000_000_000_000_000 + moment
        )
        (home / f"heap{moment}.pb").write_bytes(made)
    flow.ingest([str(home / "heap1.pb"), str(home / "heap2.pb")], str(home / "lake"), labels={}, limits=LIMITS)
    flow.load(str(home / "lake"), str(home / "w.duckdb"))
    with served(home / "w.duckdb", sources=Places((str(folder),), is_confined=True)) as asking:
        answer = asking.get("/growth")
        assert answer.status_code == 200
        yield folder, answer.text


def test_no_name_leads_out_of_the_folder(world: tuple[Path, str]) -> None:
    _, page = world

    assert "secret.go:1" in page
    assert SECRET not in page
    assert "root:" not in page


def test_what_is_read_is_text_of_the_file_that_has_the_line(world: tuple[Path, str]) -> None:
    _, page = world

    # Nothing of the file that is shorter than the line, nor of what is none.
    assert [line[3] for line in rows(page)] == [
        "package shop // \\x1b[31m<script>alert(1)</script>\N{REPLACEMENT CHARACTER}"
    ]
    assert "<script>alert" not in page


def test_what_stands_before_the_folder_where_it_was_built_is_taken_off(database: Path) -> None:
    places = Places((str(PROGRAM / "store"),), ("example.com/checkout/store",), is_confined=True)
    with served(database, sources=places) as asking:
        found = text(asking.get("/growth").text)

    assert "entry := Entry{Key: key, Total: total}" in found
