"""Which objects of a scene were detected, rightly or wrongly, and how it changes with the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jaxtyping import Bool, Float
from torch import Tensor

from avlearn.metrics.detection import detections as count_detections
from avlearn.types import AVBatch, Scene, Truth
from avlearn.viz.boxes import label_marks, off_screen_marks, seen_spots
from avlearn.viz.drawing import Place, bitmap, drawing, edged, pixels
from avlearn.viz.markup import Html, figure, gallery, image
from avlearn.viz.sliders import slider

if TYPE_CHECKING:
    from ipywidgets import VBox

RIGHT, WRONG = "#3ddbc4", "#ff8a5c"
"""Boxes of objects that the detector is right about, and of the others."""
OUTCOMES = {
    (True, True): "✓ found",
    (True, False): "✗ missed",
    (False, True): "✗ false alarm",
    (False, False): "✓ left alone",
}
"""(sounds, detected) -> what to call it."""


def detections(
    scene: Scene,
    detected: Bool[Tensor, " M"],
    *,
    alt: str = "",
    names: Sequence[str] | None = None,
    caption: str = "",
    width: int = 220,
) -> Html:
    """A scene whose objects are outlined by what became of them: found, missed, false alarm or left alone.

    The line tells what the detector says: solid if it takes the object for a source, dashed if not. The colour tells
    whether that is right, and so do the words.

    Args:
        scene: with its truth; of a clip, the middle frame is shown.
        detected: slots that are taken for sources.
        alt: what is to be seen, in words; by default what became of each object.
        names: of the classes.
        caption: one line below.
        width: in CSS pixels.

    Raises:
        ValueError: a scene without truth.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> world = World(DIFFICULTIES["big_test"], seed=0)
        >>> detections(world[0], world[0].truth.visible, names=world.classes)
        clicker false alarm, rocket found
    """
    truth, frame = _truth(scene.truth), scene.frames.shape[1] // 2
    place = (0, 0, width, width * scene.frames.shape[2] / scene.frames.shape[3])
    spots = seen_spots(truth, frame, place)
    outcomes = [(bool(truth.sounds[slot]), bool(detected[slot])) for slot in spots]
    parts = [bitmap(pixels(scene.frames[:, frame]), place)]
    parts += [_box(spot, *outcome) for spot, outcome in zip(spots.values(), outcomes, strict=True)]
    parts += label_marks([OUTCOMES[outcome] for outcome in outcomes], list(spots.values()), place)
    parts += off_screen_marks(truth, place, names=names)
    called = ["an object" if names is None else names[int(truth.classes[slot])] for slot in spots]
    alt = alt or _told(called, outcomes)
    source = drawing(parts, width=place[2], height=place[3])
    return Html(figure(image(source, alt=alt), kind="picture", caption=caption, width=width), alt)


def threshold_slider(
    batch: AVBatch,
    heat: Float[Tensor, "B M"],
    thresholds: Sequence[float | int],
    *,
    shown: int = 3,
    names: Sequence[str] | None = None,
) -> VBox:
    """A slider over the threshold: the first scenes with what is detected in them, and precision and recall of all.

    Args:
        batch: scenes with their truth.
        heat: of each slot; those that reach the threshold are detected.
        thresholds: a step of the slider for each; labelled with three digits.
        shown: how many scenes to draw.
        names: of the classes.

    Raises:
        ValueError: scenes without truth, or what `avlearn.viz.slider` refuses.
        ImportError: ipywidgets isn't installed.
    """
    panes = [_pane(batch, heat, threshold, shown=shown, names=names) for threshold in thresholds]
    return slider(panes, [f"{threshold:.3g}" for threshold in thresholds], description="threshold")


def _box(spot: Place, sounds: bool, detected: bool) -> str:
    return edged(spot, colour=RIGHT if sounds == detected else WRONG, dashed=not detected)


def _told(called: Sequence[str], outcomes: Sequence[tuple[bool, bool]]) -> str:
    told = [f"{name} {OUTCOMES[outcome][2:]}" for name, outcome in zip(called, outcomes, strict=True)]
    return ", ".join(told) or "no object to see"


def _pane(batch: AVBatch, heat: Tensor, threshold: float | int, *, shown: int, names: Sequence[str] | None) -> Html:
    truth = _truth(batch.truth)
    seen = truth.boxes[:, :, truth.boxes.shape[2] // 2].any(2)
    sounds, silent = seen & truth.sounds, seen & ~truth.sounds
    counts = count_detections(heat, sounds, silent, threshold=float(threshold))
    hits, detected, sources = (int(count.sum()) for count in counts)
    scores = [f"{name} {_share(hits, of)}" for name, of in (("precision", detected), ("recall", sources))]
    words = f"{', '.join(scores)} in {len(batch)} scenes: found {hits}, missed {sources - hits}, "
    pieces = [detections(batch.scene(row), heat[row] >= threshold, names=names) for row in range(shown)]
    return gallery(pieces, columns=3, caption=f"{words}false alarms {detected - hits}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def _truth(truth: Truth | None) -> Truth:
    if truth is None:
        raise ValueError("the scene comes without its truth; detections are drawn on scenes of a World or a Collage")
    return truth
