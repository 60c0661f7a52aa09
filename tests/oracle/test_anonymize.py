"""What `heapscape anonymize` writes, read by `go tool pprof`: another name on every line, and the same numbers."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.cli.seat import FILES, heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

PROFILES = sorted(FILES.rglob("*.pb.gz"))[::12]


def top(path: Path, sample_index: int) -> list[str]:
    """Numbers of each line; which of two equal ones comes first goes by their names."""
    said = toolchain.run(
        [
            toolchain.go(),
            "tool",
            "pprof",
            "-top",
            "-nodecount=100000",
            "-nodefraction=0",
            f"-sample_index={sample_index}",
            path,
        ]
    )
    return sorted(re.sub(r"( [\d.]+% +).*", r"\1", line[:46]) for line in said.splitlines()[4:])


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: str(path.relative_to(FILES)))
def test_every_line_of_top_weighs_the_same(path: Path, tmp_path: Path) -> None:
    assert heapscape("anonymize", path, "-o", tmp_path / "shared").code == 0

    made = tmp_path / "shared" / "1.pb.gz"
    assert top(made, 0) == top(path, 0)
    assert [
        name for name in (b"checkout", b"example.com", b"heapscape") if name in gzip.decompress(made.read_bytes())
    ] == []
