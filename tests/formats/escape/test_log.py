"""The JSON log says what the text says, and where it was inlined from."""

from __future__ import annotations

import pytest

from pipeline.formats.escape import wire
from tests.formats.escape.reading import diagnostic, log, read

MOVED = diagnostic(
    "escape",
    "5:2",
    "x escapes to heap",
    [
        ("6:9", "escflow:    flow: ~r0 ← &x:"),
        ("6:9", "escflow:      from &x (address-of)"),
        ("6:2", "escflow:      from return &x (return)"),
    ],
)
BOXED = diagnostic(
    "escapes",
    "7:9",
    "x escapes to heap",
    [("7:9", "escflow:    flow: {heap} ← &{storage for x}:"), ("7:9", "escflow:      from x (spill)")],
)
SITE = ("package", "file", "line", "column", "kind", "expression", "message")


def test_a_variable_on_the_heap_is_told_from_a_boxed_one() -> None:
    found = read(log(MOVED, BOXED))

    assert found.rows("escape_site", *SITE) == [
        ("main", "/src/main.go", 5, 2, "moved_to_heap", "x", "x escapes to heap"),
        ("main", "/src/main.go", 7, 9, "escapes", "x", "x escapes to heap"),
    ]
    assert found.rows(
        "escape_step", "site_index", "step", "flow_from", "flow_to", "expression", "operation", "line"
    ) == [
        (0, 0, "&x", "~r0", "&x", "address-of", 6),
        (0, 1, "&x", "~r0", "return &x", "return", 6),
        (1, 0, "&{storage for x}", "{heap}", "x", "spill", 7),
    ]
    assert found.rows("escape_report", "spelling", "go_version") == [("json", "go1.27.3")]
    assert found.rows("escape_package", "package") == [("main",)]
    assert found.notes == []


def test_inlined_calls_lead_inwards_from_the_position() -> None:
    found = read(
        log(
            diagnostic(
                "escape",
                "5:2",
                "&T{} escapes to heap",
                [
                    ("17:3", "inlineLoc"),
                    ("30:7", "inlineLoc"),
                    ("5:2", "escflow:    flow: y ← &{storage for &T{}}:"),
                    ("17:3", "inlineLoc"),
                    ("5:2", "escflow:      from &T{} (spill)"),
                ],
            )
        )
    )

    assert found.rows("escape_inline", "site_index", "depth", "file", "line", "column") == [
        (0, 1, "/src/main.go", 17, 3),
        (0, 2, "/src/main.go", 30, 7),
    ]
    assert found.rows("escape_step", "expression", "line") == [("&T{}", 5)]


def test_the_final_word_without_a_message_repeats_what_was_said() -> None:
    found = read(log(MOVED, diagnostic("escape", "5:2", "")))

    assert len(found.tables["escape_site"]) == 1
    assert found.notes == []


def test_other_passes_are_passed_over() -> None:
    found = read(log(diagnostic("nilcheck", "5:2", ""), diagnostic("canInlineFunction", "6:2", "cost: 5"), MOVED))

    assert found.rows("escape_site", "expression") == [("x",)]
    assert found.notes == []


def test_an_append_is_named_as_the_text_names_it_since_go_1_25() -> None:
    grown = diagnostic(
        "escape",
        "5:2",
        "append(s, 1) escapes to heap",
        [("5:2", "escflow:    flow: ~r0 ← &{storage for append(s, 1)}:")],
    )

    found = read(log(grown), log(grown, gc_version="go1.24.11"))

    assert found.rows("escape_site", "blob_index", "expression") == [(0, "append"), (1, "append(s, 1)")]


LEAKS: dict[str, tuple[list[tuple[str, int]], list[tuple[str, int, str | None]]]] = {
    "to the heap": ([("{heap}", 0)], [("leaking_param", 0, None)]),
    "content to the heap": ([("{heap}", 2), ("{heap}", 1)], [("leaking_param_content", 1, None)]),
    "into a value": ([("{storage for &T{}}", 0)], [("leaking_param", 0, None)]),
    "to a result": ([("~r0", 1), ("~r0", 0)], [("leaking_param_to_result", 0, "~r0")]),
    "to two results": (
        [("a", 0), ("b", 1)],
        [("leaking_param_to_result", 0, "a"), ("leaking_param_to_result", 1, "b")],
    ),
    "to a result one too many to track": ([("~r5", 0)], [("leaking_param", 0, None)]),
    "a shorter way to a result": (
        [("{heap}", 1), ("~r0", 0)],
        [("leaking_param_content", 1, None), ("leaking_param_to_result", 0, "~r0")],
    ),
    "no shorter way to a result": ([("{heap}", 0), ("~r0", 0)], [("leaking_param", 0, None)]),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_verdict_on_a_parameter_follows_from_its_flows(name: str) -> None:
    flows, verdicts = LEAKS[name]
    lines = [diagnostic("leak", "5:9", f"parameter p leaks to {sink} with derefs={derefs}") for sink, derefs in flows]

    found = read(log(*lines))

    assert sorted(found.rows("escape_site", "kind", "level", "result")) == sorted(verdicts)


def test_a_leak_into_a_variable_on_the_heap_is_a_leak_to_the_heap() -> None:
    found = read(log(diagnostic("leak", "4:9", "parameter p leaks to x with derefs=0"), MOVED))

    assert found.rows("escape_site", "line", "kind") == [(4, "leaking_param"), (5, "moved_to_heap")]


def test_a_parameter_on_the_heap_does_not_leak_as_well() -> None:
    found = read(log(MOVED, diagnostic("leak", "5:2", "parameter x leaks to ~r0 with derefs=0")))

    assert found.rows("escape_site", "kind") == [("moved_to_heap",)]


def test_wrappers_and_unnamed_parameters_have_no_verdict() -> None:
    unnamed = diagnostic("leak", "5:2", "parameter ~p0 leaks to {heap} with derefs=0")
    receiver = diagnostic("leak", "1:0", "parameter i leaks to {heap} with derefs=0")

    found = read(log(unnamed), log(receiver, file="<autogenerated>"))

    assert found.tables["escape_site"] == []


def test_a_folder_of_files_is_one_reading() -> None:
    found = read(log(MOVED), log(MOVED, package="example.com/p", file="example.com/p/a.go"))

    assert found.rows("escape_site", "blob_index", "package", "file") == [
        (0, "main", "/src/main.go"),
        (1, "example.com/p", "example.com/p/a.go"),
    ]


def test_files_that_were_joined_keep_their_headers() -> None:
    found = read(log(MOVED) + log(BOXED, package="p", file="b.go"))

    assert found.rows("escape_site", "package", "file") == [("main", "/src/main.go"), ("p", "b.go")]
    assert len(found.tables["escape_report"]) == 1
    assert found.rows("escape_package", "package") == [("main",), ("p",)]


def test_uris_become_paths() -> None:
    uris = ["file:///home/a%20b/x.go", "file://example.com/p/x.go", "file:///C:/src/x.go", "file://%3Cautogenerated%3E"]
    lines = [
        diagnostic("escape", f"{n}:1", "&T{} escapes to heap", [("9:9", "inlineLoc")], uri=uri)
        for n, uri in enumerate(uris, 1)
    ]

    found = read(log(*lines))

    assert found.rows("escape_inline", "file") == [
        ("/home/a b/x.go",),
        ("example.com/p/x.go",),
        ("C:/src/x.go",),
        ("<autogenerated>",),
    ]


def test_a_column_the_compiler_does_not_know_is_none() -> None:
    found = read(
        log(diagnostic("escape", "5:255", "x escapes to heap"), diagnostic("escape", "6:254", "y escapes to heap"))
    )

    assert found.rows("escape_site", "line", "column") == [(5, 0), (6, 254)]


def test_what_has_no_place_is_noted() -> None:
    unnamed = [("0:0", "escflow:    flow: {heap} ← {temp}:")]
    found = read(
        log(
            diagnostic("escape", "0:0", "#next escapes to heap"),
            diagnostic("leak", "5:2", "parameter p leaks to {heap} with derefs=0", unnamed, uri="file://__unnamed__"),
        )
    )

    assert found.rows("escape_site", "expression") == [("p",)]
    assert found.rows("escape_step", "flow_to", "file", "line", "column") == [("{heap}", None, None, None)]
    assert found.notes == [(0, "verdict_without_position", 1)]


@pytest.mark.parametrize(
    "broken",
    [
        MOVED[:-1],
        MOVED[: len(MOVED) // 2],
        '{"code":1}',
        "not JSON",
        MOVED.replace('"line":5', '"line":99999999999999999999'),
        MOVED.replace('"line":5', '"line":4294967296'),
        MOVED.replace('"line":5', '"line":-1'),
        MOVED.replace("x escapes to heap", "x might escape"),
        MOVED.replace('"code":"escape"', '"code":"leak"'),
        '{"code":"escape","message":"x escapes to heap"}',
        '{"code":' + "[" * 100_000 + "}",
    ],
    ids=lambda line: line[-40:],
)
def test_a_broken_line_is_noted_and_the_others_are_read(broken: str) -> None:
    found = read(log(BOXED, broken, BOXED.replace('"line":7', '"line":8')))

    assert found.rows("escape_site", "line", "kind") == [(7, "escapes"), (8, "escapes")]
    assert found.notes == [(0, "malformed_line", 1)]


def test_a_broken_file_leaves_the_others_whole() -> None:
    found = read(log(MOVED), log(MOVED[:99]), log(BOXED))

    assert found.rows("escape_site", "blob_index", "kind") == [(0, "moved_to_heap"), (2, "escapes")]
    assert found.notes == [(1, "malformed_line", 1)]


def test_a_log_larger_than_a_portion_reads_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [MOVED.replace('"line":5', f'"line":{n}') for n in range(1, 40)]
    whole = read(log(*lines), log(*lines, package="p"))

    monkeypatch.setattr(wire, "CHUNK_BYTES", 1000)
    parts = read(log(*lines), log(*lines, package="p"))

    assert len(whole.tables["escape_step"]) == 2 * 2 * 39
    assert parts == whole
