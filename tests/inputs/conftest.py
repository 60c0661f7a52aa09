"""What several tests of the room measure with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def peak_of() -> Callable[[Callable[[], object]], int]:
    """How many bytes this process grew by, at most, while something ran; sees what C libraries allocate too."""

    def measure(work: Callable[[], object]) -> int:
        done = threading.Event()
        before = highest = _resident_bytes()

        def watch() -> None:
            nonlocal highest
            while not done.is_set():
                highest = max(highest, _resident_bytes())
                time.sleep(0.0005)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            work()
        finally:
            done.set()
            watcher.join()
        return max(highest, _resident_bytes()) - before

    return measure


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
