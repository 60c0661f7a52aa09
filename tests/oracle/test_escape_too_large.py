"""The limits of `escape.too_large` against what compilers of every Go put on the heap one byte above and at them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
SIZES = [limit + more for limit in (32, 65_536, 131_072, 10_485_760) for more in (0, 1)]
FORMS = {
    "variable": "var x [{size}]byte; return int(x[i]) + len(x)",
    "new": "x := new([{size}]byte); x[i] = 1; return len(x)",
    "literal": "x := &[{size}]byte{{}}; x[i] = 1; return len(x)",
    "make": "x := make([]byte, {size}); x[i] = 1; return len(x)",
}
SIZED = "//go:noinline\nfunc sized(n int) int { x := make([]byte, n); return len(x) }"


def source() -> str:
    """One function a form and size, each on a line of its own."""
    functions = [
        f"//go:noinline\nfunc {form}{size}(i int) int {{ {body.format(size=size)} }}"
        for form, body in FORMS.items()
        for size in SIZES
    ]
    calls = " + ".join(f"{form}{size}(1)" for form in FORMS for size in SIZES)
    return "\n".join(["package main", *functions, SIZED, f"func main() {{ println({calls} + sized(5)) }}"])


def too_large(version: str, folder: Path) -> list[dict[str, Any]]:
    """The view over a report of it and its executable."""
    (folder / "main.go").write_text(source())
    (folder / "go.mod").write_text("module example.com/sizes\n\ngo 1.22\n")
    command = [str(toolchain.go(version)), "build", "-gcflags=-m=2", "-o", "sizes", "."]
    done = subprocess.run(
        command, cwd=folder, env=toolchain.environment(version), check=True, capture_output=True, text=True
    )
    (folder / "report.txt").write_text(done.stderr)
    inputs = [str(folder / "report.txt"), str(folder / "sizes")]
    flow.ingest(inputs, str(folder / "lake"), labels={"service": "sizes", "build": "1"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "some.duckdb"))
    with flow.open_warehouse(str(folder / "some.duckdb")) as connection:
        return connection.sql("FROM escape.too_large").to_arrow_table().to_pylist()


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_what_is_on_the_heap_for_its_size_is_larger_than_the_limit_and_all_else_is_not(
    version: str, tmp_path: Path
) -> None:
    rows = {row["line"]: row for row in too_large(version, tmp_path)}

    lines = {name.split("(")[0].removeprefix("func "): at for at, name in enumerate(source().split("\n"), start=1)}
    limits = {"variable": 10_485_760 if version < "1.24" else 131_072, "new": 65_536, "literal": 65_536, "make": 65_536}
    for form, limit in limits.items():
        found = {size: rows[lines[f"{form}{size}"]] for size in SIZES if lines[f"{form}{size}"] in rows}
        assert set(found) == {size for size in SIZES if size > limit}, form
        assert {row["limit_bytes"] for row in found.values()} == {limit}
        assert {row["reason"] for row in found.values()} == {"too large for stack"}
    of_no_constant = rows[lines["sized"]]
    assert of_no_constant["go_version"] == f"go{version}"
    assert of_no_constant["reason"] == "non-constant size"
    wanted = ("certain", 0) if version < "1.25" else ("conditional", 32)
    assert (of_no_constant["certainty"], of_no_constant["limit_bytes"]) == wanted
