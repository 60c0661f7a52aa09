"""Every shell, SQL and Python example of the documentation is run, page by page, from top to bottom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, PRINTED, RUN, another, blocks, made, outputs

# What needs a service, Go or another program; bash is run with them by tests/oracle/test_first_hour.py.
NOT_RUN = ("text", "go", "bash")

pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def seat_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("docs"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_examples_run_and_print_what_the_page_says(page: Path, seat_made: Path, tmp_path: Path) -> None:
    for block, printed in outputs(page, another(seat_made, tmp_path)):
        assert block.text == printed, f"{page.name}, line {block.line}; run: make docs"


def test_every_example_says_what_it_is() -> None:
    strange = [
        f"{page.name}:{block.line} {block.language}"
        for page in PAGES
        for block in blocks(page)
        if block.language not in (*RUN, *NOT_RUN, PRINTED)
    ]

    assert len(PAGES) > 8
    assert strange == []


def test_every_answer_stands_below_what_prints_it() -> None:
    alone = [
        f"{page.name}:{block.line}"
        for page in PAGES
        for before, block in zip([None, *blocks(page)], blocks(page), strict=False)
        if block.language == PRINTED and (before is None or before.language not in RUN)
    ]

    assert alone == []
