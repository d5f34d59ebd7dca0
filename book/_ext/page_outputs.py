"""What the build does to the outputs of a page: plotly figures, pictures, sound, video, widgets."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
MEDIA = re.compile(r'src="data:(?:audio|video)/(?P<kind>[\w.+-]+);base64,(?P<data>[^"]+)"')
PLAYER = re.compile(r"<(?:audio|video)\b[^>]*>")
IMAGE = re.compile(r"<img\b[^>]*>")
ENDINGS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav"}
MANY_PLAYERS = 4
"""From so many players on, a page loads sound only when it is played. A video loads at once what shows its first
picture: it would be a black box without."""


class PageError(ValueError):
    """An output that a page can't show to everyone; the message names the page, the cell and the remedy."""


def draw_plotly(notebook: NotebookNode, page: str) -> NotebookNode:
    """Plotly figures become a described box that the page's script draws."""
    for cell, output in _displayed(notebook, PLOTLY):
        figure = output.data.pop(PLOTLY)
        alt = (figure.get("layout", {}).get("meta") or {}).get("alt")
        if not alt:
            raise PageError(f'{_place(page, cell)}: add fig.update_layout(meta={{"alt": "what is to be seen"}})')
        body = json.dumps({key: figure.get(key) for key in ("data", "layout", "config", "frames")}, sort_keys=True)
        script = f'<script type="{PLOTLY}">' + body.replace("</", "<\\/") + "</script>"
        box = f'<div class="avl-plotly" role="img" aria-label="{html.escape(alt)}">{script}</div>'
        output.data = NotebookNode({"text/html": box, "text/plain": alt})
    return notebook


def require_image_texts(notebook: NotebookNode, page: str) -> NotebookNode:
    """Refuse pictures without alternative text, as output, in HTML or inside widgets."""
    for mime in ("image/png", "image/svg+xml", "image/jpeg"):
        for cell, _ in _displayed(notebook, mime):
            if not cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
                remedy = 'set the metadata of the cell to {"mystnb": {"image": {"alt": "what is to be seen"}}}'
                raise PageError(f"{_place(page, cell)}: {remedy}")
    for place, text in _markup(notebook, page):
        for tag in IMAGE.findall(text):
            _require(r'\balt="[^"]+"', tag, f'{place}: an <img> needs alt="what is to be seen"')
    return notebook


def externalise_media(notebook: NotebookNode, page: str) -> dict[str, bytes]:
    """Move sound and video out of the page into files named by their content; gives back name -> bytes."""
    files: dict[str, bytes] = {}
    markup = list(_markup(notebook, page))
    for place, text in markup:
        for tag in PLAYER.findall(text):
            _require(r'\baria-label="[^"]+"', tag, f'{place}: a player needs aria-label="what is to be heard"')
    many = sum(len(PLAYER.findall(text)) for _, text in markup) >= MANY_PLAYERS
    folder = "../" * page.count("/") + "_static/media/"

    def move(found: re.Match[str]) -> str:
        content = base64.b64decode(found["data"])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{ENDINGS.get(found['kind'], found['kind'])}"
        files[name] = content
        return f'src="{folder}{name}"'

    def rewrite(text: str) -> str:
        text = MEDIA.sub(move, text)
        return PLAYER.sub(_load_when_played, text) if many else text

    _rewrite_markup(notebook, rewrite)
    return files


def plain_texts(notebook: NotebookNode) -> NotebookNode:
    """Drop the `Figure(...)` and `HBox(...)` descriptions that nobody reads next to the picture itself."""
    for mime in ("image/png", WIDGET):
        for _, output in _displayed(notebook, mime):
            output.data.pop("text/plain", None)
    return notebook


def _load_when_played(found: re.Match[str]) -> str:
    tag = re.sub(r'\s+preload="\w*"', "", found[0])
    return tag.replace("<audio", '<audio preload="none"', 1) if tag.startswith("<audio") else found[0]


def _require(pattern: str, tag: str, message: str) -> None:
    if not re.search(pattern, tag):
        raise PageError(f"{message}: {tag[:100]}")


def _displayed(notebook: NotebookNode, mime: str) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if mime in output.get("data", {}):
                yield cell, output


def _markup(notebook: NotebookNode, page: str) -> Iterator[tuple[str, str]]:
    for cell, output in _displayed(notebook, "text/html"):
        yield _place(page, cell), output.data["text/html"]
    for state in _html_widgets(notebook):
        yield f"{page}, a widget", state["value"]


def _rewrite_markup(notebook: NotebookNode, rewrite: Callable[[str], str]) -> None:
    for _, output in _displayed(notebook, "text/html"):
        output.data["text/html"] = rewrite(output.data["text/html"])
    for state in _html_widgets(notebook):
        state["value"] = rewrite(state["value"])


def _html_widgets(notebook: NotebookNode) -> Iterator[NotebookNode]:
    models = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for model in models.values():
        if model.get("model_name") in ("HTMLModel", "HTMLMathModel"):
            yield model.state


def _place(page: str, cell: NotebookNode) -> str:
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return f"{page}, cell that begins with {first!r}"
