from __future__ import annotations

import base64
import hashlib
import re

from pipeline.outputs.document import document
from pipeline.outputs.report import SCRIPTS, STYLES


def page() -> str:
    return document("file.html", title="a <b> & c", scripts=SCRIPTS, styles=STYLES)


def test_the_policy_lets_nothing_in_and_only_our_script_run() -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page())
    script = re.search(r"<script>(.*)</script>", page(), flags=re.S)

    assert policy is not None
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]


def test_a_page_names_no_other_file() -> None:
    assert re.findall(r'(?:src|href)="[^"#]', page()) == []
    # What stands at the head of a library says where it is from, and its author's licence asks for that.
    told = page().replace("/*! https://github.com/leeoniya/uPlot", "")
    assert re.findall(r"url\(|@import|https?://", told) == []


def test_the_title_is_escaped() -> None:
    assert "<title>a &lt;b&gt; &amp; c</title>" in page()


def test_no_script_holds_what_would_end_its_element() -> None:
    assert page().count("</script") == 1
    assert page().count("</style") == 1
