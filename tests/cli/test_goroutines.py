"""heapscape goroutines, of real traces, profiles and dumps of programs that know what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import FILES, LAST, TRACES, heapscape

PLAIN = TRACES / "plain.trace"
LEAKS = FILES / "leaks" / "service=leaks" / "build=go1.27-trim"
DUMPS = sorted(LEAKS.glob("*.debug2.txt"))


def test_a_trace_is_answered_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("goroutines", PLAIN, "-n", "4")

    assert seen.code == 0
    assert seen.out.splitlines() == [
        "plain.trace · tracer · build go1.27-trim · 22.72 ms: 31 goroutines of 21 functions",
        "",
        "goroutines     total    running   runnable    syscall   waiting  longest wait                    function",
        "         4  48.32 ms    5.73 ms  308.99 µs          0  42.28 ms  system goroutine wait 42.11 ms  runtime.gcBgMarkWorker",
        "         1  22.72 ms    1.06 ms  566.99 µs  250.30 µs  20.84 ms  sleep 16.66 ms                  main.main",
        "         1  22.72 ms          0          0          0  22.72 ms  (no reason) 22.72 ms            main.sleeper",
        "         1  22.72 ms  282.37 µs  416.90 µs          0  22.02 ms  (no reason) 10.67 ms            runtime.bgscavenge",
        "and 17 functions with less time",
        "",
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_goroutines_of_a_function_are_listed_with_their_waits(traces: Path) -> None:
    seen = heapscape(
        "goroutines", "--function", "main.receiver", "--trace", "plain.trace", "--build", "go1.27-trim", "--db", traces
    )

    assert seen.out.splitlines() == [
        "plain.trace · tracer · build go1.27-trim · 22.72 ms: 2 goroutines",
        "",
        "goroutine  created by    total   running  runnable  syscall  waiting  runs  waits                 function",
        "       36           1  4.36 ms  22.21 µs   6.85 µs        0  4.33 ms     2  chan receive 4.33 ms  main.receiver",
        "       20           1  3.24 ms   1.47 µs   3.52 µs        0  3.23 ms     2  chan receive 3.23 ms  main.receiver",
        "",
    ]


@pytest.mark.parametrize("name", ["main.main", "main"])
def test_a_function_may_be_named_without_its_package(name: str) -> None:
    (row,) = heapscape("goroutines", PLAIN, "--function", name, "--format", "json").json()

    assert (row["goroutine"], row["function"]) == (1, "main.main")
    assert (row["waits"][0]["reason"], row["waits"][0]["waits"]) == ("sleep", 16)


def test_the_part_of_a_name_must_be_whole() -> None:
    seen = heapscape("goroutines", PLAIN, "--function", "ain")

    assert (seen.code, seen.out) == (0, "")
    assert "no goroutine of this function" in seen.err


def test_goroutines_without_a_stack_have_no_name(traces: Path) -> None:
    where = ("--build", "go1.22-trim", "--db", traces, "--format", "json")

    groups = heapscape("goroutines", *where).json()
    unnamed = heapscape("goroutines", *where, "--function", "(no stack)").json()

    (group,) = [group for group in groups if group["function"] is None]
    assert group["goroutines"] == len(unnamed) == 2
    assert {one["function"] for one in unnamed} == {None}


def test_json_has_all_groups_in_nanoseconds_whatever_the_limit() -> None:
    groups = heapscape("goroutines", PLAIN, "-n", "1", "--format", "json").json()

    shippers = next(group for group in groups if group["function"] == "main.shipper")
    assert len(groups) == 21
    assert [group["total_ns"] for group in groups] == sorted((group["total_ns"] for group in groups), reverse=True)
    assert (shippers["goroutines"], shippers["total_ns"], shippers["running_ns"], shippers["runnable_ns"]) == (
        *(6, 13_824, 3_136, 10_688),
    )


def test_several_traces_are_a_table_each() -> None:
    seen = heapscape("goroutines", PLAIN, TRACES / "cpu.trace", "-n", "1")

    headlines = [line.split(" · ")[0] for line in seen.out.splitlines() if " · " in line]
    assert sorted(headlines) == ["cpu.trace", "plain.trace"]


def test_the_newest_trace_is_taken_and_said(traces: Path) -> None:
    seen = heapscape("goroutines", "--db", traces)

    newest = heapscape(
        *("sql", "SELECT uri FROM trace JOIN source USING (source_id) ORDER BY started_at DESC NULLS LAST LIMIT 1"),
        *("--db", traces, "--format", "json"),
    ).json()[0]["uri"]
    assert f"{newest}, the newest of 7 traces; choose with --trace" in seen.err
    assert seen.out.startswith(newest.rpartition("/")[2])


def test_traces_are_chosen_by_labels(traces: Path) -> None:
    seen = heapscape("goroutines", "--build", "go1.22-trim", "--service", "tracer", "--db", traces)

    assert seen.err == ""
    assert " · build go1.22-trim · " in seen.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--service", "nobody"],
            "--service nobody: none of 7 traces and series of goroutines has this service; there is tracer",
        ),
        (
            ["--service", "nobody", "--source", "trace"],
            "--service nobody: none of 7 traces has this service; there is tracer",
        ),
        (
            ["--source", "dump"],
            "--source dump: none of 7 traces and series of goroutines has this source; there is trace",
        ),
        (
            ["--trace", "nothing"],
            "--trace nothing: none of 7 traces has this id, or this in its uri; there are build=go1.22-trim/plain.trace",
        ),
        (["--trace", "plain", "--trace", "nothing"], "--trace nothing: none of 7 traces has this id"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(traces: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("goroutines", *arguments, "--db", traces)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_a_database_without_goroutines_says_how_to_fetch_some(demo: Path) -> None:
    seen = heapscape("goroutines", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "there is no trace, goroutine profile or dump; fetch some with: heapscape collect http://HOST" in seen.err


def test_a_file_without_goroutines_says_so_too() -> None:
    assert "there is no trace, goroutine profile or dump" in heapscape("goroutines", LAST).err


def test_a_series_of_dumps_tells_what_leaks_and_the_stacks_that_block() -> None:
    seen = heapscape("goroutines", *DUMPS, "-n", "4")

    assert (seen.code, seen.err) == (0, "")
    assert seen.out.splitlines() == [
        "leaks · build go1.27-trim · 4 dumps: 29 goroutines, 11 at first, 9 leaked as the runtime found",
        "",
        "goroutines  growth  leaked    waited  state            function                                     created by",
        "        12      +9       9            chan send        example.com/leaks/wait.abandoned wait.go:20  main.start main.go:67",
        "    example.com/leaks/wait.abandoned wait.go:20",
        "    example.com/leaks/wait.Send wait.go:17",
        "         8      +6       0  1.00 min  chan receive     example.com/leaks/wait.Receive wait.go:25    main.start main.go:67",
        "    example.com/leaks/wait.Receive wait.go:25",
        "         4      +3       0  1.00 min  sync.Mutex.Lock  example.com/leaks/wait.Lock wait.go:31       main.start main.go:67",
        "    internal/sync.runtime_SemacquireMutex sema.go:95",
        "    internal/sync.(*Mutex).lockSlow mutex.go:149",
        "    internal/sync.(*Mutex).Lock mutex.go:70",
        "    sync.(*Mutex).Lock mutex.go:46",
        "    example.com/leaks/wait.Lock wait.go:31",
        "         4       0       0  1.00 min  select           example.com/leaks/wait.Work wait.go:40       main.start main.go:67",
        "and 1 place with 1 goroutine",
        "",
    ]


def test_a_dump_amid_a_log_is_answered_too() -> None:
    seen = heapscape("goroutines", LEAKS / "service.log", "-n", "1")

    assert seen.out.startswith(
        "leaks · build go1.27-trim · 1 system dump: 35 goroutines, 12 leaked as the runtime found"
    )


def test_sources_are_told_apart_each_with_its_name() -> None:
    seen = heapscape("goroutines", *LEAKS.glob("goroutine*"), PLAIN, "-n", "1")

    heads = [line.partition(":")[0].split(" · ")[-1] for line in seen.out.splitlines() if " · " in line]
    assert sorted(heads) == ["22.72 ms", "4 dumps", "4 goroutine profiles", "4 leak profiles", "4 text profiles"]


def test_what_is_for_machines_is_of_one_kind() -> None:
    both = (LEAKS / "goroutine-3.pb.gz", PLAIN, "--format", "json")
    seen = heapscape("goroutines", *both)

    assert (seen.code, seen.out) == (2, "")
    assert "choose with --source" in seen.err
    assert {row["source"] for row in heapscape("goroutines", *both, "--source", "protobuf").json()} == {"protobuf"}
    assert len(heapscape("goroutines", *both, "--source", "trace").json()) == 21


def test_goroutines_of_a_function_are_those_in_it_or_started_by_it() -> None:
    rows = heapscape("goroutines", *DUMPS, "--function", "wait.Receive", "--format", "json").json()
    unknown = heapscape("goroutines", *DUMPS, "--function", "eceive")

    assert [(row["last_count"], row["state"], row["created_by"]) for row in rows] == [(8, "chan receive", "main.start")]
    assert (unknown.code, unknown.out) == (0, "")
    assert "no goroutine of this function" in unknown.err


def test_stacks_shows_those_of_steady_goroutines_too() -> None:
    arguments = ("goroutines", *DUMPS, "--function", "wait.Work")

    assert "    example.com/leaks/wait.Work wait.go:40" not in heapscape(*arguments).out.splitlines()
    assert "    example.com/leaks/wait.Work wait.go:40" in heapscape(*arguments, "--stacks").out.splitlines()


def test_stacks_of_a_trace_are_where_goroutines_blocked_and_who_woke_them() -> None:
    seen = heapscape("goroutines", PLAIN, "--stacks", "--function", "main.receiver")

    assert (seen.code, seen.err) == (0, "")
    assert seen.out.splitlines()[2:] == [
        "waits   in all  longest  for           goroutines of",
        "    2  7.56 ms  4.33 ms  chan receive  main.receiver",
        "    main.receiver waits.go:41",
        "  woken ×1 by main.main (1 goroutine)",
        "    main.channels waits.go:67",
        "    main.work waits.go:18",
        "    main.record main.go:71",
        "    main.main main.go:88",
        "  woken ×1 by main.main (1 goroutine)",
        "    main.channels waits.go:70",
        "    main.work waits.go:18",
        "    main.record main.go:71",
        "    main.main main.go:88",
        "",
    ]


def test_where_all_goroutines_blocked_ends_with_the_runtimes_own() -> None:
    rows = heapscape("goroutines", PLAIN, "--stacks", "--format", "json").json()

    own = [(row["function"] or "runtime.").startswith("runtime.") for row in rows]
    assert own == sorted(own)
    assert sum(row["waits"] for row in rows) == 164
    assert {row["state"] for row in rows} == {"waiting", "syscall"}
    assert rows[0]["stack"][-1]["function"] == rows[0]["function"] == "main.sleeper"


def test_what_the_answer_is_without_is_told(tmp_path: Path) -> None:
    whole = (TRACES / "generations.trace").read_bytes()
    (tmp_path / "cut.trace").write_bytes(whole[: len(whole) * 4 // 5])

    seen = heapscape("goroutines", "cut.trace")

    assert seen.code == 0
    assert seen.err.startswith("  lost: cut.trace: ")
