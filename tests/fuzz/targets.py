"""What is fuzzed: for each part the seeds, how they are changed, and what is done with what comes out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Final

from pipeline.generated.profile_pb2 import Profile
from tests.builders.dumps import MANY
from tests.builders.executable import Call, Function, Load, Third, executable
from tests.builders.legacy import EVERY_SPELLING
from tests.builders.memstats import EXPOSITION, lines, memstats, metrics
from tests.builders.otlp import otlp as profiles_of
from tests.builders.profile import profile
from tests.builders.trace import BLOCKED, batch, raw_batch, samples, stacks, strings, trace
from tests.builders.trace_v1 import RICH
from tests.fuzz import archives, binaries, compressions, escapes, legacy, otlp, pprof, runtime_logs, traces
from tests.fuzz.end import to_the_end
from tests.fuzz.judge import decoded, unpacked
from tests.fuzz.mutate import dumb, with_a_run
from tests.fuzz.target import Outcome, Target

FILES: Final = Path(__file__).parents[1] / "fixtures" / "files"
_EVERYKIND: Final = FILES / "everykind" / "service=everykind"
_TWINS: Final = FILES / "twins" / "service=twins"
_LEDGER: Final = FILES / "lifecycle" / "service=lifecycle" / "build=go1.27-trim"
# Seeds larger than this are changed byte by byte only, and not often: small ones are many more cases.
_SMALL_BYTES: Final = 4_000
_LONG: Final = 0.02


# Seeds -----------------------------------------------------------------------------------------------------------------


@cache
def profiles() -> tuple[bytes, ...]:
    """Small ones of the builder, and real ones."""
    built = profile(
        "store.put@store/cache.go:88|store.add@store/cache.go:12 main.main@main.go:7 1 4096 {bytes=4096}",
        "main.grow@main.go:9 main.main@main.go:7 2 8192",
        "main.idle 0 0 {tenant=north} {wait=5ms}",
        types=("inuse_objects/count", "inuse_space/bytes"),
        default_type="inuse_space",
        period=524288,
        period_type="space/bytes",
        comments=["made by hand"],
    )
    heap = profile(
        "main.grow@main.go:9 main.main@main.go:7 4 400 2 200",
        types=("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes"),
        period=524288,
        period_type="space/bytes",
    )
    cpu = profile("main.spin 1 10000000", types=("samples/count", "cpu/nanoseconds"), duration_ns=10**9)
    real = [
        gzip.decompress((_EVERYKIND / f"build=go1.{version}-trim" / f"{kind}.pb.gz").read_bytes())
        for version, kind in ((22, "threadcreate"), (27, "threadcreate"), (27, "goroutineleak"), (22, "files"))
    ]
    return built, heap, cpu, *real


@cache
def profiles_of_opentelemetry() -> tuple[bytes, ...]:
    """The built ones as OpenTelemetry has them, one resource and two."""
    built = [Profile.FromString(content) for content in profiles()[:3]]
    both = profiles_of(*built[:2], resources=[{"service.name": "pay"}, {"host.name": "a"}])
    return *(profiles_of(one).SerializeToString(deterministic=True) for one in built), both.SerializeToString(deterministic=True)  # fmt: skip


@cache
def traces_since_122() -> tuple[bytes, ...]:
    """Some of everything in each version, in two generations; and a real one."""
    running = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")
    lines = (
        *running,
        "UserTaskBegin dt=1 task=5 parent_task=0 name_string=1 stack=1",
        "UserRegionBegin dt=1 task=5 name_string=1 stack=1",
        "UserLog dt=1 task=5 key_string=1 value_string=2 stack=1",
        "UserRegionEnd dt=1 task=5 name_string=1 stack=1",
        "UserTaskEnd dt=1 task=5 stack=1",
        "GCBegin dt=1 gc_seq=1 stack=1",
        "STWBegin dt=1 kind_string=3 stack=1",
        "STWEnd dt=1",
        "GCMarkAssistBegin dt=1 stack=1",
        "GCMarkAssistEnd dt=1",
        "GCEnd dt=9 gc_seq=2",
        "GCSweepBegin dt=1 stack=1",
        "GCSweepEnd dt=1 swept_value=1 reclaimed_value=1",
        "HeapAlloc dt=1 heapalloc_value=77",
        "HeapGoal dt=1 heapgoal_value=99",
        "GoCreate dt=1 new_g=2 new_stack=1 stack=1",
        "GoSyscallBegin dt=1 p_seq=1 stack=1",
        "GoSyscallEnd dt=1",
        "GoBlock dt=1 reason_string=3 stack=1",
        "GoStart dt=1 g=2 g_seq=1",
        "GoDestroy dt=1",
        "ProcStop dt=1",
    )
    objects = (
        "SpanAlloc dt=1 id=2 npages_value=1 kindclass=22",
        "HeapObjectAlloc dt=1 id=2048 type=1",
        "HeapObjectFree dt=1 id=2048",
        "SpanFree dt=1 id=2",
    )
    names = strings({1: "main.f", 2: "main.go", 3: "chan receive"})
    tables = (names, stacks({1: [(9, 1, 2, 3), (8, 2, 1, 3)]}), samples([(3, 7, 0, 1, 1)]))
    again = batch("ProcStatus dt=1 p=0 pstatus=2", "GoStatus dt=1 g=1 m=0 gstatus=4", thread=7, generation=2, time=99)
    types = raw_batch(b"\x00\x01\x01\x08\x08\x00", experiment=1)
    built = [trace(22, BLOCKED), trace(26, BLOCKED)]
    built += [trace(version, (*tables, batch(*lines, thread=7)), (again,)) for version in (22, 25, 26)]
    built.append(trace(26, (*tables, types, batch(*running, *objects, thread=7))))
    return *built, (_EVERYKIND / "build=go1.27-trim" / "go.trace").read_bytes()


def traces_before_122() -> tuple[bytes, ...]:
    """One with some of everything."""
    return (RICH,)


@cache
def text_reports() -> tuple[bytes, ...]:
    """Reports of -m and of -m=2, as real compilers wrote them, in pieces."""
    found = [(_LEDGER / f"report={word}" / f"escape-{word}.txt").read_bytes() for word in ("m", "m2")]
    pieces = [b"\n".join(report.split(b"\n")[start : start + 120]) for report in found for start in (0, 120, 240)]
    return tuple(piece for piece in pieces if piece.strip())


@cache
def logs() -> tuple[bytes, ...]:
    """JSON logs of real compilers, their first lines."""
    paths = sorted((_LEDGER / "report=json").rglob("*.json"))
    return tuple(b"\n".join(path.read_bytes().split(b"\n")[:12]) for path in paths[:6])


@cache
def runtime_logs_of_collector() -> tuple[bytes, ...]:
    """What runtimes of three releases wrote, in pieces that begin with a cycle; and one as a search answers, over lines and in one."""
    paths = [FILES / "collector" / "service=collector" / f"build=go1.{version}-trim" for version in (22, 25, 27)]
    found = [path.read_bytes() for folder in paths for path in sorted(folder.glob("*.log"))]
    logs = [b"gc 1 @" + log.partition(b"gc 1 @")[2][:4_000].rpartition(b"\n")[0] + b"\n" for log in found]
    entries = [{"message": line, "timestamp": 1767225600000} for line in logs[0].decode().splitlines()]
    values = [[str(1767225600000000000 + place), one["message"]] for place, one in enumerate(entries)]
    loki = {"data": {"resultType": "streams", "result": [{"stream": {"pod": "a"}, "values": values}]}}
    answers = [json.dumps(one, indent=indent).encode() for one in ({"events": entries}, loki) for indent in (None, 1)]
    return *logs, *answers


@cache
def texts_of_profiles() -> tuple[bytes, ...]:
    """One of each spelling, and real ones."""
    folder = _TWINS / "build=go1.27-trim"
    real = [(folder / f"{name}.debug1.txt").read_bytes() for name in ("mutex", "threadcreate")]
    return *EVERY_SPELLING.values(), *real


@cache
def dumps() -> tuple[bytes, ...]:
    """A small one of goroutines, with its tabs and without, and real ones of two releases."""
    real = [(_TWINS / f"build=go1.{version}-trim" / "panic-all.txt").read_bytes()[:3_000] for version in (22, 27)]
    return MANY, MANY.replace(b"\t", b"    "), *real


@cache
def remembered() -> tuple[bytes, ...]:
    """MemStats in lines, in an array, under a key."""
    few = {name: value for name, value in memstats(3).items() if not isinstance(value, list)}
    return (
        lines(*({"time": f"2026-01-01T00:00:0{number}Z", **few, "NumGC": number} for number in range(8))),
        lines(*({"ts": 1767225600 + number, "m": {"mem": memstats(number)}} for number in (1, 2, 300))),
        json.dumps([few, {"memstats": memstats(3)}], indent=1).encode(),
    )


@cache
def measured() -> tuple[bytes, ...]:
    """Metrics as JSON and as text, of one process and of several, with and without times."""
    text = EXPOSITION.encode()
    of_many = b"".join(
        b'go_threads{instance="%d"} %d %d000\nprocess_start_time_seconds{instance="%d"} 1.7e+09 %d000\n'
        % (one, at, 1767225600 + at, one, 1767225600 + at)
        for at in (0, 60)
        for one in (1, 2)
    )
    series = [
        {"metric": {"__name__": f"go_{name}", "instance": "a"}, "values": [[1767225600, "5"], [1767225660.5, "6"]]}
        for name in ("goroutines", "memstats_heap_inuse_bytes")
    ]
    answer = json.dumps({"data": {"resultType": "matrix", "result": series}}).encode()
    written = lines(*[metrics()] * 6), json.dumps(metrics(), indent=1).encode()
    return *written, text, text + b"# EOF\n" + text, of_many, answer


@cache
def programs() -> tuple[bytes, ...]:
    """One of each format, architecture and layout of the function table, with and without names to find things by."""
    runtime = (
        Function("runtime.mallocgc", "runtime/malloc.go", 1067),
        Function("runtime.newobject", "runtime/malloc.go", 2140),
        Function("runtime.growslice", "runtime/slice.go", 178),
        Function("reflect.unsafe_New", "runtime/malloc.go", 2150, [Call("runtime.mallocgc")]),
    )
    steps = [Load("main.T", 0), Call("runtime.newobject"), Load("string", 4), Call("runtime.growslice")]
    main = Function("main.main", "main.go", 5, [*steps, Third(value=False), Call("runtime.mallocgc")])
    made = [
        executable(
            *runtime, main, types={"main.T": 24, "string": 16}, kind=kind, architecture=architecture, release=release
        )
        for kind in ("elf", "macho", "pe")
        for architecture, release in (("amd64", 20), ("arm64", 20), ("amd64", 18), ("arm64", 16))
    ]
    bare = executable(*runtime, main, types={"main.T": 24, "string": 16}, is_named=False, is_stripped=True)
    return *(one.content for one in made), bare.content


@cache
def contents() -> tuple[bytes, ...]:
    """What archives and compressed files hold."""
    return (
        profiles()[0],
        profiles()[1],
        traces_since_122()[0],
        text_reports()[0],
        logs()[0],
        b"",
        b"plain text",
        bytes(3_000),
    )


def zips() -> tuple[bytes, ...]:
    """One with a member of each content."""
    entries = [
        archives.zip_entry(b"%d.in" % place, content, deflated=place % 2 == 0)
        for place, content in enumerate(contents())
    ]
    return (archives.zip_bytes(entries),)


def tars() -> tuple[bytes, ...]:
    """One with a member of each content."""
    return (archives.packed_together(contents()),)


# Changes ---------------------------------------------------------------------------------------------------------------

_trace_lines = cache(lambda content: tuple(traces.lines_of(content)))
_old_trace = cache(lambda content: traces.old_events(content))


def _profile(corpus: Sequence[bytes], draw: Random) -> bytes:
    """Mostly a sound seed with fields changed, else anything that was worth keeping with bytes changed."""
    if draw.random() < 0.8:
        return pprof.mutated(draw.choice(profiles()), draw)
    return dumb(draw.choice(corpus), draw, others=corpus)


def _trace(corpus: Sequence[bytes], draw: Random) -> bytes:
    if draw.random() < 0.8:
        small = [content for content in traces_since_122() if len(content) < _SMALL_BYTES]
        return traces.mutated(list(_trace_lines(draw.choice(small))), draw)
    return dumb(draw.choice(corpus), draw, others=corpus)


def _old(corpus: Sequence[bytes], draw: Random) -> bytes:
    if draw.random() < 0.8:
        header, events = _old_trace(RICH)
        return traces.mutated_old(header, events, draw)
    return dumb(draw.choice(corpus), draw, others=corpus)


def _text(corpus: Sequence[bytes], draw: Random) -> bytes:
    return escapes.mutated_text(draw.choice(corpus), draw, corpus)


def _log(corpus: Sequence[bytes], draw: Random) -> bytes:
    return escapes.mutated_log(draw.choice(corpus), draw, corpus)


def _otlp(corpus: Sequence[bytes], draw: Random) -> bytes:
    if draw.random() < 0.2:
        return dumb(draw.choice(corpus), draw, others=corpus)
    return otlp.mutated(draw.choice(profiles_of_opentelemetry()), draw)


def _runtime_log(corpus: Sequence[bytes], draw: Random) -> bytes:
    return runtime_logs.mutated(draw.choice(corpus), draw, corpus)


def _legacy(corpus: Sequence[bytes], draw: Random) -> bytes:
    return legacy.mutated(draw.choice(texts_of_profiles()), draw, corpus)


def _dump(corpus: Sequence[bytes], draw: Random) -> bytes:
    return legacy.mutated(draw.choice(dumps()), draw, corpus)


def _remembered(corpus: Sequence[bytes], draw: Random) -> bytes:
    return escapes.mutated_log(draw.choice(corpus), draw, corpus)


def _measured(corpus: Sequence[bytes], draw: Random) -> bytes:
    content = draw.choice(corpus)
    change = escapes.mutated_log if content.lstrip()[:1] in (b"{", b"[") else escapes.mutated_text
    return change(content, draw, corpus)


def _binary(corpus: Sequence[bytes], draw: Random) -> bytes:
    return binaries.mutated(draw.choice(programs()), draw, corpus)


def _zip(corpus: Sequence[bytes], draw: Random) -> bytes:
    made = archives.mutated_zip(contents(), draw)
    return dumb(made, draw, others=corpus) if draw.random() < 0.3 else made


def _tar(corpus: Sequence[bytes], draw: Random) -> bytes:
    made = archives.mutated_tar(contents(), draw)
    return dumb(made, draw, others=corpus) if draw.random() < 0.3 else made


def _compressed(codec: str, corpus: Sequence[bytes], draw: Random) -> bytes:
    return compressions.mutated(codec, contents(), draw)


def _packed(codec: str) -> tuple[bytes, ...]:
    return tuple(compressions.PACK[codec](content) for content in contents())


def _input(corpus: Sequence[bytes], draw: Random) -> bytes:
    """An input of any kind; those of formats say more behind the decoders than archives do."""
    target = draw.choice((*DECODERS, *DECODERS[:12], *DECODERS[:12]))
    return target.mutate(target.seeds(), draw)


def _one(judge: Callable[[bytes], Outcome]) -> Callable[[Sequence[bytes]], Outcome]:
    return lambda inputs: judge(inputs[0])


def _long(change: Callable[[Sequence[bytes], Random], bytes]) -> Callable[[Sequence[bytes], Random], bytes]:
    """The change, now and then with a long run of something in it: they take longer than all others."""

    def changed(corpus: Sequence[bytes], draw: Random) -> bytes:
        content = change(corpus, draw)
        return with_a_run(content, draw) if draw.random() < _LONG else content

    return changed


DECODERS: Final = (
    Target("pprof", profiles, _profile, partial(decoded, good=profiles()[0]), together=16),
    Target(
        "otlp", profiles_of_opentelemetry, _otlp, partial(decoded, good=profiles_of_opentelemetry()[0]), together=16
    ),
    Target("gotrace", traces_since_122, _trace, partial(decoded, good=traces_since_122()[1]), together=4),
    Target("gotrace-v1", traces_before_122, _old, partial(decoded, good=RICH), together=4),
    Target("escape-text", text_reports, _long(_text), partial(decoded, good=text_reports()[0]), together=16),
    Target("escape-json", logs, _long(_log), partial(decoded, good=logs()[0]), together=16),
    Target("memstats", remembered, _long(_remembered), partial(decoded, good=remembered()[0]), together=16),
    Target("metrics", measured, _long(_measured), partial(decoded, good=measured()[2]), together=16),
    Target("binary", programs, _binary, partial(decoded, good=programs()[0]), together=16),
    Target(
        "gctrace",
        runtime_logs_of_collector,
        _long(_runtime_log),
        partial(decoded, good=runtime_logs_of_collector()[0]),
        together=16,
    ),
    Target("legacy", texts_of_profiles, _long(_legacy), partial(decoded, good=texts_of_profiles()[0]), together=16),
    Target("goroutines", dumps, _long(_dump), partial(decoded, good=MANY), together=16),
    Target("zip", zips, _zip, _one(unpacked), is_guided=True),
    Target("tar", tars, _tar, _one(unpacked), is_guided=True),
    *(
        Target(
            codec,
            partial(_packed, codec),
            partial(_compressed, codec),
            _one(partial(unpacked, codec=codec)),
            is_guided=True,
        )
        for codec in compressions.PACK
    ),
)
_SOUND: Final = (
    *(
        *profiles()[:3],
        profiles_of_opentelemetry()[3],
        traces_since_122()[4],
        RICH,
        text_reports()[0],
        logs()[0],
        programs()[0],
    ),
    *(runtime_logs_of_collector()[0], *texts_of_profiles()[:2], MANY, remembered()[0], measured()[2]),
)
_TO_THE_END: Final = Target("pipeline", tuple, _input, partial(to_the_end, good=_SOUND), together=40, most_s=300.0)
TARGETS: Final = {target.name: target for target in (*DECODERS, _TO_THE_END)}
