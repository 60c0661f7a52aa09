"""The built wheel, installed bare, answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.tree import ROOT

HEAPS = ROOT / "tests" / "fixtures" / "files" / "checkout" / "service=checkout" / "build=1.4.2"


@pytest.mark.slow
def test_the_wheel_in_a_fresh_environment_answers_help_and_one_query(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run([*build, "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)], cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    _run([sys.executable, "-m", "venv", str(tmp_path / "bare")], cwd=tmp_path)
    python = tmp_path / "bare" / "bin" / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)], cwd=tmp_path)
    heapscape = str(tmp_path / "bare" / "bin" / "heapscape")
    lake = ["--lake", str(tmp_path / "lake")]
    database = ["--db", str(tmp_path / "answers.duckdb")]

    assert "ingest" in _run([heapscape, "--help"], cwd=tmp_path)
    _run([heapscape, "ingest", str(HEAPS / "instance=a"), *lake], cwd=tmp_path)
    _run([heapscape, "load", *lake, *database], cwd=tmp_path)
    answer = _run(
        [heapscape, "sql", "SELECT COUNT(*) AS profiles FROM heap.profiles", *database, "--format", "csv"], cwd=tmp_path
    )

    assert answer.split() == ["profiles", "13"]


def _run(command: list[str], *, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HEAPSCAPE"))}
    run = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
    return run.stdout
