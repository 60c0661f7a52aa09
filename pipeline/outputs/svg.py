"""Pictures for documents: SVG that needs nothing around it, in the colours of the pages, and PNG made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, Literal

from pipeline.errors import UsageError
from pipeline.resources import asset

Theme = Literal["auto", "light", "dark"]
THEMES: Final = ("auto", "light", "dark")

# As assets/app.js has them: what is drawn first is what the eye should find.
COLOURS: Final = ("accent", "grows", "class-implicit", "class-ambiguous", "class-unmatched", "shrinks")
SANS: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", "Liberation Sans", sans-serif'
MONO: Final = (
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono", monospace'
)
EDGE: Final = 20.0
# No character of a font that is likely is wider, East Asian ones apart; of one with fixed width each is as wide.
_EM: Final = 0.61
_NOT_XML: Final = re.compile("[\ufffe\uffff]")
# Twice as many points as the drawing has, for screens that have more and for print.
_ZOOM: Final = 2
_MOST_PIXELS: Final = 64_000_000


def drawn(
    template: str,
    *,
    theme: Theme,
    colours: Mapping[str, tuple[str, str]],
    title: str,
    subtitle: str,
    width: int,
    **values: object,
) -> str:
    """A picture from a template, which leaves room for one line of each heading; what is below moves down for more.

    theme    `auto` follows the reader's, where what shows it does
    colours  a rule of CSS for each selector and property, `.x fill`, in light and in dark
    """
    from markupsafe import Markup

    from pipeline.outputs.web import render

    room = width - 2 * EDGE
    titles, subtitles = wrapped(title, 17, room, most=3), wrapped(subtitle, 12, room, most=3)
    below = 48 + 22 * (len(titles) - 1)
    picture = render(
        template,
        style=Markup(_style(theme, {**_common(), **colours})),
        told=" · ".join(filter(None, (title, subtitle))),
        heading=[
            *((28 + 22 * place, 17, 600, "ink", text) for place, text in enumerate(titles)),
            *((below + 16 * place, 12, 0, "quiet", text) for place, text in enumerate(subtitles)),
        ],
        shift=below - 48 + 16 * (len(subtitles) - 1),
        width=width,
        **values,
    )
    return _NOT_XML.sub("\ufffd", picture)


def png(picture: str) -> bytes:
    """The picture in points; raises UsageError without the library or without a font, as there would be no text in it."""
    try:
        import resvg_py
    except ImportError:
        raise UsageError(
            "PNG needs one more library: pip install 'heapscape[plot]'; SVG needs none, name a file.svg"
        ) from None
    width, height = map(float, re.findall(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)"', picture)[0])
    zoom = min(_ZOOM, (_MOST_PIXELS / (width * height)) ** 0.5)
    letter = f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text y="16" font-family=\'{SANS}\'>%s</text></svg>'
    if resvg_py.svg_to_bytes(svg_string=letter % "M") == resvg_py.svg_to_bytes(svg_string=letter % ""):
        raise UsageError(
            "PNG needs a font, and this machine has none: install one, fonts-dejavu-core say, or name a file.svg"
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=picture, zoom=zoom))


def text_width(text: str, size: float) -> float:
    """How much room a text takes, at the most in the fonts that are likely."""
    return size * _EM * sum(map(_columns, text))


def wrapped(text: str, size: float, room: float, *, most: int) -> list[str]:
    """A text in lines, broken between words where that is possible; the last of so many is cut."""
    lines: list[str] = []
    while len(lines) < most - 1 and text_width(text, size) > room:
        fits = len(fitting(text, size, room)) - 1
        end = text.rfind(" ", 1, fits + 1)
        lines.append(text[: end if end > 0 else max(fits, 1)])
        text = text[len(lines[-1]) :].lstrip()
    return [*lines, fitting(text, size, room)]


def fitting(text: str, size: float, room: float) -> str:
    """As much of a text as there is room for; nothing where that says nothing."""
    if text_width(text, size) <= room:
        return text
    taken, left = 0, room / (size * _EM) - 1
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        taken += 1
    return f"{text[:taken]}…" if taken > 1 else ""


@cache
def _palette() -> Mapping[str, tuple[str, str]]:
    """The colours of assets/page.css by name, in light and in dark."""
    light, dark = re.findall(r":root \{(.*?)\}", asset("page.css"), flags=re.DOTALL)[:2]
    named = [{found[1]: found[2] for found in re.finditer(r"--([\w-]+): (#\w+);", block)} for block in (light, dark)]
    return {name: (colour, named[1][name]) for name, colour in named[0].items()}


_USED: Final[Sequence[tuple[str, str, str]]] = (
    ("ground", "fill", "surface"),
    ("ink", "fill", "ink"),
    ("quiet", "fill", "quiet"),
    ("rule", "stroke", "line"),
    ("axis", "stroke", "quiet"),
    ("flame-text", "fill", "flame-text"),
    *((f"line{place}", "stroke", name) for place, name in enumerate(COLOURS)),
    *((f"bar{place}", "fill", name) for place, name in enumerate(COLOURS)),
)


def _common() -> Mapping[str, tuple[str, str]]:
    return {f".{name} {kind}": _palette()[of] for name, kind, of in _USED}


def _style(theme: Theme, colours: Mapping[str, tuple[str, str]]) -> str:
    """Rules in one theme, or in light with those of the dark behind a question that what knows no themes passes over."""
    sides = [_rules(colours, side) for side in (0, 1)]
    chosen = sides[1] if theme == "dark" else sides[0]
    fonts = f"text {{ font-family: {SANS}; }}\n.mono {{ font-family: {MONO}; }}\n.lines {{ fill: none; stroke-width: 1.8; stroke-linejoin: round; }}\n"
    more = f"@media (prefers-color-scheme: dark) {{\n{sides[1]}}}\n" if theme == "auto" else ""
    return f"\n{fonts}{chosen}{more}"


def _rules(colours: Mapping[str, tuple[str, str]], side: int) -> str:
    rules = ((*key.rsplit(" ", 1), pair[side]) for key, pair in colours.items())
    return "".join(f"{selector} {{ {kind}: {colour}; }}\n" for selector, kind, colour in rules)


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
