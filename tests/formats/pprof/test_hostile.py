"""Files made to break or to stall the reader: cut, flipped, lying about sizes, or very large in one direction."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.formats.pprof.decode import decode
from pipeline.formats.pprof.wire import parse
from pipeline.tables.build import build_tables
from tests.builders.facts import facts_of_decoded
from tests.builders.profile import blob, profile
from tests.builders.reference import facts_of_bytes, verdict
from tests.builders.wire import number, numbers, sized, tag, texts, varint

FILES = Path(__file__).parents[2] / "fixtures" / "files"
REAL = gzip.decompress((FILES / "checkout/service=checkout/build=1.4.2/instance=a/heap-00.pb.gz").read_bytes())
SMALL = profile(
    "store.put@store/cache.go:88|store.add@store/cache.go:12 main.main@main.go:7 1 4096 {bytes=4096}",
    "main.idle 0 0 {tenant=north} {wait=5ms}",
    types=("inuse_objects/count", "inuse_space/bytes"),
    default_type="inuse_space",
    period=524288,
    period_type="space/bytes",
    comments=["made by hand"],
)


def cuts(content: bytes) -> list[bytes]:
    return [content[:length] for length in range(len(content))]


def flips(content: bytes) -> list[bytes]:
    """Every bit of every byte, one at a time."""
    flipped = []
    for at in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[at] ^= 1 << bit
            flipped.append(bytes(changed))
    return flipped


def test_a_profile_cut_at_any_byte_is_judged_as_the_reference_judges_it() -> None:
    contents = cuts(SMALL)

    refusals = parse(contents).refusals

    assert [place in refusals for place in range(len(contents))] == [verdict(content) != "ok" for content in contents]
    # Behind the last string nothing is missed: such a file is short, not cut.
    assert len(refusals) > 0.9 * len(contents)


def test_a_profile_with_any_bit_flipped_is_judged_and_read_as_the_reference_does() -> None:
    contents = flips(SMALL)

    refusals = parse(contents).refusals

    assert [place in refusals for place in range(len(contents))] == [verdict(content) != "ok" for content in contents]
    for content in (content for place, content in enumerate(contents) if place not in refusals):
        (decoded,) = decode([blob(content)])
        assert facts_of_decoded(decoded) == facts_of_bytes(content)


def test_a_real_profile_cut_at_any_byte_is_refused_or_complete() -> None:
    contents = cuts(REAL)

    (decoded,) = decode([blob(content, source_hash=place) for place, content in enumerate(contents)])

    sound = decoded.columns["profile"]["blob_index"].tolist()
    assert sorted([*decoded.refusals, *sound]) == list(range(len(contents)))
    # Go writes the string table last: without all of it no name is sure.
    assert all(length > 0.95 * len(REAL) for length in sound)


def test_a_real_profile_with_any_bit_flipped_becomes_tables_or_a_reason() -> None:
    contents = flips(REAL)
    read = 0

    for start in range(0, len(contents), 4096):
        blobs = [
            blob(content, source_hash=start + place) for place, content in enumerate(contents[start : start + 4096])
        ]
        for decoded in decode(blobs):
            tables = build_tables(decoded, blobs)
            read += tables["profile"].num_rows + len(decoded.refusals)
            assert all(reason for reason in decoded.refusals.values())
            for table in tables.values():
                table.validate()

    assert read == len(contents) == 8 * len(REAL)


@pytest.mark.parametrize("claimed", [100, 2**31, 2**40, 2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("field", [1, 2, 3, 4, 5, 6, 11, 13, 100])
def test_a_length_that_lies_costs_no_memory(claimed: int, field: int) -> None:
    content = texts() + tag(field, 2) + varint(claimed)
    parse([content])
    tracemalloc.start()

    refusals = parse([content]).refusals

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f"a length of {claimed} bytes reaches past the end, 0 are left" in refusals[0]
    assert peak < 100_000


def test_lengths_that_lie_inside_a_sample_cost_no_memory() -> None:
    content = texts() + sized(2, tag(1, 2), varint(2**40))
    parse([content])
    tracemalloc.start()

    refusals = parse([content]).refusals

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusals == {
        0: "sample 0, byte 11: a length of 1099511627776 bytes reaches past the end, 0 are left; the file is truncated"
    }
    assert peak < 100_000


# Very large in one direction: twice the size may take twice the time, and no more than noise beyond it.


def many_labels(count: int) -> bytes:
    """All on one sample, each key below the one before."""
    labels = b"".join(sized(3, number(1, count - place), number(3, 1)) for place in range(count))
    return sized(1) + sized(2, number(2, 1), labels) + texts(*(f"{place:07d}" for place in range(count)))


def many_lines(count: int) -> bytes:
    lines = sized(4, number(1, 1), number(2, 7)) * count
    location = sized(4, number(1, 1), lines)
    return sized(1) + sized(2, number(1, 1), number(2, 5)) + location + sized(5, number(1, 1)) + texts()


def deep_stack(count: int) -> bytes:
    locations = sized(4, number(1, 1)) + sized(4, number(1, 300), number(3, 9))
    return sized(1) + sized(2, numbers(1, *[300, 1] * (count // 2)), number(2, 5)) + locations + texts()


def many_colliding_ids(count: int) -> bytes:
    """Sparse, descending, from all over the range, and each is used."""
    ids = [2**64 - 1 - place * (2**64 // count) for place in range(count)]
    locations = b"".join(sized(4, number(1, known)) for known in ids)
    return sized(1) + sized(2, numbers(1, *ids), number(2, 1)) + locations + texts()


def many_empty_labels(count: int) -> bytes:
    return sized(1) + sized(2, number(2, 1), sized(3) * count) + texts()


def many_samples(count: int) -> bytes:
    return sized(1) + sized(2, number(2, 0)) * count + texts()


def many_functions(count: int) -> bytes:
    functions = b"".join(sized(5, number(1, place + 1), number(5, place)) for place in range(count))
    return functions + texts()


SHAPES = [
    (many_labels, 20_000, 200_000),
    (many_lines, 10_000, 100_000),
    (deep_stack, 100_000, 1_000_000),
    (many_colliding_ids, 10_000, 100_000),
    (many_empty_labels, 100_000, 1_000_000),
    (many_samples, 20_000, 200_000),
    (many_functions, 10_000, 100_000),
]


def rows_of(content: bytes) -> dict[str, int]:
    (decoded,) = decode([blob(content)])
    assert decoded.refusals == {}
    return {name: table.num_rows for name, table in build_tables(decoded, [blob(content)]).items()}


def seconds(content: bytes, *, runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        rows_of(content)
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.parametrize(("make", "few", "many"), SHAPES)
def test_ten_times_the_size_takes_about_ten_times_the_time(make: Callable[[int], bytes], few: int, many: int) -> None:
    small, large = make(few), make(many)
    rows_of(small)

    # Quadratic would be a hundred times. The small one has costs of its own, so it may take a while.
    assert seconds(large, runs=2) < 30 * seconds(small, runs=3) + 0.3


def test_a_million_frames_are_one_stack() -> None:
    content = deep_stack(1_000_000)

    (decoded,) = decode([blob(content)])
    built = build_tables(decoded, [blob(content)])

    assert len(built["stack"]["location_hashes"][0]) == 1_000_000
    assert rows_of(content)["location"] == 2
    assert built["sample"].num_rows == 1


def test_two_hundred_thousand_labels_are_one_set_in_key_order() -> None:
    content = many_labels(200_000)

    (decoded,) = decode([blob(content)])
    labels = build_tables(decoded, [blob(content)])["label_set"]["labels"][0].values

    assert labels.field("key").to_pylist() == [f"{place:07d}" for place in range(200_000)]
