"""From an executed notebook to the page that readers see: pure functions on notebooks, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from exercises import wrap
from nbformat import NotebookNode
from page_outputs import draw_plotly, externalise_media, plain_texts, require_image_texts
from page_text import add_admonitions, add_status, add_times
from parameters import show_values
from records import Record


def prepare(
    notebook: NotebookNode, page: str, *, profile: str, measured: Mapping[str, Record], colab: str
) -> dict[str, bytes]:
    """Make the notebook ready for the page, in place; gives back the media files it needs, name -> bytes.

    Args:
        notebook: as papermill left it, or the one in git where it was never run.
        page: its name in the book, such as `notebooks/01_sounding_scenes`.
        profile: of the run whose outputs it holds.
        measured: the latest record of each profile.
        colab: address under which it can be run.

    Raises:
        PageError: an output that not everyone could see or hear.
    """
    show_values(notebook)
    add_times(notebook, measured)
    add_admonitions(notebook)
    wrap(notebook, PurePosixPath(page).name)
    add_status(notebook, measured.get(profile), colab)
    draw_plotly(notebook, page)
    require_image_texts(notebook, page)
    plain_texts(notebook)
    return externalise_media(notebook, page)
