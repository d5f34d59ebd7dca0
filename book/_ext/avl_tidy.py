"""Sphinx extension: removes what Jupyter Book adds for live code, which this book doesn't have.

The scripts of sphinx-thebe would log an error on each page and name a server on the web.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

UNWANTED = "thebe"
KERNEL_SETTINGS = re.compile(
    r"<script type=\"text/x-thebe-config\">.*?</script>\s*(<script>kernelName = .*?</script>)?", re.DOTALL
)
"""What the same extension writes into the text of a page."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Entry point of Sphinx."""
    app.connect("html-page-context", remove_unwanted, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def remove_unwanted(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Keep the page's scripts, style sheets and text apart from the unwanted ones."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context[kind] if not _is_unwanted(file)]
    if "body" in context:
        context["body"] = KERNEL_SETTINGS.sub("", context["body"])


def _is_unwanted(file: Any) -> bool:
    attributes = getattr(file, "attributes", {})
    return UNWANTED in f"{attributes.get('body', '')} {getattr(file, 'filename', '')}"
