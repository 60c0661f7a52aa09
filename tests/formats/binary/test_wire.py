"""Bytes at addresses, from memory or from a file that is read again."""

from __future__ import annotations

import io

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import Held, Image, Relocations, Reread, Segment, is_inside, text_at, words_at

CONTENT = bytes(range(256)) * 16


def of(*segments: Segment, **more: object) -> Image:
    return Image(Held(CONTENT), "elf", "amd64", segments, {}, 0x1000, is_stripped=False, **more)  # type: ignore[arg-type]


def reread(content: bytes = CONTENT, *, size: int = len(CONTENT), most: int = 1000) -> tuple[Reread, list[int]]:
    opened: list[int] = []

    def again() -> object:
        opened.append(len(opened))
        return io.BytesIO(content).read

    return Reread(size, most, again), opened  # type: ignore[arg-type]


def test_what_is_held_is_not_copied() -> None:
    found = Held(CONTENT).read(3, 5, what="x")

    assert bytes(found) == CONTENT[3:8]
    assert found.base is not None


def test_a_file_that_is_not_held_has_the_same_bytes_everywhere() -> None:
    file, opened = reread()

    places = [(0, 4), (4, 10), (900, 1000), (0, 1), (4000, 96), (4096, 0)]
    assert [bytes(file.read(at, size, what="x")) for at, size in places] == [
        CONTENT[at : at + size] for at, size in places
    ]
    # Only for what lies before it begins again.
    assert len(opened) == 2


def test_more_than_fits_into_memory_is_refused_with_what_would_help() -> None:
    with pytest.raises(DecodeError, match=r"the code has 1,001 bytes, more than the 1,000 that fit into --memory"):
        reread()[0].read(0, 1001, what="the code")


def test_a_file_that_became_shorter_is_noticed() -> None:
    with pytest.raises(DecodeError, match="changed meanwhile"):
        reread(CONTENT[:100])[0].read(50, 100, what="x")


def test_finishing_reads_to_the_end() -> None:
    read: list[int] = []

    def again() -> object:
        stream = io.BytesIO(CONTENT)
        return lambda size: (read.append(size), stream.read(size))[1]

    file = Reread(len(CONTENT), 1000, again)  # type: ignore[arg-type]
    file.read(0, 10, what="x")
    file.finish()

    assert sum(read[1:-1]) >= len(CONTENT) - 10


@pytest.mark.parametrize(("offset", "size"), [(-1, 1), (0, -1), (4090, 7), (1 << 62, 1 << 62)])
def test_bytes_that_are_not_there_are_an_error_with_both_ends(offset: int, size: int) -> None:
    for file in (Held(CONTENT), reread()[0]):
        with pytest.raises(DecodeError, match=r"but the file ends at 4,096"):
            file.read(offset, size, what="the ELF header")


def test_an_address_is_read_from_its_segment() -> None:
    image = of(Segment(0x1000, 0, 100), Segment(0x5000, 256, 50))

    assert bytes(image.read(0x5001, 3, what="x")) == CONTENT[257:260]
    assert len(image.rest(0x5001, what="x")) == 49
    assert image.segment_at(0x5031, 1) is not None
    assert image.segment_at(0x5032, 1) is None
    for address, size in ((0x5031, 2), (0x4FFF, 1), (0x5000, -1)):
        with pytest.raises(DecodeError, match="no segment has"):
            image.read(address, size, what="x")
    with pytest.raises(DecodeError, match="no segment has"):
        image.rest(0x9000, what="x")


@pytest.mark.parametrize(
    ("segments", "said"),
    [
        ([Segment(0, 4000, 97)], "but the file ends at 4,096"),
        ([Segment(0, 0, 4096)] * 3, "lie over each other"),
        ([Segment(1 << 63, 0, 1)], "no program can be"),
    ],
)
def test_segments_that_no_linker_makes_are_refused(segments: list[Segment], said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        of(*segments)


def test_a_pattern_is_found_in_data_before_code() -> None:
    image = of(Segment(0x1000, 0, 256, is_executable=True), Segment(0x2000, 256, 512))

    found = [(segment.address, at) for segment, at in image.places_of(bytes([7, 8]))]

    assert found == [(0x2000, 7), (0x2000, 263), (0x1000, 7)]


def test_of_a_pattern_that_is_everywhere_not_every_place_is_looked_at() -> None:
    image = Image(Held(bytes(100_000)), "elf", "amd64", (Segment(0, 0, 100_000),), {}, 0, is_stripped=False)

    assert len(list(image.places_of(b"\0"))) == 64


def test_pointers_are_what_the_loader_will_make_of_them() -> None:
    moved = Relocations(np.array([0x1008], np.uint64), np.array([0x7777], np.uint64))
    plain = of(Segment(0x1000, 0, 64)).pointers(0x1000, 2, what="x")

    assert plain == [0x0706050403020100, 0x0F0E0D0C0B0A0908]
    assert of(Segment(0x1000, 0, 64), relocations=moved).pointers(0x1000, 2, what="x") == [plain[0], 0x7777]
    # Of a chain only the low bits are a value, and it may count from the beginning of the program.
    assert of(Segment(0x1000, 0, 64), pointer_bits=12).pointers(0x1000, 2, what="x") == [0x1100, 0x1908]


def test_words_are_read_at_any_place() -> None:
    data = np.frombuffer(CONTENT, np.uint8)

    assert words_at(data, np.array([0, 1, 250])).tolist() == [0x03020100, 0x04030201, 0xFDFCFBFA]
    assert is_inside(np.array([0, 252]), size=4, limit=256)
    assert not is_inside(np.array([0, 253]), size=4, limit=256)
    assert not is_inside(np.array([-1]), size=4, limit=256)
    assert is_inside(np.zeros(0, np.int64), size=4, limit=0)


def test_a_name_ends_at_its_first_nul() -> None:
    assert text_at(b".text\0\0\0") == ".text"
    assert text_at(b".gopclnt") == ".gopclnt"
