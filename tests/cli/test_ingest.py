"""heapscape ingest."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders.dumps import MANY
from tests.builders.legacy import EVERY_SPELLING
from tests.builders.memstats import EXPOSITION, lines, memstats
from tests.builders.profile import profile
from tests.cli.seat import DEMO, DEMO_HEAPS, FILES, FIRST, LAST, REPORT, TRACES, environment, heapscape, process
from tests.formats.binary.reading import some_program
from tests.formats.gctrace.logs import gc
from tests.formats.gctrace.logs import lines as log_lines


def test_json_says_what_went_in_and_what_did_not() -> None:
    seen = heapscape("ingest", DEMO, "--lake", "lake", "--format", "json")

    told = seen.json()
    assert seen.code == 1
    assert told["ingested"] == {"binary": 1, "escape report": 1, "heap": 13, "site": 87}
    assert (told["batch"], told["known"]) == (1, 0)
    ((uri, reason),) = [refused.values() for refused in told["refused"]]
    assert uri.endswith("build=1.4.2/notes.txt")
    assert "not a format heapscape knows" in reason


def test_text_has_the_numbers_of_the_json() -> None:
    seen = heapscape("ingest", DEMO, "--lake", "lake")

    assert seen.out == "lake lake is at batch 1\n"
    assert seen.err.startswith("16 inputs: 1 binary, 1 escape report (87 sites), 13 heap profiles · 1 refused  ")


def test_dumps_and_text_profiles_are_counted_as_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_bytes(MANY)
    (tmp_path / "heap.txt").write_bytes(EVERY_SPELLING["heap_go"])

    seen = heapscape("run", "dump.txt", "heap.txt", "--lake", "lake", "--db", "own.duckdb")
    asked = heapscape(
        "sql", "--db", "own.duckdb", "--format", "csv", "SELECT goroutine, state FROM goroutine_dump ORDER BY 1"
    )

    assert seen.err.startswith("2 inputs: 1 goroutine dump (4 goroutines), 1 heap profile  ")
    assert asked.out.splitlines()[1:] == ["1,running", "18,chan receive", "19,chan receive", "20,IO wait"]


def test_dumps_are_counted_with_their_moments_and_lead_to_rows(tmp_path: Path) -> None:
    (tmp_path / "stats.json").write_bytes(lines(memstats(1), memstats(2)))
    (tmp_path / "vars.json").write_bytes(lines({"memstats": memstats(3)}))
    (tmp_path / "scrape").write_text(EXPOSITION)

    seen = heapscape("run", "stats.json", "vars.json", "scrape", "--lake", "lake", "--db", "own.duckdb")
    asked = heapscape(
        *("sql", "SELECT position, cycles FROM memstats JOIN source USING (source_id) ORDER BY path, position"),
        *("--db", "own.duckdb", "--format", "json"),
    )

    assert seen.err.startswith("3 inputs: 2 MemStats dumps (3 moments), 1 metrics file (1 moment)  ")
    assert [row["cycles"] for row in asked.json()] == [5, 1, 2, 3]


def test_binaries_and_traces_are_counted_as_such_and_lead_to_rows(tmp_path: Path) -> None:
    (tmp_path / "api").write_bytes(some_program().content)
    (tmp_path / "api.exe").write_bytes(some_program(kind="pe").content)
    trace = next(TRACES.rglob("*.trace"))

    seen = heapscape("run", "api", "api.exe", trace, "--lake", "lake", "--db", "own.duckdb")
    asked = heapscape(
        *(
            "sql",
            "SELECT format, count(*) AS calls FROM binary_file JOIN call_site USING (source_id) GROUP BY 1 ORDER BY 1",
        ),
        *("--db", "own.duckdb", "--format", "json"),
    )

    assert seen.err.startswith("3 inputs: 2 binaries, 1 trace  ")
    assert asked.json() == [{"format": "elf", "calls": 6}, {"format": "pe", "calls": 6}]


def test_logs_are_counted_with_their_cycles_and_lead_to_rows(tmp_path: Path) -> None:
    log = FILES / "collector" / "service=collector" / "build=go1.27-trim" / "idle.log"
    (tmp_path / "words.txt").write_text("an ordinary line\n" * 9_000)

    seen = heapscape("run", log, "words.txt", "--lake", "lake", "--db", "own.duckdb")
    asked = heapscape(
        *(
            "sql",
            "SELECT service, count(*) AS cycles FROM gctrace_cycle JOIN process USING (source_id, process) GROUP BY 1",
        ),
        *("--db", "own.duckdb", "--format", "json"),
    )

    assert seen.err.startswith("2 inputs: 1 log (19 GC cycles) · 1 refused  ")
    assert "refused: words.txt: not a format heapscape knows" in seen.err
    assert asked.json() == [{"service": "collector", "cycles": 19}]


def test_a_log_with_a_dump_is_one_input(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_bytes(MANY + log_lines(*["an ordinary line"] * 20_000, gc(1), gc(2)))
    (tmp_path / "dump.txt").write_bytes(MANY.replace(b"goroutine 18", b"goroutine 88"))

    seen = heapscape("ingest", "api.log", "dump.txt", "--lake", "lake")

    assert seen.err.startswith("2 inputs: 1 goroutine dump (4 goroutines), 1 log (2 GC cycles, 4 goroutines)  ")


def test_the_same_bytes_under_other_names_are_known(tmp_path: Path) -> None:
    (tmp_path / "plain.pb").write_bytes(gzip.decompress(FIRST.read_bytes()))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(FIRST, "inside/heap.pb.gz")
    heapscape("ingest", FIRST, "--lake", "lake")

    again = heapscape("ingest", FIRST, "plain.pb", "all.zip", "--lake", "lake", "--format", "json").json()

    assert (again["ingested"], again["known"], again["batch"]) == ({}, 3, 1)


def test_an_archive_member_is_named_behind_its_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(FIRST, "service=shop/heap.pb.gz")
        archive.writestr("service=shop/readme.txt", "nothing")

    seen = heapscape("ingest", "all.zip", "--lake", "lake")

    assert seen.code == 1
    assert "refused: all.zip!service=shop/readme.txt: not a format" in seen.err


def test_standard_input_is_an_input(tmp_path: Path) -> None:
    seen = process("ingest", "-", "--lake", tmp_path / "lake", stdin=LAST.read_bytes())

    assert seen.code == 0
    assert seen.err.startswith("1 input: 1 heap profile")


def test_empty_standard_input_is_refused_with_the_reason(tmp_path: Path) -> None:
    seen = process("ingest", "-", "--lake", tmp_path / "lake")

    assert seen.code == 3
    assert "refused: -: the file is empty" in seen.err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("not/there", "not/there: no such file or folder; the nearest that exists is the working folder"),
        ("none*.pb.gz", "none*.pb.gz: no file matches"),
        ("", "an empty path was given"),
        ("ftp://host/heap", "of URLs those of s3://, gs://, az://, https://, http://, file:// are read"),
    ],
)
def test_a_path_that_is_not_there_is_2_and_nothing_is_written(tmp_path: Path, path: str, said: str) -> None:
    seen = heapscape("ingest", FIRST, path, "--lake", "lake")

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("label", ["service", "=checkout", ""])
def test_a_label_without_a_value_is_2(label: str) -> None:
    seen = heapscape("ingest", FIRST, "--label", label)

    assert seen.code == 2
    assert "is not KEY=VALUE; write it like service=checkout" in seen.err


def test_a_lake_that_is_a_file_is_2(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("mine")

    seen = heapscape("ingest", FIRST, "--lake", "lake")

    assert seen.code == 2
    assert "lake: it is a file; a lake is a folder" in seen.err
    assert "Traceback" not in seen.err
    assert (tmp_path / "lake").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/proc"), reason="needs a folder that nobody may write to")
def test_a_lake_that_cannot_be_written_is_3() -> None:
    # Where not even root can make a folder.
    seen = heapscape("ingest", FIRST, "--lake", "/proc/heapscape")

    assert seen.code == 3
    assert "/proc/heapscape" in seen.err
    assert "Traceback" not in seen.err


def test_processes_and_batches_do_not_change_what_goes_in() -> None:
    alone = heapscape("ingest", DEMO_HEAPS, "--lake", "one", "--format", "json").json()
    many = heapscape("ingest", DEMO_HEAPS, "--lake", "two", "--jobs", "2", "--format", "json").json()

    assert alone["ingested"] == many["ingested"] == {"heap": 13}


def test_a_profile_larger_than_a_twelfth_of_the_memory_is_refused_and_a_report_is_not() -> None:
    large = FILES / "shapes" / "service=shapes" / "build=go1.27" / "rate=1" / "heap-04.pb.gz"
    seen = heapscape("ingest", large, REPORT, "--memory", "96KB", "--lake", "lake")

    assert seen.code == 1
    assert "the 8,000 that fit into --memory" in seen.err
    assert "1 escape report (87 sites) · 1 refused" in seen.err


def test_what_is_lost_of_an_input_is_told(tmp_path: Path) -> None:
    whole = (TRACES / "generations.trace").read_bytes()
    (tmp_path / "cut.trace").write_bytes(whole[: len(whole) * 4 // 5])

    said = heapscape("ingest", "cut.trace", TRACES / "plain.trace", "--lake", "a")
    told = heapscape("ingest", "cut.trace", "--lake", "b", "--format", "json").json()

    assert said.code == 0
    assert "  lost: cut.trace: trace_cut_off: up to " in said.err
    assert " % of the file was lost: byte " in said.err
    assert said.err.count("lost:") == 2
    ((loss),) = told["lost"]
    assert (loss["uri"], loss["kind"]) == ("cut.trace", "trace_cut_off")
    assert 0 < loss["count"] < len(whole)
    assert loss["example"] in said.err


def test_a_compressed_trace_that_is_cut_off_is_kept_beside_the_whole_one(tmp_path: Path) -> None:
    whole = gzip.compress((TRACES / "generations.trace").read_bytes(), mtime=0)
    (tmp_path / "cut.trace.gz").write_bytes(whole[: len(whole) * 7 // 8])
    (tmp_path / "whole.trace.gz").write_bytes(whole)

    said = heapscape("ingest", "cut.trace.gz", "--lake", "a")
    again = heapscape("ingest", "cut.trace.gz", "--lake", "a", "--format", "json").json()
    both = heapscape("ingest", "cut.trace.gz", "whole.trace.gz", "--lake", "a", "--format", "json").json()

    assert said.code == 0
    assert f"cut off at byte {len(whole) * 7 // 8:,}, after " in said.err
    assert " % of the file was lost: byte " in said.err
    assert (again["known"], again["refused"]) == (1, [])
    assert (both["known"], both["refused"], both["lost"]) == (1, [], [])


# As a process would meet it, in its workers too: what names the word `cursed` breaks the decoder of profiles.
PLANTED = """
import sys
from importlib import import_module
from pipeline.cli import main

decode = import_module("pipeline.formats.pprof.decode")
_real = decode.parse

def _parse(contents):
    if any(b"cursed" in content for content in contents):
        [][1]
    return _real(contents)

decode.parse = _parse

if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bug_in_a_decoder_refuses_one_input_and_the_run_ends_with_1(tmp_path: Path, jobs: str) -> None:
    (tmp_path / "planted.py").write_text(PLANTED)
    (tmp_path / "cursed.pb").write_bytes(profile("main.cursed 5"))

    done = subprocess.run(
        [sys.executable, "planted.py", "ingest", FIRST, "cursed.pb", LAST, "--lake", "lake", "--jobs", jobs],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("3 inputs: 2 heap profiles · 1 refused")
    assert "refused: cursed.pb: IndexError at formats/pprof/decode.py:" in done.stderr
    assert "this is a bug in heapscape: please report it, with the file" in done.stderr
    assert heapscape("lake", "verify", "--lake", "lake").code == 0


@pytest.mark.parametrize("piped", [True, False])
def test_standard_input_is_there_when_its_batch_is_done_again(tmp_path: Path, piped: bool) -> None:
    (tmp_path / "planted.py").write_text(PLANTED)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(FIRST, "first.pb.gz")
        archive.writestr("cursed.pb", profile("main.cursed 5"))
        archive.write(LAST, "last.pb.gz")

    with (tmp_path / "all.zip").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "planted.py", "ingest", "-", "--lake", "lake"],
            **({"input": file.read()} if piped else {"stdin": file}),
            capture_output=True,
            env=environment(),
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.startswith(b"3 inputs: 2 heap profiles \xc2\xb7 1 refused")
    assert b"refused: -!cursed.pb: IndexError" in done.stderr
