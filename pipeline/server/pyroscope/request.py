"""What a message asks, checked: a sentence for what is wrong with it, before any query runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pipeline.errors import UsageError
from pipeline.generated.querier_pb2 import GoPGO, StackTraceSelector
from pipeline.server.pyroscope.connect import Refusal
from pipeline.server.pyroscope.selector import parse
from pipeline.warehouse.pyroscope_questions import Matcher, Range, Selection

_PARTS: Final = 5
# Times of browsers end there, and sums with them stay within 64 bits.
_LATEST_MS: Final = 1 << 53
_NODES: Final = 8_192
# The deepest that Go takes for PGO is less.
_MOST_KEPT: Final = 1_000
_MOST_NODES: Final = 1 << 20
_LEAST_STEP_S: Final = 0.001
_MOST_STEP_S: Final = 1e12
# So many of them make a second, and numbers below that are taken for them.
_SCALES: Final = ((1, 10**10), (1000, 10**13), (1_000_000, 10**16), (1_000_000_000, 10**19))
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
_MOST_MATCHERS: Final = 100
_MOST_NAMES: Final = 100


def during(start: int, end: int, *, is_optional: bool = False) -> Range | None:
    """The range of a request; None for none where it is optional."""
    if is_optional and start == 0 and end == 0:
        return None
    if not (0 < start <= end < _LATEST_MS):
        raise UsageError(
            f"start {start}, end {end}: not a range of time in milliseconds since 1970; select one that begins before it ends"
        )
    return Range(start, end)


def matchers(selectors: Sequence[str]) -> tuple[Matcher, ...]:
    """What all selectors together demand."""
    found = tuple(matcher for text in selectors for matcher in parse(text))
    if len(found) > _MOST_MATCHERS:
        raise UsageError(f"the selectors have more than {_MOST_MATCHERS} conditions")
    return found


def labels(names: Sequence[str]) -> list[str]:
    """Names of labels to group by."""
    if len(names) > _MOST_NAMES:
        raise UsageError(f"more than {_MOST_NAMES} labels")
    return list(dict.fromkeys(names))


def selection(
    profile_type: str,
    selector: str,
    start: int,
    end: int,
    *,
    stacks: StackTraceSelector | None = None,
    spans: Sequence[str] | None = None,
    traces: Sequence[str] = (),
    profiles: Sequence[str] = (),
) -> Selection:
    """Whose profiles a request is about."""
    parts = profile_type.split(":")
    if len(parts) not in (_PARTS, _PARTS + 1):
        raise UsageError(
            f"profile type {profile_type[:200]!r}: not name:sample_type:unit:period_type:period_unit; choose one of the list"
        )
    range_ = during(start, end)
    assert range_ is not None
    if spans and traces:
        raise UsageError("spans and traces at once: select by one of them")
    stacks = stacks or StackTraceSelector()
    if stacks.HasField("frame_filter"):
        raise Refusal("unimplemented", "filters of frames are not answered here; take the filter away")
    return Selection(
        profile_type=":".join(parts[:_PARTS]),
        matchers=matchers([selector or "{}"]),
        during=range_,
        call_site=tuple(site.name for site in stacks.call_site),
        span_ids=None if spans is None else _ids(spans, 16),
        trace_ids=_ids(traces, 32) if traces else None,
        profiles=tuple(profiles) if profiles else None,
    )


def pgo(stacks: StackTraceSelector) -> GoPGO | None:
    """How much of each stack a profile for `go build -pgo` keeps; None where none is asked for."""
    if not stacks.HasField("go_pgo"):
        return None
    if not 0 < stacks.go_pgo.keep_locations <= _MOST_KEPT:
        raise UsageError(f"keep_locations {stacks.go_pgo.keep_locations}: not a number from 1 to {_MOST_KEPT:,}")
    return stacks.go_pgo


def step_ms(step: float) -> int:
    """Seconds from point to point in milliseconds."""
    if not _LEAST_STEP_S <= step <= _MOST_STEP_S:
        raise UsageError(f"step {step:g}: not a number of seconds from {_LEAST_STEP_S:g} on")
    return int(step * 1000)


def nodes(max_nodes: int) -> int:
    """So many nodes of a flame graph."""
    if not 0 <= max_nodes <= _MOST_NODES:
        raise UsageError(f"max_nodes {max_nodes}: not a number from 1 to {_MOST_NODES:,}")
    return max_nodes or _NODES


def at_ms(text: str, *, now_ms: int) -> int:
    """A time of /render in milliseconds: since 1970 in s, ms, us or ns, as its size says, or `now-1h`."""
    if re.fullmatch(r"[0-9]{1,19}", text):
        number = int(text)
        return next(number * 1000 // parts for parts, below in _SCALES if number < below)
    relative = re.fullmatch(r"now(?:-([0-9]{1,9})(s|m|min|h|d|w|M|y))?", text)
    if relative is None:
        raise UsageError(f"{text[:100]!r}: not a time; give milliseconds since 1970, or now-1h")
    return now_ms - 1000 * int(relative[1] or 0) * _SECONDS[relative[2] or "s"]


def typed_query(text: str) -> str:
    """The profile type in a query of /render, `type{selector}`."""
    for matcher in parse(text):
        if matcher.name == "__profile_type__" and matcher.operator == "=":
            return matcher.value
    raise UsageError(
        f"query {text[:200]!r}: begins with no profile type, as in memory:inuse_space:bytes:space:bytes{{}}"
    )


def whole(text: str) -> int:
    """A number in an address."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise UsageError(f"{text[:100]!r}: not a number from 0 on")
    return int(text)


def _ids(texts: Sequence[str], digits: int) -> tuple[str, ...]:
    for text in texts:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", text):
            raise UsageError(f"{text[:100]!r}: not an id of {digits} hexadecimal digits")
    return tuple(text.lower() for text in texts)
