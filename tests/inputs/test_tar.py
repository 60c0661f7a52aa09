"""tar archives of every dialect are read forwards, and hostile ones cost nothing."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.inputs.limits import Budget, LimitError, Limits
from pipeline.inputs.tar import is_tar, tar_members

_LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=50, max_depth=2)
_DIALECTS = pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def _tar(files: Sequence[tuple[str, bytes]], *, dialect: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect) as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _of_type(name: str, kind: bytes, *, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        archive.addfile(member)
        member = tarfile.TarInfo("after")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"after"))
    return buffer.getvalue()


def _block(name: bytes, *, size: bytes, kind: bytes = b"0") -> bytes:
    """A header with its size field as given, and a checksum that fits."""
    fields = name.ljust(100, b"\0") + bytes(24) + size.ljust(12, b"\0") + bytes(12)
    rest = kind + bytes(100) + b"ustar\x0000" + bytes(247)
    total = sum(fields) + sum(rest) + 8 * 32
    return fields + b"%06o\0 " % total + rest


def _files(archive: bytes) -> list[tuple[str, bytes]]:
    members = tar_members(io.BytesIO(archive), budget=Budget(len(archive), _LIMITS))
    return [(member.name, member.content.read(1 << 20)) for member in members]


def _reason(archive: bytes) -> str:
    with pytest.raises(DecodeError) as refused:
        _files(archive)
    return str(refused.value)


_names = st.text(st.characters(exclude_characters="\0/", exclude_categories=("Cs",)), min_size=1, max_size=60)


@_DIALECTS
@given(files=st.lists(st.tuples(_names, st.binary(max_size=2_000)), min_size=1, max_size=5), depth=st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_files_come_out_as_they_went_in(dialect: int, files: list[tuple[str, bytes]], depth: int) -> None:
    folder = "folder/" * depth
    files = [(folder + name, content) for name, content in files if len(name.encode()) <= 60]

    found = _files(_tar(files, dialect=dialect) if files else _tar([]))

    assert found == files


@pytest.mark.parametrize("dialect", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_whole(dialect: int) -> None:
    name = "service=checkout/" + "deep/" * 80 + "heap.pb.gz"

    assert _files(_tar([(name, b"x"), ("short", b"y")], dialect=dialect)) == [(name, b"x"), ("short", b"y")]


def test_content_that_is_not_asked_for_is_skipped() -> None:
    archive = _tar([("a", b"a" * 1_000), ("b", b"b" * 513), ("c", b"c")])

    members = tar_members(io.BytesIO(archive), budget=Budget(len(archive), _LIMITS))

    assert [(member.name, member.size) for member in members] == [("a", 1_000), ("b", 513), ("c", 1)]


def test_archives_one_after_the_other_are_read_as_one() -> None:
    assert _files(_tar([("a", b"1")]) + _tar([("b", b"2")])) == [("a", b"1"), ("b", b"2")]


def test_a_global_size_of_gnu_base_256_is_read() -> None:
    archive = _block(b"heap", size=b"\x80" + (3).to_bytes(11, "big")) + b"abc".ljust(512, b"\0") + bytes(1024)

    assert _files(archive) == [("heap", b"abc")]


@pytest.mark.parametrize(
    ("kind", "link", "words"),
    [
        (tarfile.LNKTYPE, "heap", "link to the member heap"),
        (tarfile.SYMTYPE, "/etc/passwd", "symbolic link to /etc/passwd"),
        (tarfile.CHRTYPE, "", "character device"),
        (tarfile.BLKTYPE, "", "block device"),
        (tarfile.FIFOTYPE, "", "FIFO"),
        (b"Q", "", "unknown tar type"),
        (tarfile.GNUTYPE_SPARSE, "", "sparse"),
    ],
)
def test_what_is_no_file_has_an_obstacle_and_the_next_is_read(kind: bytes, link: str, words: str) -> None:
    archive = _of_type("odd", kind, link=link)

    members = [
        (member.name, member.obstacle, member.content.read(9))
        for member in tar_members(io.BytesIO(archive), budget=Budget(len(archive), _LIMITS))
    ]

    assert words in members[0][1]
    assert members[1] == ("after", "", b"after")


def test_folders_are_left_out() -> None:
    assert _files(_of_type("folder", tarfile.DIRTYPE)) == [("after", b"after")]


def test_an_archive_cut_at_any_byte_is_refused_with_the_place() -> None:
    archive = _tar([("a", b"a" * 600), ("b" * 120, b"b" * 10)])
    end = len(archive.rstrip(b"\0")) + 502
    assert _files(archive[: end + 1]) == [("a", b"a" * 600), ("b" * 120, b"b" * 10)]

    reasons = [_reason(archive[:size]) for size in range(1, end + 1)]

    assert len(reasons) == 3_584
    assert all("tar: cut off at byte" in reason or "pax header" in reason for reason in reasons)


def test_an_archive_cut_between_members_is_refused_for_its_missing_end() -> None:
    archive = _tar([("a", b"a" * 512), ("b", b"b")])[:1024]

    assert "its end mark, a block of zeros, is missing" in _reason(archive)


def test_garbage_behind_the_end_is_refused_with_its_place() -> None:
    archive = _tar([("a", b"1")])

    reason = _reason(archive + b"garbage".ljust(512, b"!"))

    assert f"tar: no header at byte {len(archive):,}" in reason


@pytest.mark.parametrize("size", [b"-0000000001", b"0x10", b"\xff" * 12, b"99999999999"])
def test_a_size_that_is_no_octal_number_is_refused(size: bytes) -> None:
    assert "octal digits were expected" in _reason(_block(b"heap", size=size) + bytes(1024))


@pytest.mark.parametrize("kind", [b"0", b"x", b"g", b"L"])
def test_a_promised_size_is_not_allocated(kind: bytes, peak_of: Callable[[Callable[[], object]], int]) -> None:
    archive = _block(b"heap", size=b"\x80" + (1 << 62).to_bytes(11, "big"), kind=kind) + bytes(5_120)
    reasons = []

    peak = peak_of(lambda: reasons.append(_reason(archive)))

    assert peak < 16 << 20
    assert "are missing" in reasons[0] or "announces" in reasons[0]


def test_extension_headers_in_an_endless_row_are_refused() -> None:
    archive = _block(b"x", size=b"0", kind=b"x") * 1_000

    assert "number 17 in a row" in _reason(archive)


@pytest.mark.parametrize("body", [b"5 a=b\n", b"0 a=b\n", b"a=b\n", b"99 path=x\n", b"-6 a=b\n", b"6 a=b!", b"1 "])
def test_broken_pax_records_are_refused(body: bytes) -> None:
    archive = _block(b"x", size=b"%o" % len(body), kind=b"x") + body.ljust(512, b"\0") + bytes(1024)

    assert "pax header at byte 0 has no `length key=value` record" in _reason(archive)


@pytest.mark.parametrize("size", ["-1", "9" * 40, "1e3", "٣"])
def test_a_pax_size_that_is_no_number_is_refused(size: str) -> None:
    record = f" size={size}\n".encode()
    body = b"%d" % (len(record) + 2) + record
    body = body if len(body) == int(body[:2]) else b"%d" % (len(record) + 1) + record
    archive = _block(b"x", size=b"%o" % len(body), kind=b"x") + body.ljust(512, b"\0") + _block(b"a", size=b"0")

    assert "digits were expected" in _reason(archive + bytes(1024))


def test_too_many_members_are_stopped() -> None:
    archive = _tar([(f"{number}", b"") for number in range(60)])

    with pytest.raises(LimitError, match="an archive may have 50"):
        _files(archive)


def test_a_long_row_of_digits_in_a_pax_header_takes_no_time() -> None:
    body = b"1" * 1_000_000
    archive = _block(b"x", size=b"%o" % len(body), kind=b"x") + body.ljust(1_000_448, b"\0") + bytes(1024)
    start = time.perf_counter()

    assert "pax header" in _reason(archive)
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("head", [b"", bytes(512), b"x" * 512, b"\x0a" + bytes(511), b"1" * 600])
def test_other_bytes_are_no_tar(head: bytes) -> None:
    assert not is_tar(head)


@_DIALECTS
def test_every_dialect_is_recognised(dialect: int) -> None:
    assert is_tar(_tar([("heap.pb", b"x")], dialect=dialect)[:512])
