from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from pipeline.formats.legacy.decode import decode, pieces_of_bytes
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Large, Origin, Source
from tests.builders.facts import facts_of_decoded
from tests.builders.legacy import EVERY_SPELLING, MAPS, Sample, cpu, frames, heap, text
from tests.builders.profile import blob
from tests.formats.legacy.reading import decoded_of, notes, read, refusal, samples

TWINS = Path(__file__).parents[2] / "fixtures" / "files" / "twins" / "service=twins" / "build=go1.27-trim"


def large(content: bytes, *, most_held_bytes: int) -> Blob:
    source = Source(7, Origin("large"), len(content), "")
    return Blob(source, content[:64], Large(len(content), most_held_bytes, lambda: BytesIO(content).read))


@pytest.mark.parametrize("name", EVERY_SPELLING)
def test_a_profile_cut_anywhere_is_read_or_refused_with_a_reason(name: str) -> None:
    content = EVERY_SPELLING[name]
    cuts = [content[:length] for length in range(1, len(content)) if _is_one(content[:length])]

    (decoded,) = decode([blob(cut) for cut in cuts])

    assert all(reason.strip() for reason in decoded.refusals.values())
    assert set(decoded.columns["profile"]["blob_index"]) | decoded.refusals.keys() == set(range(len(cuts)))


def _is_one(content: bytes) -> bool:
    from pipeline.formats.legacy.recognise import looks_like_legacy

    return looks_like_legacy(content)


@pytest.mark.parametrize("name", EVERY_SPELLING)
def test_tables_can_be_built_of_every_spelling(name: str) -> None:
    of = blob(EVERY_SPELLING[name])
    (decoded,) = decode([of])

    tables = build_tables(decoded, [of])

    assert tables["profile"].num_rows == 1
    assert tables["sample"].num_rows > 0
    assert tables["profile"]["time_ns"].to_pylist() == [0]


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 200])
def test_the_size_of_pieces_changes_nothing(piece_bytes: int) -> None:
    content = heap(
        "2: 32 [3: 48] @ 0x11 0x21",
        *frames("0x10 main.f+0x1 main.go:3", "0x20 main.main+0x2 main.go:9"),
        "",
        "1: 16 [1: 16] @ 0x11 0x21",
        *frames("0x10 main.f+0x1 main.go:3", "0x20 main.main+0x2 main.go:9"),
        "1: 16 [1: 16] @ 0x31",
        maps=MAPS,
    )

    assert samples(read(content, piece_bytes=piece_bytes)) == samples(read(content))
    assert read(content, piece_bytes=piece_bytes).mappings == read(content).mappings


def test_a_text_larger_than_may_be_held_is_read_in_pieces() -> None:
    lines = [f"1: {size} [1: {size}] @ 0x11 0x2{size % 8}" for size in range(16, 2000)]
    content = heap(*lines)

    (decoded,) = decode([large(content, most_held_bytes=1000)], piece_bytes=500)

    assert decoded.refusals == {}
    assert samples(facts_of_decoded(decoded)) == samples(read(content))


def test_a_record_larger_than_may_be_held_is_refused() -> None:
    content = heap("1: 16 [1: 16] @ " + "0x1 " * 1000)

    (decoded,) = decode([large(content, most_held_bytes=300)], piece_bytes=100)

    assert "at most" not in decoded.refusals[0]
    assert "a record of it has more than 300 bytes" in decoded.refusals[0]


def test_words_larger_than_may_be_held_are_refused_with_the_memory_they_need() -> None:
    content = cpu(*[Sample("0x1 0x2", 1)] * 100)

    (decoded,) = decode([large(content, most_held_bytes=300)])

    assert decoded.refusals == {
        0: "3,264 bytes, and at most 300 of this spelling are held; give --memory 1MiB",
    }
    assert b"".join(pieces_of_bytes(large(content, most_held_bytes=300))) == content


def test_a_refused_profile_does_not_touch_its_neighbours() -> None:
    good = heap("1: 16 [1: 16] @ 0x11")
    (decoded,) = decode([blob(good), blob(heap("nonsense")), blob(good)])

    assert list(decoded.refusals) == [1]
    assert np.asarray(decoded.columns["profile"]["blob_index"]).tolist() == [0, 2]


def test_what_has_no_time_and_no_names_is_noted() -> None:
    bare = heap("1: 16 [2: 32] @ 0x11", header="heap profile: 1: 16 [2: 32] @ heap/2")

    assert notes(bare) == {"no_time", "no_functions"}
    assert notes(heap(header="heap profile: 0: 0 [0: 0] @ heap/2")) == {"no_time", "empty_profile"}


def test_a_cpu_profile_without_its_end_is_noted() -> None:
    assert "profile_cut_off" in notes(cpu(Sample("0x1", 1), is_ended=False))
    assert "profile_cut_off" not in notes(cpu(Sample("0x1", 1)))


def test_threads_that_break_off_before_the_mappings_are_noted() -> None:
    content = EVERY_SPELLING["threadz"].partition(b"--- Memory map")[0]

    assert "profile_cut_off" in notes(content)


def test_the_kind_is_the_headers_where_it_says_more_than_the_types() -> None:
    kinds = {}
    for name in ("mutex_go", "contention_go", "heap_go", "cpu", "count"):
        of = blob(EVERY_SPELLING[name])
        (decoded,) = decode([of])
        kinds[name] = build_tables(decoded, [of])["profile"]["kind"].to_pylist()[0]

    assert kinds == {
        "mutex_go": "mutex",
        "contention_go": "block",
        "heap_go": "heap",
        "cpu": "cpu",
        "count": "goroutine",
    }


def test_mappings_behind_another_section_are_found() -> None:
    content = text(
        "goroutine profile: total 1",
        "1 @ 0x400101",
        "--- something else",
        "x",
        "MAPPED_LIBRARIES:",
        "400000-500000 r-xp 0 0:0 1 /bin/a",
    )

    assert [mapping[:4] for mapping in read(content).mappings] == [(0x400000, 0x500000, 0, b"/bin/a")]


def test_bytes_that_are_no_text_are_replaced() -> None:
    content = heap("1: 16 [1: 16] @ 0x11").replace(b"0x11", b"0x11\n#\t0x10\tmain.\xff+0x1\tmain.go:3")

    assert read(content).functions[0][0].decode() == "main.\ufffd"


def test_a_header_that_cannot_be_is_refused() -> None:
    assert "no way of sampling" in refusal(heap(header="heap profile: 1: 1 [2: 2] @ heap_v9/1"))
    assert decoded_of(heap(header="heap profile: 1: 1 [2: 2] @ heap_v9/1")).columns == {}


@pytest.mark.parametrize("name", ["heap", "goroutine", "threadcreate"])
def test_a_text_of_go_that_lost_records_is_noted(name: str) -> None:
    content = (TWINS / f"{name}.debug1.txt").read_bytes()
    records = content[: content.index(b"# runtime.MemStats")] if name == "heap" else content

    assert "profile_cut_off" not in notes(content)
    # Without its last record.
    assert "profile_cut_off" in notes(records[: records.rfind(b"@")].rpartition(b"\n")[0] + b"\n")


@pytest.mark.parametrize("is_large", [False, True])
def test_the_memstats_behind_a_heap_profile_are_rows(is_large: bool) -> None:
    content = (TWINS / "heap.debug1.txt").read_bytes()
    blobs = [
        large(one, most_held_bytes=1 << 20) if is_large else blob(one)
        for one in ((TWINS / "goroutine.debug1.txt").read_bytes(), content)
    ]

    (decoded,) = decode(blobs)

    memory = build_tables(decoded, blobs)["memstats"].to_pylist()
    printed = dict(
        line[2:].split(" = ") for line in content.decode().splitlines() if line.startswith("# ") and " = " in line
    )
    assert [(row["heap_alloc_bytes"], row["mallocs"], row["cycles"], row["max_rss_bytes"]) for row in memory] == [
        tuple(int(printed[name]) for name in ("HeapAlloc", "Mallocs", "NumGC", "MaxRSS"))
    ]
    assert memory[0]["stack_inuse_bytes"] == int(printed["Stack"].split(" / ")[0])
    assert memory[0]["taken_at"] is None
