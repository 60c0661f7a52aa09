"""Whatever is raised ends a command with one sentence and a documented exit code."""

from __future__ import annotations

import errno
import os
import re
import resource
import subprocess
import sys

import duckdb
import pyarrow as pa
import pytest

from pipeline import resources
from pipeline.endings import answering, ending, refusal_reason, tell
from pipeline.errors import DecodeError, LakeError, PipelineError, QueryError, UnknownFormat, UsageError


def system_error(number: int, name: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), name)


def not_text() -> UnicodeEncodeError:
    try:
        "service=\udcff".encode()
    except UnicodeEncodeError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LakeError("lake: is\nnot"), 3, "lake: is\\nnot"),
        (UsageError("x: no such file"), 2, "x: no such file"),
        (QueryError("Parser Error\nLINE 1: x"), 3, "Parser Error\nLINE 1: x"),
        (DecodeError("heap.pb.gz: cut off"), 3, "heap.pb.gz: cut off"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("Query interrupted"), 130, "interrupted"),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), 130, "interrupted"),
        (MemoryError(), 3, "not enough memory; give it more, or less to do at a time: a smaller --memory, fewer --jobs"),
        (pa.ArrowMemoryError("malloc of size 5 failed"), 3, "not enough memory: malloc of size 5 failed; give it more"),
        (duckdb.OutOfMemoryException("Out of Memory Error: 60MB"), 3, "not enough memory: Out of Memory Error: 60MB"),
        (ImportError("libarrow.so: failed to map segment from shared object"), 3, "not enough memory: libarrow.so"),
        (ImportError("No module named 'numpy'"), 3, "the libraries cannot be loaded: No module named 'numpy'"),
        (RuntimeError("can't start new thread"), 3, "the system gives no more threads"),
        (system_error(errno.ENOSPC, "lake/x"), 3, "lake/x: failed: No space left on device; make room"),
        (system_error(errno.EROFS, "x"), 3, "x: failed: Read-only file system; name a place that can be written"),
        (system_error(errno.EACCES, "x"), 2, "x: failed: Permission denied; check the path and its permissions"),
        (system_error(errno.EMFILE, "x"), 3, "x: failed: Too many open files; raise the limit with ulimit -n"),
        (OSError("Corrupt snappy"), 3, "failed: Corrupt snappy; check the path and the disk"),
        (not_text(), 2, "'service=\\udcff': not text in UTF-8"),
        (duckdb.IOException("IO Error: Could not read\nmore"), 3, "DuckDB cannot read or write: IO Error: Could not read;"),
        (
            duckdb.TransactionException('Failed to commit: Could not write file "x.wal": No space left on device'),
            3, 'Failed to commit: Could not write file "x.wal": No space left on device; make room',
        ),
        (RecursionError("maximum recursion depth exceeded"), 3, "RecursionError: maximum recursion depth exceeded; this is a bug"),
        (ValueError("\x1b[31m"), 3, "ValueError: \\x1b[31m; this is a bug in heapscape: report it"),
    ],
    ids=lambda value: value if isinstance(value, (int, str)) else type(value).__name__,
)  # fmt: skip
def test_each_has_its_sentence_and_its_exit_code(error: BaseException, code: int, said: str) -> None:
    ended = ending(error)

    assert ended.exit_code == code
    assert said in ended.text


def test_a_bug_is_named_with_the_place_in_our_code() -> None:
    from pipeline import config

    try:
        config.size_bytes(None)  # type: ignore[arg-type]
    except AttributeError as error:
        text = ending(error).text

    assert text.startswith("AttributeError at config.py:")
    assert "HEAPSCAPE_TRACEBACK=1" in text


def test_what_is_told_is_safe_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell("a\x1b[31m\nb\n")

    assert capsys.readouterr().err == "a\\x1b[31m\nb\n"


def test_a_full_device_behind_standard_output_is_ours_and_a_closed_pipe_is_not() -> None:
    with pytest.raises(PipelineError, match="standard output: cannot be written: No space left"), answering():
        raise system_error(errno.ENOSPC)
    with pytest.raises(BrokenPipeError), answering():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_what_fails_while_the_libraries_are_loaded_has_its_sentence_too() -> None:
    script = (
        "import sys, pipeline\n"
        "class Gone:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'pipeline.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from pipeline.__main__ import command\n"
        "sys.exit(command())\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (130, "heapscape: interrupted\n")


def test_too_little_address_space_is_told_before_a_library_crashes() -> None:
    most = 600 << 20

    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(
        "heapscape: the address space is limited to 600 MiB (ulimit -v), and the libraries map"
    )


def test_a_refusal_for_what_nobody_meant_says_what_where_and_what_to_do() -> None:
    class Odd:
        def __rtruediv__(self, other: object) -> None:
            raise IndexError("\udcff\x1b[31m" + "x" * 1000)

    with pytest.raises(IndexError) as foreign:
        resources.asset(Odd())  # type: ignore[arg-type]

    reason = refusal_reason(foreign.value)

    assert re.match(r"IndexError at resources.py:\d+: .*; this is a bug in heapscape: please report it", reason)
    assert reason.isprintable()
    assert len(reason) < 400
    assert refusal_reason(UnknownFormat("no format")) == "no format"
