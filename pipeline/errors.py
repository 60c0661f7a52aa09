"""Everything heapscape raises on purpose, and the exit code each means.

PipelineError                3  nothing could be done
├── DecodeError              1  one input is not what its format promises; the rest goes in
│   ├── UnknownFormat        1  no format recognises it
│   └── CutOff               1  what is compressed ends before its end
├── SchemaError              3  a table does not have its declared columns: our mistake
├── LakeError                3  the lake's files and its logs disagree
├── QueryError               3  DuckDB refused a query
│   └── TimeLimit            3  a question took longer than it may
└── UsageError               2  the command line asks for something that is not there

What ends a run from outside is raised by Python: KeyboardInterrupt is 130 for Ctrl-C and 143 for SIGTERM.
"""

from __future__ import annotations

import errno
import os

# What ends a run, whoever raised it. Any other exception is of one input; also polars' panics, which are no Exception.
ENDS = (KeyboardInterrupt, SystemExit, GeneratorExit)


class PipelineError(Exception):
    """Base of all; its text is a sentence for people."""

    exit_code = 3


class DecodeError(PipelineError):
    """One input broke its format's rules; the message says where."""

    exit_code = 1


class UnknownFormat(DecodeError):
    """No format recognises the bytes."""


class CutOff(DecodeError):
    """Compressed bytes end before their end; nothing is known to be wrong with what came out until then."""


class SchemaError(PipelineError):
    """A table or a declaration does not fit the schema."""


class LakeError(PipelineError):
    """The lake is not what its logs say."""


class QueryError(PipelineError):
    """A query that DuckDB would not run."""


class TimeLimit(QueryError):
    """A question that was ended because it took longer than it may."""


class UsageError(PipelineError):
    """A request that cannot be met as put."""

    exit_code = 2


def of_system(error: OSError, *, where: str = "", doing: str = "failed") -> PipelineError:
    """What the operating system refuses, with the path and what to do: a UsageError when it is for what the path names."""
    # Without a number it is a library's own, and its text all there is.
    advice = _ADVICE.get(error.errno or 0, "check the path and the disk, then run the same command again")
    path = where or str(error.filename or "")
    text = f"{path}: {doing}" if path else doing
    kind = UsageError if error.errno in _NAMED_WRONG else PipelineError
    return kind(f"{text}: {error.strerror or error}; {advice}")


def system_advice(text: str) -> str:
    """What to do about the system's refusal that a library quotes in an error of its own; empty when it quotes none."""
    quoted = (advice for number, advice in _ADVICE.items() if os.strerror(number).lower() in text.lower())
    return next(quoted, "")


_NAMED_WRONG = frozenset({
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP,
    errno.EADDRINUSE, errno.EADDRNOTAVAIL,
})  # fmt: skip
_ADVICE = {
    errno.EADDRINUSE: "something listens there already; name another port, or 0 for any that is free",
    errno.EADDRNOTAVAIL: "it is no address of this machine; name one that is",
    errno.ENOENT: "make the folder first, or check the path",
    errno.ENOTDIR: "a part of the path is a file; check the path",
    errno.EISDIR: "it is a folder; name a file",
    errno.EACCES: "check the path and its permissions",
    errno.EPERM: "check the path and its permissions",
    errno.ENAMETOOLONG: "name it shorter",
    errno.ELOOP: "its links lead in a circle; name the file itself",
    errno.EROFS: "name a place that can be written",
    errno.ENOSPC: "make room, then run the same command again",
    errno.EDQUOT: "make room or have the quota raised, then run the same command again",
    errno.EFBIG: "raise the limit with ulimit -f, or name a file system that takes larger files",
    errno.EMFILE: "raise the limit with ulimit -n, or use fewer --jobs",
    errno.ENFILE: "the machine has too many files open; end what does not need them",
    errno.ENOMEM: "give it less to do at a time, with a smaller --memory or fewer --jobs, or more memory",
    errno.EIO: "repair the disk, then run the same command again",
    errno.EBUSY: "something holds it, a mount perhaps; name another place",
}
