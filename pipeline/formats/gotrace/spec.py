"""The events of Go execution traces as one table: name, arguments, since which wire version.

internal/trace/tracev2/events.go and spec.go of Go 1.27; numbers never changed their meaning, versions only append.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.kernels.trace import columns as c


@dataclass(frozen=True, slots=True)
class Event:
    """One type of timed event.

    number      as on the wire
    since       NN of the first `go 1.NN trace` that has it
    arguments   behind the time; those ending in `string` or `stack` are ids in the generation's tables
    experiment  the experiment it belongs to, "" for none
    """

    number: int
    name: str
    since: int
    arguments: tuple[str, ...] = ()
    experiment: str = ""


def _allocfree(number: int, name: str, *arguments: str) -> Event:
    return Event(number, name, 23, arguments, "AllocFree")


EVENTS: tuple[Event, ...] = (
    Event(c.PROCS_CHANGE, "ProcsChange", 22, ("procs_value", "stack")),
    Event(c.PROC_START, "ProcStart", 22, ("p", "p_seq")),
    Event(c.PROC_STOP, "ProcStop", 22),
    Event(c.PROC_STEAL, "ProcSteal", 22, ("p", "p_seq", "m")),
    Event(c.PROC_STATUS, "ProcStatus", 22, ("p", "pstatus")),
    Event(c.GO_CREATE, "GoCreate", 22, ("new_g", "new_stack", "stack")),
    Event(c.GO_CREATE_SYSCALL, "GoCreateSyscall", 22, ("new_g",)),
    Event(c.GO_START, "GoStart", 22, ("g", "g_seq")),
    Event(c.GO_DESTROY, "GoDestroy", 22),
    Event(c.GO_DESTROY_SYSCALL, "GoDestroySyscall", 22),
    Event(c.GO_STOP, "GoStop", 22, ("reason_string", "stack")),
    Event(c.GO_BLOCK, "GoBlock", 22, ("reason_string", "stack")),
    Event(c.GO_UNBLOCK, "GoUnblock", 22, ("g", "g_seq", "stack")),
    Event(c.GO_SYSCALL_BEGIN, "GoSyscallBegin", 22, ("p_seq", "stack")),
    Event(c.GO_SYSCALL_END, "GoSyscallEnd", 22),
    Event(c.GO_SYSCALL_END_BLOCKED, "GoSyscallEndBlocked", 22),
    Event(c.GO_STATUS, "GoStatus", 22, ("g", "m", "gstatus")),
    Event(c.STW_BEGIN, "STWBegin", 22, ("kind_string", "stack")),
    Event(c.STW_END, "STWEnd", 22),
    Event(c.GC_ACTIVE, "GCActive", 22, ("gc_seq",)),
    Event(c.GC_BEGIN, "GCBegin", 22, ("gc_seq", "stack")),
    Event(c.GC_END, "GCEnd", 22, ("gc_seq",)),
    Event(c.GC_SWEEP_ACTIVE, "GCSweepActive", 22, ("p",)),
    Event(c.GC_SWEEP_BEGIN, "GCSweepBegin", 22, ("stack",)),
    Event(c.GC_SWEEP_END, "GCSweepEnd", 22, ("swept_value", "reclaimed_value")),
    Event(c.GC_MARK_ASSIST_ACTIVE, "GCMarkAssistActive", 22, ("g",)),
    Event(c.GC_MARK_ASSIST_BEGIN, "GCMarkAssistBegin", 22, ("stack",)),
    Event(c.GC_MARK_ASSIST_END, "GCMarkAssistEnd", 22),
    Event(c.HEAP_ALLOC, "HeapAlloc", 22, ("heapalloc_value",)),
    Event(c.HEAP_GOAL, "HeapGoal", 22, ("heapgoal_value",)),
    Event(c.GO_LABEL, "GoLabel", 22, ("label_string",)),
    Event(c.USER_TASK_BEGIN, "UserTaskBegin", 22, ("task", "parent_task", "name_string", "stack")),
    Event(c.USER_TASK_END, "UserTaskEnd", 22, ("task", "stack")),
    Event(c.USER_REGION_BEGIN, "UserRegionBegin", 22, ("task", "name_string", "stack")),
    Event(c.USER_REGION_END, "UserRegionEnd", 22, ("task", "name_string", "stack")),
    Event(c.USER_LOG, "UserLog", 22, ("task", "key_string", "value_string", "stack")),
    Event(c.GO_SWITCH, "GoSwitch", 23, ("g", "g_seq")),
    Event(c.GO_SWITCH_DESTROY, "GoSwitchDestroy", 23, ("g", "g_seq")),
    Event(c.GO_CREATE_BLOCKED, "GoCreateBlocked", 23, ("new_g", "new_stack", "stack")),
    Event(c.GO_STATUS_STACK, "GoStatusStack", 23, ("g", "m", "gstatus", "stack")),
    Event(c.CLOCK_SNAPSHOT, "ClockSnapshot", 25, ("mono", "sec", "nsec")),
    _allocfree(c.SPAN, "Span", "id", "npages_value", "kindclass"),
    _allocfree(c.SPAN_ALLOC, "SpanAlloc", "id", "npages_value", "kindclass"),
    _allocfree(c.SPAN_FREE, "SpanFree", "id"),
    _allocfree(c.HEAP_OBJECT, "HeapObject", "id", "type"),
    _allocfree(c.HEAP_OBJECT_ALLOC, "HeapObjectAlloc", "id", "type"),
    _allocfree(c.HEAP_OBJECT_FREE, "HeapObjectFree", "id"),
    _allocfree(c.GOROUTINE_STACK, "GoroutineStack", "id", "order"),
    _allocfree(c.GOROUTINE_STACK_ALLOC, "GoroutineStackAlloc", "id", "order"),
    _allocfree(c.GOROUTINE_STACK_FREE, "GoroutineStackFree", "id"),
)
