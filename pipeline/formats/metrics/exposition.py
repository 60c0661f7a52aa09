"""Prometheus' text, and OpenMetrics, as Go's client exposes it, to moments.

github.com/prometheus/docs, content/docs/instrumenting/exposition_formats.md: of each line the name, labels, value and
perhaps a time. What the runtime and the process are measured by (`go_*`, `process_*`) is read. Labels of those metrics'
own stay with the name; all others tell processes apart, as a server's federation has them, unless a process is there that
has some of them: then the further ones are the metric's, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.errors import DecodeError
from pipeline.formats.json_objects import note_of
from pipeline.values import Note

_READ: Final = (b"go_", b"process_")
# As `promtool tsdb dump` writes a series.
_DUMPED: Final = b'{__name__="'
# What a series of an answer has; what stands around them has it not.
_ANSWERED: Final = b'"metric"'
# What is taken is not given back: a line of a million blanks would be looked at from each of them.
_LABELS: Final = rb'(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+'
_NUMBER: Final = rb"[+-]?(?:\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?|\.\d++(?:[eE][+-]?\d++)?|Inf|NaN)"
_SAMPLE: Final = re.compile(
    rb"([a-zA-Z_:][\w:]*+)[ \t]*+(?:\{("
    + _LABELS
    + rb")\})?[ \t]*+(?<=[ \t}])("
    + _NUMBER
    + rb")(?:[ \t]++("
    + _NUMBER
    + rb"))?"
    rb"[ \t]*+(?:#.*)?"
)
_LABEL: Final = re.compile(r'\s*+([a-zA-Z_]\w*+)\s*+=\s*+"((?:[^"\\]|\\.)*+)"\s*+(?:,|$)')
# Labels that Go's client gives its metrics itself.
_OWN: Final = frozenset(("quantile", "version"))
_BOUND: Final = "le"
# What every Go process exposes, and without labels of its own: its labels are the process's.
_OF_PROCESS: Final = frozenset(
    (
        "go_goroutines",
        "go_threads",
        "go_sched_goroutines_goroutines",
        "go_sched_gomaxprocs_threads",
        "go_gc_gogc_percent",
    )
)
_MEMSTATS: Final = "go_memstats_"
# A server's history in one text is sorted by metric: all of it must be held.
_MOST_SAMPLES: Final = 2_000_000
_MOST_LABELS: Final = 20_000

Number = int | float


@dataclass(slots=True)
class Moment:
    """What one process said of itself at once.

    prefix      the labels that tell it apart
    pairs       those labels, one by one
    time        as it stands behind its samples
    values      metric, with labels of its own -> value
    cumulative  histogram -> upper bound -> how many are not above it
    plain       values of metrics without labels of their own
    """

    prefix: str
    pairs: frozenset[tuple[str, str]]
    time: Number | None
    values: dict[str, Number] = field(default_factory=dict)
    cumulative: dict[str, dict[float, Number]] = field(default_factory=dict)
    plain: dict[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of a sample: those of the process, those of the metric, and the bound of its bucket; and the first one by one."""

    prefix: str = ""
    own: str = ""
    bound: float | None = None
    pairs: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)


class Reader:
    """Moments out of lines, with notes on what became nothing."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._moments: dict[tuple[str, Number | None], Moment] = {}
        self._labels: dict[bytes, Labels | None] = {}
        self._samples = 0
        self._line = 0
        self._odd: dict[str, tuple[int, bytes]] = {}

    def moments(self, lines: Iterable[bytes]) -> Iterator[list[Moment]]:
        """The moments of a text, scrape by scrape: one ends where a series without a time comes again."""
        for line in lines:
            self._line += 1
            if line.startswith(_DUMPED):
                line = _named(line)
            if not line.startswith(_READ):
                if line.startswith(b"# EOF"):
                    yield self._scrape()
                elif line.strip() and not line.startswith(b"#"):
                    self._note("other_lines", line)
                continue
            sample = _SAMPLE.fullmatch(line.rstrip())
            labels = None if sample is None else self._labels_of(sample[2] or b"")
            if sample is None or labels is None:
                self._note("malformed_line", line)
                continue
            time = _number(sample[4]) if sample[4] else None
            name, value = sample[1].decode(), _number(sample[3])
            if self._put(name, labels, value, time):
                continue
            if time is not None:
                self._note("value_out_of_range", line)
                continue
            yield self._scrape()
            self._put(name, labels, value, time)
        yield self._scrape()

    def notes(self) -> list[Note]:
        """What was odd about the lines so far."""
        return [note_of(self._index, kind, count, example) for kind, (count, example) in self._odd.items()]

    def _note(self, kind: str, line: bytes) -> None:
        count, example = self._odd.get(kind, (0, b"%d: " % self._line + line[:400]))
        self._odd[kind] = (count + 1, example)

    def _put(self, name: str, labels: Labels, value: Number, time: Number | None) -> bool:
        """Take a sample; False when its series is there already."""
        moment = self._moments.get((labels.prefix, time))
        if moment is None:
            moment = self._moments[labels.prefix, time] = Moment(labels.prefix, labels.pairs, time)
        metric = name + labels.own
        if labels.bound is not None and name.endswith("_bucket"):
            counts = moment.cumulative.setdefault(name.removesuffix("_bucket") + labels.own, {})
            if labels.bound in counts:
                return False
            counts[labels.bound] = value
        elif metric in moment.values:
            return False
        else:
            moment.values[metric] = value
            if not labels.own:
                moment.plain[name] = value
        self._samples += 1
        if self._samples > _MOST_SAMPLES:
            raise DecodeError(
                f"one scrape of it has more than {_MOST_SAMPLES:,} samples of Go's runtime, the most that is held of one; "
                "split it by time or by process"
            )
        return True

    def _scrape(self) -> list[Moment]:
        """All that is held: what no Go process exposes is none of it."""
        moments = _gathered(list(self._moments.values()))
        gos = {one.prefix for one in moments if any(name.startswith("go_") for name in (*one.values, *one.cumulative))}
        self._moments, self._samples = {}, 0
        return [one for one in moments if one.prefix in gos]

    def _labels_of(self, text: bytes) -> Labels | None:
        if text not in self._labels:
            if len(self._labels) >= _MOST_LABELS:
                self._labels.clear()
            self._labels[text] = labels_of(text.decode("utf-8", "replace"))
        return self._labels[text]


def _named(line: bytes) -> bytes:
    """A series whose name is the first of its labels, with its name before them."""
    name, _, rest = line.removeprefix(_DUMPED).partition(b'"')
    return name + b"{" + rest.lstrip(b", ")


def answered(line: bytes) -> Iterator[bytes]:
    """The samples of a series that Prometheus' HTTP API answers with, one a line as in its text; the line itself if it is none.

    https://prometheus.io/docs/prometheus/latest/querying/api, "Expression query result formats": `values` of a range, `value` of a
    moment, each a time in seconds and a number as a string.
    """
    if _ANSWERED not in line:
        return
    try:
        series = json.loads(line.rstrip(b", \r"))
        name, labels = series["metric"]["__name__"], {**series["metric"]}
        del labels["__name__"]
        head = (
            name
            + "{"
            + ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items())
            + "}"
        )
        for time, value in series.get("values") or [series["value"]]:
            yield f"{head} {value} {time}".encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        yield line


def labels_of(text: str) -> Labels | None:
    """The labels between braces, sorted; None when they are none."""
    found: dict[str, str] = {}
    end = 0
    text = text.rstrip()
    while end < len(text):
        label = _LABEL.match(text, end)
        if label is None:
            return None
        found[label[1]] = label[2]
        end = label.end()
    bound = _number(found.pop(_BOUND).encode()) if _BOUND in found else None
    if bound is not None and bound != bound:
        return None
    others = frozenset(pair for pair in found.items() if pair[0] not in _OWN)
    own = _spelled(frozenset(found.items()) - others)
    return Labels(_spelled(others), f"{{{own}}}" if own else "", None if bound is None else float(bound), others)


def _spelled(pairs: Iterable[tuple[str, str]]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in sorted(pairs))


def _gathered(moments: list[Moment]) -> list[Moment]:
    """The moments, those of further labels put to the process that has all others: `go_build_info`, `go_sql_*{db_name=…}`."""
    owners = {(one.pairs, one.time): one for one in moments if _is_of_process(one)}
    names = sorted({tuple(sorted(name for name, _ in pairs)) for pairs, _ in owners}, key=len, reverse=True)
    kept: list[Moment] = []
    for one in moments:
        own = dict(one.pairs)
        parts = (frozenset((name, own[name]) for name in some) for some in names if own.keys() >= {*some})
        owner = next((owners[part, one.time] for part in parts if (part, one.time) in owners), None)
        if owner is None or owner is one:
            kept.append(one)
        else:
            _put_to(owner, one)
    return kept


def _is_of_process(moment: Moment) -> bool:
    return any(name in _OF_PROCESS or name.startswith(_MEMSTATS) for name in moment.plain)


def _put_to(owner: Moment, one: Moment) -> None:
    """Give a process what has further labels, which stay with the metrics."""
    further = _spelled(one.pairs - owner.pairs)
    for metric, value in one.values.items():
        owner.values[_labelled(metric, further)] = value
    for metric, counts in one.cumulative.items():
        owner.cumulative[_labelled(metric, further)] = counts


def _labelled(metric: str, further: str) -> str:
    name, _, own = metric.partition("{")
    return f"{name}{{{','.join(filter(None, (further, own.removesuffix('}'))))}}}"


def _number(text: bytes) -> Number:
    # More digits than that Python takes long over, and no 64 bits hold.
    if text.isdigit() and len(text) < 40:
        return int(text)
    try:
        return float(text)
    except ValueError:
        return float("nan")


# MemStats of Go's client ---------------------------------------------------------------------------------------------------

_NAMED: Final[Mapping[str, str]] = {
    "alloc_bytes": "Alloc",
    "alloc_bytes_total": "TotalAlloc",
    "sys_bytes": "Sys",
    "mallocs_total": "Mallocs",
    "frees_total": "Frees",
    "heap_alloc_bytes": "HeapAlloc",
    "heap_sys_bytes": "HeapSys",
    "heap_idle_bytes": "HeapIdle",
    "heap_inuse_bytes": "HeapInuse",
    "heap_released_bytes": "HeapReleased",
    "heap_objects": "HeapObjects",
    "stack_inuse_bytes": "StackInuse",
    "stack_sys_bytes": "StackSys",
    "mspan_inuse_bytes": "MSpanInuse",
    "mspan_sys_bytes": "MSpanSys",
    "mcache_inuse_bytes": "MCacheInuse",
    "mcache_sys_bytes": "MCacheSys",
    "buck_hash_sys_bytes": "BuckHashSys",
    "gc_sys_bytes": "GCSys",
    "other_sys_bytes": "OtherSys",
    "next_gc_bytes": "NextGC",
    "gc_cpu_fraction": "GCCPUFraction",
}


def memstats_of(moment: Moment) -> Mapping[str, Number] | None:
    """The fields of MemStats that Go's client exposes, under Go's names; None when it exposes none.

    Its summary of pauses is of debug.GCStats: count and sum are NumGC and PauseTotalNs.
    """
    found = {
        go: moment.plain[f"go_memstats_{name}"] for name, go in _NAMED.items() if f"go_memstats_{name}" in moment.plain
    }
    if not found:
        return None
    for metric, go in (("go_memstats_last_gc_time_seconds", "LastGC"), ("go_gc_duration_seconds_sum", "PauseTotalNs")):
        if metric in moment.plain:
            found[go] = _nanoseconds(moment.plain[metric], exact=go == "PauseTotalNs")
    if "go_gc_duration_seconds_count" in moment.plain:
        found["NumGC"] = moment.plain["go_gc_duration_seconds_count"]
    return found


def _nanoseconds(seconds: Number, *, exact: bool) -> Number:
    """Seconds as whole nanoseconds; a time of day is exact to microseconds only."""
    if seconds != seconds or abs(seconds) > 1e10:
        return seconds
    return round(seconds * 1e9) if exact else round(seconds * 1e6) * 1_000
