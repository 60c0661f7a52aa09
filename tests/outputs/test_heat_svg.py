"""The heat map as a picture."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import numpy as np

from pipeline.outputs.heat import Heat
from pipeline.outputs.heat_svg import picture

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_rows_are_darker_for_more_and_end_in_figures() -> None:
    heat = Heat(["large", "8 B"], [START, START + timedelta(hours=1)], np.array([[0, 1 << 20], [1 << 16, 1 << 18]]))

    drawn = picture(heat, title="Heat", subtitle="<s>")

    assert drawn is not None
    texts = [one.text for one in ElementTree.fromstring(drawn).iter() if one.text]
    assert {
        "large",
        "8 B",
        "1.0\u00a0MiB",
        "256.0\u00a0KiB",
        "2026-01-01 00:00 UTC",
        "2026-01-01 01:00 UTC",
        "<s>",
    } <= set(texts)
    assert re.findall(r'class="bar0"(?: fill-opacity="([\d.]+)")?', drawn) == ["", "0.25", "0.5"]


def test_of_nothing_there_is_no_picture() -> None:
    assert picture(Heat(["8 B"], [None], np.zeros((1, 1), np.int64)), title="t", subtitle="") is None
