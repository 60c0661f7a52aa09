"""Our decoder against Go's own: every field, every verdict, and flat and cum of every function."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
import xxhash

from pipeline import flow
from pipeline.formats.pprof.decode import decode
from pipeline.formats.pprof.wire import parse
from pipeline.inputs.limits import Limits
from tests.builders.facts import Facts, Label, facts_of_decoded
from tests.builders.odd import encode, random_message
from tests.builders.profile import blob, profile
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

FILES = Path(__file__).parents[1] / "fixtures" / "files"
PROFILES = sorted(FILES.rglob("*.pb.gz"))
LIMITS = Limits(max_plain_bytes=1 << 30, max_ratio=1000, max_members=1, max_depth=1)
Row = dict[str, Any]


def folder_of(path: Path) -> str:
    return path.relative_to(FILES).parts[0]


def plain(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def ours(content: bytes) -> Facts:
    (decoded,) = decode([blob(content)])
    assert decoded.refusals == {}
    return facts_of_decoded(decoded)


# What Go's parse says, in the same plain form.


def go_facts(paths: Sequence[Path]) -> list[Facts]:
    """One for each file; Go must accept them all."""
    found: list[list[Row]] = []
    for some in chunks(paths):
        for line in toolchain.run([toolchain.overlay_build("parse"), "dump", *some]).splitlines():
            row = json.loads(line)
            if row["row"] == "profile":
                found.append([])
            found[-1].append(row)
    assert len(found) == len(paths)
    return [_facts(rows) for rows in found]


def go_verdicts(paths: Sequence[Path]) -> list[str]:
    """`ok` or Go's error for each file."""
    lines = [
        line
        for some in chunks(paths)
        for line in toolchain.run([toolchain.overlay_build("parse"), "check", *some]).split("\n")
        if line
    ]
    # An error may quote bytes of the file, line feeds among them.
    starts = {str(path): place for place, path in enumerate(paths)}
    verdicts = [""] * len(paths)
    for line in lines:
        name, _, verdict = line.partition("\t")
        if name in starts:
            verdicts[starts[name]] = verdict
    assert all(verdicts)
    return verdicts


def chunks(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """So many that a command line holds them."""
    for start in range(0, len(paths), 500):
        yield paths[start : start + 500]


def _facts(rows: list[Row]) -> Facts:
    of = {
        name: [row for row in rows if row["row"] == name]
        for name in ("profile", "mapping", "function", "location", "sample")
    }
    places = {
        name: {row["id"]: place for place, row in enumerate(of[name])} for name in ("mapping", "function", "location")
    }
    (header,) = of["profile"]
    return Facts(
        header=(
            *(header[name] for name in ("time_nanos", "duration_nanos", "period")),
            *(_bytes(header["period_type"][name]) for name in ("type", "unit")),
            *(_bytes(header[name]) for name in ("default_sample_type", "drop_frames", "keep_frames", "doc_url")),
        ),
        sample_types=[(_bytes(row["type"]), _bytes(row["unit"])) for row in header["sample_types"]],
        comments=[_bytes(comment) for comment in header["comments"]],
        mappings=[
            (
                row["start"],
                row["limit"],
                row["offset"],
                _bytes(row["file"]),
                _bytes(row["build_id"]),
                *tuple(row[f"has_{name}"] for name in ("functions", "filenames", "line_numbers", "inline_frames")),
            )
            for row in of["mapping"]
        ],
        functions=[
            (*(_bytes(row[name]) for name in ("name", "system_name", "filename")), row["start_line"])
            for row in of["function"]
        ],
        locations=[
            (
                places["mapping"].get(row["mapping"]),
                row["address"],
                row["is_folded"],
                tuple((places["function"][line["function"]], line["line"], line["column"]) for line in row["lines"]),
            )
            for row in of["location"]
        ],
        samples=[
            (
                tuple(places["location"][location] for location in row["locations"]),
                tuple(row["values"]),
                tuple(_labels(row)),
            )
            for row in of["sample"]
        ],
    )


def _labels(row: Row) -> Iterator[Label]:
    """Texts by key, then numbers by key: Go keeps no order between keys."""
    for key, values in sorted(row["labels"].items()):
        yield from (Label(_key(key), _bytes(value), 0, None) for value in values)
    for key, of in sorted(row["numbers"].items()):
        units = of["units"] or [""] * len(of["values"])
        yield from (
            Label(_key(key), None, value, _bytes(unit) or None) for value, unit in zip(of["values"], units, strict=True)
        )


def as_go_keeps_them(facts: Facts) -> Facts:
    """Labels in Go's order. A text's number and unit are gone, and a unit that is the empty text is none."""

    def kept(labels: tuple[Label, ...]) -> tuple[Label, ...]:
        texts = [Label(_shown(label.key), label.text, 0, None) for label in labels if label.text is not None]
        numbers = [
            Label(_shown(label.key), None, label.num, label.unit or None) for label in labels if label.text is None
        ]
        return (*sorted(texts, key=lambda label: label.key), *sorted(numbers, key=lambda label: label.key))

    return facts._replace(samples=[(stack, values, kept(labels)) for stack, values, labels in facts.samples])


def _bytes(text: str | Row) -> bytes:
    return text.encode() if isinstance(text, str) else bytes.fromhex(text["hex"])


def _shown(key: bytes) -> bytes:
    """A label's key is a key of JSON too, where each byte that is no text becomes U+FFFD."""
    return re.sub("[\udc80-\udcff]", "\ufffd", key.decode("utf-8", "surrogateescape")).encode()


def _key(text: str) -> bytes:
    return text.encode()


# Files that Go's runtime wrote.


@pytest.mark.parametrize("folder", sorted({folder_of(path) for path in PROFILES}))
def test_every_field_of_every_fixture_is_what_go_reads(folder: str) -> None:
    paths = [path for path in PROFILES if folder_of(path) == folder]

    for path, expected in zip(paths, go_facts(paths), strict=True):
        assert as_go_keeps_them(ours(plain(path))) == expected, path.relative_to(FILES)


# Files that nobody's runtime would write.


def written(contents: Sequence[bytes], folder: Path) -> list[Path]:
    paths = [folder / f"{place}.pb" for place in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def odd_profiles(count: int, *, first: int = 0) -> list[bytes]:
    made = []
    for seed in range(first, first + count):
        random = Random(seed)
        made.append(encode(random_message(random, size=random.randint(0, 6)), random, beyond_protobuf=True))
    return made


def test_every_field_of_odd_profiles_is_what_go_reads(tmp_path: Path) -> None:
    contents = odd_profiles(1000)

    found = [as_go_keeps_them(ours(content)) for content in contents]

    assert found == go_facts(written(contents, tmp_path))


def assert_same_verdicts(contents: Sequence[bytes], folder: Path) -> None:
    """Accepted by both or refused by both; what both accept says the same."""
    refusals = parse(contents).refusals
    paths = written(contents, folder)

    verdicts = go_verdicts(paths)

    differing = {
        place: (verdict, refusals.get(place))
        for place, verdict in enumerate(verdicts)
        if (verdict == "ok") == (place in refusals)
    }
    assert differing == {}
    sound = [place for place, verdict in enumerate(verdicts) if verdict == "ok"]
    assert 0 < len(sound) < len(contents), "the files are not all of one sort"
    for place, expected in zip(sound, go_facts([paths[place] for place in sound]), strict=True):
        assert as_go_keeps_them(ours(contents[place])) == expected


SMALL = profile(
    "store.put@store/cache.go:88|store.add@store/cache.go:12 main.main@main.go:7 1 4096 {bytes=4096}",
    "main.idle 0 0 {tenant=north} {wait=5ms}",
    types=("inuse_objects/count", "inuse_space/bytes"),
    default_type="inuse_space",
    period=524288,
    period_type="space/bytes",
    comments=["made by hand"],
)
REAL = plain(FILES / "checkout/service=checkout/build=1.4.2/instance=a/heap-00.pb.gz")


@pytest.mark.parametrize("content", [SMALL, REAL], ids=["small", "real"])
def test_a_cut_profile_is_refused_exactly_when_go_refuses_it(content: bytes, tmp_path: Path) -> None:
    assert_same_verdicts([content[:length] for length in range(len(content) + 1)], tmp_path)


@pytest.mark.parametrize(("content", "bits"), [(SMALL, range(8)), (REAL, (0, 3, 7))], ids=["small", "real"])
def test_a_flipped_bit_is_refused_exactly_when_go_refuses_it(
    content: bytes, bits: Sequence[int], tmp_path: Path
) -> None:
    flipped = []
    for at in range(len(content)):
        for bit in bits:
            changed = bytearray(content)
            changed[at] ^= 1 << bit
            flipped.append(bytes(changed))

    assert_same_verdicts(flipped, tmp_path)


def test_damaged_odd_profiles_are_refused_exactly_when_go_refuses_them(tmp_path: Path) -> None:
    contents = []
    for seed, content in enumerate(odd_profiles(3000, first=5000)):
        random, damaged = Random(seed), bytearray(content)
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(damaged))
            damaged[at] = random.choice((damaged[at] ^ 1 << random.randrange(8), 0, 1, 2, 127, 128, 255))
        contents.append(bytes(damaged))

    assert_same_verdicts(contents, tmp_path)


# Sums.


@pytest.fixture(scope="module")
def flat_cum(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], dict[str, tuple[int, int]]]:
    """What flame.flat_cum says of each profile and sample type, by function."""
    folder = tmp_path_factory.mktemp("warehouse")
    lake, database = str(folder / "lake"), str(folder / "heapscape.duckdb")
    flow.ingest([str(path) for path in PROFILES], lake, labels={}, limits=LIMITS)
    flow.load(lake, database)
    found: dict[tuple[int, str], dict[str, tuple[int, int]]] = {}
    with flow.open_warehouse(database) as connection:
        rows = connection.execute(
            "SELECT profile_hash, sample_type, function, flat, cum FROM flame.flat_cum JOIN profile USING (profile_id)"
        ).fetchall()
    for profile_hash, sample_type, function, flat, cum in rows:
        found.setdefault((int(profile_hash, 16), sample_type), {})[function] = (flat, cum)
    return found


def go_flat_cum(path: Path, sample_type: str, unit: str) -> dict[str, tuple[int, int]]:
    """`go tool pprof -top` with nothing left out."""
    every = ["-nodecount=0", "-nodefraction=0", "-edgefraction=0", "-symbolize=none"]
    text = toolchain.run_pprof(["-top", *every, f"-unit={unit}", f"-sample_index={sample_type}", path])
    _, _, table = text.partition("cum%\n")
    found = {}
    for line in table.splitlines():
        flat, _, _, cum, _, name = line.split(maxsplit=5)
        found[re.sub(r" \((?:partial-)?inline\)$", "", name)] = (_number(flat), _number(cum))
    return found


def _number(shown: str) -> int:
    found = re.fullmatch(r"(-?\d+)(?:B|ns)?", shown)
    assert found is not None, shown
    return int(found[1])


@pytest.mark.parametrize("folder", sorted({folder_of(path) for path in PROFILES}))
def test_flat_and_cum_of_every_function_are_gos(
    folder: str, flat_cum: dict[tuple[int, str], dict[str, tuple[int, int]]]
) -> None:
    asked = [
        (path, name.decode(), unit.decode())
        for path in PROFILES
        if folder_of(path) == folder
        for name, unit in ours(plain(path)).sample_types
    ]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda question: go_flat_cum(*question), asked))

    assert sum(map(len, answers)) > len(asked)
    for (path, name, _), expected in zip(asked, answers, strict=True):
        # Where plus and minus of a difference meet, Go shows a row of zeros.
        some = {function: sums for function, sums in expected.items() if sums != (0, 0)}
        assert flat_cum.get((xxhash.xxh64_intdigest(plain(path)), name), {}) == some, (path.relative_to(FILES), name)
