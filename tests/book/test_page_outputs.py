"""Plotly figures, pictures, sound, widgets."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable

import page_outputs
import pytest
from nbformat import NotebookNode, from_dict

from .conftest import code

PAGE = "notebooks/01_a"
SOUND = base64.b64encode(b"RIFF sound").decode()
PLAYER = f'<audio controls aria-label="a bell" src="data:audio/x-wav;base64,{SOUND}"></audio>'


def _figure(alt: str | None) -> dict[str, object]:
    layout = {"title": {"text": "</script>"}, **({"meta": {"alt": alt}} if alt else {})}
    return {page_outputs.PLOTLY: {"data": [{"y": [1, 2]}], "layout": layout}}


def _with_widget(notebook: NotebookNode, value: str) -> NotebookNode:
    state = {"1": {"model_name": "HTMLModel", "state": {"value": value}}, "2": {"model_name": "VBoxModel", "state": {}}}
    notebook.metadata["widgets"] = from_dict({page_outputs.WIDGET_STATE: {"state": state}})
    return notebook


def test_plotly_figure_becomes_a_described_box(notebook: Callable[..., NotebookNode]) -> None:
    page = page_outputs.draw_plotly(notebook(code("fig", shows=_figure('rising "line"'))), PAGE)
    data = page.cells[0].outputs[0].data
    assert list(data) == ["text/html", "text/plain"]
    assert f'aria-label="{html.escape(chr(34))}' not in data["text/html"]
    assert 'aria-label="rising &quot;line&quot;"' in data["text/html"]
    body = re.search(r"<script[^>]*>(.*?)</script>", data["text/html"])
    assert body
    assert json.loads(body[1])["data"] == [{"y": [1, 2]}]
    assert data["text/plain"] == 'rising "line"'


def test_plotly_figure_without_words_is_refused(notebook: Callable[..., NotebookNode]) -> None:
    with pytest.raises(page_outputs.PageError, match=r"01_a, cell that begins with 'fig'.*meta"):
        page_outputs.draw_plotly(notebook(code("fig\nmore", shows=_figure(None))), PAGE)


def test_pictures_need_words(notebook: Callable[..., NotebookNode]) -> None:
    cell = code("plt.show()", shows={"image/png": "iVBOR"})
    with pytest.raises(page_outputs.PageError, match=r"plt.show.*mystnb"):
        page_outputs.require_image_texts(notebook(cell), PAGE)
    cell.metadata["mystnb"] = from_dict({"image": {"alt": "a curve"}})
    page_outputs.require_image_texts(notebook(cell), PAGE)


@pytest.mark.parametrize("tag", ['<img src="a.png">', '<img alt="" src="a.png">'])
def test_images_in_html_and_widgets_need_words(tag: str, notebook: Callable[..., NotebookNode]) -> None:
    with pytest.raises(page_outputs.PageError, match="alt="):
        page_outputs.require_image_texts(notebook(code("x", shows={"text/html": tag})), PAGE)
    with pytest.raises(page_outputs.PageError, match=r"a widget.*alt="):
        page_outputs.require_image_texts(_with_widget(notebook(), tag), PAGE)


def test_sound_moves_into_a_file_named_by_its_content(notebook: Callable[..., NotebookNode]) -> None:
    page = _with_widget(notebook(code("x", shows={"text/html": PLAYER})), PLAYER)
    files = page_outputs.externalise_media(page, PAGE)
    (name,) = files
    assert re.fullmatch(r"[0-9a-f]{16}\.wav", name)
    assert files[name] == b"RIFF sound"
    state = page.metadata.widgets[page_outputs.WIDGET_STATE].state
    for markup in (page.cells[0].outputs[0].data["text/html"], state["1"].state.value):
        assert markup == f'<audio controls aria-label="a bell" src="../_static/media/{name}"></audio>'


def test_path_to_media_fits_the_depth_of_the_page(notebook: Callable[..., NotebookNode]) -> None:
    page = notebook(code("x", shows={"text/html": PLAYER}))
    page_outputs.externalise_media(page, "top")
    assert 'src="_static/media/' in page.cells[0].outputs[0].data["text/html"]


def test_player_without_name_is_refused(notebook: Callable[..., NotebookNode]) -> None:
    with pytest.raises(page_outputs.PageError, match="aria-label"):
        page_outputs.externalise_media(notebook(code("x", shows={"text/html": "<audio controls>"})), PAGE)


@pytest.mark.parametrize(("players", "waits"), [(3, False), (4, True)])
def test_many_players_wait_until_they_are_played(
    players: int, waits: bool, notebook: Callable[..., NotebookNode]
) -> None:
    page = notebook(code("x", shows={"text/html": PLAYER * players}))
    page_outputs.externalise_media(page, PAGE)
    assert page.cells[0].outputs[0].data["text/html"].count('preload="none"') == (players if waits else 0)


def test_videos_show_their_first_picture_however_many_there_are(notebook: Callable[..., NotebookNode]) -> None:
    film = PLAYER.replace("audio", "video", 1).replace("</audio>", "</video>").replace(">", ' preload="metadata">', 1)
    page = notebook(code("x", shows={"text/html": film * 5 + PLAYER}))
    page_outputs.externalise_media(page, PAGE)
    shown = page.cells[0].outputs[0].data["text/html"]
    assert (shown.count('preload="metadata"'), shown.count('preload="none"')) == (5, 1)


def test_descriptions_of_objects_go(notebook: Callable[..., NotebookNode]) -> None:
    cells = [code("a", shows={kind: "x", "text/plain": "Figure(...)"}) for kind in ("image/png", page_outputs.WIDGET)]
    page = page_outputs.plain_texts(notebook(*cells, code("b", shows={"text/plain": "3"})))
    assert ["text/plain" in cell.outputs[0].data for cell in page.cells] == [False, False, True]
