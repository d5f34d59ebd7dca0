"""The truth of a scene as marks over its picture: boxes, names, and what is heard from off screen."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from avlearn.types import Scene, Truth
from avlearn.viz.drawing import Length, Place, outline, words

MARGIN = 4
"""CSS pixels between letters and what they stand beside."""


def truth_marks(
    scene: Scene, frame: int, place: Place, *, names: Sequence[str] | None = None, size: Length = 12
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
    spots = seen_spots(scene.truth, frame, place)
    frames = [outline(spot, heard=bool(scene.truth.sounds[slot])) for slot, spot in spots.items()]
    texts = [("♪ " if bool(scene.truth.sounds[slot]) else "") + _name(scene.truth, slot, names) for slot in spots]
    labels = label_marks(texts, list(spots.values()), place, size=size)
    return frames + labels + off_screen_marks(scene.truth, place, names=names, size=size)


def seen_spots(truth: Truth, frame: int, place: Place) -> dict[int, Place]:
    """Where the box of each slot that is seen in a frame lies in the drawing."""
    boxes = truth.boxes[:, frame]
    return {slot: _within(box, place) for slot, box in enumerate(boxes) if bool(box.any())}


def label_marks(texts: Sequence[str], spots: Sequence[Place], place: Place, *, size: Length = 12) -> list[str]:
    """SVG of one text for each box, where it hides least of the boxes and of the other texts.

    Args:
        texts: one for each box.
        spots: the boxes.
        place: where the picture is drawn; no text leaves it.
        size: of letters, in CSS pixels.
    """
    taken: list[Place] = []
    marks = []
    for text, spot in zip(texts, spots, strict=True):
        free = _free(_candidates(text, spot, place, size), boxes=spots, labels=taken)
        taken.append(free)
        marks.append(words(text, free[0], free[1] + size, size=size))
    return marks


def off_screen_marks(truth: Truth, place: Place, *, names: Sequence[str] | None = None, size: Length = 12) -> list[str]:
    """SVG of what is heard and not seen, in words at the foot of the picture; nothing if all is seen."""
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


def _candidates(text: str, spot: Place, place: Place, size: Length) -> list[Place]:
    # Above the box, below it, beside it, at last inside; never beyond the picture
    left, top, width, height = spot
    long, tall = 0.62 * size * len(text), size + 2
    right, foot = left + width, top + height
    corners = [(x, y) for y in (top - tall - MARGIN, foot + MARGIN) for x in (left, right - long)]
    corners += [(x, y) for y in (top, foot - tall) for x in (right + MARGIN, left - long - MARGIN)]
    corners.append((left + MARGIN, top + MARGIN))
    inner = (place[0] + MARGIN, place[1] + 1, place[0] + place[2] - long - MARGIN, place[1] + place[3] - tall - 1)
    return [(_clip(x, inner[0], inner[2]), _clip(y, inner[1], inner[3]), long, tall) for x, y in corners]


def _free(candidates: Sequence[Place], *, boxes: Sequence[Place], labels: Sequence[Place]) -> Place:
    def crowding(spot: Place) -> Length:
        return sum(_common(spot, box) for box in boxes) + 3 * sum(_common(spot, label) for label in labels)

    return min(candidates, key=crowding)


def _clip(value: Length, low: Length, high: Length) -> Length:
    return max(low, min(value, high))


def _common(a: Place, b: Place) -> Length:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(across, 0) * max(down, 0)
