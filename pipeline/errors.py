"""Everything heapscape raises on purpose, and the exit code each means.

PipelineError                3  nothing could be done
├── DecodeError              1  one input is not what its format promises; the rest goes in
│   ├── UnknownFormat        1  no format recognises it
│   └── CutOff               1  what is compressed ends before its end
├── SchemaError              3  a table does not have its declared columns: our mistake
├── LakeError                3  the lake's files and its manifest disagree
├── QueryError               3  DuckDB refused a query
└── UsageError               2  the command line asks for something that is not there
"""

from __future__ import annotations


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
    """The lake is not what its manifest says."""


class QueryError(PipelineError):
    """A query that DuckDB would not run."""


class UsageError(PipelineError):
    """A request that cannot be met as put."""

    exit_code = 2
