"""gctrace: the lines that Go's runtime writes into a log when GODEBUG asks for them.

| GODEBUG | lines | table |
|---|---|---|
| gctrace=1 | `gc 7 @1.204s 2%: …`, `GC forced` | gctrace_cycle |
| gctrace=2 | `scan: total …`, `scan: class 16B …` (Go 1.25 and later) | gctrace_scan |
| gcpacertrace=1 | `pacer: assist ratio=…`, `pacer: 25% CPU …` | gctrace_pacer |
| scavtrace=1 | `scav 12 KiB work (bg), …` | scavenge |
| schedtrace=MS | `SCHED 1000ms: …` | schedtrace |
| inittrace=1 | `init net/http @1.2 ms, …` | inittrace |

Specified by nothing but their source: runtime/mgc.go (gcMarkTermination), mgcmark_greenteagc.go and mgcmark_nogreenteagc.go
(dumpScanStats), mgcpacer.go, mgcscavenge.go (printScavTrace), proc.go (schedtrace, doInit1); read for Go 1.22 to 1.27, and
`gc` lines as they were before Go 1.18, without stacks and globals.

The runtime writes to standard error, a field at a time and without a lock against the program's own writes. So other lines
stand around and between; a line may begin in the middle of another, and may be broken by one. What is whole is taken out of
whatever it stands in, a JSON line too; what begins as one of these lines and goes on otherwise is counted in a note, never
guessed. The last line of a file that does not end with a line feed may have been longer, and is such a line too.

In `journalctl -o json` a message that is no printable UTF-8 is a list of its bytes, which is read as the text it is; one
that is null, or anything else, is counted in a note.

A line may be the value of a pair of logfmt, too, as log/slog's text, logrus and go-kit write it. Long lines that the kubelet and docker
cut in parts are put together; one whose last part is missing may have been longer. A log whose newest lines come first is read from its end.
Of a table (CSV) the columns that its first line names are read as an object's fields are.

A search's answer or a collector's export may be one JSON document with its entries in a list: each is read as a line, and counted as one.

Before a line may stand what docker compose, kubectl, stern, the kubelet, journald, syslog or a logger writes there. Its time
stamp says when the line was written, if it says all of date, time and, best, the zone. The rest tells processes apart.
Under the same rest, a new process is where the cycle's number or the time since the start go back.

Skipped: scheddetail's lines of each P, M and G, `pacer: sweep done`, and older spellings of scavtrace.

A goroutine dump in such a log, of a panic or SIGQUIT, goes in as well, as `goroutines` reads it. Of a log that is too large to
be held the lines are kept that may be of dumps, 64 MB of them; what is beyond is a note.

A log may go on for gigabytes before its first such line, or before a dump. A text that no other format recognises is searched
to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.formats.gctrace.recognise import looks_like_log, may_be_log
from pipeline.values import Blob, Decoded, Format, Note


def _holds(blob: Blob) -> bool:
    from pipeline.formats.gctrace.reading import holds_lines

    if blob.large is None:
        return holds_lines(blob)
    from pipeline.formats.gctrace.dumps import watched
    from pipeline.formats.goroutines.recognise import has_dump

    seen, gathered = watched(blob)
    return holds_lines(seen) or has_dump(gathered.text)


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.gctrace.decode import decode

    if not any(blob.large for blob in blobs):
        yield from decode(blobs)
        yield from _dumps(blobs)
        return
    from pipeline.formats.gctrace.dumps import watched

    seen = [watched(blob) if blob.large else (blob, None) for blob in blobs]
    yield from decode([blob for blob, _ in seen])
    notes = [
        Note(index, "dumps_left_out", gathered.left_out, gathered.first_left_out.decode("utf-8", "replace"))
        for index, (_, gathered) in enumerate(seen)
        if gathered is not None and gathered.left_out
    ]
    if notes:
        yield Decoded({}, notes=notes)
    yield from _dumps(
        [replace(blob, content=gathered.text, large=None) if gathered is not None else blob for blob, gathered in seen]
    )


def _dumps(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """The goroutine dumps that stand in logs."""
    from pipeline.formats.goroutines.decode import decode_texts
    from pipeline.formats.goroutines.recognise import dump_in

    texts = [dump_in(blob.content) or b"" for blob in blobs]
    if any(texts):
        yield replace(decode_texts(blobs, texts), refusals={})


FORMAT = Format(
    name="gctrace",
    recognise=looks_like_log,
    decode=_decode,
    fills=(
        *("process", "gctrace_cycle", "gctrace_scan", "gctrace_pacer", "scavenge", "schedtrace", "inittrace"),
        *("goroutine_dump", "profile", "profile_sample_type", "sample", "stack", "location", "function", "label_set"),
    ),
    is_streamed=True,
    may_hold=may_be_log,
    holds=_holds,
)
