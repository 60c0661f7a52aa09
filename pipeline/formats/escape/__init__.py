"""escape: what Go's compiler says about which values go on the heap, and why.

Three spellings, of Go 1.22 to 1.27, specified by nothing but their source:

* `-gcflags=-m`, text on standard error (cmd/compile/internal/escape/escape.go: finish, reportLeaks; base/print.go)
* `-gcflags=-m=2`, which explains each verdict before giving it (escape/solve.go: explainPath)
* `-gcflags=-json=0,DIR`, a folder of logs, one per package and source file (logopt/log_opts.go, version 0)

Text is also read from inside a build's log, with its colours and time stamps, and from `go build -json`.

A verdict that is repeated, by generic shapes, by test builds or by two inlined calls of one line, is one site. What
an explanation says is kept as steps; where one verdict has several explanations (a variable stored in two places)
they follow one another. The log and `-m=2` also tell of the closure that `go f(x)` makes, which `-m` does not.

What no spelling can be asked:

* the log names neither functions nor what does not escape, and calls a constant by the variable that held it;
  its verdicts on parameters are worked out, those of generic functions included, which the text leaves out
* text names no inlined positions, and no Go version
* the log's files are named by base name, so one source file can overwrite the log of another of the same name

Other diagnostics of the log (nilcheck, canInlineFunction, ...) are skipped; they are not about escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.escape.recognise import looks_like_report
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.escape.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="escape",
    recognise=looks_like_report,
    decode=_decode,
    fills=("escape_report", "escape_package", "escape_site", "escape_step", "escape_inline", "inlined_call"),
    is_streamed=True,
    identity_labels=("service", "build"),
)
