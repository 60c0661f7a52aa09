"""zip archives are read by their directory, and none of its claims is believed unseen."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.inputs.limits import Budget, LimitError, Limits
from pipeline.inputs.streams import Held
from pipeline.inputs.zip import ZipMember, extract, is_zip, zip_members

_LIMITS = Limits(max_plain_bytes=64 << 20, max_ratio=100, max_members=50, max_depth=2)
_PLAIN = b"main.grow main.main 100\n" * 40


def _zip(files: Sequence[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def _listed(archive: bytes, *, limits: Limits = _LIMITS) -> list[ZipMember]:
    return list(zip_members(Held(archive), budget=Budget(len(archive), limits)))


def _files(archive: bytes) -> list[tuple[str, bytes]]:
    budget = Budget(len(archive), _LIMITS)
    return [(member.name, extract(Held(archive), member, budget=budget)) for member in _listed(archive)]


def _reason(archive: bytes) -> str:
    with pytest.raises(DecodeError) as refused:
        _files(archive)
    return str(refused.value)


def _patched(archive: bytes, field: int, value: bytes) -> bytes:
    """The archive with a field of its first directory entry overwritten; `field` counts from the entry."""
    place = archive.index(b"PK\x01\x02") + field
    return archive[:place] + value + archive[place + len(value) :]


_names = st.text(st.characters(exclude_characters="\0/\\", exclude_categories=("Cs",)), min_size=1, max_size=60)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@given(files=st.lists(st.tuples(_names, st.binary(max_size=2_000)), max_size=5, unique_by=lambda file: file[0]))
@settings(max_examples=60, deadline=None)
def test_files_come_out_as_they_went_in(method: int, files: list[tuple[str, bytes]]) -> None:
    assert _files(_zip(files, method=method)) == files


def test_members_written_without_knowing_their_size_are_read() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.written += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a", _PLAIN)
        archive.writestr("b", b"b")

    assert _files(pipe.written) == [("a", _PLAIN), ("b", b"b")]


def test_the_zip64_form_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as member:
        member.write(_PLAIN)
    plain = buffer.getvalue()
    end = plain.index(b"PK\x05\x06")
    size, offset = struct.unpack_from("<2L", plain, end + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    unknown = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    assert _files(plain[:end] + record + locator + unknown) == [("big", _PLAIN)]


def test_a_comment_is_no_part_of_the_directory() -> None:
    buffer = io.BytesIO(_zip([("a", b"1")]))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"PK\x05\x06 is what an end record begins with" * 20

    assert _files(buffer.getvalue()) == [("a", b"1")]


def test_folders_are_left_out() -> None:
    assert _files(_zip([("folder/", b""), ("folder/a", b"1")])) == [("folder/a", b"1")]


def test_a_name_that_is_not_utf8_is_read_as_the_first_pc_wrote_it() -> None:
    archive = _zip([("a", b"1")])
    place = archive.index(b"PK\x01\x02") + 46

    assert _listed(archive[:place] + b"\x84" + archive[place + 1 :])[0].name == "ä"


def test_an_archive_cut_at_any_byte_is_refused() -> None:
    archive = _zip([("a", _PLAIN), ("b", b"b")])

    reasons = [_reason(archive[:size]) for size in range(4, len(archive))]

    assert all("zip: unexpected EOF: no end record" in reason for reason in reasons)


def test_a_flipped_bit_never_changes_what_comes_out() -> None:
    archive = _zip([("a", _PLAIN)])
    accepted, reasons = [], []

    for place in range(len(archive) * 8):
        flipped = bytearray(archive)
        flipped[place // 8] ^= 1 << place % 8
        try:
            accepted += [content for _, content in _files(bytes(flipped))]
        except DecodeError as error:
            reasons.append(str(error))

    assert set(accepted) == {_PLAIN}
    assert all(reasons)


@pytest.mark.parametrize("bit", [0x0001, 0x0041])
def test_encrypted_members_have_an_obstacle(bit: int) -> None:
    archive = _patched(_zip([("a", b"1")]), 8, bit.to_bytes(2, "little"))

    assert "encrypted" in _reason(archive)


@pytest.mark.parametrize(("method", "words"), [(9, "deflate64"), (14, "LZMA"), (77, "method 77")])
def test_methods_that_are_not_read_are_named(method: int, words: str) -> None:
    archive = _patched(_zip([("a", b"1")]), 10, method.to_bytes(2, "little"))

    assert words in _reason(archive)


def test_symbolic_links_have_an_obstacle() -> None:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "is a link" in _reason(buffer.getvalue())


def test_a_size_smaller_than_what_comes_out_is_refused() -> None:
    archive = _patched(_zip([("a", _PLAIN)]), 24, (10).to_bytes(4, "little"))

    assert "at least 960 bytes come out, the directory says 10" in _reason(archive)


def test_a_promised_size_is_not_allocated(peak_of: Callable[[Callable[[], object]], int]) -> None:
    archive = _patched(_zip([("a", _PLAIN)]), 24, (0xFFFF_FFF0).to_bytes(4, "little"))
    reasons = []

    peak = peak_of(lambda: reasons.append(_reason(archive)))

    assert peak < 8 << 20
    assert "960 bytes come out, the directory says 4,294,967,280" in reasons[0]


def test_a_wrong_checksum_is_refused_with_both_values() -> None:
    archive = _patched(_zip([("a", b"1")]), 16, bytes(4))

    assert "CRC-32 83dcefb7, the directory says 00000000" in _reason(archive)


def test_a_member_that_reaches_into_the_next_is_refused() -> None:
    archive = _zip([("a", _PLAIN), ("b", b"1")])
    first = _listed(archive)[0]

    reason = _reason(_patched(archive, 20, (first.packed_size + 5).to_bytes(4, "little")))

    assert f"its {first.packed_size + 5} bytes from byte 31 on reach over byte" in reason


def test_bytes_behind_a_compressed_stream_are_refused() -> None:
    archive = _zip([("a", _PLAIN)])
    (member,) = _listed(archive)
    start, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    longer = _patched(archive, 20, (member.packed_size + 5).to_bytes(4, "little"))
    offset = struct.pack("<L", start + 5)

    reason = _reason(longer[:start] + b"extra" + longer[start : end + 16] + offset + longer[end + 20 :])

    assert f"the compressed bytes end at byte {member.packed_size} of {member.packed_size + 5}" in reason


def test_two_members_on_the_same_bytes_are_refused() -> None:
    archive = _zip([("a", _PLAIN)])
    start, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    entry = archive[start:end]
    twice = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), start, 0)

    assert "Overlapping members" in _reason(archive[:start] + entry + entry + twice)


def test_a_member_quoted_by_one_before_it_is_refused() -> None:
    inner = _zip([("b", b"b" * 100)], method=zipfile.ZIP_STORED)
    archive = _zip([("a", inner[: inner.index(b"PK\x01\x02")])], method=zipfile.ZIP_STORED)
    place = archive.index(b"PK\x01\x02")
    quoted = bytearray(inner[inner.index(b"PK\x01\x02") : inner.index(b"PK\x05\x06")])
    struct.pack_into("<L", quoted, 42, archive.index(b"PK\x03\x04", 4))
    own = archive[place : archive.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(own) + len(quoted), place, 0)

    assert "Overlapping members" in _reason(archive[:place] + own + quoted + end)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_bomb_is_stopped_early(method: int, peak_of: Callable[[Callable[[], object]], int]) -> None:
    archive = _zip([("bomb", bytes(64 << 20))], method=method)
    budget = Budget(len(archive), Limits(max_plain_bytes=1 << 40, max_ratio=5, max_members=5, max_depth=2))
    (member,) = _listed(archive)
    stopped = []

    def extract_it() -> None:
        with pytest.raises(LimitError, match="more than 5 times") as error:
            extract(Held(archive), member, budget=budget)
        stopped.append(error)

    assert peak_of(extract_it) < 24 << 20
    assert stopped
    assert budget.spent < 5 << 20


def test_a_directory_that_lists_other_than_it_counts_is_refused() -> None:
    archive = _zip([("a", b"1"), ("b", b"2")])
    end = archive.index(b"PK\x05\x06")

    reason = _reason(archive[: end + 8] + struct.pack("<2H", 3, 3) + archive[end + 12 :])

    assert "the directory has 2 members, its end record says 3" in reason


def test_bytes_before_the_archive_are_refused() -> None:
    assert "Bytes were lost or added" in _reason(b"PK\x03\x04" + _zip([("a", b"1")]))


def test_too_many_members_are_stopped_before_any_is_read() -> None:
    archive = _zip([(f"{number}", b"") for number in range(60)])

    with pytest.raises(LimitError, match="an archive may have 50"):
        _listed(archive)


def test_a_directory_larger_than_a_piece_is_read_whole() -> None:
    names = ["n" * 60_000 + str(number) for number in range(12)]

    assert [name for name, _ in _files(_zip([(name, b"x") for name in names]))] == names


@pytest.mark.parametrize("head", [b"", b"PK", b"PK\x01\x02", b"\x0a\x04"])
def test_other_bytes_are_no_zip(head: bytes) -> None:
    assert not is_zip(head)
