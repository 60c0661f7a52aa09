"""Thirty wrong usages: each answer says what was found, what was expected, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import FIRST, LAST, REPORT, heapscape

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
    "a column that is not there": (["sql", "SELECT sevice FROM profile", "--db", "{db}"], "sevice", "not found", "service"),
    "a query that writes": (["sql", "DROP TABLE profile", "--db", "{db}"], "DROP", "read", "SELECT"),
    "a label without a value": (["ingest", REPORT, "--label", "pay"], "'pay'", "KEY=VALUE", "service=checkout"),
    "an input that is not there": (["ingest", "nowhere/", "--lake", "lake"], "nowhere", "no", ""),
    "a lake that is empty": (["load", "--lake", "empty"], "empty", "the lake is empty or not there", "heapscape ingest"),
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
    "too little memory": (["growth", "--memory", "1MB", LAST], "1MB", "too little", "is the least that works"),
}  # fmt: skip


def test_there_are_thirty() -> None:
    assert len(WRONG) >= 30


@pytest.mark.parametrize("name", WRONG)
def test_the_answer_says_what_was_found_what_was_expected_and_what_to_do(demo: Path, name: str) -> None:
    arguments, found, expected, advice = WRONG[name]

    seen = heapscape(*(str(demo) if word == "{db}" else word for word in arguments))

    # Of a choice that fits nothing the answer may be that there is nothing: then it is no error.
    assert seen.code in (
        {0} if arguments[0] in ("growth", "escapes") and "no" in expected and seen.code == 0 else {2, 3}
    )
    assert "Traceback" not in seen.err
    assert "this is a bug" not in seen.err
    assert found in seen.err
    assert expected in seen.err
    assert advice in seen.err
