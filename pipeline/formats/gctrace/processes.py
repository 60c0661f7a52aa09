"""Which process each line is of: a log may have several at once, by what stands before their lines, and one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.formats.gctrace.front import Stamp, head_of
from pipeline.formats.gctrace.reading import Reading
from pipeline.formats.gctrace.wire import Told

# So many labels are no processes but something that changes from line to line.
MOST_PROCESSES: Final = 10_000
# The time since the start is cut off to so much in a cycle's line.
_PRECISION_NS: Final = 1_000_000


@dataclass(slots=True)
class Process:
    """What is known of a process so far.

    number      in its file, from 0
    cycle       the latest one, -1 for none
    started_us  the latest moment at which it can have started, of all that its lines say; None without a stamp
    """

    number: int
    label: str
    cycle: int = -1
    cycle_ns: int = -1
    init_ns: int = -1
    sched_ns: int = -1
    started_us: int | None = None

    def continues(self, told: Told) -> bool:
        """Whether the line can be of this process behind those that were."""
        if told.kind == "cycle":
            return told.cycle > self.cycle and told.begin_ns >= self.cycle_ns
        if told.kind == "init":
            return told.begin_ns >= self.init_ns and told.end_ns >= self.cycle_ns - _PRECISION_NS
        return told.kind != "sched" or told.begin_ns >= self.sched_ns

    def take(self, told: Told, stamp: Stamp, *, is_timed: bool) -> None:
        """Remember what a line of it says."""
        if told.kind == "cycle":
            self.cycle, self.cycle_ns = told.cycle, told.begin_ns
        elif told.kind == "init":
            self.init_ns = told.begin_ns
        elif told.kind == "sched":
            self.sched_ns = told.begin_ns
        if is_timed and stamp.at_us is not None and told.end_ns >= 0:
            # The stamp and the time are cut off; at their latest and earliest the start is never too early.
            started = stamp.at_us + stamp.unit_us - told.end_ns // 1000
            if started >= 0 and (self.started_us is None or started < self.started_us):
                self.started_us = started


class Processes:
    """The processes of one log; `told` are all that there were, `latest` those that now run, by label."""

    def __init__(self) -> None:
        self.told: list[Process] = []
        self.latest: dict[str, Process] = {}

    def label_of(self, reading: Reading) -> str:
        """The label that a line stands under: its own, unless other output is what makes it another."""
        label, told = reading.label, reading.told
        if label in self.latest:
            return label
        heads = [one for one in _heads(label) if one in self.latest]
        if reading.is_glued:
            return heads[0] if heads else head_of(label)
        if told is None or told.kind != "cycle":
            return heads[0] if heads else label
        return next((one for one in heads if self.latest[one].cycle == told.cycle - 1), label)

    def of(self, label: str, reading: Reading) -> Process | None:
        """The process that a line is of, a new one where it cannot be the one that was; None when there are too many."""
        told = reading.told
        assert told is not None
        process = self.latest.get(label)
        if process is None or not process.continues(told):
            if len(self.told) >= MOST_PROCESSES:
                return None
            process = self.latest[label] = Process(len(self.told), label)
            self.told.append(process)
        process.take(told, reading.stamp, is_timed=not reading.is_glued)
        return process


def _heads(label: str) -> list[str]:
    """What a label begins with, word by word, the longest first; nothing at all is the last."""
    words = label.split(" ")
    return [" ".join(words[:count]) for count in range(len(words) - 1, -1, -1)]
