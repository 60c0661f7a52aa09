"""The generated pages are what the generator writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.cli import every_command
from tests.cli.seat import REPOSITORY
from tests.docs.generate import commands_page, pages, with_example

# Writing them runs the README's example.
pytestmark = pytest.mark.xdist_group("generated pages")


@pytest.fixture(scope="module")
def generated() -> Mapping[Path, str]:
    return pages()


@pytest.mark.parametrize("name", ["docs/commands.md", "README.md"])
def test_the_page_is_current(generated: Mapping[Path, str], name: str) -> None:
    page = REPOSITORY / name

    assert page.read_text(encoding="utf-8") == generated[page], "run: make docs"


def test_every_command_and_option_is_on_its_page() -> None:
    page = commands_page()

    for command in every_command():
        assert f"## {command.name}" in page
    assert "heapscape lake verify [OPTIONS]" in page
    assert "-cum, --cum" in page


def test_only_what_lies_between_the_marks_of_a_readme_changes() -> None:
    before = "above\n<!-- generated: run -->\nold\n<!-- end -->\nbelow\n"

    after = with_example(before)

    assert after.startswith("above\n<!-- generated: run -->\n```text\n16 inputs: ")
    assert after.endswith("```\n<!-- end -->\nbelow\n")
    assert "old" not in after


def test_no_page_names_a_path_of_this_machine(generated: Mapping[Path, str]) -> None:
    for path, text in generated.items():
        assert str(REPOSITORY) not in text, path.name


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not Path(page.parent, target).exists():
                broken.append(f"{page.name}: {target}")

    assert broken == []
