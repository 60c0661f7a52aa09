"""`heapscape pprof` against `go tool pprof`, byte for byte: every report, option and granularity on profiles of many kinds and makers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.profile import message, profile
from tests.cli.seat import FILES, heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

# What is asked of every profile.
OPTIONS: Sequence[Sequence[str]] = (
    ["-top"],
    ["-text", "-cum", "-nodecount=7"],
    ["-top", "-lines", "-nodefraction=0"],
    ["-top", "-files"],
    ["-top", "-filefunctions", "-compact_labels"],
    ["-top", "-addresses", "-nodecount=20"],
    ["-top", "-addresses", "-noinlines", "-nodecount=20"],
    ["-top", "-lines", "-showcolumns", "-noinlines"],
    ["-top", "-sample_index=0", "-unit=auto"],
    ["-top", "-sample_index=1", "-divide_by=3"],
    ["-top", "-mean", "-nodefraction=0"],
    ["-top", "-mean_delay"],
    ["-top", "-inuse_objects", "-drop_negative"],
    ["-top", "-trim=false", "-unit=kb"],
    ["-top", "-focus=main|work|store", "-ignore=index"],
    ["-top", "-focus=main", "-relative_percentages", "-cum"],
    ["-top", "-hide=runtime|^std", "-show=main|work|[A-Z]", "-nodecount=9"],
    ["-top", "-show_from=main|work", "-prune_from=Put|alloc|Allocate"],
    ["-top", "-focus=nothing.matches", "-hide=nothing", "-show_from=nothing.matches", "-tagfocus=zzz", "-tagshow=zzz"],
    ["-top", "-ignore=nothing.matches", "-tagignore=zzz", "-taghide=zzz", "-tagroot=zzz", "-tagleaf=zzz"],
    ["-top", "-tagroot=bytes,tenant,kind", "-nodefraction=0"],
    ["-top", "-tagleaf=tenant,request", "-unit=mb"],
    ["-top", "-trim_path=/usr:/build", "-lines"],
    ["-top", "-source_path=/srv/code/store:/srv/code/runtime", "-lines", "-nodecount=9"],
    ["-tree"],
    ["-tree", "-cum", "-nodecount=9", "-edgefraction=0.05"],
    ["-tree", "-lines", "-nodefraction=0.05", "-noinlines"],
    ["-tree", "-focus=main", "-edgefraction=0", "-nodefraction=0", "-unit=B"],
    ["-tree", "-hide=main", "-trim=false", "-drop_negative"],
    ["-peek=main|Put|alloc"],
    ["-peek=.", "-files", "-relative_percentages", "-ignore=runtime"],
    ["-peek=nothing.matches"],
    ["-traces"],
    ["-traces", "-lines", "-focus=main", "-unit=auto"],
    ["-traces", "-tagfocus=bytes=1:4kb", "-hide=runtime", "-addresses"],
    ["-traces", "-tagignore=tenant=a|1kb:", "-mean", "-noinlines"],
    ["-tags"],
    ["-tags", "-tagshow=tenant|bytes", "-sample_index=0", "-unit=kb"],
    ["-tags", "-taghide=bytes", "-focus=main|[a-z]", "-divide_by=2"],
    ["-tags", "-tagfocus=tenant", "-relative_percentages"],
    ["-raw"],
    ["-raw", "-focus=main", "-hide=runtime", "-tagroot=tenant"],
    ["-raw", "-noinlines", "-prune_from=main", "-taghide=bytes", "-showcolumns"],
    ["-raw", "-show=main|work", "-show_from=work|main", "-add_comment=seen again"],
    ["-comments", "-add_comment=# seen"],
    ["-proto"],
    ["-proto", "-focus=main|a", "-divide_by=7", "-tagleaf=tenant"],
    ["-proto", "-show=main|[a-z]", "-noinlines", "-lines"],
    ["-topproto", "-cum", "-nodecount=9"],
    ["-top", "-sample_index=nothing"],
    ["-top", "-sample_index=9"],
    ["-top", "-focus=["],
    ["-top", "-divide_by=0"],
)
# What is asked of two: the first is the base.
DIFFERENCES: Sequence[Sequence[str]] = (
    ["-top", "-diff_base"],
    ["-top", "-base", "-nodefraction=0"],
    ["-tree", "-diff_base", "-nodefraction=0", "-edgefraction=0.01"],
    ["-top", "-base", "-drop_negative", "-nodefraction=0"],
    ["-top", "-diff_base", "-normalize", "-cum"],
    ["-traces", "-base"],
    ["-tags", "-diff_base"],
    ["-raw", "-base", "-normalize"],
    ["-raw", "-diff_base", "-tagignore=pprof::base"],
    ["-proto", "-diff_base"],
    ["-top", "-diff_base", "-mean", "-focus=main|a"],
    ["-peek=.", "-diff_base", "-sample_index=0"],
)


def made() -> Mapping[str, bytes]:
    """What fixtures have not: labels, several mappings, other languages, values below zero, and nothing at all."""
    cpu = {"types": ["samples/count", "cpu/nanoseconds"], "period_type": "cpu/nanoseconds", "period": 10_000_000}
    labelled = profile(
        "main.work@/build/store/a.go:3|main.Put@/build/store/b.go:9 main.main@/build/main.go:5 3 30000000 {tenant=acme} {bytes=512}",
        "runtime.mallocgc@/usr/lib/go/src/runtime/malloc.go:900 main.work@/build/store/a.go:4 main.main@/build/main.go:5 1 10000000 {tenant=north} {kind=x} {kind=y}",
        "main.work@/build/store/a.go:3|main.Put@/build/store/b.go:9 main.main@/build/main.go:5 2 20000000 {tenant=north} {request=4096} {bytes=2048}",
        "main.idle@/build/main.go:7 main.main@/build/main.go:6 5 50000000 {wait=15ms} {wait=2} {delay=3us} {delay=1s}",
        "main.idle@/build/main.go:7 main.main@/build/main.go:6 5 50000000",
        "main.fib@m.go:1 main.fib@m.go:2 main.fib@m.go:1 main.main@/build/main.go:8 4 40000000 {tenant=acme,corp}",
        **cpu,
        duration_ns=30_000_953_208,
        comments=["seen", "# hidden"],
        doc_url="https://example.com/doc",
        default_type="cpu",
    )
    return {
        "labelled": labelled,
        "cpp": profile(
            "std::vector<int,std::allocator<int>>::push_back(int) app::Server::run() main 5 500",
            "operator_new(unsigned_long) (anonymous_namespace)::make<int>(char_const*) main 2 4096",
            "<alloc::vec::Vec<T,A>_as_core::ops::Drop>::drop core::ptr::drop_in_place<alloc::string::String> main 1 64",
            "java.util.HashMap.<init> com.example.App$Inner.run(Task.java) main 7 7",
            "main.Map[go.shape.int,go.shape.string] main.(*List[go.shape.int]).Each main 3 33",
            types=["objects/count", "space/bytes"],
            drop_frames="operator_new.*|.*::drop",
            keep_frames="nothing",
        ),
        "below zero": profile("a b -5 -500", "c|d b 2 200", "a b 3 300", "b 1 0", types=["n/count", "size/bytes"]),
        "recursion": profile("a b a b a 10 100", "b a b 20 200", "a|b|a c 5 50", types=["n/count", "time/ms"]),
        "several mappings": _several_mappings(),
        "no symbols": _no_symbols(),
        "other ids": _other_ids(),
        "empty": profile(types=["n/count", "space/bytes"]),
        "nothing but zeros": profile("a b 0 0", "c 0 0 {tenant=x}", types=["n/count", "space/bytes"], binary=""),
        "no mapping": profile("main.a main.b 1 1024", "4 5", types=["n/count", "space/bytes"], binary="", time_ns=0),
    }


def _several_mappings() -> bytes:
    sent = message(
        "main.a main.b 1 10", "lib.f main.b 2 20", "kernel main.b 3 30", types=["n/count", "cpu/nanoseconds"]
    )
    texts = {text: place for place, text in enumerate(sent.string_table)}
    for id, (file, build_id) in enumerate((("/lib/libc.so.6", "libc-1"), ("[vdso]", ""), ("", "")), start=2):
        for text in (file, build_id):
            if text not in texts:
                texts[text] = len(texts)
                sent.string_table.append(text)
        sent.mapping.add(
            id=id,
            memory_start=0x7F0000000000 + id * 0x1000,
            memory_limit=0x7F0000001000 + id * 0x1000,
            file_offset=id * 0x1000,
            filename=texts[file],
            build_id=texts[build_id],
            has_functions=True,
        )
    for place, location in enumerate(sent.location[2:], start=2):
        location.mapping_id = min(place, 4)
    sent.location[-1].is_folded = True
    return sent.SerializeToString()


def _no_symbols() -> bytes:
    sent = message("x y 1 10", "z y 2 20", types=["n/count", "cpu/nanoseconds"])
    for location in sent.location:
        del location.line[:]
    del sent.function[:]
    return sent.SerializeToString()


def _other_ids() -> bytes:
    """Ids that are no places, locations that no sample needs, and an order of their own."""
    sent = message("main.a|main.b main.c 1 10", "main.d main.c 2 20", types=["n/count", "cpu/nanoseconds"])
    for location in sent.location:
        location.id += 100
    for sample in sent.sample:
        sample.location_id[:] = [id + 100 for id in sample.location_id]
    for function in sent.function:
        function.id += 1 << 40
    for location in sent.location:
        for line in location.line:
            line.function_id += 1 << 40
    unused = sent.location.add()
    unused.CopyFrom(sent.location[0])
    unused.id, unused.address = 5, 0x400999
    turned = list(reversed(sent.location))
    del sent.location[:]
    sent.location.extend(turned)
    return sent.SerializeToString()


def fixtures() -> list[Path]:
    """Of each kind and each version of Go one that others do not repeat."""
    every = FILES / "everykind" / "service=everykind"
    of_kinds = [
        path for build in ("go1.22-trim", "go1.27-trim") for path in sorted((every / f"build={build}").glob("*.pb.gz"))
    ]
    of_builds = sorted((FILES / "twins" / "service=twins").glob("build=go1.2[3-6]-trim/heap.pb.gz"))
    return [*of_kinds, *of_builds, *sorted((FILES / "checkout").rglob("build=1.4.2/instance=a/heap-12.pb.gz"))]


@dataclass(frozen=True)
class Told:
    """What a tool printed, and what it said of the options."""

    printed: bytes
    said: tuple[str, ...]


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """All profiles, the clock on UTC."""
    folder = tmp_path_factory.mktemp("made")
    for name, content in made().items():
        (folder / name.replace(" ", "-")).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield [*sorted(folder.iterdir()), *fixtures()]
    time.tzset()


@pytest.fixture(scope="module")
def tool() -> str:
    """The program that `go tool pprof` runs: to ask Go for it each time takes longer than it runs."""
    toolchain.run_pprof(["-top", fixtures()[0]])
    return toolchain.run_go(["tool", "-n", "pprof"]).strip()


def theirs(tool: str, arguments: Sequence[str | Path]) -> Told:
    environment = toolchain.environment() | {"TZ": "UTC"}
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, env=environment, check=False)
    return Told(done.stdout, _said(done.stderr.decode()))


def ours(arguments: Sequence[str | Path]) -> Told:
    seen = heapscape("pprof", *arguments)
    return Told(seen.answer, _said(seen.err))


# What is said of options, and why a report is refused. What is said of binaries that are not there is left out: pprof looks
# for those to name addresses, heapscape does not.
_OF_OPTIONS = (
    "expression matched",
    "Interpreted",
    "also encountered",
    "Multiple value",
    "no matches found",
    "sample_index",
    "regexp",
    "zero divisor",
)


def _said(text: str) -> tuple[str, ...]:
    lines = (line.removeprefix("heapscape: ") for line in text.splitlines())
    return tuple(line for line in lines if any(mark in line for mark in _OF_OPTIONS))


def _as_text(tool: str, told: Told, arguments: Sequence[str | Path], file: Path) -> Told:
    """A profile as pprof's own -raw prints it: in which order a file has its texts, and how it is packed, says nothing."""
    if not told.printed or not str(arguments[0]).endswith("proto"):
        return told
    file.write_bytes(told.printed)
    return Told(theirs(tool, ["-raw", file]).printed, told.said)


def assert_equal(tool: str, asked: Sequence[Sequence[str | Path]], file: Path) -> None:
    differing = []
    with ThreadPoolExecutor(2) as pool:
        for arguments, expected in zip(asked, pool.map(lambda one: theirs(tool, one), asked), strict=True):
            found = _as_text(tool, ours(arguments), arguments, file)
            expected = _as_text(tool, expected, arguments, file)
            if found != expected and not _is_by_chance(tool, arguments, found, expected):
                differing.append(" ".join(map(str, arguments)))
    assert differing == []


def _is_by_chance(tool: str, arguments: Sequence[str | Path], found: Told, expected: Told) -> bool:
    """Whether the order alone differs, and pprof's own is another each time it runs.

    It takes nodes, calls and labels out of Go's maps and sorts them by an order that leaves some equal: nodes of one name
    and weight (of files, where functions tell them apart that are not shown), and weights that differ in the sign alone.
    """
    if (sorted(found.printed.splitlines()), found.said) != (sorted(expected.printed.splitlines()), expected.said):
        return False
    return any(theirs(tool, arguments) != expected for _ in range(_RUNS))


_RUNS = 12


def test_there_are_enough_of_both(profiles: Sequence[Path]) -> None:
    assert len(OPTIONS) >= 40
    assert len(profiles) >= 20


@pytest.mark.parametrize("place", range(len(OPTIONS)), ids=[" ".join(words) for words in OPTIONS])
def test_every_profile_is_reported_as_go_does(place: int, profiles: Sequence[Path], tool: str, tmp_path: Path) -> None:
    assert_equal(tool, [[*OPTIONS[place], path] for path in profiles], tmp_path / "one.pb.gz")


@pytest.mark.parametrize("words", DIFFERENCES, ids=" ".join)
def test_every_difference_is_reported_as_go_does(
    words: Sequence[str], profiles: Sequence[Path], tool: str, tmp_path: Path
) -> None:
    asked = [[words[0], f"{words[1]}={base}", *words[2:], path] for base, path in _pairs(profiles)]

    assert len(asked) >= 10
    assert_equal(tool, asked, tmp_path / "one.pb.gz")


def _pairs(profiles: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Each with one of its kind, or with itself."""
    by_name: dict[str, Path] = {}
    for path in profiles:
        yield by_name.get(path.name, path), path
        by_name[path.name] = path


def test_files_are_added_up_as_go_does(profiles: Sequence[Path], tool: str, tmp_path: Path) -> None:
    heaps = [path for path in profiles if path.name.startswith("heap")]
    cpus = [path for path in profiles if path.name in ("cpu.pb.gz", "labelled", "several-mappings", "no-symbols")]
    asked = [[f"-{report}", *some] for report in ("top", "raw", "traces", "tags") for some in (heaps, cpus, cpus[::-1])]

    assert len(heaps) > 5 < len(cpus) + 3
    assert_equal(tool, asked, tmp_path / "one.pb.gz")
