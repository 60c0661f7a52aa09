"""What a person does with the timeline: zoom, move, choose a lane and a moment, look at another page of lanes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import PHONE, Window, becomes, needed, window
from tests.browser.conftest import Find
from tests.browser.pages import EVIL, PAGES, Address

pytestmark = needed

TRACE = Address("/timeline?trace=1", "traces")


def line(page: Page) -> Locator:
    return page.locator("figure.timeline")


def seen(page: Page) -> tuple[int, int]:
    """The window, once nobody moves any more and all of it is drawn."""
    page.wait_for_function(
        """() => {
          const figure = document.querySelector("figure.timeline"), view = figure?.view, asked = new URL(location.href).searchParams;
          if (!view || figure.dataset.state !== "ready") return false;
          return [["from", view.since], ["to", view.until]].every(([name, moment]) =>
            [asked.get(name), figure.dataset[name]].every((text) => text === String(Math.round(moment))));
        }"""
    )
    return tuple(int(line(page).get_attribute(f"data-{name}") or -1) for name in ("from", "to"))  # type: ignore[return-value]


def view(page: Page, what: str) -> Any:
    """What the script knows of what it draws, once it draws."""
    page.wait_for_function("() => document.querySelector('figure.timeline')?.view")
    return page.evaluate(f"document.querySelector('figure.timeline').view.{what}")


def place(page: Page, lane: int, moment: int) -> dict[str, float]:
    """Where on the canvas a lane is at a moment."""
    x = view(page, f"x({moment})")
    y = (
        view(page, "head")
        + view(page, f"laneTop({lane})")
        + 6
        - page.locator(".timeline-scroll").evaluate("(one) => one.scrollTop")
    )
    return {"x": x, "y": y}


def canvas(page: Page) -> Locator:
    return line(page).locator("canvas")


def wheel(page: Page, share: float, delta: float) -> None:
    """Turn the wheel over the plot, this far to the right of it."""
    box = canvas(page).bounding_box()
    assert box is not None
    names = view(page, "names")
    page.mouse.move(box["x"] + names + share * (box["width"] - names), box["y"] + 150)
    page.mouse.wheel(0, delta)


def test_the_wheel_zooms_where_the_pointer_is_and_the_address_keeps_it(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    since, until = seen(page)

    wheel(page, 0.25, -240)
    page.wait_for_function(f"() => Number(document.querySelector('figure.timeline').dataset.to) < {until - 1000}")
    inner = seen(page)

    # What is under the pointer stays there.
    at = since + 0.25 * (until - since)
    assert inner[0] + 0.25 * (inner[1] - inner[0]) == pytest.approx(at, abs=(until - since) / 300)
    assert (inner[1] - inner[0]) < 0.6 * (until - since)
    page.reload()
    assert seen(page) == inner


def test_from_all_of_a_trace_to_microseconds_and_back_by_keys_alone(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    every = seen(page)
    canvas(page).focus()

    for _ in range(40):
        page.keyboard.press("w")
    since, until = seen(page)
    assert until - since < 20_000
    expect(line(page)).to_have_attribute("data-level", "3")
    page.keyboard.press("d")
    later = seen(page)
    page.keyboard.press("a")
    page.keyboard.press("ArrowLeft")
    earlier = seen(page)
    assert earlier[0] < since < later[0]
    page.keyboard.press("0")
    assert seen(page) == every


def test_dragging_moves_and_ends_where_the_trace_does(tab: Window, find: Find) -> None:
    page = tab.open(find(Address("/timeline?trace=1&from=4000000&to=6000000", "traces")))
    box = canvas(page).bounding_box()
    assert box is not None
    plot = view(page, "plot")

    def drag(by: float) -> tuple[int, int]:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + by, box["y"] + 200, steps=6)
        page.mouse.up()
        return seen(page)

    assert drag(-plot / 4) == pytest.approx((4_500_000, 6_500_000), abs=20_000)
    for _ in range(8):
        since, until = drag(0.45 * plot)
    assert (since, until) == (0, 2_000_000)
    expect(page.locator(".timeline-detail")).to_be_hidden()


def test_a_click_tells_what_a_goroutine_did_there(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    seen(page)
    told = page.evaluate(
        """async () => {
          const rows = await (await fetch("/query.json?q=" + encodeURIComponent(
            `SELECT goroutine, from_reason, duration_ns, time_ns - trace.start_ns AS until, by_goroutine
             FROM goroutine_transition JOIN trace USING (trace_id) JOIN stack.leaf ON leaf.stack_id = from_stack_id
             WHERE trace_id = 1 AND from_state = 'waiting' AND by_goroutine IS NOT NULL AND duration_ns > 1000000
             ORDER BY duration_ns DESC LIMIT 1`))).json();
          return rows[0];
        }"""
    )
    lane = view(
        page, f"firstLane() + document.querySelector('figure.timeline').view.told.ids.indexOf({told['goroutine']})"
    )
    canvas(page).focus()
    # As far down as the lane is.
    page.evaluate(f"document.querySelector('figure.timeline').view.lane = {lane - 1}")
    page.keyboard.press("ArrowDown")

    canvas(page).click(position=place(page, lane, told["until"] - told["duration_ns"] // 2))

    detail = page.locator(".timeline-detail")
    expect(detail).to_contain_text(f"Goroutine {told['goroutine']}")
    expect(detail).to_contain_text(f"waiting, {told['from_reason']}")
    expect(detail).to_contain_text(f"goroutine {told['by_goroutine']}")
    expect(detail.locator("ol li").first).to_contain_text("runtime.")
    page.keyboard.press(".")
    expect(detail).to_contain_text("runnable")
    detail.get_by_role("link", name="flame graph of its stacks").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Stacks of goroutine {told['goroutine']}")
    expect(page.locator("figure.flame")).to_have_attribute("data-state", "ready")


def test_arrows_choose_a_lane_and_enter_tells_of_it(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    seen(page)
    canvas(page).focus()
    for _ in range(view(page, "firstLane()") + 1):
        page.keyboard.press("ArrowDown")
    name = view(page, "told.lanes[0]")

    expect(page.locator(".timeline-status")).to_contain_text(name)
    page.keyboard.press("Enter")

    expect(page.locator(".timeline-detail")).to_contain_text(f"Goroutine {name.split()[0]}")
    page.keyboard.press("Escape")
    expect(page.locator(".timeline-detail")).to_be_hidden()


def test_the_table_has_the_times_of_the_window_that_is_seen(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    whole = page.locator(".timeline-table").inner_text()
    page.get_by_role("button", name="Zoom in").click()
    since, until = seen(page)

    expect(line(page)).to_have_attribute("data-table", f"{since}-{until}")

    scripted = page.locator(".timeline-table").inner_text()
    assert scripted != whole
    page.reload()
    # The server says what the script said.
    assert becomes(page, lambda: page.locator(".timeline-table").inner_text() == scripted)


def test_lanes_of_one_function_are_a_choice_that_keeps_the_window(tab: Window, find: Find) -> None:
    page = tab.open(find(TRACE))
    page.get_by_role("button", name="Zoom in").click()
    inner = seen(page)

    page.get_by_label("started with").select_option("main.shipper")

    expect(page).to_have_url(re.compile("function=main.shipper"))
    assert seen(page) == inner
    assert {name.split()[1] for name in view(page, "told.lanes")} == {"main.shipper"}


def test_another_trace_is_seen_whole_and_without_what_was_chosen_of_the_first(tab: Window, find: Find) -> None:
    page = tab.open(find(Address("/timeline?trace=1&function=main.shipper&page=0&from=2000000&to=4000000", "traces")))

    page.locator("select[name=trace]").select_option("2")

    expect(page.get_by_label("started with")).to_have_value("")
    expect(page).to_have_url(re.compile(r"[?&]trace=2&"))
    assert seen(page) == (0, view(page, "told.duration"))


def test_another_order_begins_with_its_first_lanes(tab: Window, find: Find) -> None:
    # Nobody has so many goroutines here: a page without lanes.
    page = tab.open(find(Address("/timeline?trace=1&page=7", "traces")))
    page.evaluate(
        "document.forms[0].append(Object.assign(document.createElement('input'), {type: 'hidden', name: 'page', value: 7}))"
    )

    page.get_by_label("order").select_option("number")

    expect(page).to_have_url(re.compile("order=number"))
    assert "page=" not in page.url
    assert view(page, "told.lanes.length") > 0


def test_a_function_s_lane_leads_to_its_goroutines(tab: Window, find: Find) -> None:
    page = tab.open(find(Address("/timeline?trace=1&show=functions", "traces")))
    seen(page)
    name = view(page, "told.lanes[1]")

    canvas(page).click(position=place(page, view(page, "firstLane()") + 1, 10_000_000))
    page.locator(".timeline-detail").get_by_role("link", name="its goroutines").click()

    expect(page.get_by_label("started with")).to_have_value(name)


def test_a_finger_moves_and_two_zoom(chromium: Browser, find: Find) -> None:
    with window(chromium, size=PHONE, touch=True) as tab:
        page = tab.open(find(Address("/timeline?trace=1&from=4000000&to=6000000", "traces")))
        first = seen(page)
        box = canvas(page).bounding_box()
        assert box is not None
        touch = page.context.new_cdp_session(page)

        def fingers(kind: str, *places: float) -> None:
            points = [{"x": x, "y": box["y"] + 150, "id": number} for number, x in enumerate(places)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        fingers("touchStart", 300)
        for x in (290, 280, 260, 240):
            fingers("touchMove", x)
        fingers("touchEnd")
        moved = seen(page)
        fingers("touchStart", 200, 240)
        for apart in (10, 20, 30, 40):
            fingers("touchMove", 200 - apart, 240 + apart)
        fingers("touchEnd")
        zoomed = seen(page)

        assert moved[0] > first[0]
        assert moved[1] - moved[0] == pytest.approx(first[1] - first[0], abs=2)
        assert zoomed[1] - zoomed[0] < 0.6 * (moved[1] - moved[0])
        assert tab.complaints == []


def test_what_files_say_is_text_where_it_is_told_of(chromium: Browser, find: Find) -> None:
    with window(chromium) as tab:
        page = tab.open(find(PAGES["timeline"], database="hostile"))
        page.locator("figure.timeline canvas").focus()
        for _ in range(view(page, "firstLane()") + 1):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        detail = page.locator(".timeline-detail")
        expect(detail).to_contain_text("Goroutine 1")

        status = page.locator(".timeline-status")

        assert becomes(page, lambda: EVIL in detail.inner_text() + status.inner_text())
        assert page.evaluate("[window.owned, document.querySelectorAll('img').length]") == [None, 0]
        assert tab.complaints == []


def test_what_cannot_be_fetched_is_said(chromium: Browser, find: Find) -> None:
    with window(chromium) as tab:
        page = tab.open(find(TRACE))
        seen(page)
        page.route(
            "**/timeline/tile*", lambda route: route.fulfill(status=400, body="heapscape: the question took too long")
        )
        for _ in range(6):
            wheel(page, 0.5, -240)

        expect(page.locator(".timeline-status")).to_contain_text("the question took too long")
