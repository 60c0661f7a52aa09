"""Content ids: what is equal folds together, what differs stays apart."""

from __future__ import annotations

import pytest

from pipeline.generated.profile_pb2 import Profile
from tests.builders.profile import message, profile
from tests.tables.building import built
from tests.tables.expected import hash_of, id_of, signed


def ids(content: bytes, table: str) -> set[int]:
    made = built(content)[table]
    return set(made[made.column_names[0]].to_pylist())


def test_ids_are_hashes_anyone_can_recompute() -> None:
    made = built(
        profile("main.grow@cache.go:88 main.main@main.go:7 1", loaded_at=0x1000, build_id="abc", binary="/app")
    )

    grow = id_of(hash_of(b"main.grow"), hash_of(b"main.grow"), hash_of(b"cache.go"), 0)
    main = id_of(hash_of(b"main.main"), hash_of(b"main.main"), hash_of(b"main.go"), 0)
    app = id_of(hash_of(b"/app"), hash_of(b"abc"), 0x100000, 0, 1)
    leaf, root = id_of(app, 16, 0, grow, 88, 0), id_of(app, 32, 0, main, 7, 0)
    assert made["function"]["function_hash"].to_pylist() == [grow, main]
    assert made["mapping"]["mapping_hash"].to_pylist() == [app]
    assert made["location"]["location_hash"].to_pylist() == [leaf, root]
    assert made["stack"]["stack_hash"].to_pylist() == [id_of(leaf, root)]


def test_an_id_is_the_same_next_year() -> None:
    # Written down, not computed: a lake on disk holds these.
    made = built(profile("main.grow@cache.go:88 1", build_id="abc", binary="/app"))

    assert made["function"]["function_hash"].to_pylist() == [0x57BA54AEDF0FD769]
    assert made["stack"]["stack_hash"].to_pylist() == [0x770B977BBA68E62E]


def test_the_same_code_loaded_elsewhere_is_the_same_locations_and_stacks() -> None:
    here = profile("a@x.go:1 b@x.go:2 1", loaded_at=0x400000)
    there = profile("a@x.go:1 b@x.go:2 1", loaded_at=0xFFFF_FFFF_0000_0000)

    together = built(here, there)

    assert [together[name].num_rows for name in ("function", "mapping", "location", "stack", "label_set")] == [
        2,
        1,
        2,
        1,
        1,
    ]
    assert together["profile_mapping"]["memory_start"].to_pylist() == [0x400000, -0x1_0000_0000]
    assert together["sample"]["stack_hash"].to_pylist() == together["stack"]["stack_hash"].to_pylist() * 2


def test_file_local_ids_and_the_order_of_strings_do_not_matter() -> None:
    built_one = message("a@x.go:1 b@y.go:2 1 {k=v}")
    other = Profile.FromString(built_one.SerializeToString())
    other.mapping[0].id = 2**63
    for row in other.location:
        row.id, row.mapping_id = row.id * 10**15, 2**63
        for line in row.line:
            line.function_id += 500
    for function in other.function:
        function.id += 500
    other.sample[0].location_id[:] = [known * 10**15 for known in other.sample[0].location_id]
    other.string_table.append("never used")

    for table in ("function", "mapping", "location", "stack", "label_set"):
        assert ids(other.SerializeToString(), table) == ids(built_one.SerializeToString(), table)


@pytest.mark.parametrize(
    ("field", "value"), [("name", 0), ("system_name", 0), ("filename", 0), ("start_line", 1), ("start_line", -1)]
)
def test_functions_that_differ_in_anything_stay_apart(field: str, value: int) -> None:
    one = message("a@x.go:1 1")
    plain = one.SerializeToString()
    setattr(one.function[0], field, value)

    for table in ("function", "location", "stack"):
        assert ids(one.SerializeToString(), table).isdisjoint(ids(plain, table))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("filename", 0),
        ("build_id", 0),
        ("memory_limit", 0x400001),
        ("file_offset", 4096),
        ("has_functions", False),
        ("has_filenames", True),
        ("has_line_numbers", True),
        ("has_inline_frames", True),
    ],
)
def test_mappings_that_differ_in_anything_but_their_address_stay_apart(field: str, value: int) -> None:
    one = message("a 1")
    plain = one.SerializeToString()
    setattr(one.mapping[0], field, value)

    for table in ("mapping", "location", "stack"):
        assert ids(one.SerializeToString(), table).isdisjoint(ids(plain, table))


@pytest.mark.parametrize(("field", "value"), [("address", 7), ("is_folded", True), ("mapping_id", 0)])
def test_locations_that_differ_in_anything_stay_apart(field: str, value: int) -> None:
    one = message("a@x.go:1 1")
    plain = one.SerializeToString()
    setattr(one.location[0], field, value)

    assert ids(one.SerializeToString(), "location").isdisjoint(ids(plain, "location"))


@pytest.mark.parametrize(("field", "value"), [("line", 2), ("column", 1)])
def test_lines_that_differ_make_another_location(field: str, value: int) -> None:
    one = message("a@x.go:1 1")
    plain = one.SerializeToString()
    setattr(one.location[0].line[0], field, value)

    assert ids(one.SerializeToString(), "location").isdisjoint(ids(plain, "location"))


def test_an_inlined_pair_is_one_location_and_a_called_pair_two() -> None:
    made = built(profile("a@x.go:1|b@x.go:2 1", "a@x.go:1 b@x.go:2 1"))

    assert [len(lines) for lines in made["location"]["lines"].to_pylist()] == [2, 1, 1]
    assert [len(stack) for stack in made["stack"]["location_hashes"].to_pylist()] == [1, 2]


def test_a_stack_and_its_reverse_are_two() -> None:
    assert built(profile("a b 1", "b a 1"))["stack"].num_rows == 2


def test_samples_without_a_stack_share_the_empty_one() -> None:
    made = built(profile("1", "2"))

    assert made["stack"].to_pylist() == [{"stack_hash": signed(0xEF46DB3751D8E999), "location_hashes": []}]


def test_an_address_below_its_mapping_counts_modulo_two_to_the_64() -> None:
    one = message("a 1")
    one.location[0].address = one.mapping[0].memory_start - 1

    assert built(one.SerializeToString())["location"]["address"].to_pylist() == [-1]


@pytest.mark.parametrize(
    ("name", "file", "package"),
    [
        ("main.main", "/src/main.go", "main"),
        ("main.(*T).Method", "main.go", "main"),
        ("main.main.func1.2", "main.go", "main"),
        ("example.com/x/store.(*Cache).Put", "store/cache.go", "example.com/x/store"),
        ("example.com/x/lib%2ev2.F", "lib.v2/f.go", "example.com/x/lib.v2"),
        ("example.com/a.b/c.F", "c.go", "example.com/a.b/c"),
        ("main.f[go.shape.int]", "main.go", "main"),
        ("main.f[example.com/x/y.T]", "main.go", "main"),
        ("main.(*Tree[example.com/x/y.T]).Put", "main.go", "main"),
        ("runtime.mallocgc", "runtime/malloc.go", "runtime"),
        ("internal/runtime/maps.(*Map).Put", "internal/runtime/maps/map.go", "internal/runtime/maps"),
        ("type:.eq.main.T", "<autogenerated>", None),
        ("memeqbody", "internal/bytealg/equal_amd64.s", None),
        ("gcWriteBarrier", "runtime/asm_amd64.s", None),
        ("_.goready.func1", "/usr/local/go/src/runtime/proc.go", "runtime"),
        ("_.goready.func1", "runtime/proc.go", "runtime"),
        ("_.f.func1", "example.com/x/myruntime/proc.go", None),
        ("main.f", "", "main"),
        ("", "", None),
        ("std::vector<int>::push_back", "vector.h", None),
        ("java.lang.String.hashCode", "String.java", None),
        ("java/lang/String.hashCode", "String.java", None),
        ("/app/lib/store.put", "file:///app/lib/store.js", None),
        ("main.run", "main.py", None),
        ("example.com/sql.(*yyParserImpl).Parse", "yaccpar", "example.com/sql"),
        ("main.yyParse", "/src/gram.y", "main"),
        ("calc.(*lexer).Lex", "lex.rl", "calc"),
        ("memcpy.part.0", "memcpy.S", None),
        ("EventEmitter.emit", "node:events", None),
    ],
)
def test_the_package_is_read_off_a_go_name(name: str, file: str, package: str | None) -> None:
    one = message("a 1")
    one.string_table.extend([name, file])
    one.function[0].name, one.function[0].filename = len(one.string_table) - 2, len(one.string_table) - 1

    assert built(one.SerializeToString())["function"]["package"].to_pylist() == [package]
