"""Whatever a file is packed in, its plain bytes come out, or a reason does."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import hashlib
import io
import json
import lzma
import os
import pickle
import random
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import CutOff, DecodeError
from pipeline.hashes import hash_of
from pipeline.inputs.find import find
from pipeline.inputs.labels import Labels
from pipeline.inputs.limits import Limits
from pipeline.inputs.read import read
from pipeline.values import Blob, Origin, Refusal

_LIMITS = Limits(max_plain_bytes=64 << 20, max_ratio=100, max_members=1_000, max_depth=2)
_PLAIN = b"main.grow main.main 100\n" * 40
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda plain: plain,
    "gzip": lambda plain: gzip.compress(plain, mtime=0),
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def _zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


_ARCHIVE: dict[str, Callable[[Iterable[tuple[str, bytes]]], bytes]] = {"zip": _zip, "tar": _tar}


def _read(path: Path | str, *, limits: Limits = _LIMITS) -> list[Blob | Refusal]:
    return list(read(Origin(str(path)), limits=limits))


def _file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "input"
    path.write_bytes(content)
    return path


def _blob(path: Path, *, limits: Limits = _LIMITS) -> Blob:
    (blob,) = _read(path, limits=limits)
    assert isinstance(blob, Blob), blob
    return blob


def _refusal(path: Path, *, limits: Limits = _LIMITS) -> Refusal:
    (refusal,) = _read(path, limits=limits)
    assert isinstance(refusal, Refusal)
    return refusal


def _members(parcels: Sequence[Blob | Refusal]) -> list[tuple[str, bytes | str]]:
    return [
        (parcel.source.origin.member, parcel.content if isinstance(parcel, Blob) else parcel.reason)
        for parcel in parcels
    ]


@pytest.mark.parametrize("inner", sorted(_COMPRESS))
@pytest.mark.parametrize("outer", sorted(_COMPRESS))
def test_a_file_comes_out_plain_however_it_was_compressed(tmp_path: Path, inner: str, outer: str) -> None:
    offered = _COMPRESS[outer](_COMPRESS[inner](_PLAIN))

    blob = _blob(_file(tmp_path, offered))

    assert blob.content == _PLAIN
    assert blob.source.source_hash == hash_of(_PLAIN)
    assert blob.source.sha256 == hashlib.sha256(offered).hexdigest()
    assert blob.source.size_bytes == len(offered)


@pytest.mark.parametrize("compression", sorted(_COMPRESS))
@pytest.mark.parametrize("archive", sorted(_ARCHIVE))
@pytest.mark.parametrize("member", sorted(_COMPRESS))
def test_members_come_out_plain_in_the_archives_order(
    tmp_path: Path, compression: str, archive: str, member: str
) -> None:
    stored = _COMPRESS[member](_PLAIN)
    path = _file(tmp_path, _COMPRESS[compression](_ARCHIVE[archive]([("b/x.pb", stored), ("a.pb", b"second")])))

    first, second = _read(path)

    assert isinstance(first, Blob)
    assert (first.source.origin.uri, first.content) == (f"{path}!b/x.pb", _PLAIN)
    assert first.source.sha256 == hashlib.sha256(stored).hexdigest()
    assert first.source.size_bytes == len(stored)
    assert first.source.source_hash == hash_of(_PLAIN)
    assert isinstance(second, Blob)
    assert (second.source.origin.member, second.content) == ("a.pb", b"second")


@given(
    plain=st.binary(max_size=3_000),
    layers=st.lists(st.sampled_from(sorted({*_COMPRESS, *_ARCHIVE} - {"plain"})), max_size=2),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_two_layers_come_off(tmp_path: Path, plain: bytes, layers: list[str]) -> None:
    offered = b"plain" + plain
    for layer in layers:
        offered = _COMPRESS[layer](offered) if layer in _COMPRESS else _ARCHIVE[layer]([("member", offered)])

    blob = _blob(_file(tmp_path, offered))

    assert blob.content == b"plain" + plain
    assert blob.source.origin.member == "!".join("member" for layer in layers if layer in _ARCHIVE)


def test_a_file_and_its_gzip_are_one_source(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a", tmp_path / "b"
    plain.write_bytes(_PLAIN)
    packed.write_bytes(gzip.compress(_PLAIN))

    assert _blob(plain).source.source_hash == _blob(packed).source.source_hash


def test_an_empty_file_is_an_empty_blob(tmp_path: Path) -> None:
    assert _blob(_file(tmp_path, b"")).content == b""


def test_names_play_no_part(tmp_path: Path) -> None:
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(_PLAIN)

    assert _blob(path).content == _PLAIN


def test_two_gzipped_profiles_in_one_file_are_one_message(tmp_path: Path) -> None:
    member = gzip.compress(_PLAIN)

    assert _blob(_file(tmp_path, member + member)).content == _PLAIN * 2


@pytest.mark.parametrize(
    "tail",
    [b"x", bytes(8), gzip.compress(_PLAIN)[-8:], gzip.compress(_PLAIN)[:-1]],
    ids=["text", "zeros", "a trailer", "a cut member"],
)
def test_anything_else_behind_a_gzip_member_is_refused(tmp_path: Path, tail: bytes) -> None:
    offered = gzip.compress(_PLAIN) + tail

    refusal = _refusal(_file(tmp_path, offered))

    assert f"at byte {len(offered) - len(tail):,}" in refusal.reason
    assert refusal.source.source_hash == hash_of(offered)
    assert refusal.source.sha256 == hashlib.sha256(offered).hexdigest()
    assert refusal.source.size_bytes == len(offered)


def test_a_gzip_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(_PLAIN)

    reasons = [_refusal(_file(tmp_path, packed[:size])).reason for size in range(2, len(packed))]

    assert len(reasons) == len(packed) - 2
    assert all(f"unexpected EOF: cut off at byte {size}" in reason for size, reason in enumerate(reasons, 2))


@pytest.mark.parametrize("pack", ["zip", "tar", "tar.gz"])
def test_an_archive_cut_at_any_byte_gives_reasons_and_never_a_wrong_member(tmp_path: Path, pack: str) -> None:
    files = [("a", _PLAIN), ("b", gzip.compress(_PLAIN))]
    archive = _zip(files) if pack == "zip" else _tar(files).rstrip(b"\0") + bytes(1_024)
    archive = gzip.compress(archive, mtime=0) if pack == "tar.gz" else archive
    end = len(archive) - (1_023 if pack == "tar" else 0)

    for size in range(512, end, 3):
        parcels = _read(_file(tmp_path, archive[:size]))
        assert isinstance(parcels[-1], Refusal), size
        assert all(parcel.content == _PLAIN for parcel in parcels[:-1] if isinstance(parcel, Blob))


def test_members_before_a_fault_are_in_and_the_archive_is_refused(tmp_path: Path) -> None:
    archive = _tar([("a", b"first"), ("b", b"second" * 500)])
    path = _file(tmp_path, archive[:2_000])

    first, refusal = _read(path)

    assert isinstance(first, Blob)
    assert first.content == b"first"
    assert isinstance(refusal, Refusal)
    assert refusal.source.origin == Origin(str(path))
    assert "tar: cut off at byte 2,000" in refusal.reason


def test_a_broken_member_does_not_keep_the_others_out(tmp_path: Path) -> None:
    packed = gzip.compress(_PLAIN)
    for archive in _ARCHIVE.values():
        path = _file(tmp_path, archive([("a", packed[:-1]), ("b", packed)]))

        refusal, blob = _read(path)

        assert isinstance(refusal, Refusal)
        assert refusal.source.origin.member == "a"
        assert refusal.source.sha256 == hashlib.sha256(packed[:-1]).hexdigest()
        assert isinstance(blob, Blob)
        assert blob.content == _PLAIN


def test_an_encrypted_member_is_refused_and_the_others_read(tmp_path: Path) -> None:
    archive = bytearray(_zip([("secret", b"1"), ("open", b"2")]))
    archive[archive.index(b"PK\x01\x02") + 8] |= 1

    found = _members(_read(_file(tmp_path, bytes(archive))))

    assert found == [
        ("secret", "is encrypted, which is not read; extract the archive and give the folder"),
        ("open", b"2"),
    ]


def test_links_and_devices_in_a_tar_are_refused_under_names_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "t.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo(f"odd-{kind.decode()}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)

    parcels = _read(path)

    assert all(isinstance(parcel, Refusal) and "not a file" in parcel.reason for parcel in parcels)
    assert len({parcel.source.source_hash for parcel in parcels}) == 4


def test_what_a_broken_sidecar_would_label_is_refused_and_kept_out_of_every_series(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"data")
    broken = Labels({"service": "a"}, {}, "labels.json, which labels it: it is not a JSON object")

    (refusal,) = read(Origin(str(tmp_path / "x"), labels=pickle.loads(pickle.dumps(broken))), limits=_LIMITS)

    assert isinstance(refusal, Refusal)
    assert refusal.reason == broken.fault


def test_hidden_members_are_skipped_and_sidecars_refused(tmp_path: Path) -> None:
    files = [("./a", b"1"), (".git/b", b"2"), ("d/._c", b"3"), ("d/labels.json", b"{}"), ("../e", b"5")]

    for archive in _ARCHIVE.values():
        found = _members(_read(_file(tmp_path, archive(files))))

        assert [name for name, _ in found] == ["./a", "d/labels.json", "../e"]
        assert "sidecar inside an archive" in str(found[1][1])


@pytest.mark.parametrize("files", [[], [("folder/", b"")], [(".hidden", b"1")]])
def test_an_archive_without_files_is_refused(tmp_path: Path, files: list[tuple[str, bytes]]) -> None:
    refusal = _refusal(_file(tmp_path, _zip(files)))

    assert "without files" in refusal.reason


def test_folders_inside_an_archive_give_labels_below_those_of_sidecars_and_flags(tmp_path: Path) -> None:
    path = _file(tmp_path, _zip([("service=cart/build=2/heap.pb", b"1"), ("service=a%2Fb/heap.pb", b"2")]))
    origin = Origin(str(path), labels=Labels({"service": "folder", "zone": "z"}, {"build": "flag"}))

    labels = [parcel.source.origin.labels for parcel in read(origin, limits=_LIMITS)]

    assert labels == [
        {"service": "cart", "zone": "z", "build": "flag"},
        {"service": "a/b", "zone": "z", "build": "flag"},
    ]


def test_a_tar_gz_of_gzipped_profiles_inside_a_zip_is_read(tmp_path: Path) -> None:
    inner = gzip.compress(_tar([("service=x/heap.pb.gz", gzip.compress(_PLAIN))]))
    path = _file(tmp_path, _zip([("zone=1/all.tar.gz", inner)]))

    blob = _blob(path)

    assert blob.content == _PLAIN
    assert blob.source.origin.uri == f"{path}!zone=1/all.tar.gz!service=x/heap.pb.gz"
    assert blob.source.origin.labels == {"zone": "1", "service": "x"}


def test_a_third_archive_inside_is_refused(tmp_path: Path) -> None:
    innermost = _zip([("deep", _PLAIN)])

    refusal = _refusal(_file(tmp_path, _zip([("a", _tar([("b", innermost)]))])))

    assert "inside 2 others, more than 2; extract" in refusal.reason
    assert refusal.source.origin.member == "a!b"


def test_a_third_compression_is_refused(tmp_path: Path) -> None:
    refusal = _refusal(_file(tmp_path, gzip.compress(zstd.compress(gzip.compress(_PLAIN)))))

    assert "compressed more than max_depth 2 times" in refusal.reason


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    """A quine: `zip` holds `zip` for ever; stood in for by 50 levels, which takes the same way."""
    content = _PLAIN
    for _ in range(50):
        content = _zip([("again", content)])

    refusal = _refusal(_file(tmp_path, content))

    assert refusal.source.origin.member == "again!again"


def _bombs() -> dict[str, bytes]:
    zeros = bytes(128 << 20)
    block = ((1 << 1) | ((128 << 10) << 3)).to_bytes(3, "little") + b"\0"
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([(20 - 10) << 3]) + block * 8_000 + b"\x01\0\0"
    gzipped = gzip.compress(zeros, 9, mtime=0)
    sparse = tarfile.TarInfo("sparse")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 50)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(sparse)
    return {
        "gzip": gzipped,
        "gzip in gzip": gzip.compress(gzipped, 9, mtime=0),
        "gzip with a length that lies": gzipped[:-4] + (100).to_bytes(4, "little"),
        "many gzip members": gzip.compress(bytes(1 << 20), 9, mtime=0) * 128,
        "zstd run-length blocks": frame,
        "zstd": zstd.compress(zeros),
        "bzip2": bz2.compress(zeros),
        "xz": lzma.compress(zeros, preset=0),
        "deflate in zip": _zip([("bomb", zeros)]),
        "gzip in zip": _zip([("bomb", gzipped)]),
        "tar.gz": gzip.compress(_tar([("bomb", zeros)]), 9, mtime=0),
        "sparse tar": buffer.getvalue(),
    }


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    return _bombs()


@pytest.mark.parametrize("name", ["gzip", "gzip in gzip", "gzip with a length that lies", "many gzip members",
    "zstd run-length blocks", "zstd", "bzip2", "xz", "deflate in zip", "gzip in zip", "tar.gz", "sparse tar"])  # fmt: skip
def test_a_bomb_is_stopped_after_little_memory_and_time(
    tmp_path: Path, bombs: dict[str, bytes], name: str, peak_of: Callable[[Callable[[], object]], int]
) -> None:
    path = _file(tmp_path, bombs[name])
    limits = Limits(max_plain_bytes=16 << 20, max_ratio=50, max_members=1_000, max_depth=2)
    parcels: list[Blob | Refusal] = []
    start = time.perf_counter()

    peak = peak_of(lambda: parcels.extend(_read(path, limits=limits)))

    assert time.perf_counter() - start < 5
    assert peak < 64 << 20
    assert parcels
    for parcel in parcels:
        assert isinstance(parcel, Refusal)
        assert any(words in parcel.reason for words in ("more than 50 times", "the 16,777,216 that fit", "sparse"))


def test_a_zip_full_of_small_bombs_is_stopped_as_a_whole(tmp_path: Path) -> None:
    archive = _zip([(str(number), bytes(3 << 20)) for number in range(40)])
    limits = Limits(max_plain_bytes=1 << 30, max_ratio=200, max_members=1_000, max_depth=2)

    parcels = _read(_file(tmp_path, archive), limits=limits)

    *blobs, refusal = parcels
    assert all(isinstance(blob, Blob) for blob in blobs)
    assert sum(len(blob.content) for blob in blobs if isinstance(blob, Blob)) <= 200 * len(archive)
    assert isinstance(refusal, Refusal)
    assert refusal.source.origin.member == ""
    assert "more than 200 times" in refusal.reason


def test_a_member_that_is_a_bomb_does_not_keep_the_others_out(tmp_path: Path) -> None:
    noise = os.urandom(1 << 20)
    path = _file(tmp_path, _zip([("bomb", bytes(48 << 20)), ("good", noise)]))

    refusal, blob = _read(path)

    assert isinstance(refusal, Refusal)
    assert refusal.source.origin.member == "bomb"
    assert "more than 100 times" in refusal.reason
    assert isinstance(blob, Blob)
    assert blob.content == noise


def test_too_many_members_stop_the_archive(tmp_path: Path) -> None:
    limits = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=3, max_depth=2)

    parcels = _read(_file(tmp_path, _tar([(str(number), b"x") for number in range(9)])), limits=limits)

    assert [type(parcel) for parcel in parcels] == [Blob, Blob, Blob, Refusal]
    assert "may have 3;" in str(_members(parcels)[3][1])


def test_a_plain_file_over_the_limit_is_refused_unread_and_says_what_its_id_is_of(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    limits = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=3, max_depth=2)

    refusal = _refusal(path, limits=limits)

    assert "1,099,511,627,776 plain bytes, more than the 1,048,576 that fit into --memory" in refusal.reason
    assert "its hash and sha256 are of its first 67,108,864 bytes" in refusal.reason
    assert refusal.source.size_bytes == 1 << 40
    assert refusal.source.sha256 == hashlib.sha256(bytes(64 << 20)).hexdigest()


_LARGE = os.urandom(3 << 20)


def test_a_plain_file_keeps_its_id_when_a_higher_limit_lets_it_in(tmp_path: Path) -> None:
    path = _file(tmp_path, _LARGE)

    refusal = _refusal(path, limits=Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=3, max_depth=2))

    assert _blob(path).source.source_hash == refusal.source.source_hash


def test_archives_larger_than_a_source_may_be_are_read_as_they_are_unpacked(tmp_path: Path) -> None:
    files = [(str(number), os.urandom(300_000)) for number in range(8)]
    limits = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=30, max_depth=2)

    for archive in (_tar(files), gzip.compress(_tar(files)), zstd.compress(_tar(files)), _zip(files)):
        assert len(archive) > limits.max_plain_bytes
        assert _members(_read(_file(tmp_path, archive), limits=limits)) == files


def test_a_compressed_file_larger_than_is_held_is_hashed_whole(tmp_path: Path) -> None:
    plain = os.urandom(900_000) + bytes(100_000)
    offered = zstd.compress(plain) + b"\x50\x2a\x4d\x18" + (400_000).to_bytes(4, "little") + bytes(400_000)
    limits = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=30, max_depth=2)

    blob = _blob(_file(tmp_path, offered), limits=limits)

    assert len(offered) > limits.max_plain_bytes
    assert blob.content == plain
    assert blob.source.sha256 == hashlib.sha256(offered).hexdigest()
    assert blob.source.size_bytes == len(offered)


def test_special_files_are_refused_and_none_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.symlink("gone", tmp_path / "link")
    with socket.socket(socket.AF_UNIX) as listener:
        previous = os.getcwd()
        os.chdir(tmp_path)
        listener.bind("socket")
        os.chdir(previous)

        parcels = [parcel for origin in find([str(tmp_path)], labels={}) for parcel in read(origin, limits=_LIMITS)]

    reasons = {Path(p.source.origin.path).name: p.reason for p in parcels if isinstance(p, Refusal)}
    assert "a FIFO, not a file" in reasons["fifo"]
    assert "link to nothing" in reasons["link"]
    assert "socket" in reasons["socket"]
    assert len({parcel.source.source_hash for parcel in parcels}) == 3
    assert "a character device" in _refusal(Path("/dev/zero")).reason
    assert "a folder that could not be listed" in _refusal(tmp_path).reason
    assert "vanished" in _refusal(tmp_path / "nowhere").reason


def test_a_file_without_read_permission_is_refused_and_a_folder_too() -> None:
    script = (
        "import json, os, sys\n"
        "from pipeline.inputs.find import find\n"
        "from pipeline.inputs.limits import Limits\n"
        "from pipeline.inputs.read import read\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "limits = Limits(max_plain_bytes=9, max_ratio=9, max_members=9, max_depth=2)\n"
        "found = [p for o in find([sys.argv[1]], labels={}) for p in read(o, limits=limits)]\n"
        "print(json.dumps([[p.source.origin.path, getattr(p, 'reason', '')] for p in found]))\n"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        (folder / "a").write_text("x")
        (folder / "a").chmod(0)
        (folder / "b").mkdir()
        (folder / "b").chmod(0)
        (folder / "c").write_text("x")

        found = json.loads(_run([sys.executable, "-c", script, scratch]).stdout)
        (folder / "b").chmod(0o755)

    assert found == [
        [f"{scratch}/a", "cannot be opened: Permission denied; give read permission to it"],
        [f"{scratch}/b", "cannot be opened: Permission denied; give read permission to it"],
        [f"{scratch}/c", ""],
    ]


def _run(
    command: list[str], *, stdin: bytes | None = None, file: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    if file is not None:
        with file.open("rb") as given_file:
            return subprocess.run(command, stdin=given_file, env=environment, capture_output=True, check=True)
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, check=True)


_READ_STANDARD_INPUT = (
    "import json\n"
    "from pipeline.inputs.limits import Limits\n"
    "from pipeline.inputs.read import read\n"
    "from pipeline.values import Origin\n"
    "limits = Limits(max_plain_bytes=1 << 20, max_ratio=9, max_members=9, max_depth=2)\n"
    "found = list(read(Origin('-'), limits=limits))\n"
    "print(json.dumps([[p.source.origin.uri, p.source.size_bytes, getattr(p, 'reason', '')] for p in found]))\n"
)


def test_standard_input_is_read_from_a_pipe_and_from_a_file(tmp_path: Path) -> None:
    archive = _zip([("a", _PLAIN), ("b", b"b")])
    command = [sys.executable, "-c", _READ_STANDARD_INPUT]

    piped = json.loads(_run(command, stdin=archive).stdout)
    redirected = json.loads(_run(command, file=_file(tmp_path, archive)).stdout)

    assert piped == redirected == [["-!a", 960, ""], ["-!b", 1, ""]]


def test_endless_standard_input_is_refused_at_the_limit() -> None:
    ((uri, _, reason),) = json.loads(_run([sys.executable, "-c", _READ_STANDARD_INPUT], stdin=b"x" * (3 << 20)).stdout)

    assert uri == "-"
    assert "of standard input, more than the 1,048,576 that fit into --memory; save it to a file" in reason


def test_a_file_that_says_it_is_empty_is_read_to_its_end() -> None:
    """The kernel's own files have size 0; so has a file that began to grow after it was opened."""
    blob = _blob(Path("/proc/self/status"))

    assert b"Pid:" in blob.content
    assert blob.source.size_bytes == len(blob.content)


def test_a_file_that_is_written_to_all_the_while_is_read_and_hashed_as_one(tmp_path: Path) -> None:
    path = _file(tmp_path, b"line\n" * 1_000)
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nwith open(sys.argv[1], 'ab', 0) as f:\n while True: f.write(b'line\\n' * 99)",
            path,
        ]
    )
    try:
        blobs = [_blob(path, limits=Limits(1 << 34, 100, 9, 2)) for _ in range(50)]
    finally:
        writer.kill()
        writer.wait()

    assert all(hashlib.sha256(blob.content).hexdigest() == blob.source.sha256 for blob in blobs)
    assert all(len(blob.content) == blob.source.size_bytes for blob in blobs)


def test_a_path_that_is_not_utf8_is_read_and_shown_so_that_it_can_be_written(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9"
    with open(path, "wb") as file:
        file.write(b"1")

    (blob,) = _read(os.fsdecode(path))

    assert isinstance(blob, Blob)
    assert blob.content == b"1"
    assert blob.source.origin.path == f"{tmp_path}/caf\\xe9"
    assert blob.source.origin.uri.encode("utf-8")


def test_descriptors_are_closed_even_when_reading_is_given_up(tmp_path: Path) -> None:
    files = [(str(number), os.urandom(300_000)) for number in range(8)]
    path = _file(tmp_path, _zip(files))
    limits = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=30, max_depth=2)
    before = len(os.listdir("/proc/self/fd"))

    parcels = read(Origin(str(path)), limits=limits)
    next(parcels)
    parcels.close()  # type: ignore[attr-defined]

    assert len(os.listdir("/proc/self/fd")) == before


@given(content=st.binary(max_size=600), head=st.sampled_from(
    [b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"BZh9\x31AY&SY", b"\xfd7zXZ\0", b"PK\x03\x04", b"PK\x05\x06"]
))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_blob_or_a_reason(tmp_path: Path, head: bytes, content: bytes) -> None:
    parcels = _read(_file(tmp_path, head + content))

    assert parcels
    assert all(parcel.content if isinstance(parcel, Blob) else parcel.reason for parcel in parcels) or not content


@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6),
    pack=st.sampled_from(["zip", "tar", "tar.gz", "tar.zst"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_archive_gives_parcels_and_never_an_exception(
    tmp_path: Path, flips: list[tuple[int, int]], pack: str
) -> None:
    files = [("service=a/x.pb.gz", gzip.compress(_PLAIN, mtime=0)), ("y" * 130, _PLAIN), ("z", _zip([("q", b"q")]))]
    archive = _zip(files) if pack == "zip" else _tar(files)
    archive = {"tar.gz": gzip.compress, "tar.zst": zstd.compress}.get(pack, bytes)(archive)
    damaged = bytearray(archive)
    for place, value in flips:
        damaged[place % len(damaged)] = value

    parcels = _read(_file(tmp_path, bytes(damaged)))

    assert parcels


_STREAMED = b"streamed " + bytes(range(256)) * 40
_FEW = dataclasses.replace(_LIMITS, max_plain_bytes=4000)


def _streamed(path: Path, *, limits: Limits = _FEW) -> Iterator[Blob | Refusal]:
    return read(Origin(str(path)), limits=limits, is_streamed=lambda head: head.startswith(b"streamed"))


def _all_of(blob: Blob) -> bytes:
    assert blob.large is not None
    read_some = blob.large.open()
    return b"".join(iter(lambda: read_some(100), b""))


@pytest.mark.parametrize("compression", ["plain", *sorted(_COMPRESS)])
def test_what_need_not_be_held_is_read_again_when_it_is_large(tmp_path: Path, compression: str) -> None:
    offered = _STREAMED if compression == "plain" else _COMPRESS[compression](_STREAMED)

    for blob in _streamed(_file(tmp_path, offered)):
        assert isinstance(blob, Blob), blob
        assert blob.size_bytes == len(_STREAMED)
        assert len(blob.content) <= 4000
        assert blob.content == _STREAMED[: len(blob.content)]
        # Twice, for nothing says how often it is read.
        assert _all_of(blob) == _all_of(blob) == _STREAMED
        assert blob.source.source_hash == hash_of(_STREAMED)
        assert blob.source.sha256 == hashlib.sha256(offered).hexdigest()
        assert blob.source.size_bytes == len(offered)


def test_what_is_read_again_and_has_changed_says_so_at_its_end(tmp_path: Path) -> None:
    path = _file(tmp_path, _STREAMED)

    for blob in _streamed(path):
        assert isinstance(blob, Blob), blob
        with path.open("r+b") as file:
            file.seek(5000)
            file.write(b"x")
        with pytest.raises(DecodeError, match="was changed meanwhile"):
            _all_of(blob)


@pytest.mark.parametrize("compression", ["plain", *sorted(_COMPRESS)])
def test_what_need_not_be_held_is_held_when_it_is_small(tmp_path: Path, compression: str) -> None:
    offered = _STREAMED if compression == "plain" else _COMPRESS[compression](_STREAMED)

    (blob,) = _streamed(_file(tmp_path, offered), limits=_LIMITS)

    assert isinstance(blob, Blob)
    assert blob.large is None
    assert blob.content == _STREAMED


# In blocks that are small enough to leave some whole.
_IN_BLOCKS = {**_COMPRESS, "bzip2": partial(bz2.compress, compresslevel=1)}


@pytest.mark.parametrize("compression", sorted(_COMPRESS.keys() - {"plain"}))
@pytest.mark.parametrize("limits", [_FEW, dataclasses.replace(_FEW, max_plain_bytes=1 << 20)])
def test_what_need_not_be_held_keeps_what_came_out_before_it_breaks_off(
    tmp_path: Path, compression: str, limits: Limits
) -> None:
    plain = b"streamed " + random.Random(1).randbytes(400_000)
    offered = _IN_BLOCKS[compression](plain)[:300_000]

    for blob in _streamed(_file(tmp_path, offered), limits=limits):
        assert isinstance(blob, Blob), blob
        assert blob.large is not None
        read_some, kept = blob.large.open(), b""
        while len(kept) < blob.size_bytes:
            kept += read_some(100_000)
        with pytest.raises(CutOff, match="unexpected EOF: cut off at byte 300,000, after "):
            read_some(1)
        assert 90_000 < len(kept) == blob.size_bytes < 310_000
        assert plain.startswith(kept)
        assert blob.source.source_hash == hash_of(kept)
        assert blob.source.sha256 == hashlib.sha256(offered).hexdigest()


def test_what_breaks_off_and_has_changed_says_that(tmp_path: Path) -> None:
    plain = b"streamed " + random.Random(1).randbytes(400_000)
    path = _file(tmp_path, gzip.compress(plain, mtime=0)[:300_000])

    for blob in _streamed(path):
        assert isinstance(blob, Blob), blob
        path.write_bytes(gzip.compress(plain.swapcase(), mtime=0)[:300_000])
        with pytest.raises(DecodeError, match="was changed meanwhile"):
            _all_of(blob)


def test_what_breaks_off_before_it_is_known_is_refused(tmp_path: Path) -> None:
    (refusal,) = _streamed(_file(tmp_path, _COMPRESS["gzip"](_STREAMED)[:15]))

    assert isinstance(refusal, Refusal)
    assert "unexpected EOF: cut off at byte 15" in refusal.reason


def test_a_large_file_of_any_other_beginning_is_refused(tmp_path: Path) -> None:
    (refusal,) = _streamed(_file(tmp_path, b"other" + _STREAMED))

    assert isinstance(refusal, Refusal)
    assert "more than the 4,000 that fit" in refusal.reason


def test_a_bomb_is_refused_though_it_need_not_be_held(tmp_path: Path) -> None:
    offered = _COMPRESS["gzip"](b"streamed" + bytes(9 << 20))

    (refusal,) = _streamed(_file(tmp_path, offered), limits=dataclasses.replace(_FEW, max_ratio=100))

    assert isinstance(refusal, Refusal)
    assert "more than 100 times as many" in refusal.reason


def test_what_need_not_be_held_is_not(tmp_path: Path) -> None:
    path = _file(tmp_path, b"streamed" + bytes(16 << 20))
    parcels = _streamed(path, limits=dataclasses.replace(_LIMITS, max_plain_bytes=1 << 20))
    tracemalloc.start()

    blob = next(parcels)

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(blob, Blob)
    assert blob.size_bytes == len(b"streamed") + (16 << 20)
    assert peak_bytes < 4 << 20
