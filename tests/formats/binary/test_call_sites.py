"""What a call asks for, by what is called and by who calls."""

from __future__ import annotations

import pytest

from tests.builders.executable import Call, Function, Load, Third, executable
from tests.formats.binary.reading import RUNTIME, read


def test_what_the_runtime_does_for_another_package_is_still_that() -> None:
    linked = Function("reflect.unsafe_New", "/go/src/runtime/malloc.go", 2150, [Call("runtime.mallocgc")])
    helper = Function("reflect.resolve", "/go/src/runtime/runtime1.go", 9, [Call("runtime.mallocgc")])
    own = Function(
        "runtime.allocm", "/go/src/runtime/proc.go", 3, [Call("runtime.newobject"), Call("runtime.chanrecv1")]
    )
    user = Function("reflect.New", "/go/src/reflect/value.go", 3, [Load("main.node", 0), Call("reflect.unsafe_New")])
    stranger = Function("k8s.io/runtime.Decode", "/mod/k8s.io/runtime/codec.go", 3)
    caller = Function("main.main", "/app/main.go", 3, [Call("k8s.io/runtime.Decode"), Call("reflect.resolve")])
    made = executable(*RUNTIME, linked, helper, own, user, stranger, caller, types={"main.node": 24})
    rows = read(made.content).rows("call_site")

    behind = {made.code + at - 1 - made.base: name for (name, _), at in made.behind.items()}
    assert [(behind[row["address"]], row["kind"], row["entry_point"]) for row in rows] == [
        ("reflect.unsafe_New", "new", "mallocgc"),
        ("reflect.resolve", "runtime", "mallocgc"),
        ("runtime.allocm", "runtime", "newobject"),
        ("reflect.New", "new", "reflect.unsafe_New"),
        ("main.main", "runtime", "reflect.resolve"),
    ]


@pytest.mark.parametrize(
    ("version", "is_told"), [("go1.22.1", True), ("go1.25", True), ("go1.26.1", False), ("devel", False)]
)
def test_up_to_go_125_who_calls_the_allocator_itself_is_left_out_of_profiles(version: str, is_told: bool) -> None:
    clone = Function("main.clone", "/app/main.go", 3, [Third(value=False), Call("runtime.mallocgc")])
    pair = Function("main.pair", "/app/main.go", 6, [Third(value=True), Call("runtime.mallocgc")])
    caller = Function(
        "main.main", "/app/main.go", 9, [Call("main.clone"), Call("runtime.newobject"), Call("main.pair")]
    )
    made = executable(*RUNTIME, clone, pair, caller, go_version=version)
    rows = read(made.content).rows("call_site")

    behind = {made.code + at - 1 - made.base: name for (name, _), at in made.behind.items()}
    assert [(behind[row["address"]], row["kind"], row["entry_point"]) for row in rows] == [
        ("main.clone", "make", "mallocgc"),
        ("main.pair", "new", "mallocgc"),
        *([("main.main", "make", "main.clone")] if is_told else []),
        ("main.main", "new", "newobject"),
        *([("main.main", "new", "main.pair")] if is_told else []),
    ]
