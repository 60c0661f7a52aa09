from __future__ import annotations

from pipeline.outputs.pprof.callgrind import callgrind
from tests.outputs.pprof.seen import prepared, profile, written


def test_functions_calls_and_costs_are_written() -> None:
    text = written(profile("leaf@a.go:7 main@m.go:3 2048", "main@m.go:3 1024"), "callgrind")

    assert text == (
        "positions: instr line\n"
        "events: inuse_space(kB)\n"
        "\n"
        "ob=(1) /app/server\n"
        "fl=(1) a.go\n"
        "fn=(1) leaf\n"
        "0x400010 7 2\n"
        "\n"
        "ob=(1)\n"
        "fl=(2) m.go\n"
        "fn=(2) main\n"
        "+16 3 1\n"
        "cfl=(1)\n"
        "cfn=(1)\n"
        "calls=0 * 7\n"
        "* * 2\n"
    )


def test_the_unit_is_the_smallest_figures() -> None:
    assert written(profile("a 1048576", "b 3"), "callgrind").splitlines()[1] == "events: inuse_space(B)"


def test_addresses_far_from_the_one_before_are_absolute() -> None:
    made = profile("b a 5", "a 9")
    made.locations.address[:] = [0x10, 0x7FFF00000000]

    lines = callgrind(prepared(made, report="callgrind")).splitlines()

    assert [line for line in lines if line.endswith((" 0 9", " 0 5"))] == ["0x7fff00000000 0 9", "0x10 0 5"]


def test_a_name_stays_on_its_line() -> None:
    assert "fn=(1) a\\x1bfn=b\n" in written(profile("a\x1bfn=b 1"), "callgrind")
