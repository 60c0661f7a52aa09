"""The kind of a profile, by what real producers write."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline.formats.legacy.decode import decode as decode_legacy
from pipeline.tables.build import build_tables
from tests.builders.profile import blob, profile
from tests.tables.building import built

FILES = Path(__file__).parents[1] / "fixtures" / "files"
EVERY_KIND = sorted((FILES / "everykind").rglob("*.pb.gz"))
HEAP_SERIES = sorted(path for path in FILES.rglob("heap-*.pb.gz") if "everykind" not in path.parts)
# By file name, where it is not the kind itself.
NAMED = {"heap-delta": "heap", "files": "other"}


def kind(*samples: str, types: str, default: str = "", period_type: str = "") -> str:
    content = profile(*samples, types=types.split(), default_type=default, period_type=period_type)
    (found,) = built(content)["profile"]["kind"].to_pylist()
    return str(found)


def kind_of(path: Path) -> str:
    (found,) = built(gzip.decompress(path.read_bytes()))["profile"]["kind"].to_pylist()
    return str(found)


def test_there_are_fixtures_of_every_kind_the_runtime_has() -> None:
    kinds = {
        "allocs",
        "block",
        "cpu",
        "files",
        "goroutine",
        "goroutineleak",
        "heap-delta",
        "heap",
        "mutex",
        "threadcreate",
    }

    assert {path.name.removesuffix(".pb.gz") for path in EVERY_KIND} == kinds
    assert len(HEAP_SERIES) > 50


@pytest.mark.parametrize("path", EVERY_KIND, ids=lambda path: f"{path.parts[-2]}/{path.name}")
def test_each_profile_of_the_runtime_has_its_own_kind(path: Path) -> None:
    name = path.name.removesuffix(".pb.gz")

    assert kind_of(path) == NAMED.get(name, name)


def test_every_profile_of_a_heap_series_is_a_heap_profile() -> None:
    assert {kind_of(path) for path in HEAP_SERIES} == {"heap"}


def test_profiles_read_together_keep_their_kinds() -> None:
    paths = EVERY_KIND[:10]

    found = built(*(gzip.decompress(path.read_bytes()) for path in paths))["profile"]["kind"].to_pylist()

    assert found == [kind_of(path) for path in paths]


@pytest.mark.parametrize(
    ("types", "default", "period_type", "expected"),
    [
        # Go
        ("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes", "", "space/bytes", "heap"),
        ("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes", "inuse_space", "", "heap"),
        ("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes", "alloc_space", "", "allocs"),
        ("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes", "alloc_objects", "", "allocs"),
        ("samples/count cpu/nanoseconds", "", "cpu/nanoseconds", "cpu"),
        ("goroutine/count", "", "goroutine/count", "goroutine"),
        ("goroutineleak/count", "", "goroutineleak/count", "goroutineleak"),
        ("threadcreate/count", "", "threadcreate/count", "threadcreate"),
        ("example.com/files/count", "", "", "other"),
        # tcmalloc and gperftools; pprof-nodejs writes the same two
        ("objects/count space/bytes", "", "space/bytes", "heap"),
        ("inuse_objects/count inuse_space/bytes alloc_objects/count alloc_space/bytes", "", "", "heap"),
        # jemalloc's profiles out of Rust
        ("inuse_objects/count inuse_space/bytes", "", "space/bytes", "heap"),
        ("inuse_space/bytes", "", "", "heap"),
        # only what was allocated: no live heap in it
        ("alloc_objects/count alloc_space/bytes", "", "space/bytes", "allocs"),
        ("alloc_space/bytes", "", "", "allocs"),
        # eBPF profilers
        ("samples/count", "", "cpu/nanoseconds", "cpu"),
        ("samples/count", "", "", "other"),
        # async-profiler and other Java profilers
        ("cpu/nanoseconds", "", "cpu/nanoseconds", "cpu"),
        ("wall/nanoseconds", "", "wall/nanoseconds", "other"),
        ("alloc_in_new_tlab_objects/count alloc_in_new_tlab_bytes/bytes", "", "space/bytes", "other"),
        # .NET, Python, Ruby, Node
        ("samples/count cpu/nanoseconds wall/nanoseconds", "", "cpu/nanoseconds", "cpu"),
        ("samples/count wall/nanoseconds", "", "wall/nanoseconds", "other"),
        ("sample/count wall/nanoseconds", "", "wall/nanoseconds", "other"),
        ("exception/count", "", "", "other"),
        ("/", "", "", "other"),
        ("", "", "", "other"),
    ],
)
def test_sample_types_tell_the_kind(types: str, default: str, period_type: str, expected: str) -> None:
    assert kind(types=types, default=default, period_type=period_type) == expected


CONTENTION = "contentions/count delay/nanoseconds"


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (["sync.(*Mutex).Unlock main.work 1 2"], "mutex"),
        (["internal/sync.(*Mutex).Unlock|sync.(*Mutex).Unlock main.work 1 2"], "mutex"),
        (["sync.(*Mutex).Unlock|main.deferred main.work 1 2"], "mutex"),
        (["sync.(*RWMutex).RUnlock main.work 1 2"], "mutex"),
        (["runtime.unlock runtime.schedule 1 2"], "mutex"),
        (["runtime._LostContendedRuntimeLock 1 2"], "mutex"),
        (["runtime.chanrecv1 main.work 1 2", "sync.(*Mutex).Unlock main.work 1 2"], "mutex"),
        (["sync.(*Mutex).Lock main.work 1 2"], "block"),
        (["runtime.chanrecv1 main.work 1 2", "runtime.selectgo main.work 1 2"], "block"),
        # A caller that unlocks says nothing about what its callee waited for.
        (["runtime.chansend1 sync.(*Mutex).Unlock 1 2"], "block"),
        (["1 2"], "block"),
        ([], "block"),
    ],
)
def test_a_contention_profile_of_unlocks_is_a_mutex_profile(samples: list[str], expected: str) -> None:
    assert kind(*samples, types=CONTENTION) == expected


def test_contention_profiles_read_together_look_at_their_own_samples() -> None:
    block, mutex = profile("a 1 2", types=CONTENTION.split()), profile("runtime.unlock 1 2", types=CONTENTION.split())

    assert built(block, mutex, block)["profile"]["kind"].to_pylist() == ["block", "mutex", "block"]


@pytest.mark.parametrize("name", ["mutex", "block"])
def test_a_format_that_knows_the_kind_is_believed(name: str) -> None:
    first = {"mutex": "--- mutex:", "block": "--- contention:"}[name]
    of = blob(f"{first}\n1 1 @ 0x1\n".encode())
    (decoded,) = decode_legacy([of])

    assert build_tables(decoded, [of])["profile"]["kind"].to_pylist() == [name]
