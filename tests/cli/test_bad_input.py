"""Bad inputs among good ones, through the whole pipeline: each is refused with where and what, the others go in."""

from __future__ import annotations

import bz2
import ctypes
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.profile import message, profile
from tests.builders.wire import varint
from tests.cli.seat import FIRST, LAST, REPORT, command, environment, heapscape

PLAIN = gzip.decompress(FIRST.read_bytes())
# A log of `-json=0,DIR` whose second line ends in the middle.
LOG = (
    b'{"version":0,"package":"example.com/p","goos":"linux","goarch":"amd64","gc_version":"go1.27.3","file":"p.go"}\n'
    b'{"range":{"start":{"line":3,"character":2},"end":{"line":3,"character":2}},"severity":3,"code":"escape"'
)
# 4 GB of zeros are packed into kilobytes, a stretch of 64 MiB at a time.
ZEROS, TIMES = bytes(64 << 20), 64


def dangling_location() -> bytes:
    odd = message("main.grow main.main 100")
    odd.sample[0].location_id[0] = 42
    return odd.SerializeToString()


def wrong_string() -> bytes:
    odd = message("main.grow main.main 100")
    odd.function[0].name = 999
    return odd.SerializeToString()


def values_missing() -> bytes:
    odd = message("main.grow 100 1", types=("inuse_space/bytes", "inuse_objects/count"))
    del odd.sample[0].value[1]
    return odd.SerializeToString()


def endless_varint() -> bytes:
    return profile("main.grow 100") + b"\x48" + b"\xff" * 11


def length_past_the_end() -> bytes:
    return profile("main.grow 100") + b"\x32" + varint(1 << 40) + b"x"


def bad_checksum() -> bytes:
    packed = bytearray(gzip.compress(profile("main.crc 100")))
    packed[-8] ^= 1
    return bytes(packed)


def bzip2_bomb_in_a_zip() -> bytes:
    return zipped(bz2.compress(ZEROS[: 8 << 20]) * (8 * TIMES))


def nested_gzip_bomb() -> bytes:
    # Members of one gzip file follow one another, so that four gigabytes cost one compression of 64 MiB.
    return gzip.compress(gzip.compress(ZEROS, 9) * TIMES, 9)


def zstd_bomb() -> bytes:
    from backports import zstd

    return zstd.compress(ZEROS) * TIMES


def xz_bomb() -> bytes:
    return lzma.compress(ZEROS[: 8 << 20], preset=0) * (8 * TIMES)


def zipped(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("heap.pb.bz2", content)
    return archive.getvalue()


# A file's name: its bytes, and what the refusal says of where and what.
REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "truncated.pb.gz": (
        lambda: FIRST.read_bytes()[:-200],
        "gzip member at byte 10: unexpected EOF: cut off at byte 1,101, after ",
    ),
    "truncated.pb": (lambda: PLAIN[:-200], "reaches past the end, 5 are left; the file is truncated"),
    "checksum.pb.gz": (bad_checksum, "gzip: invalid checksum at byte 130: 121 plain bytes have CRC-32 "),
    "trailing.pb.gz": (
        lambda: gzip.compress(profile("main.trail 100")) + b"trailing bytes",
        "found bytes 74 72 61 where a gzip member (1f 8b 08) should begin, after 123 plain bytes",
    ),
    "members.pb.gz": (
        lambda: gzip.compress(profile("main.one 100")) + gzip.compress(profile("main.two 100")),
        "a second time_nanos: these are concatenated profiles; offer each as a file of its own",
    ),
    "concatenated.pb": (
        lambda: profile("main.three 100") + profile("main.four 100"),
        "profile, byte 235: a second time_nanos: these are concatenated profiles",
    ),
    "empty.pb.gz": (
        lambda: b"",
        "the file is empty; a CPU profile or a trace that was never stopped leaves such a file",
    ),
    "wide.log": (
        lambda: "gc 1 @0.012s 2%: 0.011+0.24\n".encode("utf-16-le"),
        "UTF-16 text without a byte order mark; make it UTF-8 with: iconv -f UTF-16LE -t UTF-8 FILE",
    ),
    # Its checksum is what a profile's period type may be.
    "heap.duckdb": (
        lambda: bytes.fromhex("5afe560a72bb46d4") + b"DUCKD" + bytes(4083),
        "a DuckDB database, and no profile; ask it with --db FILE",
    ),
    "text.pb.gz": (
        lambda: b"404 page not found\n",
        "not a format heapscape knows; it begins with '404 page not found",
    ),
    "location.pb": (dangling_location, "sample 0, byte 8: location 42 does not exist; the file has 2"),
    "string.pb": (wrong_string, "function 0: string 999 does not exist; the file has 7"),
    "values.pb": (values_missing, "sample 0, byte 14: it has 1 values; the file has 2 sample types"),
    "varint.pb": (endless_varint, "profile, byte 123: a number goes on for more than ten bytes"),
    "length.pb": (
        length_past_the_end,
        "profile, byte 129: a length of 1099511627776 bytes reaches past the end, 1 are left",
    ),
    "bomb.zip": (bzip2_bomb_in_a_zip, "more than 1,000 times as many"),
    "bomb.gz.gz": (nested_gzip_bomb, "more than 1,000 times as many"),
    "bomb.zst": (zstd_bomb, "more than the 21,333,333 that fit into --memory"),
    "bomb.xz": (xz_bomb, "more than the 21,333,333 that fit into --memory"),
}
GOOD = (FIRST, LAST, REPORT)
# What is cut or broken there costs a line, not the report.
NOTED = {
    "cut.txt": ("unterminated_line", "line 45: example.com/checkout/session/session.go:18:6: can inl"),
    "broken.json": ("malformed_line", 'line 2: {"range":'),
}


pytestmark = pytest.mark.xdist_group("bad input")


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with good, bad and doubtful files in it."""
    folder = tmp_path_factory.mktemp("batch")
    for name, (make, _) in REFUSED.items():
        (folder / name).write_bytes(make())
    (folder / "cut.txt").write_bytes(REPORT.read_bytes()[:5000])
    (folder / "broken.json").write_bytes(LOG)
    for path in GOOD:
        (folder / path.name).write_bytes(path.read_bytes())
    # What may still be written to is read again by a second run.
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    os.mkfifo(folder / "pipe.pb.gz")
    return folder


@dataclass(frozen=True)
class Ingested:
    """What became of the batch: its lake and database, and every refusal by the file's name."""

    lake: Path
    db: Path
    refused: Mapping[str, str]

    def ask(self, query: str) -> list[dict[str, object]]:
        found = heapscape("sql", query, "--db", self.db, "--format", "json").json()
        assert isinstance(found, list)
        return found


@pytest.fixture(scope="module")
def ingested(batch: Path) -> Ingested:
    lake, db = batch.with_name("lake"), batch.with_name("h.duckdb")
    seen = heapscape("ingest", batch, "--lake", lake, "--memory", "256MB", "--format", "json")
    assert seen.code == 1
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    refused = {Path(one["uri"].split("!")[0]).name: one["reason"] for one in seen.json()["refused"]}
    return Ingested(lake, db, refused)


def test_each_is_refused_with_where_and_what(ingested: Ingested) -> None:
    wanted = {name: words for name, (_, words) in REFUSED.items()}
    wanted["pipe.pb.gz"] = "is a FIFO, not a file; give - and send the data to standard input"

    assert ingested.refused.keys() == wanted.keys()
    for name, words in wanted.items():
        assert words in ingested.refused[name], name


def test_reasons_are_in_the_source_table(ingested: Ingested) -> None:
    found = ingested.ask("SELECT uri, reason FROM source WHERE status = 'refused'")

    assert {Path(str(one["uri"]).split("!")[0]).name: one["reason"] for one in found} == ingested.refused


def test_good_ones_are_all_in(ingested: Ingested) -> None:
    found = ingested.ask("SELECT uri, sample_count FROM profile JOIN source USING (source_id) ORDER BY uri")
    sites = ingested.ask(
        "SELECT COUNT(*) AS n FROM escape_site JOIN source USING (source_id) WHERE uri LIKE '%escape-m2.txt'"
    )

    assert [Path(str(one["uri"])).name for one in found] == ["heap-00.pb.gz", "heap-12.pb.gz"]
    assert sites == [{"n": 87}]


def test_what_is_lost_of_a_report_is_noted(ingested: Ingested) -> None:
    found = ingested.ask("SELECT uri, kind, example FROM ingest_note JOIN source USING (source_id)")

    for name, (kind, example) in NOTED.items():
        (note,) = [one for one in found if Path(str(one["uri"])).name == name and one["kind"] == kind]
        assert str(note["example"]).startswith(example)


def test_the_lake_is_sound_and_a_second_run_refuses_the_same_and_adds_nothing(ingested: Ingested, batch: Path) -> None:
    # What was young at the first run is known by its looks from this one on.
    heapscape("ingest", batch, "--lake", ingested.lake, "--memory", "256MB")
    before = {path: path.stat().st_mtime_ns for path in ingested.lake.rglob("*") if path.is_file()}

    again = heapscape("ingest", batch, "--lake", ingested.lake, "--memory", "256MB", "--format", "json")

    assert heapscape("lake", "verify", "--lake", ingested.lake).out == f"{ingested.lake}: sound\n"
    assert (again.code, again.json()["ingested"]) == (1, {})
    refused = {Path(one["uri"].split("!")[0]).name: one["reason"] for one in again.json()["refused"]}
    assert refused == ingested.refused
    assert again.json()["known"] == len(GOOD) + len(NOTED)
    assert {path: path.stat().st_mtime_ns for path in ingested.lake.rglob("*") if path.is_file()} == before


def test_no_cut_of_a_profile_goes_in_and_the_whole_one_does(tmp_path: Path) -> None:
    (tmp_path / "cuts").mkdir()
    packed = FIRST.read_bytes()
    for whole, name in ((PLAIN, "plain"), (packed, "packed")):
        for size in range(0, len(whole), 97):
            (tmp_path / "cuts" / f"{name}-{size:05}.pb").write_bytes(whole[:size])
    cuts = len(list((tmp_path / "cuts").iterdir()))

    seen = heapscape("ingest", "cuts", FIRST, "--lake", "lake", "--format", "json")

    told = seen.json()
    assert cuts > 30
    assert (seen.code, told["ingested"]) == (1, {"heap": 1})
    # Two are empty, which is one source, and each is refused.
    assert (len(told["refused"]), told["known"]) == (cuts, 0)
    assert all(len(one["reason"]) > 20 for one in told["refused"])
    assert heapscape("lake", "verify", "--lake", "lake").code == 0


def _without_root_powers() -> None:
    """Take from this process and what it starts the right to pass over permissions."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for power in (dac_override, dac_read_search):
        libc.prctl(drop_from_bounding_set, power, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="drops root's powers as Linux does it")
def test_a_folder_and_a_file_without_permission_are_refused(tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    (batch / "closed").mkdir(parents=True)
    (batch / "good.pb.gz").write_bytes(FIRST.read_bytes())
    (batch / "secret.pb.gz").write_bytes(LAST.read_bytes())
    (batch / "secret.pb.gz").chmod(0)
    (batch / "closed").chmod(0)

    done = subprocess.run(
        command("ingest", "batch", "--lake", "lake", "--format", "json"),
        capture_output=True,
        env=environment(),
        preexec_fn=_without_root_powers,
        timeout=120,
        check=False,
    )

    (batch / "closed").chmod(0o700)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ingested"]) == (1, {"heap": 1})
    reasons = {one["uri"]: one["reason"] for one in told["refused"]}
    assert reasons.keys() == {"batch/closed", "batch/secret.pb.gz"}
    assert all("give read permission to it" in reason for reason in reasons.values())
