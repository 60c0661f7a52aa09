"""The reports there are."""

from __future__ import annotations

import pytest

from pipeline.outputs.pprof.dot import IMAGES
from pipeline.outputs.pprof.reports import REPORTS
from tests.outputs.pprof.seen import prepared, profile


# Pictures need Graphviz; test_dot.py has them.
@pytest.mark.parametrize("name", [name for name in REPORTS if name not in IMAGES])
def test_every_report_is_of_an_empty_profile_too(name: str) -> None:
    entry = REPORTS[name]

    if not entry.takes_pattern:
        assert entry.write(prepared(profile(), report=name)) is not None
    assert (
        entry.write(
            prepared(profile("a b 1 {k=v}", comments=["x"]), report=name, pattern="a" if entry.takes_pattern else "")
        )
        != ""
    )
    assert entry.help.endswith(".")
