"""Each compression round trips, and what is broken is refused with its place."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zlib
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.inputs.compression import codec_of, gunzip_whole, inflate
from pipeline.inputs.limits import Budget, LimitError, Limits

_LIMITS = Limits(max_plain_bytes=64 << 20, max_ratio=100, max_members=100, max_depth=2)
_PLAIN = b"main.grow main.main 100\n" * 20 + random.Random(1).randbytes(480)
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda plain: gzip.compress(plain, mtime=0),
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
_EVERY = pytest.mark.parametrize("name", sorted(_COMPRESS))


def _unpacked(packed: bytes, *, limits: Limits = _LIMITS) -> bytes:
    codec = codec_of(packed[:16])
    assert codec is not None
    return b"".join(inflate(codec, io.BytesIO(packed), budget=Budget(len(packed), limits)))


def _refusal(packed: bytes) -> str:
    with pytest.raises(DecodeError) as refused:
        _unpacked(packed)
    return str(refused.value)


def _gzip_member(plain: bytes, *, flags: int = 0, fields: bytes = b"", header_crc: int | None = None) -> bytes:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + fields
    if header_crc is not None:
        header += ((zlib.crc32(header) + header_crc) & 0xFFFF).to_bytes(2, "little")
    trailer = zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    return header + deflate.compress(plain) + deflate.flush() + trailer


@_EVERY
@given(plain=st.binary(max_size=5_000), copies=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_what_was_compressed_comes_out_again(name: str, plain: bytes, copies: int) -> None:
    packed = _COMPRESS[name](plain * copies)

    unpacked = _unpacked(packed)

    assert unpacked == plain * copies


@_EVERY
@given(parts=st.lists(st.binary(max_size=2_000), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_streams_one_after_the_other_are_one(name: str, parts: list[bytes]) -> None:
    packed = b"".join(_COMPRESS[name](part) for part in parts)

    unpacked = _unpacked(packed)

    assert unpacked == b"".join(parts)


@_EVERY
def test_streams_that_end_at_every_place_of_a_chunk_are_told_apart(name: str) -> None:
    packed = _COMPRESS[name](_PLAIN)

    unpacked = _unpacked(packed * 150)

    assert len(packed) * 150 > 65_536
    assert unpacked == _PLAIN * 150


@_EVERY
def test_a_stream_cut_at_any_byte_is_refused_as_cut(name: str) -> None:
    packed = _COMPRESS[name](_PLAIN)

    reasons = [_refusal(packed[:size]) for size in range(16, len(packed))]

    assert len(reasons) > 20
    for size, reason in enumerate(reasons, 16):
        assert f"unexpected EOF: cut off at byte {size:,}" in reason


@_EVERY
def test_a_second_stream_cut_at_any_byte_is_refused(name: str) -> None:
    packed = _COMPRESS[name](_PLAIN)

    reasons = [_refusal(packed + packed[:size]) for size in range(1, len(packed))]

    assert all(f"{len(_PLAIN):,} plain bytes" in reason for reason in reasons[:2])


@_EVERY
@pytest.mark.parametrize("tail", [b"\0", bytes(7), bytes(513), b"x", b"garbage behind the end", b"\x1f\x8b"])
def test_what_is_no_stream_behind_a_stream_is_refused(name: str, tail: bytes) -> None:
    packed = _COMPRESS[name](_PLAIN)

    reason = _refusal(packed + tail)

    # xz pads with zeros by fours, so there the fault may be found a little later.
    assert f"at byte {len(packed) + (len(tail) // 4 * 4 if name == 'xz' and not any(tail) else 0):,}" in reason


@pytest.mark.parametrize("name", ["bzip2", "gzip", "xz"])
def test_a_flipped_bit_never_changes_what_comes_out(name: str) -> None:
    packed = _COMPRESS[name](_PLAIN)
    accepted, reasons = [], []

    for place in range(len(packed) * 8):
        flipped = bytearray(packed)
        flipped[place // 8] ^= 1 << place % 8
        if codec_of(bytes(flipped[:16])) is None:
            continue
        try:
            accepted.append(_unpacked(bytes(flipped)))
        except DecodeError as error:
            reasons.append(str(error))

    assert set(accepted) <= {_PLAIN}
    assert all("byte" in reason for reason in reasons)


def test_xz_padding_of_four_zero_bytes_is_skipped() -> None:
    packed = lzma.compress(b"one") + bytes(8) + lzma.compress(b"two") + bytes(4)

    assert _unpacked(packed) == b"onetwo"


def test_zstd_skippable_frames_are_skipped() -> None:
    skippable = b"\x5a\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"

    assert _unpacked(skippable + zstd.compress(b"one") + skippable + zstd.compress(b"two")) == b"onetwo"


def test_a_zstd_window_of_gigabytes_is_refused_before_it_is_allocated() -> None:
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([(31 - 10) << 3]) + bytes(30)

    assert "too much memory" in _refusal(frame)


@pytest.mark.parametrize(
    "member",
    [
        _gzip_member(_PLAIN, flags=8, fields=b"heap.pb\0"),
        _gzip_member(_PLAIN, flags=16, fields=b"a comment\0"),
        _gzip_member(_PLAIN, flags=4, fields=b"\x03\0abc"),
        _gzip_member(_PLAIN, flags=28, fields=b"\x01\0eheap\0comment\0"),
        _gzip_member(_PLAIN, flags=30, fields=b"\x01\0eheap\0comment\0", header_crc=0),
        _gzip_member(_PLAIN, flags=8, fields=b"n" * 511 + b"\0"),
    ],
)
def test_gzip_headers_with_fields_are_read(member: bytes) -> None:
    assert _unpacked(member) == _PLAIN


def test_a_gzip_name_longer_than_go_reads_is_refused() -> None:
    member = _gzip_member(_PLAIN, flags=8, fields=b"n" * 512 + b"\0")

    assert "gzip: invalid header at byte 0" in _refusal(member)
    assert gunzip_whole(member, most=1 << 20) is None


def test_a_gzip_header_with_a_wrong_checksum_is_refused() -> None:
    member = _gzip_member(_PLAIN, flags=2, header_crc=1)

    assert "gzip: invalid header at byte 0: its own checksum" in _refusal(member)


def test_a_gzip_header_of_another_method_is_refused() -> None:
    assert "gzip: invalid header at byte 0: found bytes 1f 8b 07" in _refusal(b"\x1f\x8b\x07" + bytes(30))


def test_a_wrong_gzip_checksum_is_refused_with_both_values() -> None:
    packed = _gzip_member(_PLAIN)
    broken = packed[:-8] + bytes(4) + packed[-4:]

    reason = _refusal(broken)

    assert f"gzip: invalid checksum at byte {len(packed) - 8:,}" in reason
    assert f"CRC-32 {zlib.crc32(_PLAIN):08x}, the trailer says 00000000" in reason


def test_a_wrong_gzip_length_is_refused_with_both_values() -> None:
    packed = _gzip_member(_PLAIN)

    reason = _refusal(packed[:-4] + (7).to_bytes(4, "little"))

    assert "there are 960 plain bytes, the trailer says 7" in reason


@given(plain=st.binary(max_size=70_000))
@settings(max_examples=60, deadline=None)
def test_the_fast_way_reads_what_the_careful_way_reads(plain: bytes) -> None:
    for member in (_gzip_member(plain), _gzip_member(plain, flags=8, fields=b"heap\0")):
        assert gunzip_whole(member, most=len(plain)) == plain == _unpacked(member)


def test_the_fast_way_leaves_all_else_to_the_careful_way() -> None:
    member = _gzip_member(_PLAIN)
    others = [
        member + member,
        member + member[-8:],
        member + b"x",
        member[:-1],
        member[:5],
        member[:-4] + bytes(4),
        member[:-8] + bytes(8),
        member[:-8] + bytes(4) + member[-4:],
        _gzip_member(_PLAIN, flags=4, fields=b"\0\0"),
        b"",
        _PLAIN,
    ]

    assert [gunzip_whole(other, most=1 << 20) for other in others] == [None] * len(others)
    assert gunzip_whole(member, most=len(_PLAIN) - 1) is None


def test_a_gzip_length_that_lies_allocates_nothing(peak_of: Callable[[Callable[[], object]], int]) -> None:
    member = _gzip_member(_PLAIN)
    lying = member[:-4] + (0xFFFF_FFF0).to_bytes(4, "little")

    peak = peak_of(lambda: gunzip_whole(lying, most=1 << 33))

    assert peak < 8 << 20


@_EVERY
def test_a_bomb_is_stopped_early_and_says_how_far_it_got(name: str) -> None:
    packed = _COMPRESS[name](bytes(64 << 20))
    given_limits = Limits(max_plain_bytes=1 << 40, max_ratio=10, max_members=1, max_depth=1)

    with pytest.raises(LimitError) as stopped:
        _unpacked(packed, limits=given_limits)

    assert stopped.value.budget.spent <= (4 << 20) + (1 << 18)
    assert f"stopped after inflating {len(packed):,} bytes to 4,4" in str(stopped.value)
    assert "more than 10 times" in str(stopped.value)


@pytest.mark.parametrize(
    "head", [b"", b"\x1f", b"\x0a\x04", b"BZh9", b"BZh0\x31\x41\x59\x26\x53\x59", b"PK\x03\x04", b"go 1.27 trace\0"]
)
def test_other_bytes_are_no_compression(head: bytes) -> None:
    assert codec_of(head) is None
