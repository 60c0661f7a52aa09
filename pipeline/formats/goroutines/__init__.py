"""goroutines: what every goroutine was at, as Go prints it: `?debug=2`, a panic, SIGQUIT, debug.Stack; also amid a log.

runtime/traceback.go prints it and is the only specification; read as Go 1.22 to 1.27 write it, with what GOTRACEBACK=crash adds.
In a log something may stand before each of its lines, stamps and names of who wrote it, or each may be the text of an object:
they are taken off, and of each writer the lines are put together.

A dump is cut at 64 MB by the runtime, in the middle of a line: what is there of a goroutine goes in.

Arguments and stack addresses are left out: they differ from goroutine to goroutine. So are the stacks of ancestors (GODEBUG
tracebackancestors). Where the runtime left out frames of a deep stack stands a frame `[frames elided]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.goroutines.recognise import has_dump
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.goroutines.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="goroutines",
    recognise=has_dump,
    decode=_decode,
    fills=(
        "goroutine_dump",
        "profile",
        "profile_sample_type",
        "sample",
        "stack",
        "location",
        "function",
        "label_set",
    ),
)
