"""Goroutine dumps from a few readable lines.

dump(goroutine("1 [chan receive]", "main.wait(0x1)@main.go:7 +0x1d", "main.main()@main.go:3 +0x20"))
"""

from __future__ import annotations


def goroutine(header: str, *frames: str) -> str:
    """One goroutine: what stands behind `goroutine `, and its lines; `call@place` are a call and the line below it."""
    lines = [line.replace("@", "\n\t") for line in frames]
    return "\n".join([f"goroutine {header}:", *lines, ""])


def dump(*goroutines: str) -> bytes:
    """Goroutines as the runtime prints them: a blank line between two."""
    return "\n".join(goroutines).encode()


MANY = dump(
    goroutine("1 [running]", "main.die(...)@\tmain.go:9".replace("\t", ""), "main.main()@main.go:3 +0x20"),
    goroutine(
        "18 [chan receive, 5 minutes, locked to thread]",
        "main.inner(...)@main.go:45",
        "main.wait({0xc000, 0x1}, 0x2?)@main.go:41 +0x16",
        "created by main.start in goroutine 1@main.go:25 +0x6b",
    ),
    goroutine(
        "19 [chan receive, 7 minutes]",
        "main.inner(...)@main.go:45",
        "main.wait({0xc001, 0x1}, 0x3?)@main.go:41 +0x16",
        "created by main.start in goroutine 1@main.go:25 +0x6b",
    ),
    goroutine('20 [IO wait (scan)] {queue: red, tier: "a, b"}', "main.read()@main.go:50 +0x1"),
)
