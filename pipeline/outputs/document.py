"""One self-contained HTML page: everything in the file, nothing fetched, no script but ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from pipeline.resources import asset


def document(
    template: str, /, *, title: str, scripts: Sequence[str], styles: Sequence[str] = ("page.css",), **values: object
) -> str:
    """A page from a template that extends file.html, with these assets in it.

    The content security policy lets no network in and runs only the script with the hash of ours, so that a name
    that slipped through the escaping could still do nothing. Marks that turn the direction of reading are spelled out.
    """
    # Here, because commands that write no page need not wait for it.
    from markupsafe import Markup

    from pipeline.outputs.web import render

    script = "\n".join(asset(name) for name in scripts)
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'"
    )
    return render(
        template,
        title=title,
        policy=Markup(policy),
        style=Markup("\n".join(asset(name) for name in styles)),
        script=Markup(script),
        **values,
    )


def _digest(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
