from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.decode import decode
from pipeline.formats.pprof import decode as pprof
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Decoded, Large
from tests.builders.legacy import MAPS, frames, heap
from tests.builders.profile import blob, profile

FILES = Path(__file__).parents[1] / "fixtures" / "files"
COUNT = 300
LINES = [
    line
    for number in range(COUNT)
    for line in (
        f"1: {16 + number} [2: {40 + number}] @ 0x11 0x21",
        *(
            frames(f"0x1{number % 7} main.f{number % 7}+0x1 main.go:3", "0x20 main.main+0x2 main.go:9")
            if number % 5
            else []
        ),
    )
]
# More than the header says, so that nothing is lost.
HEADER = "heap profile: 1: 16 [2: 40] @ heap/2"


def held(content: bytes) -> Blob:
    return blob(content)


def streamed(content: bytes) -> Blob:
    whole = blob(content)
    return Blob(whole.source, content[:64], Large(len(content), 2000, lambda: BytesIO(content).read))


def tables(found: list[Decoded], one: Blob) -> dict[str, list[dict[str, object]]]:
    """All rows, each once and in order, of everything that was decoded."""
    built = [build_tables(decoded, [one]) for decoded in found]
    names = {name for tables in built for name in tables}
    rows = {name: pa.concat_tables([tables[name] for tables in built if name in tables]).to_pylist() for name in names}
    symbols = ("function", "mapping", "location", "stack", "label_set")
    return {
        name: sorted({repr(row): row for row in of}.values() if name in symbols else of, key=repr)
        for name, of in rows.items()
    }


@pytest.mark.parametrize("part_frames", [1, 10])
@pytest.mark.parametrize("path", ["everykind/*/*/cpu.pb.gz", "checkout/*/*/heap-1*.pb.gz"])
def test_a_large_profile_in_parts_has_the_rows_of_the_whole(path: str, part_frames: int) -> None:
    for file in sorted(FILES.glob(path)):
        one = blob(gzip.decompress(file.read_bytes()))
        (whole,) = pprof.decode([one])

        parts = list(pprof.decode([one], most_frames=0, part_frames=part_frames))

        assert len(parts) > 1
        assert tables(parts, one) == tables([whole], one)
        assert [note for part in parts for note in part.notes] == list(whole.notes)


def test_samples_without_frames_are_in_a_part_too() -> None:
    one = blob(profile("main.a@a.go:1 5", " 7", "main.b@b.go:2 main.a@a.go:1 9", " 11"))
    (whole,) = pprof.decode([one])

    parts = list(pprof.decode([one], most_frames=0, part_frames=1))

    assert len(parts) > 1
    assert tables(parts, one) == tables([whole], one)


@pytest.mark.parametrize("as_given", [held, streamed])
def test_a_text_in_parts_has_the_rows_of_the_whole(as_given: object) -> None:
    content = heap(*LINES, header=HEADER) + b"\n# runtime.MemStats\n# Alloc = 5\n# HeapAlloc = 5\n# NumGC = 3\n"
    one = as_given(content)  # type: ignore[operator]

    parts = list(decode([one], piece_bytes=700, part_bytes=2000))
    (whole,) = decode([held(content)])

    assert len(parts) > 5
    assert tables(parts, one) == tables([whole], one)
    assert [note for part in parts for note in part.notes] == list(whole.notes)
    assert len(tables(parts, one)["memstats"]) == 1


def test_a_text_with_mappings_is_one_part_as_they_change_what_stands_above() -> None:
    one = held(heap(*LINES, header=HEADER, maps=MAPS))

    (found,) = decode([one], piece_bytes=700, part_bytes=2000)

    assert "profile_part" not in found.columns
    assert len(tables([found], one)["profile_mapping"]) > 1


def test_what_is_wrong_behind_a_part_is_raised_and_before_it_refused() -> None:
    late, early = held(heap(*LINES, "nonsense", header=HEADER)), held(heap("nonsense", *LINES, header=HEADER))

    with pytest.raises(DecodeError, match="nonsense"):
        list(decode([late], piece_bytes=700, part_bytes=2000))
    (refused,) = decode([early], piece_bytes=700, part_bytes=2000)

    assert "nonsense" in refused.refusals[0]


def test_others_beside_a_text_in_parts_go_in_too() -> None:
    small, large = held(heap(*LINES[:1], header=HEADER)), held(heap(*LINES, header=HEADER))

    found = list(decode([small, large], piece_bytes=700, part_bytes=2000))
    rows = [build_tables(decoded, [small, large])["sample"].num_rows for decoded in found]

    assert sum(rows) == COUNT + 1
    assert [index for one in found for index in one.columns["profile"]["blob_index"].tolist()].count(0) == 1


def test_announcements_are_found_across_pieces() -> None:
    from pipeline.formats.legacy.maps import may_announce_maps

    text = b"1 @ 0x1\nMAPPED_LIBRARIES:\n"

    assert all(may_announce_maps(text[at : at + size] for at in range(0, len(text), size)) for size in range(1, 30))
    assert not may_announce_maps([b"1 @ 0x1\nMAPPED", b"\nLIBRARIES:"])
