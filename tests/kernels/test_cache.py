"""Compiled code is kept, and never taken for what it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipeline.kernels import cache_folder

READ_BEHIND_THE_END = """
import numpy as np
from pipeline.kernels import cache_folder
from pipeline.kernels.uvarint import uvarint
try:
    uvarint(np.zeros(1, np.uint8), 5, 6)
    print(cache_folder(), "read")
except IndexError:
    print(cache_folder(), "checked")
"""


def run(**settings: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")} | settings
    done = subprocess.run(
        [sys.executable, "-c", READ_BEHIND_THE_END], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout.split()


def test_bounds_checks_are_on_when_asked_for_whatever_was_compiled_before() -> None:
    unchecked, checked = run(), run(NUMBA_BOUNDSCHECK="1")

    assert (unchecked[1], checked[1]) == ("read", "checked")
    assert unchecked[0] != checked[0]


def test_the_folder_is_named_after_what_it_was_compiled_from() -> None:
    folder = cache_folder()

    assert folder.parent.name == "kernels"
    assert len(folder.name) == 16
    assert folder == cache_folder()
    assert Path(folder).is_absolute()
