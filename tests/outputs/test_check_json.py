"""What a gate found, as JSON."""

from __future__ import annotations

import json

from pipeline.outputs import check_json
from tests.outputs.check_rows import MISSING, PAUSE, SLOPE


def test_every_check_has_its_figures_and_a_sentence() -> None:
    found = json.loads(check_json.page([SLOPE, PAUSE], MISSING, exit_code=0))

    assert (found["verdict"], found["exit_code"]) == ("ok", 0)
    assert [row["value"] for row in found["checks"]] == [1024.0, 2e6]
    assert found["checks"][1]["message"].startswith("longest GC pause of api · build 1.4 · api.log · gctrace: 2.00")
    assert [one["option"] for one in found["not_checked"]] == ["--min-headroom 2h"]
