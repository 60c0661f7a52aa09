"""The runtime's lines as messages of the loggers that Go programs use: they say what they say without."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.formats.gctrace.logs import read
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

LOG = Path(__file__).parents[1] / "fixtures/files/collector/service=collector/build=go1.27-trim/runtime.log"
# Whether a logger's stamp says date and time, and what it says of whom; None for what has a place in the source.
LOGGERS = {
    "std": (True, None),
    "stdprefix": (True, "myapp:"),
    "slogjson": (True, "service=shop"),
    "slogtext": (True, "service=shop"),
    "zapjson": (True, ""),
    "zapiso": (True, ""),
    "zapconsole": (True, None),
    "zerolog": (True, "service=shop"),
    "zeroconsole": (True, None),
    "zeroconsolek": (False, "INF"),
    "logrustext": (True, ""),
    "logruscolor": (True, "INFO"),
    "logruscolor0": (False, "INFO"),
    "logrusjson": (True, ""),
    "klog": (False, None),
    "klogs": (False, None),
    "hclog": (True, "[DEBUG] plugin.shop:"),
    "hclogjson": (True, ""),
    "gokit": (True, ""),
    "gokitjson": (True, ""),
    "charm": (True, "INFO shop:"),
}


@pytest.mark.parametrize("logger", LOGGERS)
def test_a_message_says_what_the_bare_line_says(logger: str) -> None:
    is_dated, label = LOGGERS[logger]
    program = toolchain.module_build("logs")
    bare = LOG.read_bytes()
    done = subprocess.run([program, logger], input=bare, capture_output=True, check=True, timeout=60)

    found = read(done.stdout)

    ignored = {"logged_at": None, "line": None}
    for name, rows in read(bare).tables.items():
        if name != "process":
            assert [row | ignored for row in found.tables[name]] == [row | ignored for row in rows]
    assert len(found.prefixes) == 1
    assert label is None or found.prefixes == [label]
    assert all((row["logged_at"] is not None) is is_dated for row in found.tables["gctrace_cycle"])
    assert {"unreadable_line", "number_out_of_range"}.isdisjoint(found.kinds)
