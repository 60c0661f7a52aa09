"""What a person does with a page: click, type, use the keyboard, turn a phone, switch the lights, print."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import PHONE, Window, becomes, needed, window
from tests.browser.conftest import Find
from tests.browser.pages import PAGES, Address

pytestmark = needed


def flame(page: Page) -> Locator:
    return page.locator("figure.flame")


def click_box(page: Page, x: float, level: int) -> None:
    """Click the box of a level that lies this far to the right, as a share of the width."""
    canvas = page.locator("figure.flame canvas")
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": x * box["width"], "y": level * 20 + 10})


def brightness(page: Page) -> list[float]:
    """Of each canvas: 0 black, 255 white."""
    return page.evaluate(
        "[...document.querySelectorAll('figure canvas')].map((canvas) => {"
        " const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
        " let sum = 0, seen = 0;"
        " for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { sum += data[i] + data[i + 1] + data[i + 2]; seen += 3; }"
        " return sum / seen; })"
    )


def test_the_site_that_grew_most_is_one_click_from_its_growth(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["overview"]))

    page.locator(".headline a").click()

    expect(page).to_have_url(re.compile(r"/growth\?series=\d+$"))
    expect(page.locator("table.growth tbody").first).to_contain_text("store/cache.go:21")
    expect(page.locator("figure.chart")).to_have_attribute("data-state", "ready")


def test_what_is_chosen_is_in_the_address_at_once(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["growth"]))

    page.get_by_label("service").select_option("checkout")

    expect(page).to_have_url(re.compile(r"service=checkout"))
    expect(page.get_by_label("service")).to_have_value("checkout")


def test_a_window_is_dragged_over_the_chart_and_is_in_the_address(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["growth"]))
    whole = page.locator("dl.facts").first.inner_text()
    over = page.locator("figure.chart .u-over").bounding_box()
    assert over is not None

    page.mouse.move(over["x"] + 0.45 * over["width"], over["y"] + 60)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] - 2, over["y"] + 80, steps=4)
    page.mouse.up()

    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    expect(page.locator("figure.chart")).to_have_attribute("data-state", "ready")
    facts = page.locator("dl.facts").first
    assert becomes(page, lambda: facts.inner_text() != whole)
    shown = page.locator("figure.chart .u-select")
    assert becomes(page, lambda: (shown.bounding_box() or {"width": 0})["width"] > 0.2 * over["width"])
    page.get_by_role("link", name="the whole series").click()
    expect(page).not_to_have_url(re.compile("from="))
    assert becomes(page, lambda: facts.inner_text() == whole)


def test_a_window_is_chosen_by_keyboard_and_another_series_has_its_own(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["growth"]))

    page.locator("select[name=from]").focus()
    page.keyboard.press("ArrowDown")

    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    page.get_by_label("service").select_option("checkout")
    expect(page).to_have_url(re.compile(r"\?service=checkout$"))
    expect(page.locator("figure.chart")).to_have_attribute("data-state", "ready")


@pytest.mark.parametrize("name", ["growth", "report file"])
def test_a_site_opens_by_click_and_by_keyboard(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))
    first, second = (page.locator("table.growth tbody").nth(place) for place in (0, 1))
    expect(first.locator(".more")).to_be_hidden()

    first.locator("td").first.click()
    second.get_by_role("button").focus()
    page.keyboard.press("Enter")

    expect(first.locator(".more")).to_contain_text("moved to heap")
    expect(second.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("table.growth tr.more:visible")).to_have_count(8)


@pytest.mark.parametrize("name", ["growth", "report file"])
def test_typing_leaves_the_sites_that_have_the_text(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))

    page.get_by_placeholder("Filter sites").press_sequentially("Cache.go")

    expect(page.locator("table.growth tbody:visible")).to_have_count(2)


@pytest.mark.parametrize("name", ["flame", "flame file"])
def test_a_click_zooms_and_the_address_keeps_it(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))

    click_box(page, 0.4, 4)

    expect(flame(page)).to_have_attribute("data-focus", "example.com/checkout/store.(*Store).Put")
    expect(page.locator(".flame-status")).to_contain_text("of all")
    page.reload()
    expect(flame(page)).to_have_attribute("data-focus", "example.com/checkout/store.(*Store).Put")
    page.locator(".flame-crumbs").get_by_role("button", name="main.work").click()
    expect(flame(page)).to_have_attribute("data-focus", "main.work")
    page.get_by_role("button", name="Reset").click()
    expect(flame(page)).to_have_attribute("data-focus", "root")
    expect(page).to_have_url(re.compile("#$"))


def test_the_keyboard_alone_is_enough_for_a_flame_graph(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["flame file"]))

    page.keyboard.press("/")
    page.keyboard.type("sess")
    expect(page.locator(".flame-matches")).to_contain_text("2 functions")
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)

    expect(flame(page)).to_have_attribute("data-focus", "runtime.main")
    expect(page).to_have_url(re.compile("#focus=runtime.main&search=sess$"))
    page.keyboard.press("Escape")
    expect(page.locator(".flame-matches")).to_be_empty()
    page.keyboard.press("Backspace")
    expect(flame(page)).to_have_attribute("data-focus", "root")


def test_what_the_pointer_is_over_is_told_inside_the_window(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["flame"]))

    page.locator("figure.flame canvas").hover(position={"x": 1200, "y": 50})

    told = page.get_by_role("tooltip")
    expect(told).to_contain_text("main.main")
    assert becomes(page, lambda: told.evaluate("(one) => one.getBoundingClientRect().left") >= 0)
    assert becomes(page, lambda: told.evaluate("(one) => one.getBoundingClientRect().right") <= 1280)


def test_a_function_of_the_table_is_found_in_the_graph(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["flame"]))

    page.get_by_text("Top functions as a table").click()
    page.get_by_role("button", name="session.create").click()

    expect(page.locator(".flame-matches")).to_contain_text("1 function,")


def test_a_profile_against_another_is_a_choice(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["flame"]))

    page.locator("select[name=base]").select_option(index=1)

    expect(page.locator(".flame-legend")).to_contain_text("vanished")
    expect(page).to_have_url(re.compile(r"base=\d+"))


def test_another_kind_of_profile_is_a_choice_that_drops_what_it_has_not(tab: Window, find: Find) -> None:
    page = tab.open(find(Address("/flame?service=everykind&type=inuse_space", "every_kind")))

    page.locator("select[name=kind]").select_option("cpu")

    expect(page).to_have_url(re.compile(r"kind=cpu"))
    expect(page.locator("select[name=type]")).to_have_value("cpu")
    expect(page.locator("main")).to_contain_text("The newest cpu profile of 1 instance")


def test_two_spans_of_time_are_dragged_over_the_chart_and_sent_to_somebody(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["flame"]))
    page.evaluate("location.hash = 'sandwich=main.work'")

    def drag(begin: float, end: float) -> None:
        expect(page.locator("figure.chart")).to_have_attribute("data-state", "ready")
        page.locator("figure.chart").scroll_into_view_if_needed()
        over = page.locator("figure.chart .u-over").bounding_box()
        assert over is not None
        page.mouse.move(over["x"] + begin * over["width"], over["y"] + 60)
        page.mouse.down()
        page.mouse.move(over["x"] + end * over["width"], over["y"] + 80, steps=4)
        page.mouse.up()

    page.get_by_text("Choose a span of time").click()
    drag(0.55, 0.95)
    expect(page).to_have_url(re.compile(r"[&?]from=\d+&"))
    page.get_by_label("what it is held against").check()
    drag(0.05, 0.35)

    expect(page).to_have_url(re.compile(r"[&?]base_from=\d+.*#sandwich=main.work"))
    expect(page.locator(".flame-legend")).to_contain_text("vanished")
    expect(page.locator("main")).to_contain_text("Before: the last of 5 profiles")
    around = page.locator(".flame-around")
    expect(around).to_contain_text("main.serve.func1")
    told = around.inner_text()
    page = tab.open(page.url)
    assert becomes(page, lambda: around.inner_text() == told)
    # Both are shaded, in colours of their own.
    assert becomes(page, lambda: len(set(shades(page, 0.2, 0.45, 0.75))) == 3)


def shades(page: Page, *places: float) -> list[str]:
    """The colours near the top of the chart at some shares of its width."""
    found: list[str] = page.evaluate(
        "(places) => { const canvas = document.querySelector('figure.chart canvas'), over = document.querySelector('.u-over'),"
        " ratio = canvas.width / canvas.clientWidth, top = (over.offsetTop + 4) * ratio,"
        " row = canvas.getContext('2d').getImageData(0, top, canvas.width, 1).data;"
        " return places.map((share) => { const at = 4 * Math.round((over.offsetLeft + share * over.clientWidth) * ratio);"
        " return row.slice(at, at + 3).join(); }); }",
        list(places),
    )
    return found


@pytest.mark.parametrize("name", ["growth", "flame", "report file", "flame file"])
def test_a_page_follows_its_window_to_a_phone_and_back(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))
    canvas = page.locator("figure.flame canvas, figure.chart canvas")

    def boxes() -> list[object]:
        return [one.bounding_box() for one in canvas.all()]

    before = boxes()

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    page.wait_for_function(
        "() => [...document.querySelectorAll('figure canvas')].every((one) => one.getBoundingClientRect().right <= innerWidth)"
    )
    assert becomes(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= PHONE[0])
    page.set_viewport_size({"width": 1280, "height": 800})
    assert becomes(page, lambda: boxes() == before)


@pytest.mark.parametrize("figure", ["flame", "chart"])
def test_what_is_drawn_follows_the_lights(tab: Window, find: Find, figure: str) -> None:
    page = tab.open(find(PAGES["growth"]))

    def drawn() -> str:
        return str(page.locator(f"figure.{figure} canvas").evaluate("(canvas) => canvas.toDataURL()"))

    light = drawn()
    page.emulate_media(color_scheme="dark")
    assert becomes(page, lambda: drawn() != light)
    page.emulate_media(color_scheme="light")

    assert becomes(page, lambda: drawn() == light)


@pytest.mark.parametrize("width", [360, 768, 960, 961])
@pytest.mark.parametrize("name", ["growth", "report file"])
def test_why_it_is_on_the_heap_is_in_sight_at_every_width(chromium: Browser, find: Find, name: str, width: int) -> None:
    with window(chromium, size=(width, 800)) as tab:
        page = tab.open(find(PAGES[name]))

        ends = page.locator("table.growth td.why").first.evaluate("(cell) => cell.getBoundingClientRect().right")

        assert ends <= width


# In CSS pixels, between margins of a centimetre.
ON_A4 = 718


@pytest.mark.parametrize("name", ["growth", "report file"])
def test_paper_has_the_reasons_and_not_the_tools(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    expect(page.get_by_text("How the value gets to the heap").first).to_be_visible()
    for tool in ("nav.app", ".table-tools", ".flame-bar"):
        expect(page.locator(f"{tool}:visible")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("table.growth tr.more:visible")).to_have_count(0)


@pytest.mark.parametrize("name", ["growth", "report file", "flame", "timeline", "gc"])
def test_what_is_drawn_fits_on_paper_and_into_the_window_again(tab: Window, find: Find, name: str) -> None:
    page = tab.open(find(PAGES[name]))
    widths = "() => [...document.querySelectorAll('figure canvas')].map((canvas) => canvas.width / devicePixelRatio)"
    before = page.evaluate(widths)

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = page.evaluate(widths)
    page.evaluate("dispatchEvent(new Event('afterprint'))")

    assert min(before) > ON_A4
    assert max(on_paper) <= ON_A4
    assert page.evaluate(widths) == before


@pytest.mark.parametrize("database", ["", "hostile"])
@pytest.mark.parametrize("name", [name for name in PAGES if name != "view"])
def test_paper_is_wide_enough(chromium: Browser, find: Find, name: str, database: str) -> None:
    with window(chromium, size=(ON_A4, 1000)) as tab:
        page = tab.open(find(PAGES[name], database=database))

        page.emulate_media(media="print")

        assert page.evaluate("document.documentElement.scrollWidth") <= ON_A4
        for tool in ("nav.app", "button:not(.link)", "summary", "input", "aside"):
            expect(page.locator(f"{tool}:visible")).to_have_count(0)


@pytest.mark.parametrize("name", ["growth", "report file", "flame"])
def test_paper_is_white(chromium: Browser, find: Find, name: str) -> None:
    with window(chromium, scheme="dark") as tab:
        page = tab.open(find(PAGES[name]))
        graph = [value for value in brightness(page) if value < 100]

        page.emulate_media(media="print", color_scheme="dark")

        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        assert graph
        assert becomes(page, lambda: min(brightness(page)) >= 100)


def test_a_query_is_typed_run_and_sent_to_somebody(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["sql"]))

    # It has the focus from the start, which a page is given a frame after it is there.
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("SELECT 6 * 7 AS answer")
    page.keyboard.press("Control+Enter")

    expect(page.locator("table.answer td")).to_have_text("42")
    expect(page.get_by_role("textbox")).to_have_value("SELECT 6 * 7 AS answer")
    address = page.url
    page = tab.open(address)
    expect(page.locator("table.answer td")).to_have_text("42")


def test_an_answer_is_drawn_and_its_address_draws_it_again(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["sql"]))
    page.get_by_role("textbox").fill("SELECT function, growth_bytes FROM attribution.growth_by_site ORDER BY 2 DESC")

    page.get_by_label("as").select_option("chart and table")

    chart = page.get_by_label("The answer as a chart")
    expect(chart).to_have_attribute("data-state", "ready")
    expect(page.locator("table.answer tbody tr")).to_have_count(16)
    chart.locator(".u-over").hover(position={"x": 25, "y": 100})
    expect(chart).to_contain_text("example.com/checkout/store.(*Store).Put")
    expect(chart).to_contain_text("285.8\u00a0MiB")
    page = tab.open(page.url)
    expect(page.get_by_label("The answer as a chart")).to_have_attribute("data-state", "ready")


def test_an_answer_without_numbers_says_that_there_is_nothing_to_draw(tab: Window, find: Find) -> None:
    page = tab.open(find(Address("/sql?as=chart&q=SELECT+'a'+AS+a")))

    expect(page.get_by_role("status")).to_contain_text("nothing to draw")
    expect(page.locator("table.answer td")).to_have_text("a")


def test_a_finger_zooms_as_a_click_does(chromium: Browser, find: Find) -> None:
    with window(chromium, size=PHONE, touch=True) as tab:
        page = tab.open(find(PAGES["flame"]))

        page.locator("figure.flame canvas").tap(position={"x": 100, "y": 90})

        expect(flame(page)).to_have_attribute("data-focus", "example.com/checkout/store.(*Store).Put")
        expect(page.locator(".flame-status")).to_contain_text("of all")
        assert tab.complaints == []


def test_a_query_that_only_reads_is_answered_and_another_is_told_why_not(chromium: Browser, find: Find) -> None:
    with window(chromium) as tab:
        page = tab.open(find(PAGES["sql"]))

        page.get_by_role("textbox").fill("DROP TABLE profile")
        page.get_by_role("button", name="Run").click()

        expect(page.get_by_role("alert")).to_contain_text("only reads")
        # What the browser says of every page with such a status.
        assert [said for said in tab.complaints if "status of 400" not in said] == []


def test_a_page_that_there_is_not_is_a_page_too(chromium: Browser, find: Find) -> None:
    with window(chromium) as tab:
        page = tab.open(find(Address("/nothing")))

        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_role("link", name="Overview").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What grew")


def test_tables_and_views_are_found_by_typing_and_the_content_without_the_navigation(tab: Window, find: Find) -> None:
    page = tab.open(find(PAGES["views"]))

    page.keyboard.press("/")
    page.keyboard.type("escape.flow")

    expect(page.locator("table.names tr:visible")).to_have_count(1)
    expect(page.locator("section.filtered:visible")).to_have_count(1)
    page = tab.open(find(PAGES["overview"]))
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    expect(page.locator(".headline a")).to_be_focused()
