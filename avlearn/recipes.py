"""Complete named runs: model, data and training settings, each in the four profiles.

`smoke` shows that everything runs. `book` really trains on two processor cores in about a minute. `gpu` is for one
graphics card and some minutes. `paper` has the published sizes, for your own data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar, get_args, runtime_checkable

from torch import nn

from avlearn.data import DIFFICULTIES, ClipFormat, ClipSource, WorldSettings
from avlearn.models import Supervised
from avlearn.processes import in_first
from avlearn.recipe_models import PUBLISHED
from avlearn.recipe_models import RECIPES as RECIPES
from avlearn.recipe_plan import MakeScenes as MakeScenes
from avlearn.recipe_plan import Model as Model
from avlearn.recipe_plan import Profile as Profile
from avlearn.recipe_plan import Recipe as Recipe
from avlearn.recipe_plan import StagePlan as StagePlan
from avlearn.recipe_plan import test_seed as test_seed
from avlearn.recipe_plan import untrained as untrained
from avlearn.recipe_plan import validation_seed as validation_seed
from avlearn.training import Curriculum, FitResult, TrainSettings, fit, read_card, save_checkpoint
from avlearn.types import SceneSource

M = TypeVar("M", bound=nn.Module, covariant=True)


def get(name: str, profile: str = "book") -> Recipe:
    """The complete run of this name.

    Args:
        name: one of `RECIPES`.
        profile: smoke, book, gpu or paper.

    Raises:
        ValueError: no such recipe or profile.

    Example:
        >>> get("dcc", "paper").model.num_clusters
        10
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; choose one of {', '.join(RECIPES)}")
    if profile not in get_args(Profile):
        raise ValueError(f"unknown profile {profile!r}; choose one of {', '.join(get_args(Profile))}")
    return _PROFILES[profile](name)


def simple_to_complex(single: WorldSettings, several: WorldSettings) -> tuple[StagePlan, StagePlan]:
    """Two stages: two thirds of the steps on scenes of one source, then one third on scenes of several.

    The paper's own stages are not public. One cycle of the learning rate spans both: a new cycle for the second stage
    did worse in every seed of the study that chapter 8 shows.
    """
    return (
        StagePlan(name="one source", world=single, until=2 / 3),
        StagePlan(name="several sources", world=several),
    )


def in_stages(recipe: Recipe) -> Recipe:
    """The same run, and half as many steps again on scenes of several sources.

    Example:
        >>> [stage.name for stage in in_stages(get("frame_max")).stages]
        ['one source', 'several sources']
    """
    several = replace(DIFFICULTIES["multi"], size=recipe.world.size, seconds=recipe.world.seconds)
    longer = replace(recipe.training, steps=3 * recipe.training.steps // 2)
    return replace(recipe, training=longer, stages=simple_to_complex(recipe.world, several))


def on_digits(recipe: Recipe) -> Recipe:
    """The same run for collages of written and spoken digits, which take four times as many scenes to learn.

    Example:
        >>> on_digits(get("dcc_seeded")).training.batch_size
        64
    """
    training, model = recipe.training, recipe.model
    single, several, test = (
        replace(DIFFICULTIES[name], size=recipe.world.size) for name in ("digits", "digits_multi", "digits_test")
    )
    longer = replace(
        training,
        batch_size=2 * training.batch_size,
        steps=2 * training.steps,
        pool=None if training.pool is None else 2 * training.pool,
    )
    return replace(
        recipe,
        model=replace(model, warm_up_steps=2 * model.warm_up_steps),
        training=longer,
        world=single,
        test_world=test,
        stages=tuple(replace(plan, world=single if plan.world == recipe.world else several) for plan in recipe.stages),
    )


@runtime_checkable
class Trainable(Protocol[M]):
    """What `train` needs of a recipe: a `Recipe`, or a `SeparatorRecipe`."""

    @property
    def name(self) -> str:
        """What stands on the checkpoint's card."""
        ...

    @property
    def profile(self) -> Profile:
        """For whom its sizes are."""
        ...

    @property
    def training(self) -> TrainSettings:
        """How it is trained."""
        ...

    @property
    def clip_format(self) -> ClipFormat:
        """The form in which videos of your own are read."""
        ...

    def build(self, seed: int) -> M:
        """A new model."""
        ...

    def scenes(self, seed: int) -> SceneSource | Curriculum:
        """Scenes to train on."""
        ...


def train(
    recipe: Trainable[M],
    *,
    seed: int = 0,
    scenes: SceneSource | Curriculum | None = None,
    out: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
) -> tuple[M, FitResult]:
    """Train a recipe, and leave a checkpoint in `out` that `avlearn.load` reads.

    Args:
        recipe: what to run.
        seed: of weights, scenes and order.
        scenes: other scenes than the recipe's world: a `Collage` of your own pictures and recordings, a `Curriculum`,
            or `VideoClips` in the recipe's `clip_format`. Of clips all stages of the recipe get the same ones, and each
            epoch has them all, whatever the recipe's pool: as many as it has room for are held in memory.
        out: folder of the run; None saves nothing.
        device: auto, cpu, cuda or mps.
        resume: continue the run in `out`.

    Returns:
        The trained model and its history.

    Raises:
        ValueError: from `fit`; a `Curriculum` for the supervised model, whose labels have one source, or clips, which
            have none.

    Example:
        >>> import tempfile, torch
        >>> from avlearn.data import ClipList, VideoClips, write_video
        >>> recipe = get("max_pool", "smoke")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_video(Path(folder) / "grey.mkv", torch.full((3, 90, 48, 64), 99, dtype=torch.uint8),
        ...                 torch.rand(9 * 16_000) - 0.5, frame_rate=10, sample_rate=16_000)
        ...     clips = VideoClips(ClipList.of_folder(folder, seconds=1), recipe.clip_format)
        ...     train(recipe, scenes=clips, device="cpu")[1].steps
        12
    """
    model, scenes = recipe.build(seed), recipe.scenes(seed) if scenes is None else scenes
    if isinstance(model, Supervised):
        model.learn_from(_labelled(scenes))
    settings = replace(recipe.training, seed=seed)
    if isinstance(scenes, ClipSource):
        settings = _holding(settings, scenes)
        scenes = _in_all_stages(recipe, scenes)
    result = fit(model, scenes, settings, out=out, device=device, resume=resume)
    if out is not None:
        in_first(lambda: _name(out, model, recipe))
    return model, result


def _name(out: Path | str, model: nn.Module, recipe: Trainable[M]) -> None:
    card = replace(read_card(out), recipe=recipe.name, profile=recipe.profile)
    save_checkpoint(out, model, card)


def _holding(settings: TrainSettings, clips: ClipSource) -> TrainSettings:
    # A pool of some of the clips would leave the others out
    return settings if settings.pool is None or len(clips) <= settings.pool else replace(settings, pool=None)


def _in_all_stages(recipe: Trainable[M], clips: ClipSource) -> SceneSource | Curriculum:
    return recipe.scenes(0, lambda settings, seed: clips) if isinstance(recipe, Recipe) else clips


def _labelled(scenes: SceneSource | Curriculum) -> SceneSource:
    if isinstance(scenes, ClipSource):
        raise ValueError("the supervised model learns which classes are heard in each scene, and clips don't tell; "
                         "train another recipe, none of which needs labels, or give a collage")  # fmt: skip
    if isinstance(scenes, Curriculum):
        raise ValueError("the supervised model reads its labels in one source of scenes; train it without a Curriculum")
    return scenes


def _smoke(name: str) -> Recipe:
    return _small(name, "smoke", TrainSettings(steps=12, batch_size=8, pool=32), warm_up=6)


def _book(name: str) -> Recipe:
    return _small(name, "book", TrainSettings(steps=700, batch_size=32, pool=7168, save_every=350), warm_up=350)


def _gpu(name: str) -> Recipe:
    settings = TrainSettings(steps=6000, batch_size=128, pool=32768, learning_rate=1e-3)
    recipe = _small(name, "gpu", settings, warm_up=2000)
    return replace(recipe, model=replace(recipe.model, encoders="resnet18"))


def _paper(name: str) -> Recipe:
    published = PUBLISHED["dcc"]
    model = PUBLISHED.get(
        name, replace(RECIPES[name], encoders="vgg", image_size=published.image_size, frontend=published.frontend)
    )
    seconds = 1.0 if model.frontend == "simplified_dmc" else 5.0
    settings = TrainSettings(
        steps=40_000, batch_size=32, pool=None, learning_rate=1e-4, schedule="constant", weight_decay=0.0
    )
    single, several, test = (
        replace(DIFFICULTIES[difficulty], size=model.image_size, seconds=seconds)
        for difficulty in ("big", "multi", "big_test")
    )
    recipe = Recipe(name=name, profile="paper", model=model, training=settings, world=single, test_world=test)
    if name != "cavl":
        return recipe
    simple, complex_ = simple_to_complex(single, several)
    stages = replace(simple, image_clusters=2, audio_clusters=1), replace(complex_, image_clusters=4, audio_clusters=2)
    return replace(recipe, stages=stages)


def _small(name: str, profile: Profile, training: TrainSettings, *, warm_up: int) -> Recipe:
    model = RECIPES[name]
    recipe = Recipe(
        name=name,
        profile=profile,
        model=replace(model, warm_up_steps=warm_up) if model.warm_up_floor else model,
        training=training,
        world=DIFFICULTIES["big"],
        test_world=DIFFICULTIES["big_test"],
    )
    return in_stages(recipe) if name == "cavl" else recipe


_PROFILES: dict[str, Callable[[str], Recipe]] = {"smoke": _smoke, "book": _book, "gpu": _gpu, "paper": _paper}
