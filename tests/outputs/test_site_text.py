from __future__ import annotations

from typing import Any

from pipeline.outputs import site_text
from pipeline.outputs.flame_tree import flame_tree
from tests.outputs import builder

SITE: dict[str, Any] = {
    "file": "store/cache.go", "line": 3, "function": "example.com/shop/store.Put", "growth_bytes": 2048, "growth_share": 0.5,
    "first_bytes": 0, "last_bytes": 2048, "relative_error": 0.25, "slope_bytes_per_s": 1.0, "r2": 0.5, "rising_share": 0.5,
    "history": [0, 1024, 2048], "attribution": "escape", "decided_by": "order", "reason": "moved to heap: x",
    "expression": "x\x1b[31m", "allocation_kind": None, "candidates": None,
    "inner_function": None, "inner_file": None, "inner_line": None,
    "caller_function": None, "caller_file": None, "caller_line": None,
}  # fmt: skip


def test_a_site_is_told_with_its_history_flow_source_and_stacks() -> None:
    step = {
        "from": "&x",
        "to": "{heap}",
        "operation": "spill",
        "expression": "&x",
        "file": "a/store/cache.go",
        "line": 4,
    }
    stacks = flame_tree(builder.flame_tree("root 0\n  main.main 0\n    store.Put 2048\n  main.other 1024"))

    told = site_text.text(SITE, profiles=3, flow=[step], stacks=stacks, source=["package a", "", "\tx := 1", "}"])

    assert (
        told.replace("\N{NO-BREAK SPACE}", " ")
        == """\
place       store/cache.go:3
function    example.com/shop/store.Put
live bytes  0 B → 2.0 KiB
growth      +2.0 KiB, 50.0 %
error       ± 25.0 %
slope       +60 B/min, R² 0.50
rose        in 1/2 intervals
history     ▁▅█  of 3 profiles
class       escape order
why         moved to heap: x
expression  x\\x1b[31m

how the value gets to the heap, as the compiler tells it:
  &x → {heap}  spill &x  store/cache.go:4

the source here, which may be of another build:
      1  package a
      2
→     3      x := 1
      4  }

stacks that reach it, by live bytes of the last profile: 2
  2.0 KiB
    store.Put  store.go:3
    main.main  main.go:2
  1.0 KiB
    main.other  main.go:4"""
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = {**SITE, "file": None, "line": None, "history": None, "reason": None, "candidates": ["a escapes", None]}

    told = site_text.text(bare, profiles=1, flow=[], stacks=None, source=["package a"])

    assert "what the compiler reports on this line:\n  a escapes" in told
    assert not {"history", "the source", "stacks"} & set(told.split("  "))
    assert "place       example.com/shop/store.Put" in told


def test_of_many_stacks_the_heaviest_are_told_and_the_others_counted() -> None:
    leaves = "".join(f"\n  main.f{number} {number + 1}" for number in range(20))
    stacks = flame_tree(builder.flame_tree(f"root 0{leaves}"))

    told = site_text.text(SITE, profiles=3, flow=[], stacks=stacks)

    assert "main.f19" in told
    assert "main.f11 " not in told
    assert told.endswith("and 12 more, which the flame graph has")
