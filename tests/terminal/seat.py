"""A person at a terminal: keys are pressed, and the screen is read when the program has nothing left to do."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from pipeline.terminal.app import Browser
from pipeline.warehouse.serving import Serving

Step = str | Callable[[Browser], object] | tuple[int, int]


def browse(
    db: Path | str, *steps: Step, size: tuple[int, int] = (100, 30), serving: Serving | None = None
) -> list[str]:
    """The lines of the screen after some steps: a key, words to type as `type:WORDS`, another size, or anything done meanwhile."""

    async def sit() -> list[str]:
        browser = Browser(serving or Serving(str(db), threads=1))
        try:
            async with browser.run_test(size=size) as pilot:
                await _settled(browser, pilot)
                for step in steps:
                    if isinstance(step, tuple):
                        await pilot.resize_terminal(*step)
                    elif callable(step):
                        done = step(browser)
                        if inspect.isawaitable(done):
                            await done
                    elif step.startswith("type:"):
                        await pilot.press(*("space" if letter == " " else letter for letter in step[5:]))
                    else:
                        await pilot.press(step)
                    await _settled(browser, pilot)
                return screen(browser)
        finally:
            browser.serving.close()

    return asyncio.run(sit())


def screen(browser: Browser) -> list[str]:
    """What is seen; a space that does not break is a space."""
    strips = browser.screen._compositor.render_strips()
    return [strip.text.replace("\N{NO-BREAK SPACE}", " ").rstrip() for strip in strips]


async def _settled(browser: Browser, pilot: Pilot[None]) -> None:
    """An answer can lead to the next question."""
    for _ in range(3):
        await pilot.pause()
        with suppress(WorkerCancelled):
            await browser.workers.wait_for_complete()
    await pilot.pause()
