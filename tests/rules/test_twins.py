"""Everything has its test beside its twin path, and every format its furniture."""

from __future__ import annotations

from pathlib import Path

from pipeline.formats import FORMATS
from tests.rules.tree import ROOT, files, name
from tests.sql.case import read_cases

# What a test of its own would only repeat, each with the reason.
EXEMPT = {
    "pipeline/__main__.py": "one call; the bare wheel's test goes through it",
    "pipeline/generated/profile_pb2.py": "written by protoc",
    "pipeline/generated/querier_pb2.py": "written by protoc",
}


def test_every_module_has_a_test_beside_its_twin_path() -> None:
    modules = [path for path in files("pipeline/*.py") if path.read_text().strip() and path.name != "__init__.py"]
    missing = [name(path) for path in modules if not _twin(path).exists() and name(path) not in EXEMPT]

    assert len(modules) > 60
    assert missing == []


def test_every_exemption_is_still_needed() -> None:
    assert [path for path in EXEMPT if not (ROOT / path).exists() or _twin(ROOT / path).exists()] == []


def test_every_test_of_a_room_has_a_module_at_its_twin_path() -> None:
    rooms = ("inputs", "tables", "lake", "warehouse", "outputs", "kernels")
    found = [path for path in files("tests/**/test_*.py") if path.parent.name in rooms]
    about_more = {"tests/lake/test_processes.py", "tests/kernels/test_cache.py"}
    stray = [
        name(path)
        for path in found
        if not (ROOT / "pipeline" / path.parent.name / path.name.removeprefix("test_")).exists()
        and name(path) not in about_more
    ]

    assert len(found) > 30
    assert stray == []


def test_every_view_and_macro_has_cases_that_ask_it() -> None:
    views = files("sql/*/*.sql")
    missing = [name(path) for path in views if not _asked(path)]

    assert len(views) > 30
    assert missing == []


def test_every_case_file_has_a_view_at_its_twin_path() -> None:
    cases = files("tests/sql/**/*.case")

    assert [name(path) for path in cases if not (ROOT / "sql" / path.parent.name / f"{path.stem}.sql").exists()] == []


def test_every_format_folder_is_in_formats() -> None:
    folders = {path.parent.name for path in files("pipeline/formats/*/__init__.py")}

    assert {known.name for known in FORMATS} == folders


def test_every_format_has_the_same_furniture() -> None:
    for known in FORMATS:
        folder = ROOT / "pipeline" / "formats" / known.name
        assert {"__init__.py", "recognise.py", "wire.py", "decode.py"} <= {path.name for path in folder.iterdir()}
        assert known.fills


def _twin(path: Path) -> Path:
    inside = path.relative_to(ROOT / "pipeline")
    return ROOT / "tests" / inside.parent / f"test_{path.name}"


def _asked(view: Path) -> bool:
    twin = ROOT / "tests" / "sql" / view.parent.name / f"{view.stem}.case"
    if not twin.exists():
        return False
    wanted = f"{view.parent.name}.{view.stem}".removeprefix("main.")
    return any(wanted in block.target for case in read_cases(twin) for block in case.want)
