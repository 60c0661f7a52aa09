"""A flame graph of 100,000 nodes is drawn within 200 ms, and answers within 50; a trace of 3.7 million events is open within a
second, and moves at 60 frames a second.

Measured is the processor of the page's own thread, the best of three, so that a busy machine has no say. Of a timeline the server
works too: its processor counts, all threads together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, FloatRect, Page

from pipeline.outputs import flamegraph
from pipeline.values import Result
from tests.browser.chromium import needed, window
from tests.builders.long_trace import long_trace
from tests.conftest import Once
from tests.outputs.builder import result
from tests.server.conftest import served

# What a machine shared with others takes is no ground to refuse a change: make test-slow.
pytestmark = [*needed, pytest.mark.slow]

NODES, FUNCTIONS = 100_000, 8_000
TO_DRAW_MS, TO_ANSWER_MS = 200, 50
EVENTS = 3_700_000
TO_OPEN_MS, FRAME_MS = 1000, 1000 / 60


def tree() -> Result:
    """Stacks of up to 60 frames, some functions in most of them."""
    random = np.random.default_rng(1)
    steps = np.where(random.random(NODES) < 0.6, 1, -random.integers(0, 13, NODES))
    levels = [0]
    for step in steps[1:].tolist():
        levels.append(min(max(levels[-1] + step, 1), 60))
    own = random.integers(0, 5000, NODES)
    ends, open_nodes = np.zeros(NODES, np.int64), []
    for node, level in enumerate([*levels, 0]):
        while open_nodes and levels[open_nodes[-1]] >= level:
            ends[open_nodes.pop()] = node
        open_nodes.append(node)
    sums = np.concatenate([[0], np.cumsum(own)])
    functions = (random.zipf(1.2, NODES) % FUNCTIONS).tolist()
    names = [f"github.com/shop/project{n % 97}/module{n % 301}.(*Type{n % 53}).Method{n}" for n in range(FUNCTIONS)]
    return result(
        "tree",
        {
            "level": levels,
            "value": sums[ends] - sums[:-1],
            "self": own,
            "label": [names[one] for one in functions],
            "file": [f"github.com/shop/project{one % 97}/module{one % 301}/file{one % 7}.go" for one in functions],
            "line": [one * 7 % 900 for one in functions],
        },
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("large") / "page.html"
    path.write_text(flamegraph.page(tree(), title="large"))
    return path.as_uri()


def busy_ms(session: CDPSession) -> float:
    """Processor that the page's thread has had."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration") * 1000


@contextmanager
def measured(chromium: Browser) -> Iterator[tuple[Page, Callable[[Callable[[], object]], float]]]:
    """A tab, and what its thread needs for something until the next frame is drawn."""
    with window(chromium) as tab:
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def spent(act: Callable[[], object]) -> float:
            before = busy_ms(session)
            act()
            tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
            return busy_ms(session) - before

        yield tab.page, spent
        assert tab.complaints == []


def test_a_large_graph_is_drawn_at_once(chromium: Browser, large: str) -> None:
    spent_ms = []
    for _ in range(3):
        with measured(chromium) as (page, spent):

            def opened(page: Page = page) -> None:
                page.goto(large)
                page.wait_for_selector("figure.flame[data-state=ready]")

            spent_ms.append(spent(opened))
            assert page.locator("figure.flame").get_attribute("data-nodes") == str(NODES)

    assert min(spent_ms) < TO_DRAW_MS


def test_a_large_graph_answers_at_once(chromium: Browser, large: str) -> None:
    needed_ms: dict[str, list[float]] = {}
    for _ in range(3):
        with measured(chromium) as (page, spent):
            page.goto(large)
            page.wait_for_selector("figure.flame[data-state=ready]")
            for name, act in acts(page).items():
                needed_ms.setdefault(name, []).append(spent(act))
            assert page.locator(".flame-matches").inner_text().startswith("1,1")

    best = {name: round(min(times)) for name, times in needed_ms.items()}
    # Another graph is made for it, of as many places as call the function and are called by it.
    limits_ms = dict.fromkeys(best, TO_ANSWER_MS) | {"sandwich": TO_DRAW_MS}
    assert {name: time for name, time in best.items() if time >= limits_ms[name]} == {}


@pytest.fixture(scope="module")
def long(once: Once) -> Path:
    def make(folder: Path) -> None:
        long_trace(folder / "long.duckdb", transitions=EVENTS)

    return once("long-trace", make) / "long.duckdb"


def test_a_long_trace_is_open_within_a_second(chromium: Browser, long: Path) -> None:
    spent_ms = []
    for _ in range(3):
        # A server that nobody has asked yet.
        with served(long) as client, measured(chromium) as (page, spent):
            # All threads but the one that only waits for the browser.
            before = time.process_time() - time.thread_time()

            def opened(page: Page = page, client: httpx.Client = client) -> None:
                page.goto(str(client.base_url.join("/timeline")))
                page.wait_for_selector("figure.timeline[data-state=ready]")

            of_page = spent(opened)
            spent_ms.append(of_page + 1000 * (time.process_time() - time.thread_time() - before))

    assert min(spent_ms) < TO_OPEN_MS


# Where all is sums, where sums end, and where every event is seen.
@pytest.mark.parametrize("window_ns", [1_000_000_000, 20_000_000, 200_000])
def test_a_long_trace_moves_at_sixty_frames_a_second(chromium: Browser, long: Path, window_ns: int) -> None:
    with served(long) as client:
        frame_ms = []
        for _ in range(3):
            with measured(chromium) as (page, spent):
                address = f"/timeline?from=600000000&to={600_000_000 + window_ns}"
                page.goto(str(client.base_url.join(address)))
                page.wait_for_selector("figure.timeline[data-state=ready]")
                box = page.locator("figure.timeline canvas").bounding_box()
                assert box is not None
                page.mouse.move(box["x"] + 700, box["y"] + 200)
                page.mouse.down()
                before = page.evaluate("document.querySelector('figure.timeline').dataset.from")
                frames = 40
                # Moving uncovers tiles that are fetched and made pictures meanwhile, as it does for a person.
                needed_ms = spent(partial(drag, page, box, frames))
                assert page.evaluate("document.querySelector('figure.timeline').dataset.from") != before
                frame_ms.append(needed_ms / frames)

    assert min(frame_ms) < FRAME_MS


def drag(page: Page, box: FloatRect, frames: int) -> None:
    """Move by 12 pixels a frame, there and half of the way back."""
    for frame in range(frames):
        at = 700 - 12 * (frame if frame < 30 else 60 - frame)
        page.mouse.move(box["x"] + at, box["y"] + 200)
        page.evaluate("new Promise(requestAnimationFrame)")


def acts(page: Page) -> Mapping[str, Callable[[], object]]:
    """What a person does, one after the other."""
    box = page.locator("figure.flame canvas").bounding_box()
    assert box is not None
    x, y = box["x"], box["y"]
    return {
        "zoom": partial(page.mouse.click, x + 300, y + 30),
        "zoom further": partial(page.mouse.click, x + 300, y + 70),
        "point": partial(page.mouse.move, x + 500, y + 150),
        "zoom out": partial(page.keyboard.press, "Escape"),
        "flip": page.get_by_role("button", name="Flip").click,
        "go to search": partial(page.keyboard.press, "/"),
        "search all": partial(page.keyboard.press, "m"),
        "search many": partial(page.keyboard.insert_text, "ethod1"),
        "sandwich": page.get_by_role("button", name="Sandwich").click,
        "narrow": partial(page.set_viewport_size, {"width": 900, "height": 800}),
    }
