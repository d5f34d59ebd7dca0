"""The truth of a scene as marks over its picture: boxes, names, and what is heard from off screen."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from avlearn.types import Scene, Truth
from avlearn.viz.drawing import Place, outline, words

MARGIN = 4
"""CSS pixels between letters and what they stand beside."""


def truth_marks(
    scene: Scene, frame: int, place: Place, *, names: Sequence[str] | None = None, size: float = 12
) -> list[str]:
    """SVG of all that is known of one frame; nothing where the truth isn't known.

    Args:
        scene: with or without its truth.
        frame: number of the frame.
        place: where its picture is drawn.
        names: of the classes; boxes have no names without.
        size: of letters, in CSS pixels.
    """
    if scene.truth is None:
        return []
    seen = [slot for slot, box in enumerate(scene.truth.boxes[:, frame]) if bool(box.any())]
    spots = {slot: _within(scene.truth.boxes[slot, frame], place) for slot in seen}
    frames = [outline(spot, heard=bool(scene.truth.sounds[slot])) for slot, spot in spots.items()]
    labels, taken = [], list(spots.values())
    for slot, spot in spots.items():
        text = ("♪ " if bool(scene.truth.sounds[slot]) else "") + _name(scene.truth, slot, names)
        taken.append(_free(_candidates(text, spot, place, size), taken))
        labels.append(words(text, taken[-1][0], taken[-1][1] + size, size=size))
    return frames + labels + _off_screen(scene.truth, place, names, size)


def _off_screen(truth: Truth, place: Place, names: Sequence[str] | None, size: float) -> list[str]:
    hidden = [
        _name(truth, slot, names) or "a sound" for slot in (truth.sounds & ~truth.visible).nonzero().flatten().tolist()
    ]
    x, y, _, height = place
    return [words(f"♪ off screen: {', '.join(hidden)}", x + MARGIN, y + height - 6, size=size)] if hidden else []


def _name(truth: Truth, slot: int, names: Sequence[str] | None) -> str:
    return "" if names is None else names[int(truth.classes[slot])]


def _within(box: Tensor, place: Place) -> Place:
    x, y, width, height = place
    left, top, right, bottom = box.tolist()
    return x + left * width, y + top * height, (right - left) * width, (bottom - top) * height


def _candidates(text: str, spot: Place, place: Place, size: float) -> list[Place]:
    # Above the box, below it, then inside; from its left or its right edge, but never beyond the picture
    left, top, width, height = spot
    long, tall = 0.62 * size * len(text), size + 2
    right = left + width - long
    rows = (top - tall - MARGIN, top + height + MARGIN, top + MARGIN, top + height - tall - MARGIN)
    inside = (place[0] + MARGIN, place[0] + place[2] - long - MARGIN)
    spots = [(min(max(x, inside[0]), inside[1]), y, long, tall) for y in rows for x in (left, right)]
    return [s for s in spots if place[1] <= s[1] and s[1] + tall <= place[1] + place[3]] or spots[-2:]


def _free(candidates: list[Place], taken: list[Place]) -> Place:
    return min(candidates, key=lambda spot: sum(_common(spot, other) for other in taken))


def _common(a: Place, b: Place) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(across, 0) * max(down, 0)
