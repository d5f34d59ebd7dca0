"""What the command line does with a video of the user's: `avlearn localize` and `avlearn separate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from tyro.conf import Positional

from avlearn import pretrained
from avlearn.tasks.moments import Pace
from avlearn.tasks.overlay import Shown, write_overlay
from avlearn.tasks.stems import WINDOW
from avlearn.tasks.video_separation import separate_video


@dataclass(frozen=True, kw_only=True)
class LocalizeVideo:
    """Where does a model see what it hears? A heat map over the moving picture, with the sound.

    Example: avlearn localize party.mp4 --out overlay.mp4

    Example: avlearn localize party.mp4 --out overlay.webm --checkpoint runs/mine --shown similarity --json
    """

    video: Positional[Path]
    """A file with pictures and sound, of any length."""
    out: Path
    """The new video, .mp4, .webm or .mkv."""
    checkpoint: str = "cavl"
    """A shipped model, or the folder of a run."""
    shown: Shown = "attention"
    """attention: what each place adds to the score. similarity: cosine of what is seen there and what is heard.
    clusters: the attention in the colours of the visual clusters."""
    rate: float = 4.0
    """How often the model looks, in times a second; in between the map is interpolated."""
    window: float = 1.0
    """How much sound it hears each time, in seconds; the shipped models learnt from 1."""
    hottest: float | None = None
    """Heat of the brightest colour, to compare videos; by default what few cells of this one exceed."""
    device: str = "cpu"
    """cpu, cuda or mps."""

    def run(self) -> dict[str, Any]:
        """What was written."""
        model = pretrained.load_localizer(self.checkpoint, device=self.device)
        pace = Pace(rate=self.rate, window=self.window)
        with _bar("localizing") as progress:
            written = write_overlay(
                model, self.video, self.out, shown=self.shown, pace=pace, hottest=self.hottest, progress=progress
            )
        return {"video": str(self.video), "checkpoint": self.checkpoint, **asdict(written)}


@dataclass(frozen=True, kw_only=True)
class SeparateVideo:
    """Takes the sound of a video apart: a sound file and a video for each source, and the rest.

    Example: avlearn separate party.mp4 --out parts

    Example: avlearn separate party.mp4 --out parts --points 0.25,0.5 0.8,0.4 --json
    """

    video: Positional[Path]
    """A file with pictures and sound, of any length."""
    out: Path
    """Folder for source_1.wav, source_1.mp4 and so on, rest.wav and mixture.wav; made where it is missing."""
    points: tuple[str, ...] = ()
    """Where the sources are, each as x,y: fractions of the picture, to the right and down. Without, the localizer looks
    for them."""
    most: int = 4
    """How many sources it looks for at most."""
    checkpoint: str = "separator"
    """A shipped separator, or the folder of a run."""
    rate: float = 4.0
    """How often it looks, in times a second."""
    window: float = WINDOW
    """How much sound is taken apart at once, in seconds."""
    device: str = "cpu"
    """cpu, cuda or mps."""

    def run(self) -> dict[str, Any]:
        """What was written."""
        points = [_point(text) for text in self.points]
        separator = pretrained.load_separator(self.checkpoint, device=self.device)
        with _bar("separating") as progress:
            written = separate_video(
                separator,
                self.video,
                self.out,
                points=points,
                most=self.most,
                pace=Pace(rate=self.rate),
                window=self.window,
                progress=progress,
            )
        told = asdict(written)
        sources = {str(number): source for number, source in enumerate(told.pop("sources"), 1)}
        return {"video": str(self.video), "checkpoint": self.checkpoint, **told, "sources": sources}


def _point(text: str) -> tuple[float, float]:
    try:
        x, y = (float(word) for word in text.split(","))
    except ValueError:
        raise ValueError(f"the point {text!r} isn't x,y; give two fractions of the picture, such as 0.25,0.5") from None
    return x, y


@contextmanager
def _bar(words: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    columns = TextColumn(words), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, total=1.0)
        yield lambda share: progress.update(task, completed=share)
        progress.update(task, completed=1.0)
