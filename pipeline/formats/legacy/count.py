"""Profiles that count stacks, as Go's `debug=1` writes them: goroutine, threadcreate, goroutineleak, and programs' own.

    goroutine profile: total 12
    7 @ 0x48a0aa 0x417dee 0x61b695
    # labels: {"queue":"red"}
    #	0x61b694	example.com/work.parked+0x14	example.com/work/work.go:91

google/pprof, profile/legacy_profile.go: parseGoCount, which knows nothing of labels.
"""

from __future__ import annotations

from pipeline.errors import DecodeError
from pipeline.formats.legacy.recognise import COUNT_HEADER
from pipeline.formats.legacy.records import Spelling
from pipeline.formats.samples import Header
from pipeline.values import Int64s


def read_count_header(line: bytes) -> tuple[Header, Spelling]:
    """What the first line says of all samples; raises DecodeError where it is no header to its end."""
    found = COUNT_HEADER.match(line)
    if found is None:
        # It was recognised by its beginning.
        raise DecodeError(
            f"line 1: {line[:80].decode('utf-8', 'replace')!r} goes on otherwise than the header of a profile"
        )
    kind = (found[1].decode("utf-8", "replace"), "count")
    return Header((kind,), kind, 1), Spelling("n ", _values, is_end=True, totals=(int(found[2]),))


def _values(numbers: Int64s) -> tuple[Int64s, None]:
    return numbers, None
