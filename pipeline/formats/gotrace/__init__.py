"""Go execution traces: what `runtime/trace`, `/debug/pprof/trace` and the flight recorder write.

The format is internal/trace and runtime/trace*.go of the Go tree; it has no other specification. A 16-byte header names
the wire version: 1.22, 1.23 (Go 1.23 and 1.24), 1.25, 1.26 (Go 1.26 and 1.27). Then come generations of about a second,
each with its own tables of strings and stacks behind its events, so that one that is cut off cannot be read at all.
Within a generation every thread writes batches of its own; order.py merges them as Go's reader does.

Traces of Go 1.11 to 1.21 are another format, written by procs in place of threads and without generations. v1.py reads one
whole, sorts it and turns it into the events of newer ones, as Go's reader does; from there on they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.gotrace.recognise import looks_like_trace, version_of
from pipeline.values import Blob, Decoded, Format

# Wire versions below are those of v1.py.
_FIRST_OF_GENERATIONS = 22


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.gotrace.decode import decode

    return decode(blobs)


def _variant(head: bytes) -> str:
    return "v1" if (version_of(head) or 0) < _FIRST_OF_GENERATIONS else ""


FORMAT = Format(
    name="gotrace",
    recognise=looks_like_trace,
    decode=_decode,
    fills=(
        "trace",
        "trace_generation",
        "goroutine_transition",
        "proc_transition",
        "trace_range",
        "trace_metric",
        "trace_task",
        "trace_region",
        "trace_log",
        "trace_label",
        "trace_cpu_sample",
        "heap_object",
        "heap_span",
        "goroutine_stack",
        "profile",
        "profile_sample_type",
        "sample",
        "stack",
        "location",
        "function",
        "label_set",
    ),
    is_streamed=True,
    variant=_variant,
)
