"""No scripts for live code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import avl_tidy


def test_files_of_thebe_go_and_others_stay() -> None:
    inline = SimpleNamespace(filename=None, attributes={"body": "const THEBE_JS_URL = 1; const thebe_selector"})
    file = SimpleNamespace(filename="_static/sphinx-thebe.js", attributes={})
    ours = SimpleNamespace(filename="_static/avl-book.js", attributes={})
    sheet = SimpleNamespace(filename="_static/sphinx-thebe.css", attributes={})
    context: dict[str, Any] = {"script_files": [inline, file, ours], "css_files": [sheet, ours]}
    avl_tidy.remove_unwanted(None, "page", "page.html", context, None)
    assert context == {"script_files": [ours], "css_files": [ours]}


def test_settings_of_a_kernel_go_from_the_text() -> None:
    settings = (
        "<script type=\"text/x-thebe-config\">\n{requestKernel: true}\n</script>\n<script>kernelName = 'p'</script>"
    )
    context = {"script_files": [], "css_files": [], "body": f"<p>before</p>{settings}<p>after</p>"}
    avl_tidy.remove_unwanted(None, "page", "page.html", context, None)
    assert context["body"] == "<p>before</p><p>after</p>"
