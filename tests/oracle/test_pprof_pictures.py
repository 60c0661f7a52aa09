"""`heapscape pprof -list -weblist -dot -callgrind` against `go tool pprof`, byte for byte.

Differences there are, each by design:

* -weblist is a page of ours with pprof's text: marks, colours and script differ, and so does the order of addresses of one line that
  have calls inlined, which pprof takes from a Go map. The text without what is inlined is compared letter by letter, what is
  inlined line by line without order.
* -dot -files tells functions of one file apart by their first line, gives all the same name and has no order for those that
  tie; pprof prints something else each time. It is left out.
* -call_tree has nodes of one name for each path: those that tie stand in any order, so -callgrind numbers them differently each time.
"""

from __future__ import annotations

import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest

from pipeline.outputs.pprof.mangled import demangled
from tests.cli.seat import FILES, REPOSITORY, heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

SOURCES = REPOSITORY / "tests" / "fixtures" / "programs"
OPTIONS: Sequence[Sequence[str]] = (
    [],
    ["-trim=false"],
    ["-nodecount=7"],
    ["-lines", "-nodecount=25"],
    ["-noinlines", "-addresses", "-unit=kb"],
    ["-filefunctions", "-cum", "-sample_index=0"],
    ["-mean", "-drop_negative"],
    ["-focus=main", "-hide=runtime", "-relative_percentages"],
    ["-divide_by=3", "-nodefraction=0.05", "-edgefraction=0.05"],
    ["-show_from=main", "-tagshow=nothing", "-nodecount=0"],
)
PATTERNS = ("main", r"store|work", r"runtime\.main|alloc", ".")


@pytest.fixture(scope="module", autouse=True)
def clock() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def profiles() -> list[Path]:
    """One of each series, and one of every kind there is."""
    every = sorted(FILES.rglob("*.pb.gz"))
    series = [one for one in every if one.name in ("heap-03.pb.gz", "goroutine-2.pb.gz")]
    return [*series, *sorted((FILES / "everykind" / "service=everykind" / "build=go1.27-trim").glob("*.pb.gz"))]


def pprof(arguments: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """What Go prints; the last line of its message where it refuses."""
    try:
        return toolchain.run_go(["tool", "pprof", *arguments], extra={"TZ": "UTC"}, cwd=cwd)
    except toolchain.ToolchainError as error:
        return str(error).partition("exit status 2: ")[2].splitlines()[-1]


def ours(arguments: Sequence[str | Path]) -> str:
    seen = heapscape("pprof", *arguments)
    return seen.answer.decode() if seen.code == 0 else seen.err.splitlines()[-1].removeprefix("heapscape: ")


def differing(asked: Sequence[Sequence[str | Path]]) -> list[Sequence[str | Path]]:
    """What is not as Go prints it, not even once of several times: calls between places of one name tie."""
    with ThreadPoolExecutor(2) as pool:
        unlike = [one for one, theirs in zip(asked, pool.map(pprof, asked), strict=True) if ours(one) != theirs]
        return [one for one in unlike if ours(one) not in set(pool.map(pprof, [one] * 8))]


@pytest.mark.parametrize("report", ["-dot", "-callgrind"])
def test_graphs_are_what_go_writes(report: str) -> None:
    asked = [
        [report, *OPTIONS[(place + turn) % len(OPTIONS)], path]
        for place, path in enumerate(profiles())
        for turn in range(5)
    ]

    assert len(asked) >= 50
    assert differing(asked) == []


@pytest.mark.parametrize("base", ["-base", "-diff_base"])
def test_a_graph_of_a_difference_is_what_go_writes(base: str) -> None:
    folder = FILES / "checkout" / "service=checkout" / "build=1.4.2" / "instance=a"
    files = [f"{base}={folder / 'heap-01.pb.gz'}", folder / "heap-12.pb.gz"]

    assert differing([[report, *words, *files] for report in ("-dot", "-callgrind") for words in OPTIONS[:6]]) == []


def test_a_tree_of_calls_is_what_go_writes() -> None:
    some = [path for path in profiles() if path.name == "heap-03.pb.gz"][:6]

    assert len(some) >= 4
    assert differing([["-dot", "-call_tree", *words, path] for path in some for words in ([], ["-nodecount=12"])]) == []


def test_listings_are_what_go_prints() -> None:
    asked: list[Sequence[str | Path]] = []
    for place, path in enumerate(profiles()):
        program = next(part.removeprefix("service=") for part in path.parts if part.startswith("service="))
        for turn in range(5):
            words = OPTIONS[(place + turn) % len(OPTIONS)]
            folder = f"-source_path={SOURCES / program}" if turn % 2 else f"-trim_path=example.com/{program}"
            asked.append([f"-list={PATTERNS[(place + turn) % len(PATTERNS)]}", folder, *words, path])

    assert len(asked) >= 50
    assert differing(asked) == []


def test_source_is_listed_where_the_profile_says_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of ours built without -trimpath: its own files and those of GOROOT have absolute names."""
    program = tmp_path / "lists"
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "go.mod").write_text("module lists\n\ngo 1.22\n")
    (tmp_path / "src" / "main.go").write_text(PROGRAM)
    toolchain.run_go(["build", "-o", program, "."], cwd=tmp_path / "src")
    path = tmp_path / "heap.pb.gz"
    toolchain.run([program, path], cwd=tmp_path)
    program.unlink()
    monkeypatch.chdir(tmp_path)

    for pattern in ("main", "strings.*Repeat|grow", "."):
        for words in (
            [],
            ["-alloc_space"],
            ["-trim_path=/nowhere"],
            [f"-source_path={tmp_path / 'src'}"],
            ["-noinlines"],
        ):
            arguments = [f"-list={pattern}", *words, path]
            theirs = pprof(arguments, cwd=tmp_path)
            assert ours(arguments) == theirs
            assert words or "keep = append(keep" in theirs or "Repeat" in pattern


PROGRAM = """
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
)

var keep [][]byte
var texts []string

type set[T any] struct{ items []T }

func (s *set[T]) add(item T) { s.items = append(s.items, item) }

func grow(n int) { keep = append(keep, make([]byte, n)) }

//go:noinline
func caller(n int) {
	grow(n)
	texts = append(texts, strings.Repeat("x", n))
}

func main() {
	runtime.MemProfileRate = 1
	var numbers set[int]
	for i := range 200 {
		caller(i)
		numbers.add(i)
	}
	file, _ := os.Create(os.Args[1])
	runtime.GC()
	pprof.Lookup("heap").WriteTo(file, 0)
	file.Close()
	runtime.KeepAlive(numbers)
}
"""


def test_pages_of_source_say_what_gos_say(tmp_path: Path) -> None:
    for place, path in enumerate(profiles()[:12]):
        program = next(part.removeprefix("service=") for part in path.parts if part.startswith("service="))
        words = [f"-weblist={PATTERNS[place % 3]}", f"-source_path={SOURCES / program}", path]
        page = tmp_path / f"{place}.html"
        refused = pprof([f"-output={page}", *words])
        if not page.exists():
            assert ours(words) == refused
            continue
        plain, inlined = page_text(page.read_text(), inlined="asm")
        our_plain, our_inlined = page_text(ours(words), inlined="inlined")
        assert our_plain == plain
        assert our_inlined == inlined


def page_text(page: str, *, inlined: str) -> tuple[str, Counter[str]]:
    """What a page says without what is inlined, and the lines of that; spans are not nested deeper than one."""
    body = page.partition("<body>")[2]
    spans = re.compile(rf'<span class="?{inlined}"?>((?:[^<]|<span[^>]*>[^<]*</span>|<b>[^<]*</b>)*)</span>')
    within = "".join(spans.findall(body))
    text = unescape(re.sub("<[^>]*>", "", spans.sub("", body)))
    lines = unescape(re.sub("<[^>]*>", "", within)).splitlines()
    return text.strip(), Counter(line.strip() for line in lines if "⋮" not in line)


def test_mangled_names_are_shown_as_go_shows_them() -> None:
    """Names of C++ and Rust from libraries that are here anyway."""
    import obstore
    import pyarrow

    names: set[bytes] = set()
    folders = [Path(module.__file__).parent for module in (obstore, pyarrow)]
    for library in sorted(path for folder in folders for path in folder.glob("*.so*"))[:8]:
        names |= set(re.findall(rb"\0(_[ZR][A-Za-z0-9_.$]{3,400})(?=\0)", library.read_bytes()))
    some = random.Random(1).sample(sorted(names), 4000)
    texts = [name.decode() for name in some]
    program = toolchain.overlay_build("demangles")
    theirs = subprocess.run([program], input="\n".join(texts), capture_output=True, text=True, check=True).stdout

    unlike = [
        name for name, shown in zip(texts, theirs.splitlines(), strict=True) if (demangled(name) or name) != shown
    ]

    # Parameters of lambdas that are `auto`, destructors of lambdas, and a few of Rust's own.
    assert len(unlike) <= 10
