"""A generation of an execution trace, its tables read and its events not yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import tables as trace_tables
from pipeline.values import Bytes, Int64s, Strings


@dataclass(frozen=True, slots=True)
class Clock:
    """How a generation counts time.

    factor    nanoseconds in a clock unit
    snapshot  the trace's time, the monotonic clock and the wall clock at one moment, ns; None before Go 1.25
    """

    factor: float
    snapshot: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Types:
    """Go types of the allocation experiment, by id, and how addresses are written.

    heap  first address, page size, alignment of objects and of stacks, as the first generation tells them for all; the
          runtime's own on most systems, from address 0 on, where the trace does not tell, as a flight recorder's
    text  int64 (n,)   each type's name, a text of the generation
    fault why there are none, although the generation has a table of them
    """

    ids: Int64s
    table: Int64s
    order: Int64s
    size_bytes: Int64s
    text: Int64s
    heap: Int64s
    fault: str | None


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation whose tables are read.

    start, end  its bytes in the file
    data        bytes that it is among; the next generation takes their place
    base        where in the file they begin
    min_time    of its batches, ns
    batches     int64 (n, BATCH)          ordinary ones, a thread's together and in the file's order
    groups      int64 (threads + 1,)      where each thread's batches begin
    string_ids     the id of each text from 1 on; texts behind them have none. Text 0 is ""
    stack_ids      the id of each stack from 1 on; stacks behind them have none. Stack 0 is the empty one
    stack_offsets  int64 (stacks + 1,)    where each stack's frames begin in `stack_frames`, the first being stack 1's
    frames      int64 (n, FRAME)          address, function's and file's text, line
    samples     int64 (n, SAMPLE)         CPU samples by time, ns; their stacks are those of the generation, -1 unknown
    """

    number: int
    start: int
    end: int
    data: Bytes
    base: int
    min_time: int
    clock: Clock
    batches: Int64s
    groups: Int64s
    string_ids: Int64s
    texts: Strings
    stack_ids: Int64s
    stack_offsets: Int64s
    stack_frames: Int64s
    frames: Int64s
    samples: Int64s
    types: Types

    @property
    def is_bare(self) -> bool:
        """Whether it has nothing but a clock."""
        return self.frames is CLOCK_ALONE.frames


_NONE = np.zeros(0, np.int64)
CLOCK_ALONE = Generation(
    number=0,
    start=0,
    end=0,
    data=np.zeros(0, np.uint8),
    base=0,
    min_time=0,
    clock=Clock(1.0, None),
    batches=np.zeros((0, c.BATCH), np.int64),
    groups=np.zeros(1, np.int64),
    string_ids=_NONE,
    texts=Strings(np.zeros(0, np.uint8), np.zeros(1, np.int64), np.zeros(1, np.int64)),
    stack_ids=_NONE,
    stack_offsets=np.zeros(1, np.int64),
    stack_frames=_NONE,
    frames=np.zeros((0, trace_tables.FRAME), np.int64),
    samples=np.zeros((0, c.SAMPLE), np.int64),
    types=Types(_NONE, _NONE, _NONE, _NONE, _NONE, np.zeros(4, np.int64), None),
)
