"""Pictures of scenes, with boxes, heat maps and clusters drawn over their pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from avlearn.types import Scene
from avlearn.viz.boxes import truth_marks
from avlearn.viz.drawing import Length, Place, bitmap, cross, data_uri, drawing, grey, heading, pixels, words
from avlearn.viz.heat import Ends, ends, glow, peak, scale_bar
from avlearn.viz.markup import Html, described, figure, image
from avlearn.viz.palette import CLUSTERS, cycle, rgb

Picture = Scene | UInt8[Tensor, "3 H W"]
"""A scene, of which the middle frame is shown, or its pixels."""

GAP = 8
"""CSS pixels between the tiles of one drawing."""
TITLE = 20
"""CSS pixels above a tile that has a title."""


def scene(
    scene: Scene,
    *,
    alt: str,
    names: Sequence[str] | None = None,
    boxes: bool = True,
    caption: str = "",
    width: int = 220,
) -> Html:
    """One scene: what sounds in a solid box with a note, what is silent in a dashed one, what is off screen in words.

    Args:
        scene: of a clip, the middle frame is shown.
        alt: what is to be seen, in words.
        names: of the classes, such as `world.classes`; boxes have no names without.
        boxes: whether to draw the truth, where it is known.
        caption: one line below.
        width: in CSS pixels.

    Raises:
        ValueError: `alt` is empty.

    >>> from avlearn.data import DIFFICULTIES, World
    >>> world = World(DIFFICULTIES["big"], seed=0)
    >>> scene(world[3], names=world.classes, alt="A bell rings beside a silent brick.")
    A bell rings beside a silent brick.
    """
    alt = described(alt, what="scene")
    frame = scene.frames.shape[1] // 2
    place = _place(scene.frames[:, frame], width)
    parts = [bitmap(pixels(scene.frames[:, frame]), place)]
    if boxes:
        parts += truth_marks(scene, frame, place, names=names)
    return _shown(parts, place, alt=alt, caption=caption)


def heat_map(
    picture: Picture,
    heat: Float[Tensor, "h w"],
    *,
    alt: str,
    limits: Ends | None = None,
    boxes: bool = False,
    caption: str = "",
    width: int = 220,
    smooth: bool = False,
) -> Html:
    """A heat map over the grey picture, a cross on its highest cell, and the scale below.

    Args:
        picture: what the map belongs to.
        heat: any numbers; each cell covers its share of the picture.
        alt: what is to be seen, in words.
        limits: values of the cold and the hot end; by default the lowest and the highest. Fix them to compare maps.
        boxes: whether to draw the boxes of a scene whose truth is known.
        caption: one line below.
        width: in CSS pixels.
        smooth: whether to blur the cells into each other.

    Raises:
        ValueError: `alt` is empty, the heat isn't finite, or the limits are in the wrong order.
    """
    alt = described(alt, what="heat_map")
    low, high = ends(heat, limits)
    place = _place(middle_frame(picture), width)
    parts = [bitmap(grey(middle_frame(picture)), place), bitmap(glow(heat, low, high), place, smooth=smooth)]
    if boxes and isinstance(picture, Scene):
        parts += truth_marks(picture, picture.frames.shape[1] // 2, place)
    parts += [cross(*peak(heat, place)), *scale_bar(low, high, width=width, top=place[3])]
    return _shown(parts, (0, 0, width, place[3] + 26), alt=alt, caption=caption)


def assignments(
    picture: Picture,
    clusters: Float[Tensor, "K h w"],
    *,
    alt: str,
    titles: Sequence[str] | None = None,
    columns: int = 5,
    caption: str = "",
    width: int = 120,
) -> Html:
    """Each cluster's share of every position, as one small picture per cluster: bright where the cluster holds all.

    Args:
        picture: what was clustered.
        clusters: shares in [0, 1].
        alt: what is to be seen, in words.
        titles: one per cluster; by default its number and its share of the picture.
        columns: pictures in a row.
        caption: one line below.
        width: of one picture, in CSS pixels.

    Raises:
        ValueError: `alt` is empty, or the number of titles is not the number of clusters.
    """
    alt = described(alt, what="assignments")
    if titles is None:
        titles = [f"{index}: {share:.0%}" for index, share in enumerate(clusters.mean((1, 2)).tolist(), start=1)]
    if len(titles) != len(clusters):
        raise ValueError(f"{len(titles)} titles for {len(clusters)} clusters; give one for each")
    _, _, _, height = _place(middle_frame(picture), width)
    places = _tiles(len(clusters), columns=columns, width=width, height=height, title=TITLE)
    ground = bitmap(grey(middle_frame(picture)), (0, 0, width, height), name="ground")
    parts = [f"<defs>{ground}</defs>"]
    for share, title, place in zip(clusters, titles, places, strict=True):
        x, y = place[:2]
        parts += [f'<use href="#ground" x="{x:g}" y="{y:g}"/>', bitmap(glow(share, 0.0, 1.0), place)]
        parts.append(heading(title, x, y - 6))
    return _shown(parts, _extent(places), alt=alt, caption=caption)


def segmentation(
    picture: Picture, clusters: Float[Tensor, "K h w"], *, alt: str, caption: str = "", width: int = 220
) -> Html:
    """Every position in the colour of the cluster that holds most of it, numbered where the cluster is strongest.

    Args:
        picture: what was clustered.
        clusters: shares in [0, 1]; the surer, the stronger the colour.
        alt: what is to be seen, in words.
        caption: one line below.
        width: in CSS pixels.

    Raises:
        ValueError: `alt` is empty.
    """
    alt = described(alt, what="segmentation")
    place = _place(middle_frame(picture), width)
    share, winner = clusters.detach().cpu().max(0)
    colours = torch.tensor([[*rgb(cycle(CLUSTERS, index)), 0] for index in range(len(clusters))])[winner]
    colours[..., 3] = (90 + 110 * share).round().long()
    parts = [bitmap(grey(middle_frame(picture)), place), bitmap(colours.numpy().astype(np.uint8), place)]
    for index in winner.unique().tolist():
        x, y = peak(torch.where(winner == index, share, -1.0), place)
        parts.append(words(str(index + 1), x, max(y + 5, 14), size=14, anchor="middle"))
    return _shown(parts, place, alt=alt, caption=caption)


def clip(
    scene: Scene,
    *,
    alt: str,
    names: Sequence[str] | None = None,
    boxes: bool = True,
    columns: int = 4,
    caption: str = "",
    width: int = 170,
) -> Html:
    """A clip as a film strip with its seconds, and below it the moving picture, to be opened by who wants it.

    Args:
        scene: one with more than one frame.
        alt: what is to be seen, in words.
        names: of the classes; boxes have no names without.
        boxes: whether to draw the truth, where it is known.
        columns: frames in a row.
        caption: one line below.
        width: of one frame, in CSS pixels.

    Raises:
        ValueError: `alt` is empty, or the scene is a still.
    """
    alt = described(alt, what="clip")
    frames = scene.frames.shape[1]
    if frames < 2:
        raise ValueError("clip got a scene of one frame; show it with `scene`")
    _, _, _, height = _place(scene.frames[:, 0], width)
    places = _tiles(frames, columns=columns, width=width, height=height, title=TITLE)
    parts = []
    for frame, place in enumerate(places):
        parts += [
            bitmap(pixels(scene.frames[:, frame]), place),
            heading(f"{frame / scene.frame_rate:.2f} s", place[0], place[1] - 6),
        ]
        if boxes:
            parts += truth_marks(scene, frame, place, names=names, size=11)
    _, _, full, tall = _extent(places)
    strip = image(drawing(parts, width=full, height=tall), alt=alt)
    return Html(figure(strip + _moving(scene, alt), kind="picture", caption=caption, width=round(full)), alt)


def _moving(scene: Scene, alt: str) -> str:
    # Closed by default: nothing moves unless the reader asks for it, and closing it stops it
    file = io.BytesIO()
    first, *rest = [Image.fromarray(pixels(frame)) for frame in scene.frames.unbind(1)]
    pause = round(1000 / scene.frame_rate)
    first.save(file, format="WEBP", save_all=True, append_images=rest, duration=pause, loop=0, quality=90)
    picture = image(data_uri(file.getvalue(), "image/webp"), alt=f"{alt} (moving)", pixelated=True)
    opened = f'<div style="max-width:240px;padding-top:.4em;">{picture}</div>'
    return f'<details class="avl-moving"><summary style="cursor:pointer;">Play the clip</summary>{opened}</details>'


def _shown(parts: list[str], extent: Place, *, alt: str, caption: str) -> Html:
    source = drawing(parts, width=extent[2], height=extent[3])
    return Html(figure(image(source, alt=alt), kind="picture", caption=caption, width=round(extent[2])), alt)


def middle_frame(picture: Picture) -> UInt8[Tensor, "3 H W"]:
    """The pixels of a picture, or of the middle frame of a scene."""
    return picture.frames[:, picture.frames.shape[1] // 2] if isinstance(picture, Scene) else picture


def _place(picture: Tensor, width: Length) -> Place:
    return 0, 0, width, width * picture.shape[1] / picture.shape[2]


def _tiles(number: int, *, columns: int, width: Length, height: Length, title: Length) -> list[Place]:
    across, down = width + GAP, height + title + GAP
    return [((index % columns) * across, (index // columns) * down + title, width, height) for index in range(number)]


def _extent(places: list[Place]) -> Place:
    return 0, 0, max(x + width for x, _, width, _ in places), max(y + height for _, y, _, height in places)
