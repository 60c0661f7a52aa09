"""Inputs as they are decoded, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.cli.options import limits
from pipeline.plainly import decode
from pipeline.values import Origin
from tests.builders.profile import profile


def test_inputs_are_decoded_in_their_order_and_the_others_are_refused(tmp_path: Path) -> None:
    files = {
        "b.pb": profile("b 1"),
        "a.pb": profile("a 2"),
        "x.txt": b"nothing",
        "cut.pb": profile("a 2")[:-2],
        "log.txt": b"# app\n./main.go:5:2: moved to heap: x\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    decoded, told = decode([Origin(str(tmp_path / name)) for name in files], limits=limits("1GiB"), names={"pprof"})

    assert [np.asarray(one.columns["value"]["value"]).tolist() for one in decoded] == [[1], [2]]
    assert told.ingested == {"pprof": 2}
    assert [(Path(uri).name, reason.partition(",")[0].partition(";")[0]) for uri, reason in told.refusals] == [
        ("x.txt", "not a format heapscape knows"),
        ("cut.pb", "profile"),
        ("log.txt", "escape"),
    ]
