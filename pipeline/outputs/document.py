"""One self-contained HTML page: everything in the file, nothing fetched, no script but ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from pipeline.resources import asset
from pipeline.text import printable_lines


def document(title: str, body: str, *, scripts: Sequence[str]) -> str:
    """A page around some HTML, with the shared style sheet and these asset scripts.

    The content security policy lets no network in and runs only the script with the hash of ours, so that a name
    that slipped through the escaping could still do nothing. Marks that turn the direction of reading are spelled out.
    """
    script = "\n".join(asset(name) for name in scripts)
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'"
    )
    page = "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{asset('page.css')}</style>",
            "</head>",
            "<body>",
            body,
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )
    return printable_lines(page)


def _digest(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
