"""memstats: runtime.MemStats as JSON, a moment or many.

What encoding/json makes of runtime.MemStats (Go 1.22 to 1.27 have the same fields), in whatever it is written:

* one object, several, an array, an object a line; pretty-printed or not
* expvar's `/debug/vars`, where it stands under `memstats`, beside what else a program publishes
* the lines of a logger, with fields of it in the line or under a key of their own, up to three deep; other lines are counted

An object is one of MemStats when it has three of its fields, under Go's own names; a field that is not there, or is
spelled otherwise, stays NULL. `time`, `ts`, `timestamp`, `@timestamp` or `t` beside it says when it was taken: RFC 3339 with an
offset, or Unix time in a unit that its size tells. Numbers are whole ones of 63 bits, also written as 1.2e+07.

The rings of pauses have the newest at (NumGC+255)%256 (runtime/mstats.go). Moments of one process repeat them; each
cycle's pause is kept once. A counter that falls is another process's: it was started anew.

What stands behind a text heap profile is the same, see trailer.py. What debug.ReadGCStats fills is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.memstats.recognise import looks_like_memstats
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.memstats.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="memstats",
    recognise=looks_like_memstats,
    decode=_decode,
    fills=("process", "memstats", "memstats_size_class", "memstats_pause"),
    is_streamed=True,
)
