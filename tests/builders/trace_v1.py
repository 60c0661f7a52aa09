"""Execution traces before Go 1.22 from a few readable lines: one event a line.

trace(21, batch(0, "ProcStart dt=1 thread=7", "GoStart dt=1 g=1 seq=0"))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.kernels.trace_v1 import wire as w
from tests.builders.trace import header, uvarint

# Arguments in the order of the wire; `stack` is the last where there is one.
EVENTS: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    "Gomaxprocs": (w.GOMAXPROCS, ("dt", "procs", "stack")),
    "ProcStart": (w.PROC_START, ("dt", "thread")),
    "ProcStop": (w.PROC_STOP, ("dt",)),
    "GCStart": (w.GC_START, ("dt", "seq", "stack")),
    "GCDone": (w.GC_DONE, ("dt",)),
    "STWStart": (w.STW_START, ("dt", "kind")),
    "STWDone": (w.STW_DONE, ("dt",)),
    "GCSweepStart": (w.SWEEP_START, ("dt", "stack")),
    "GCSweepDone": (w.SWEEP_DONE, ("dt", "swept", "reclaimed")),
    "GoCreate": (w.GO_CREATE, ("dt", "g", "new_stack", "stack")),
    "GoStart": (w.GO_START, ("dt", "g", "seq")),
    "GoEnd": (w.GO_END, ("dt",)),
    "GoStop": (w.GO_STOP, ("dt", "stack")),
    "GoSched": (w.GO_SCHED, ("dt", "stack")),
    "GoPreempt": (w.GO_PREEMPT, ("dt", "stack")),
    "GoSleep": (w.GO_SLEEP, ("dt", "stack")),
    "GoBlock": (w.GO_BLOCK, ("dt", "stack")),
    "GoUnblock": (w.GO_UNBLOCK, ("dt", "g", "seq", "stack")),
    "GoBlockSend": (w.BLOCK_SEND, ("dt", "stack")),
    "GoBlockRecv": (w.BLOCK_RECV, ("dt", "stack")),
    "GoBlockSelect": (w.BLOCK_SELECT, ("dt", "stack")),
    "GoBlockSync": (w.BLOCK_SYNC, ("dt", "stack")),
    "GoBlockCond": (w.BLOCK_COND, ("dt", "stack")),
    "GoBlockNet": (w.BLOCK_NET, ("dt", "stack")),
    "GoSysCall": (w.SYSCALL, ("dt", "stack")),
    "GoSysExit": (w.SYSCALL_EXIT, ("dt", "g", "seq", "ts")),
    "GoSysBlock": (w.SYSCALL_BLOCK, ("dt",)),
    "GoWaiting": (w.GO_WAITING, ("dt", "g")),
    "GoInSyscall": (w.GO_IN_SYSCALL, ("dt", "g")),
    "HeapAlloc": (w.HEAP_ALLOC, ("dt", "bytes")),
    "HeapGoal": (w.HEAP_GOAL, ("dt", "bytes")),
    "TimerGoroutine": (w.TIMER_GOROUTINE, ("g",)),
    "FutileWakeup": (w.FUTILE_WAKEUP, ("dt",)),
    "GoStartLocal": (w.START_LOCAL, ("dt", "g")),
    "GoUnblockLocal": (w.UNBLOCK_LOCAL, ("dt", "g", "stack")),
    "GoSysExitLocal": (w.SYSCALL_EXIT_LOCAL, ("dt", "g", "ts")),
    "GoStartLabel": (w.START_LABEL, ("dt", "g", "seq", "label")),
    "GoBlockGC": (w.BLOCK_GC, ("dt", "stack")),
    "GCMarkAssistStart": (w.ASSIST_START, ("dt", "stack")),
    "GCMarkAssistDone": (w.ASSIST_DONE, ("dt",)),
    "UserTaskCreate": (w.TASK_CREATE, ("dt", "task", "parent", "name", "stack")),
    "UserTaskEnd": (w.TASK_END, ("dt", "task", "stack")),
    "UserRegion": (w.REGION, ("dt", "task", "mode", "name", "stack")),
    "UserLog": (w.LOG, ("dt", "task", "key", "stack")),
    "CPUSample": (w.CPU_SAMPLE, ("dt", "ts", "p", "g", "stack")),
    "Frequency": (w.FREQUENCY, ("ticks",)),
}
# One tick of the clock is one nanosecond.
FREQUENCY: Final = "Frequency ticks=1000000000"


def raw(kind: int, *numbers: int) -> bytes:
    """An event of these numbers: up to three behind its type, more behind how many bytes they have."""
    data = b"".join(uvarint(number % 2**64) for number in numbers)
    if 0 < len(numbers) <= 3:
        return bytes([kind | len(numbers) - 1 << 6]) + data
    return bytes([kind | 3 << 6]) + uvarint(len(data)) + data


def event(line: str) -> bytes:
    """`Name dt=1 argument=2 …`; a log's line ends in `: message`."""
    line, _, message = line.partition(": ")
    name, *words = line.split()
    kind, arguments = EVENTS[name]
    values = dict(word.split("=") for word in words)
    assert tuple(values) == arguments, f"{name} has {arguments}"
    behind = uvarint(len(message.encode())) + message.encode() if kind == w.LOG else b""
    return raw(kind, *map(int, values.values())) + behind


def batch(proc: int, *lines: str, time: int = 100) -> bytes:
    """A batch of a proc's events."""
    head = bytes([w.BATCH | 1 << 6]) + uvarint(proc % 2**64) + uvarint(time)
    return head + b"".join(map(event, lines))


def strings(texts: Mapping[int, str]) -> bytes:
    """Strings by id."""
    return b"".join(
        bytes([w.STRING]) + uvarint(identity) + uvarint(len(text.encode())) + text.encode()
        for identity, text in texts.items()
    )


def stacks(frames: Mapping[int, Sequence[tuple[int, int, int, int]]]) -> bytes:
    """Stacks by id: each frame's address, function's string, file's string and line, leaf first."""
    return b"".join(
        raw(w.STACK, identity, len(of_stack), *(word for frame in of_stack for word in frame))
        for identity, of_stack in frames.items()
    )


def trace(version: int, *parts: bytes) -> bytes:
    """A whole trace: the parts, and a clock behind them."""
    return header(version) + b"".join(parts) + batch(0, FREQUENCY)


# What stands at the beginning of a trace: goroutine 1 runs on proc 0, 2 waits, 3 is in a system call, 4 is runnable.
BEGUN: Final = (
    "GoCreate dt=1 g=1 new_stack=0 stack=0",
    "GoCreate dt=1 g=2 new_stack=0 stack=0",
    "GoWaiting dt=1 g=2",
    "GoCreate dt=1 g=3 new_stack=0 stack=0",
    "GoInSyscall dt=1 g=3",
    "GoCreate dt=1 g=4 new_stack=0 stack=0",
    "ProcStart dt=1 thread=7",
    "GoStart dt=1 g=1 seq=1",
    "Gomaxprocs dt=1 procs=2 stack=0",
)
NAMES: Final = strings({1: "main.f", 2: "main.go", 3: "name"}) + stacks({1: [(100, 1, 2, 7)], 2: [(200, 1, 2, 8)]})
# Some of everything.
RICH: Final = trace(
    21,
    batch(
        0,
        *BEGUN,
        "GoCreate dt=1 g=5 new_stack=1 stack=2",
        "UserTaskCreate dt=1 task=9 parent=0 name=3 stack=1",
        "UserRegion dt=1 task=9 mode=0 name=3 stack=1",
        "UserLog dt=1 task=9 key=3 stack=1: hello",
        "UserRegion dt=1 task=9 mode=1 name=3 stack=1",
        "GoSysCall dt=1 stack=1",
        "GCStart dt=1 seq=0 stack=1",
        "STWStart dt=1 kind=2",
        "STWDone dt=1",
        "GCMarkAssistStart dt=1 stack=1",
        "GCMarkAssistDone dt=1",
        "GCDone dt=1",
        "GCSweepStart dt=1 stack=1",
        "GCSweepDone dt=1 swept=5 reclaimed=6",
        "HeapAlloc dt=1 bytes=77",
        "GoUnblock dt=1 g=2 seq=2 stack=1",
        "UserTaskEnd dt=1 task=9 stack=1",
        "GoSysCall dt=1 stack=1",
        "GoSysBlock dt=1",
        "ProcStop dt=1",
    ),
    batch(
        1,
        "ProcStart dt=60 thread=8",
        "GoStartLabel dt=1 g=2 seq=3 label=3",
        "GoBlockNet dt=1 stack=1",
        "GoStartLocal dt=1 g=4",
        "GoUnblockLocal dt=1 g=2 stack=0",
        "GoEnd dt=1",
        "GoSysExit dt=1 g=1 seq=2 ts=150",
        "CPUSample dt=1 ts=130 p=0 g=1 stack=1",
    ),
    NAMES,
)
