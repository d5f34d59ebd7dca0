"""What the command line does on scenes: `avlearn evaluate localize`, `detect`, `understand` and `separate`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from avlearn import pretrained, recipes
from avlearn.data import Collage, Resampled, World, digits, settings_for
from avlearn.tasks import detect, localize, separate, understand


@dataclass(frozen=True, kw_only=True)
class OnScenes:
    """What the tasks on scenes have in common."""

    checkpoint: str = "dcc"
    """A shipped model, or the folder of a run."""
    scenes: int = 500
    """Number of fresh scenes."""
    seed: int = 0
    """Of the scenes; none of them was ever trained on."""
    difficulty: str | None = None
    """Named difficulty of the scenes; by default big_test, of digits digits_test."""
    device: str = "cpu"
    """cpu, cuda or mps."""
    digits: Path | None = None
    """Test on real digits instead of the embedded world: a folder with images/mnist_*.npz and fsdd/."""
    split: Literal["test", "new_speaker"] = "test"
    """Of the digits: held-out takes of known speakers, or a speaker who was never heard."""

    usual: ClassVar[tuple[str, str]] = ("big_test", "digits_test")
    """Difficulty where none is given, in the embedded world and of digits."""

    def model(self) -> recipes.Model:
        """The model that is asked."""
        return pretrained.load_localizer(self.checkpoint, device=self.device)

    def fresh(self) -> World | Collage:
        """Scenes to test on."""
        return self._source(self.split, recipes.test_seed(self.seed))

    def further(self) -> World | Collage:
        """Scenes to choose thresholds and fit probes on; of digits, pictures and takes that may be trained on."""
        return self._source("train", recipes.validation_seed(self.seed))

    def _source(self, split: Literal["train", "test", "new_speaker"], seed: int) -> World | Collage:
        settings = settings_for(self.difficulty or self.usual[self.digits is not None])
        if self.digits is None:
            return World(settings, seed=seed)
        return Collage(settings, *digits(self.digits, split=split), seed=seed)


@dataclass(frozen=True, kw_only=True)
class Localize(OnScenes):
    """Where does the model see what it hears? Every metric, beside all baselines and controls.

    Example: avlearn evaluate localize --checkpoint cavl --scenes 200
    """

    def run(self) -> dict[str, Any]:
        """All numbers of the localization task."""
        scenes = self.fresh()
        return localize.evaluate(self.model(), scenes, count=self.scenes, seed=self.seed)


@dataclass(frozen=True, kw_only=True)
class Detect(OnScenes):
    """Which of several objects sound, when the model hears their mixture? Beside all and random objects and edges.

    Example: avlearn evaluate detect --checkpoint cavl --difficulty multi
    """

    difficulty: str | None = None
    """Named difficulty of the scenes; by default crowd, where one to four things sound, of digits digits_multi."""
    validation_scenes: int = 200
    """Number of further scenes, to choose thresholds on."""

    usual: ClassVar[tuple[str, str]] = ("crowd", "digits_multi")

    def run(self) -> dict[str, Any]:
        """All numbers of the detection task."""
        scenes, further = self.fresh(), self.further()
        return detect.evaluate(
            self.model(),
            scenes,
            validation=further,
            count=self.scenes,
            validation_count=self.validation_scenes,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True)
class Understand(OnScenes):
    """What do the features tell of whole scenes? Retrieval, events and clusters, beside chance and both bounds.

    Example: avlearn evaluate understand --checkpoint runs/cavl --train-scenes 2000
    """

    train_scenes: int = 1000
    """Number of further scenes, to fit linear probes and centres of clusters on."""
    supervised: str | None = None
    """The same encoders trained with labels, as the upper bound: a shipped model, or the folder of a run. By default
    the shipped one, which learnt the embedded world; for digits none, until you train one."""

    def run(self) -> dict[str, Any]:
        """All numbers of the understanding task; `random` is the same model untrained."""
        scenes, further = self.fresh(), self.further()
        model = self.model()
        return understand.evaluate(
            model,
            scenes,
            train_scenes=further,
            count=self.scenes,
            train_count=self.train_scenes,
            others=self._others(model),
            seed=self.seed,
        )

    def _others(self, model: recipes.Model) -> dict[str, recipes.Model]:
        others = {"random": recipes.untrained(model.config, seed=self.seed).to(self.device)}
        bound = self.supervised or (None if self.digits else "supervised")
        return (
            others if bound is None else others | {"supervised": pretrained.load_localizer(bound, device=self.device)}
        )


@dataclass(frozen=True, kw_only=True)
class Separate(OnScenes):
    """Does a separator part mixtures, asked by points, boxes, clusters or nobody? Beside baselines and ideal masks.

    Example: avlearn evaluate separate --checkpoint separator --scenes 50
    """

    checkpoint: str = "separator"
    """A shipped separator, or the folder of a run."""
    scenes: int = 100
    """Mixtures of each kind: of two and of three fresh scenes, and scenes of several sources."""

    def run(self) -> dict[str, Any]:
        """All numbers of the separation task."""
        separator = pretrained.load_separator(self.checkpoint, device=self.device)
        several = replace(self, difficulty=("multi", "digits_multi")[self.digits is not None])
        rate = separator.config.sample_rate
        return separate.evaluate(
            separator,
            Resampled(self.fresh(), rate),
            Resampled(several.fresh(), rate),
            count=self.scenes,
            seed=self.seed,
        )
