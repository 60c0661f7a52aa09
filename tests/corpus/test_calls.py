"""objdump's text becomes call targets, and targets what the language asked for."""

from __future__ import annotations

import pytest

from tests.corpus.calls import kind_of, parse

TEXT = b"""TEXT main.main(SB) /src/main.go
  main.go:3\t\t0x401000\t\t493b6610\t\tCMPQ SP, 0x10(R14)\t\t\t
  main.go:4\t\t0x401004\t\te8370d0000\t\tCALL runtime.newobject(SB)\t\t
  main.go:5\t\t0x401009\t\tffd0\t\t\tCALL AX\t\t\t\t
  main.go:6\t\t0x40100b\t\te8300d0000\t\tCALL 0x401d40\t\t\t
  main.go:7\t\t0x401010\t\te8300d0000\t\tCALL main.f[go.shape.struct { A int }](SB)\t
"""


def test_a_call_is_known_by_the_address_it_returns_to() -> None:
    assert dict(parse(TEXT.splitlines(keepends=True))) == {
        0x401009: "runtime.newobject",
        0x401015: "main.f[go.shape.struct { A int }]",
    }


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("runtime.newobject", "new"),
        ("runtime.mallocgcSmallScanNoHeaderSC3", "new"),
        ("runtime.mallocgc", "raw memory"),
        ("runtime.makeslice", "make"),
        ("runtime.growsliceBuf", "append"),
        ("runtime.mapassign_faststr", "map grows"),
        ("runtime.makemap_small", "map made"),
        ("runtime.makechan", "channel"),
        ("runtime.concatstring2", "concatenation"),
        ("runtime.slicebytetostring", "string"),
        ("runtime.stringtoslicebyte", "bytes"),
        ("runtime.convT64", "boxing"),
        ("runtime.newproc", "goroutine"),
        ("runtime.selectgo", "other"),
        ("reflect.unsafe_New", "other"),
        ("", "unknown"),
    ],
)
def test_an_entry_point_says_what_was_asked_for(target: str, kind: str) -> None:
    assert kind_of(target, function="main.main") == kind


def test_what_the_runtime_asks_for_says_nothing_of_its_caller() -> None:
    assert kind_of("runtime.mallocgc", function="runtime.makeslice") == "other"
    assert kind_of("runtime.mallocgc", function="runtime.(*mheap).alloc") == "other"
    assert kind_of("runtime.newobject", function="runtime/pprof.(*Profile).WriteTo") == "new"
    assert kind_of("runtime.convTstring", function="github.com/expr-lang/expr/vm/runtime.Add") == "boxing"
