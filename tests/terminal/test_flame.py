from __future__ import annotations

from pathlib import Path

from pipeline.terminal.app import Browser
from tests.terminal.seat import browse


def said(seen: list[str]) -> str:
    """What is told of the chosen box."""
    return " ".join(line.strip() for line in seen[-3:-1]).strip()


def test_arrows_move_and_the_chosen_box_is_told(demo: Path) -> None:
    first = browse(demo, "f")
    below = browse(demo, "f", "down", "down", "down")
    beside = browse(demo, "f", "down", "down", "down", "right")

    assert first[1].startswith("│root 100.0 % 452.3 MiB")
    assert said(first).startswith("root · total 452.3 MiB, 100.0 % · self ")
    assert said(below).startswith("example.com/checkout/api.(*Handler).Order · total 346.7 MiB, 76.6 %")
    assert said(beside).startswith("example.com/checkout/api.(*Handler).Visit")
    assert said(browse(demo, "f", "down", "down", "up", "left")).startswith("main.serve.func1 ")


def test_enter_zooms_and_backspace_goes_one_level_out(demo: Path) -> None:
    zoomed = browse(demo, "f", "down", "down", "down", "enter")
    out = browse(demo, "f", "down", "down", "down", "enter", "backspace")
    home = browse(demo, "f", "down", "down", "down", "enter", "home")

    assert zoomed[0].endswith(" · inuse_space › main.serve.func1 › main.work › api.(*Handler).Order")
    assert zoomed[1].startswith("│example.com/checkout/api.(*Handler).Order 76.6 % 346.7 MiB")
    assert "Visit" not in "\n".join(zoomed[1:-4])
    assert out[1].startswith("│main.work 90.3 %")
    assert home[1].startswith("│root ")


def test_a_search_marks_boxes_and_n_goes_from_one_to_the_next(demo: Path) -> None:
    typed = browse(demo, "f", "slash", "type:put|new")
    first = browse(demo, "f", "slash", "type:put|new", "enter", "n")
    second = browse(demo, "f", "slash", "type:put|new", "enter", "n", "n")
    wrong = browse(demo, "f", "slash", "type:put(")

    assert "2 boxes, 370.6 MiB, 82.0 % · n for the next" in "\n".join(typed)
    assert {said(first).split()[0], said(second).split()[0]} == {
        "example.com/checkout/store.(*Store).Put",
        "example.com/checkout/session.New",
    }
    assert "'put(' is not a regular expression" in "\n".join(wrong)


def test_another_sample_type_keeps_the_place(demo: Path) -> None:
    seen = browse(demo, "f", "down", "down", "enter", "t")

    assert " › main.serve.func1 › main.work" in seen[0]
    assert "alloc_objects" in seen[0]
    assert seen[1].startswith("│main.work ")


def test_a_click_zooms(demo: Path) -> None:
    async def click(browser: Browser) -> None:
        from textual.pilot import Pilot

        await Pilot(browser).click("#body", offset=(3, 2))

    seen = browse(demo, "f", click)

    assert seen[1].startswith("│main.work ")


def test_it_is_drawn_anew_for_another_size_and_the_chosen_stays_in_sight(demo: Path) -> None:
    deep = ("f", "down", "down", "down", "down")

    seen = browse(demo, *deep, (40, 10))

    assert said(seen).startswith("example.com/checkout/store.(*Store).Pu")
    assert "Put" in "\n".join(seen[1:-4])
    assert max(map(len, seen)) <= 40


def test_a_profile_that_counts_nothing_is_told_in_words(every_kind: Path) -> None:
    # Its profiles of mutexes have no contention.
    seen = browse(every_kind, "slash", "type:threadcreate", "enter", "f", "down", "enter", "backspace", "n", "t")

    assert seen[-1]
