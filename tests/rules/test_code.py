"""What the house asks of its Python files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.tree import ROOT, files, name, parsed

MODULES = tuple(path for path in files("pipeline/**/*.py", "pipeline/*.py") if "generated" not in path.parts)
TESTS = files("tests/**/*.py", "tests/*.py")
# Longer than they should be, each with the reason; debt is listed, and cannot grow.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "pipeline/kernels/text/lines.py:cut_records": "one loop over lines that fills four tables, whose docstring is a third of it",
    "pipeline/kernels/trace/order.py:order": "one loop whose every step needs the heap, the samples and the next row",
    "pipeline/kernels/trace/wire.py:read_generation": "one loop with an ending for each way a batch can be none",
}
# SQL outside its rooms, each with the reason.
SQL_ELSEWHERE = {"pipeline/cli/console.py": "what people are told to type"}

_STATEMENT = re.compile(
    r"^\s*(SELECT\s+\S+.*\s+FROM\s|FROM\s+[a-z_]+\.[a-z_]+|CREATE\s+(TABLE|VIEW|MACRO)\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s"
    r"|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s+\()",
    re.DOTALL,
)
_NOT_HERE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work)/[\w.-]+/|\b[A-Z]:\\\\?Users\\|https?://[\w.-]*(?:pypi|artifactory|nexus|jfrog)[\w.-]*/(?!project/)"
)


def test_the_contracts_of_imports_hold() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout


def test_parquet_is_known_to_the_lake_alone() -> None:
    # import-linter cannot speak of a part of another package.
    allowed = ROOT / "pipeline" / "lake"
    guilty = [name(path) for path in MODULES if "pyarrow.parquet" in _imports(path) and allowed not in path.parents]

    assert guilty == []


def test_every_only_here_contract_names_all_other_modules() -> None:
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    homes = {
        "duckdb": {"warehouse"},
        "deltalake": {"lake"},
        "polars": {"formats", "tables", "lake"},
        "google": {"generated", "outputs", "server"},
        "obstore": {"buckets"},
        "httpx": {"inputs"},
        "textual": {"terminal"},
        "jinja2": {"outputs"},
    }
    parts = {
        path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py")
        for path in files("pipeline/**/*.py", "pipeline/*.py")
    }
    parts.discard("__init__")
    covered = {
        package: {source.removeprefix("pipeline.") for source in contract["source_modules"]}
        for contract in contracts
        if contract["type"] == "forbidden" and contract["source_modules"] != ["pipeline"]
        for package in contract["forbidden_modules"]
    }

    assert covered == {package: parts - homes[package] for package in homes}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_file_has_at_most_400_lines(path: Path) -> None:
    if name(path) in LONG_FILES:
        return

    assert len(path.read_text().splitlines()) <= 400


def test_a_function_has_at_most_50_lines() -> None:
    functions = [
        (f"{name(path)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = {function: lines for function, lines in functions if lines > 50 and function not in LONG_FUNCTIONS}

    assert len(functions) > 300
    assert long == {}


def test_sql_stands_in_sql_schemas_and_the_warehouse() -> None:
    warehouse = ROOT / "pipeline" / "warehouse"
    guilty = {
        name(path): text.strip()[:60]
        for path in MODULES
        if warehouse not in path.parents and name(path) not in SQL_ELSEWHERE
        for text in _texts(path)
        if _STATEMENT.match(text)
    }

    assert guilty == {}


def test_the_warehouse_has_sql_that_the_rule_above_would_see() -> None:
    found = [
        text for path in MODULES if path.parent.name == "warehouse" for text in _texts(path) if _STATEMENT.match(text)
    ]

    assert len(found) > 10


def test_nothing_is_printed_outside_the_command_line() -> None:
    cli = ROOT / "pipeline" / "cli"
    guilty = [
        name(path)
        for path in MODULES
        if cli not in path.parents
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert guilty == []


def test_streams_are_written_where_text_is_made_printable_alone() -> None:
    allowed = {"pipeline/endings.py", "pipeline/cli/console.py", "pipeline/cli/__init__.py"}
    writing = re.compile(
        r"\bsys\.(stdout|stderr)\b|\bclick\.(s?echo)\b|(?<![\w.])print\(|\bConsole\((?!file=|force_terminal=False)"
    )
    guilty = {name(path) for path in MODULES if writing.search(path.read_text())}

    assert guilty == allowed


def test_the_environment_is_read_in_config_alone() -> None:
    allowed = {"pipeline/config.py"}
    guilty = [
        name(path)
        for path in MODULES
        if name(path) not in allowed and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]

    assert guilty == []


def test_every_parametrised_list_is_known_to_have_something_in_it() -> None:
    # pytest would skip an empty one in silence; it is told to fail instead.
    import tomllib

    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]

    assert options.get("empty_parameter_set_mark") == "fail_at_collect"


def test_no_machine_and_no_registry_is_in_the_tree() -> None:
    guilty = {}
    for path in files():
        if path.suffix in (".gz", ".trace") or "__pycache__" in path.parts or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        if found := _NOT_HERE.search(text):
            guilty[name(path)] = found[0]

    assert guilty == {}


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_tests_have_claims_for_names(path: Path) -> None:
    tree = parsed(path)
    tests = [
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]

    assert [test for test in tests if test == "test_basic" or re.search(r"_(issue|bug|gh)_?\d+", test)] == []
    assert len(tests) == len(set(tests))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _texts(path: Path) -> list[str]:
    """String constants that are no docstrings."""
    tree = parsed(path)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
