"""The inputs that `pipeline.warm` compiles the kernels with: `python -m tests.builders.tiny` writes them to pipeline/tiny.

Each has what makes a kernel be called with every type it is ever called with, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline import warm
from pipeline.generated.profile_pb2 import Function, Label, Line, Location, Profile, Sample, ValueType
from pipeline.generated.profile_pb2 import Mapping as Binary
from tests.builders import trace_v1
from tests.builders.otlp import otlp
from tests.builders.trace import NO_THREAD, batch, event, raw_batch, samples, stacks, strings, trace

# Two samples with a label: of one, all columns would lie in one piece, for which numba compiles code of its own.
_PROFILE = Profile(
    sample_type=[ValueType(type=1, unit=2)],
    sample=[Sample(location_id=[1], value=[100], label=[Label(key=3, num=num)]) for num in (100, 101)],
    mapping=[Binary(id=1)],
    location=[Location(id=1, mapping_id=1, line=[Line(function_id=1, line=10)])],
    function=[Function(id=1, name=4, filename=4)],
    string_table=["", "inuse_space", "bytes", "color", "main.main"],
)
# Two generations: a goroutine that waits in the first has a stack and a reason in the second; and an event for each table.
_TRACE = trace(
    26,
    (
        strings({1: "main.f", 2: "main.go", 3: "chan receive", 4: "work", 5: "said"}),
        stacks({1: [(100, 1, 2, 7), (200, 1, 2, 9)]}),
        samples([(105, 7, 0, 1, 1)]),
        # Allocations: a size class at an address; a type of 4 KiB of which 6 words are pointers.
        raw_batch(bytes.fromhex("018080808080188040088010"), experiment=1),
        raw_batch(bytes.fromhex("00048020301006") + b"main.T", experiment=1),
        batch(
            "ProcStatus dt=1 p=0 pstatus=1",
            "GoStatus dt=1 g=1 m=7 gstatus=2",
            "ProcsChange dt=1 procs_value=1 stack=0",
            "STWBegin dt=1 kind_string=3 stack=1",
            "STWEnd dt=1",
            "HeapAlloc dt=1 heapalloc_value=9",
            "UserTaskBegin dt=1 task=1 parent_task=0 name_string=4 stack=1",
            "UserRegionBegin dt=1 task=1 name_string=4 stack=1",
            "UserRegionEnd dt=1 task=1 name_string=4 stack=1",
            "UserLog dt=1 task=1 key_string=4 value_string=5 stack=1",
            "UserTaskEnd dt=1 task=1 stack=1",
            "GoLabel dt=1 label_string=4",
            "SpanAlloc dt=1 id=2 npages_value=1 kindclass=22",
            "HeapObjectAlloc dt=1 id=2048 type=4",
            "GoroutineStackAlloc dt=1 id=3 order=12",
            "GoBlock dt=1 reason_string=3 stack=1",
            thread=7,
            time=100,
        ),
    ),
    (
        raw_batch(
            event("ProcStatus dt=1 p=0 pstatus=1") + event(f"GoStatus dt=1 g=1 m={NO_THREAD} gstatus=4"),
            thread=7,
            generation=2,
            time=500,
        ),
    ),
)
# A heap profile as text: what it brings is compiled beside what the protobuf one does.
_TEXT = (
    b"heap profile: 1: 1 [2: 2] @ heap/1048576\n"
    b"1: 1 [2: 2] @ 0x2 0x3\n#\t0x1\tmain.f+0x1\t/main.go:2\n#\t0x2\tmain.main+0x1\t/main.go:3\n\n"
)
_GC = (
    b"gc 1 @0.010s 1%: 0.1+0.1+0.1 ms clock, 0.1+0.1/0.1/0.1+0.1 ms cpu, 3->4->1 MB, 4 MB goal, 0 MB stacks, "
    b"0 MB globals, 2 P\n"
)
# As many lines as are read at once, plain and in objects, and one whose texts are read as well.
_LOG = 40 * (
    _GC
    + b'{"log":"'
    + _GC.strip()
    + b'\\n","ts":1790000000}\n'
    + b"init net/http @1.2 ms, 0.030 ms clock, 448 bytes, 9 allocs\n"
)
# By the name of the file.
TINY: Final[Mapping[str, bytes]] = {
    "profile.otlp": otlp(_PROFILE).SerializeToString(deterministic=True),
    "profile.pb": _PROFILE.SerializeToString(deterministic=True),
    "new.trace": _TRACE,
    "old.trace": trace_v1.RICH,
    "profile.txt": _TEXT,
    "dump.txt": b"goroutine 1 [running]:\nmain.main()\n\t/main.go:3 +0x1\n",
    "service.log": _LOG,
    "report.txt": b"# app\n./main.go:5:2: moved to heap: x\n",
}


def main() -> None:
    """Write them to where `pipeline.warm` reads them."""
    for name, content in TINY.items():
        Path(warm.TINY, name).write_bytes(content)


if __name__ == "__main__":
    main()
