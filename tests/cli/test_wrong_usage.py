"""Ninety wrong usages: each answer says what was found, what was expected, and what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.cli.seat import EVERY_KIND, FIRST, LAST, REPORT, heapscape

DELTA = EVERY_KIND / "heap-delta.pb.gz"

# Arguments; then what the answer says was found, what was expected, and what to do about it. {db} is the demo's database.
WRONG = {
    "a command that there is not": (["tpo"], "'tpo'", "No such command", "--help"),
    "an option with a letter wrong": (["top", "-focsu=main"], "'-focsu'", "No such option", "Did you mean -focus"),
    "an option of pprof's that is elsewhere": (["top", "-http=:80"], "'-http'", "go tool pprof", "heapscape serve"),
    "a flag with a value": (["top", "-cum=maybe"], "'maybe'", "true or false", "Try 'heapscape top --help'"),
    "a number in words": (["top", "-nodefraction=half", LAST], "'half'", "valid float", "Try 'heapscape top --help'"),
    "a share above all": (["top", "-nodefraction=5", LAST], "5.0", "range 0<=x<=1", "Try 'heapscape top --help'"),
    "a unit that is none": (["top", "-unit=acre", LAST], "'acre'", "is not a unit", "there are "),
    "a sample type of another kind": (["top", "-sample_index=cpu", LAST], '"cpu"', "must be one of", "inuse_space"),
    "a broken expression": (["top", "-focus=(", LAST], "`(`", "parsing focus regexp", "missing closing )"),
    "a peek at nothing": (["peek", "nowhere", LAST], "nowhere", "matches none of the", "try a shorter pattern"),
    "a listing of nothing": (["list", "nowhere", LAST], "nowhere", "no matches found", "regexp"),
    "a build that is not there": (["growth", "--build", "9", "--db", "{db}"], "--build 9", "none of 1 series", "there is 1.4.2"),
    "a service with a letter wrong": (["top", "--service", "chekout", "--db", "{db}"], "chekout", "none of 13", "there is checkout"),
    "a kind that is not there": (["flame", "--kind", "cpu", "--db", "{db}"], "--kind cpu", "none of 13", "there is heap"),
    "a part of several names": (["top", "--profile", "heap-1", "--db", "{db}"], "fits 3 heap profiles", "each of another moment", "--merge"),
    "a base of several": (["diff", "--base", "heap-1", "--profile", "heap-00", "--db", "{db}"], "fits 3 heap", "each of another moment", "--merge"),
    "a base alone": (["diff", "--base", "heap-00", "--db", "{db}"], "--base", "both --base and --profile", "or neither"),
    "a difference of three": (["diff", FIRST, LAST, LAST], "3 inputs", "the profile before", "give "),
    "a growth of one profile": (["flame", "--growth", FIRST], "no series that fits", "has two heap profiles", "take another later"),
    "a growth of a named profile": (["flame", "--growth", "--profile", "1", "--db", "{db}"], "--profile", "first and the last", "heapscape diff --base"),
    "a site that is no place": (["flame", "--site", "Put", "--db", "{db}"], "'Put'", "FILE:LINE", "store/cache.go:21"),
    "a place without verdicts": (["escapes", "no.go:1", "--db", "{db}"], "no.go:1", "no verdict fits", "there are verdicts of "),
    "a report of another build": (["escapes", "--diff", "1.4.1", "1.4.2", "--db", "{db}"], "1.4.1", "no escape report", "--label build="),
    "a trace where there is none": (["goroutines", "--db", "{db}"], "no trace", "goroutine profile or dump", "heapscape collect"),
    "events where there is no trace": (["events", "--db", "{db}"], "no execution trace", "fetch one with", "curl -o go.trace"),
    "a window that ends first": (["events", "--from", "2ms", "--to", "1ms", "--db", "{db}"], "--to is not behind --from", "no event", "trace's start"),
    "a time without a unit": (["events", "--from", "soon", "--db", "{db}"], "'soon'", "a number and ns, us, ms, s or m", "such as 10ms"),
    "a log without cycles": (["gc", "--db", "{db}"], "no GC cycles", "GODEBUG=gctrace=1", "run the program with"),
    "a database that is not there": (["top", "--db", "no.duckdb"], "no.duckdb", "no such database", "heapscape load"),
    "a column that is not there": (["sql", "SELECT sevice FROM profile", "--db", "{db}"], "sevice", "not found", "\nprofile has profile_id, "),
    "a column that another view has": (["sql", "SELECT p.inuse FROM heap.series AS p", "--db", "{db}"], '"inuse"', "does not have a column", "heap.series has series_id"),
    "a query that writes": (["sql", "DROP TABLE profile", "--db", "{db}"], "DROP", "read", "SELECT"),
    "a label without a value": (["ingest", REPORT, "--label", "pay"], "'pay'", "KEY=VALUE", "service=checkout"),
    "an input that is not there": (["ingest", "nowhere/", "--lake", "lake"], "nowhere", "no", ""),
    "a lake that is empty": (["load", "--lake", "empty"], "empty", "the lake is empty or not there", "heapscape ingest"),
    "a lake without its option": (["lake", "info", "here"], "here", "takes options", "--lake here"),
    "a picture of a service that is not there": (["plot", "heap", "--service", "chekout", "--db", "{db}"], "--service chekout", "none of ", "there is checkout"),
    "a chart of a log's service that is not there": (["plot", "gc-heap", "--service", "pay", "--db", "{db}"], "--service pay", "none of ", "there is checkout"),
    "a format in the place of an input": (["export", "speedscope", "--db", "{db}"], "speedscope", "no such input", "--format speedscope"),
    "an age without a unit": (["lake", "expire", "--older-than", "30"], "'30'", "a number and d, h, m or s", "such as 30d"),
    "a relabelling with no label": (["lake", "relabel", "x"], "no labels", "--label", "--label service=pay"),
    "a file of no format": (["export", LAST, "-o", "heap.xml"], "heap.xml", "which format is not said", "--format"),
    "a PGO profile of a heap": (["export", LAST, "--kind", "heap", "-o", "a.pgo"], "--kind heap", "made of CPU profiles", "leave the kind out"),
    "a threshold without a unit": (["check", LAST, "--max-growth", "50"], "'50'", "is no size or share", "50MiB or 20%"),
    "a rate without a time": (["check", LAST, "--max-slope", "5MiB"], "'5MiB'", "size/time", "10MiB/h"),
    "two thresholds of one thing": (["check", LAST, "--max-growth", "1MiB", "--max-growth", "2MiB"], "--max-growth 1MiB", "are of the same", "give one of them"),
    "a gate of what was not measured": (["check", "--max-pause", "10ms", "--db", "{db}"], "--max-pause 10ms", "nothing to measure", "GODEBUG=gctrace=1"),
    "a gate of a service that is not there": (["check", "--max-growth", "1MiB", "--service", "chekout", "--db", "{db}"], "--service chekout", "none of ", "there is checkout"),
    "a gate of nothing": (["check", REPORT], "nothing to check", "no growth, no headroom", "heapscape collect"),
    "a gate of a build without a report": (["check", "--new-escapes", "1.4.1", "1.4.2", "--db", "{db}"], "1.4.1", "no escape report", "--label build="),
    "a least of new escapes without builds": (["check", "--min-bytes", "1MiB", "--db", "{db}"], "--min-bytes", "--new-escapes", "give both"),
    "names taken off into a full folder": (["anonymize", LAST, "-o", LAST.parent], "instance=a: there is something already", "a folder that is empty", "give "),
    "names taken off a report": (["anonymize", REPORT, "-o", "shared"], "escape-m2.txt", "legacy or otlp or pprof was expected", "nothing of what was given could be read"),
    "a lake for a database": (["top", "--db", "a-lake"], "a-lake: it is a lake", "make a database of it", "heapscape load --lake a-lake"),
    "a folder for a database": (["top", "--db", "folder"], "folder", "it is a folder", "name a file"),
    "a text for a database": (["top", "--db", "note.txt"], "note.txt", "is not a DuckDB file", "name another with --db"),
    "a database for a profile": (["top", "{db}"], "demo.duckdb: a DuckDB database", "no profile", "--db FILE"),
    "a lake for profiles": (["top", "a-lake"], "a Parquet file, as a lake has them", "no profile", "heapscape load --lake DIR"),
    "a file for a lake": (["load", "--lake", "note.txt"], "note.txt: it is a file", "a lake is a folder", "Try 'heapscape load --help'"),
    "a database for a lake": (["anonymize", "--lake", "{db}", "-o", "shared"], "it is a file", "a lake is a folder", "Try 'heapscape anonymize --help'"),
    "an input for a lake": (["ingest", LAST, "--lake", LAST], "heap-12.pb.gz: it is a file", "a lake is a folder", "Try 'heapscape ingest --help'"),
    "a database of another program": (["top", "--db", "other.duckdb"], "other.duckdb", "was not made by heapscape", "name another with --db"),
    "a query of a database of another program": (["sql", "FROM a", "--db", "other.duckdb"], "other.duckdb", "was not made by heapscape", "name another with --db"),
    "a database and inputs": (["top", LAST, "--db", "{db}"], "and inputs", "an answer is of one or the other", "leave --db out"),
    "a profile's name for a file": (["top", "heap-12", "--db", "{db}"], "and inputs", "what the database calls so", "--profile heap-12"),
    "two profiles' names for files": (["diff", "heap-01", "heap-12"], "heap-01, heap-12: no such file", "what the database calls so", "--base heap-01 --profile heap-12"),
    "a trace's name for a file": (["events", "checkout"], "checkout: no such file", "what the database calls so", "--trace checkout"),
    "a database for a lake's command": (["anonymize", "--db", "{db}", "-o", "shared"], "'--db' here", "the lake that a database is made of", "--lake DIR"),
    "a lake for a database's command": (["top", "--lake", "a-lake"], "'--lake' here", "answers come from the database", "--db FILE"),
    "a trace of a command of profiles": (["export", "--trace", "checkout"], "'--trace' here", "a trace is chosen as profiles are", "with --profile"),
    "a profile of a command of traces": (["events", "--profile", "checkout"], "'--profile' here", "a trace is chosen", "with --trace"),
    "a command of the shell for a query": (["sql", ".tables", "--db", "{db}"], ".tables", "the shell's", "SHOW ALL TABLES"),
    "an option before the command": (["--db", "{db}", "top"], "'--db' here", "options stand behind the command", "heapscape COMMAND --db"),
    "an option before the table": (["trace", "-db={db}", "regions"], "'-db' here", "options stand behind the command", "heapscape trace COMMAND -db"),
    "a difference of two kinds": (["diff", LAST, EVERY_KIND / "goroutine.pb.gz"], "a heap profile with inuse_space", "a goroutine profile with goroutine", "two with the same sample types"),
    "a part of a file's name for a place": (["escapes", "che.go:21", "--db", "{db}"], "che.go:21", "no verdict fits", "there are verdicts of "),
    "a difference of a file that is not there": (["escapes", "no.go", "--diff", "1.4.2", "1.4.2", "--db", "{db}"], "no.go", "no verdict fits", "there are verdicts of "),
    "two values of a label": (["ingest", LAST, "--label", "a=1", "--label", "a=2"], "a is '1' and '2'", "one value of a label", "leave one out"),
    "a label without a name": (["ingest", LAST, "--label", "=x"], "'=x'", "KEY=VALUE", "service=checkout"),
    "an empty file": (["top", "hollow"], "hollow: the file is empty", "never stopped", "nothing of what was given could be read"),
    "a text for a profile": (["top", "note.txt"], "it begins with 'hello", "not a format heapscape knows", "nothing of what was given"),
    "a folder with nothing": (["top", "folder"], "folder", "no files there", "hidden ones are skipped unless named"),
    "a pattern that fits nothing": (["top", "*.nothing"], "*.nothing", "no file matches", "the nearest that exists"),
    "a picture of a page": (["flame", LAST, "-o", "x.svg"], "x.svg", "is a page; call it .html", "heapscape plot flame -o"),
    "a page in no folder": (["flame", LAST, "-o", "no/x.html"], "no/x.html", "cannot be written", "make the folder first"),
    "a page for a folder": (["report", "--db", "{db}", "-o", "folder"], "folder", "it is a folder", "name a file"),
    "rows in other words": (["top", "-n", "5", LAST], "'-n'", "how many rows are shown", "-nodecount"),
    "no rows": (["growth", "-n", "0", "--db", "{db}"], "0 is not in the range", "x>=1", "Try 'heapscape growth --help'"),
    "an age of nothing": (["top", "--last", "0", "--db", "{db}"], "'0' is no length of time", "a number and d, h, m or s", "such as 30d"),
    "an age before now": (["top", "--last", "-2h", "--db", "{db}"], "'-2h' is no length of time", "a number and d, h, m or s", "such as 30d"),
    "a time zone by name": (["top", "--since", "2026-01-01 10:00 Europe/Berlin", "--db", "{db}"], "Europe/Berlin' is no moment", "in UTC", "such as 2026-11-30"),
    "a zone beyond all": (["top", "--since", "2026-01-01T00:00:00+25:00", "--db", "{db}"], "+25:00' is no moment", "in UTC", "such as 2026-11-30"),
    "a span that ends first": (["top", "--since", "2030-01-01", "--until", "2020-01-01", "--db", "{db}"], "--since 2030-01-01", "later than --until", "nothing was taken between them"),
    "two beginnings of a span": (["top", "--last", "2h", "--since", "2026-01-01", "--db", "{db}"], "--since and --last", "both say where", "leave one of them out"),
    "an option for a build": (["check", "--new-escapes", "1.4.2", "--db", "{db}"], "'--new-escapes'", "takes 2 values", "OLD NEW"),
    "a file for a place": (["escapes", LAST], "heap-12.pb.gz: it is an input", "places such as store/cache.go:21", "heapscape run"),
    "a file for a table": (["trace", LAST], "is a file or a folder", "a command stands before it", "heapscape trace --help"),
    "a file for a command": ([LAST], "is a file or a folder", "a command stands before it", "heapscape --help"),
    "an age that keeps nothing": (["lake", "expire", "--older-than", "0d", "--lake", "a-lake"], "--older-than 0", "nothing would stay", "such as 1h"),
    "a difference without one side": (["diff", LAST], "1 inputs", "the profile before and the profile after", "give "),
    "a service that is none": (["collect", "localhost"], "localhost", "at http:// or https://", "a file needs no collecting"),
    "two reports at once": (["pprof", "-top", "-svg", LAST], "-top, -svg", "at most one output format", "must set"),
    "a difference for speedscope": (["export", DELTA, "-o", "x.speedscope.json"], "less than zero", "speedscope opens no file with such", "write it as pprof or folded"),
    "a picture for an export": (["export", LAST, "-o", "x.svg"], "x.svg", "which format is not said", ".otlp.json"),
    "two questions at once": (["sql", "SELECT 1; SELECT 2", "--db", "{db}"], "2 statements", "ask one at a time", "the query"),
    "a file that a query reads": (["sql", "FROM read_csv('note.txt')", "--db", "{db}"], "read_csv()", "heapscape sql only reads", "SELECT"),
    "too little memory": (["growth", "--memory", "1MB", LAST], "1MB", "too little", "is the least that works"),
}  # fmt: skip


def test_there_are_ninety() -> None:
    assert len(WRONG) >= 90


@pytest.mark.parametrize("name", WRONG)
def test_the_answer_says_what_was_found_what_was_expected_and_what_to_do(demo: Path, name: str) -> None:
    arguments, found, expected, advice = WRONG[name]
    Path("note.txt").write_text("hello world\n")
    Path("hollow").touch()
    Path("folder").mkdir()
    Path("heapscape.duckdb").symlink_to(demo)
    if "other.duckdb" in arguments:
        duckdb.connect("other.duckdb").execute("CREATE TABLE a AS SELECT 1").close()
    if "a-lake" in arguments:
        assert heapscape("ingest", LAST, "--lake", "a-lake").code == 0

    seen = heapscape(*(str(demo) if word == "{db}" else word for word in arguments))

    assert seen.code in (2, 3)
    assert "Traceback" not in seen.err
    assert "this is a bug" not in seen.err
    assert found in seen.err
    assert expected in seen.err
    assert advice in seen.err
