"""Stages as a function of the step, and what a run makes of them."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import DIFFICULTIES, Subset, World
from avlearn.models import DCC, DCCConfig
from avlearn.training import Curriculum, Stage, TrainSettings, fit, load_checkpoint, read_card
from avlearn.training.batches import StepBatches
from avlearn.types import Clustered

SETTINGS = TrainSettings(steps=12, batch_size=4, pool=16, log_every=1, save_every=5, learning_rate=0.02)


def two_stages(scenes, **second):
    """Scenes 0 to 99 for five steps, then scenes 100 to 199 for seven."""
    first_scenes, second_scenes = Subset(scenes, range(100)), Subset(scenes, range(100, 200))
    clusters = {name: 1 for name in second if name.endswith("clusters")}
    return Curriculum(
        (
            Stage(name="one", scenes=first_scenes, until=0.4, **clusters),
            Stage(name="several", scenes=second_scenes, **second),
        )
    )


def clustered(make_model):
    """A model that remembers its cluster numbers and lets them matter."""

    class Model(make_model):
        image_clusters, audio_clusters = 7, 7

        def set_clusters(self, *, image=None, audio=None):
            self.image_clusters, self.audio_clusters = image, audio

        def step(self, batch):
            batch.waveform.mul_(self.image_clusters + 0.5 * self.audio_clusters)
            return super().step(batch)

    return Model


def same(first, second):
    first, second = first.state_dict(), second.state_dict()
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def timeless(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


@pytest.mark.parametrize(
    ("ends", "steps", "spans"),
    [
        ([1.0], 3, [range(0, 3)]),
        ([0.4, 1.0], 12, [range(0, 5), range(5, 12)]),
        ([0.1, 0.3, 1.0], 10, [range(0, 1), range(1, 3), range(3, 10)]),
        ([1 / 3, 2 / 3, 1.0], 3, [range(0, 1), range(1, 2), range(2, 3)]),
    ],
)
def test_every_step_has_its_stage(scenes, ends, steps, spans):
    stages = tuple(Stage(name=str(end), scenes=scenes, until=end) for end in ends)
    curriculum = Curriculum(stages)
    assert list(curriculum.spans(steps=steps)) == spans
    for stage, span in zip(stages, spans, strict=True):
        assert all(curriculum.stage(step, steps=steps) is stage for step in span)
    assert curriculum.stage(steps, steps=steps) is stages[-1]


def test_cycles_begin_where_a_stage_restarts(scenes):
    ends = [(0.2, False), (0.5, True), (0.7, False), (1.0, True)]
    curriculum = Curriculum(
        tuple(Stage(name=str(end), scenes=scenes, until=end, restart=restart) for end, restart in ends)
    )
    cycles = [curriculum.cycle(step, steps=10) for step in range(10)]
    assert cycles == [range(0, 2)] * 2 + [range(2, 7)] * 5 + [range(7, 10)] * 3


def test_learning_rates_with_and_without_restart(scenes, make_model):
    plain, through, anew = (
        [row["learning_rate"] for row in fit(make_model(), data, SETTINGS).history]
        for data in (scenes, two_stages(scenes), two_stages(scenes, restart=True))
    )
    assert through == plain
    assert anew[0] == anew[5] == pytest.approx(0.02 / 25)  # a cycle begins low
    assert anew[4] == anew[11] == pytest.approx(0.02 / 25e4)  # and ends at nothing
    assert max(anew[:5]) > 0.015 < max(anew[5:])


@pytest.mark.parametrize("pool", [16, None])
def test_the_batches_of_a_stage_come_from_its_scenes(scenes, pool):
    batches = StepBatches(two_stages(scenes), TrainSettings(**{**vars(SETTINGS), "pool": pool}))
    numbers = [batch.index.tolist() for batch in batches.onward(0)]
    assert len(numbers) == 12
    assert all(0 <= number < 100 for step in numbers[:5] for number in step)
    assert all(100 <= number < 200 for step in numbers[5:] for number in step)
    for step in (11, 2, 7):  # in any order: a batch depends on its step alone
        assert batches(step).index.tolist() == numbers[step]


def test_every_source_has_epochs_of_its_own(scenes):
    batches = StepBatches(two_stages(scenes), SETTINGS)
    first, second = ([batches(step).index for step in span] for span in (range(4), range(5, 9)))
    assert sorted(torch.cat(first).tolist()) == list(range(16))
    assert sorted(torch.cat(second).tolist()) == list(range(100, 116))


def test_a_small_source_is_gone_through_again_and_again(scenes):
    few = Subset(scenes, [30, 10, 20, 50, 40])
    for pool in (16, None):
        batches = StepBatches(few, TrainSettings(**{**vars(SETTINGS), "pool": pool}))
        for step in range(12):
            numbers = set(batches(step).index.tolist())
            assert len(numbers) == 4
            assert numbers <= {10, 20, 30, 40, 50}


def test_shares_of_the_processes_make_the_batch(scenes):
    for step in (4, 5, 11):
        whole = StepBatches(two_stages(scenes), SETTINGS)(step)
        shares = [StepBatches(two_stages(scenes), SETTINGS, rank=rank, world_size=2)(step) for rank in range(2)]
        assert torch.equal(torch.cat([share.frames for share in shares]), whole.frames)
        assert torch.equal(torch.cat([share.index for share in shares]), whole.index)


@pytest.mark.parametrize("pool", [16, None])
def test_stages_of_the_same_scenes_equal_a_plain_run(scenes, make_model, pool):
    settings = TrainSettings(**{**vars(SETTINGS), "pool": pool})
    one = Curriculum((Stage(name="all", scenes=scenes),))
    two = Curriculum((Stage(name="first", scenes=scenes, until=0.4), Stage(name="second", scenes=scenes)))
    models = [make_model() for _ in range(3)]
    results = [fit(model, data, settings) for model, data in zip(models, (scenes, one, two), strict=True)]
    assert timeless(results[0].history) == timeless(results[1].history) == timeless(results[2].history)
    assert same(models[0], models[1])
    assert same(models[0], models[2])


def test_stages_change_what_is_learnt_but_not_for_how_long(scenes, make_model):
    plain, staged = make_model(), make_model()
    results = fit(plain, Subset(scenes, range(100)), SETTINGS), fit(staged, two_stages(scenes), SETTINGS)
    assert results[0].steps == results[1].steps == 12
    assert timeless(results[0].history)[:5] == timeless(results[1].history)[:5]
    assert not same(plain, staged)


@pytest.mark.parametrize("step", [3, 5, 8])
def test_resuming_in_any_stage_equals_the_uninterrupted_run(tmp_path, scenes, make_model, step):
    model_class = clustered(make_model)
    told = {"image_clusters": 3, "audio_clusters": 2, "restart": True}

    def interrupt(done, model, logs):
        if done == step:
            raise KeyboardInterrupt

    whole, resumed = model_class(), model_class(seed=5)
    expected = fit(whole, two_stages(scenes, **told), SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        fit(model_class(), two_stages(scenes, **told), SETTINGS, out=tmp_path, callback=interrupt)
    assert read_card(tmp_path).step == step
    result = fit(resumed, two_stages(scenes, **told), SETTINGS, out=tmp_path, resume=True)
    assert timeless(result.history) == timeless(expected.history)
    assert same(resumed, whole)
    load_checkpoint(tmp_path, make_model())


def test_a_resumed_run_keeps_its_stages(tmp_path, scenes, make_model):
    fit(make_model(), two_stages(scenes), SETTINGS, out=tmp_path)
    for other in (two_stages(scenes, restart=True), scenes):
        with pytest.raises(ValueError, match=r"has other settings \(stages was .*'name': 'one'.*; resume it with its"):
            fit(make_model(), other, SETTINGS, out=tmp_path, resume=True)


def test_a_single_stage_resumes_a_plain_run(tmp_path, scenes, make_model):
    history = fit(make_model(), scenes, SETTINGS, out=tmp_path).history
    one = Curriculum((Stage(name="any name", scenes=scenes),))
    assert fit(make_model(), one, SETTINGS, out=tmp_path, resume=True).history == history


def test_a_model_gets_the_clusters_of_each_stage(scenes, make_model):
    found, model = [], clustered(make_model)()
    curriculum = two_stages(scenes, image_clusters=3, audio_clusters=2)
    fit(model, curriculum, SETTINGS, callback=lambda *_: found.append((model.image_clusters, model.audio_clusters)))
    assert found == [(1, 1)] * 5 + [(3, 2)] * 7


def test_without_cluster_numbers_a_model_keeps_its_own(scenes, make_model):
    model = clustered(make_model)()
    fit(model, two_stages(scenes), SETTINGS)
    assert (model.image_clusters, model.audio_clusters) == (7, 7)


def test_a_finished_run_ends_with_the_clusters_of_its_last_stage(tmp_path, scenes, make_model):
    curriculum = two_stages(scenes, image_clusters=3, audio_clusters=2)
    fit(clustered(make_model)(), curriculum, SETTINGS, out=tmp_path)
    model = clustered(make_model)()
    fit(model, curriculum, SETTINGS, out=tmp_path, resume=True)
    assert (model.image_clusters, model.audio_clusters) == (3, 2)


def test_refuses_clusters_for_a_model_without(scenes, make_model):
    assert not isinstance(make_model(), Clustered)
    with pytest.raises(ValueError, match="stage 'one' sets numbers of clusters, but TinyModel has no method set_clust"):
        fit(make_model(), two_stages(scenes, image_clusters=3), SETTINGS)
    model = DCC(DCCConfig(matcher="max"))
    with pytest.raises(ValueError, match="the matcher 'max' can't change its number of clusters; use 'simplified'"):
        fit(model, two_stages(scenes, image_clusters=3), SETTINGS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": 0.0}, r"stage 'x' lasts until 0\.0; give a share of the run in \(0, 1\]"),
        ({"until": 1.2}, r"stage 'x' lasts until 1\.2; give a share"),
        ({"audio_clusters": 0}, "stage 'x' has audio_clusters 0; give at least 1, or None"),
    ],
)
def test_refuses_impossible_stages(scenes, changes, message):
    with pytest.raises(ValueError, match=message):
        Stage(**{"name": "x", "scenes": scenes, **changes})


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([], "a curriculum needs stages; give at least one"),
        ([("a", 0.5), ("b", 0.8)], r"the last stage, 'b', ends at 0\.8; let it last until 1, the end of the run"),
        ([("a", 0.5), ("b", 0.4), ("c", 1.0)], r"stage 'b' ends at 0\.4, stage 'a' before it at 0\.5; give stages in"),
        ([("a", 1.0), ("b", 1.0)], r"stage 'b' ends at 1\.0, stage 'a' before it at 1\.0"),
        ([("a", 0.5), ("a", 1.0)], "the stages are called a, a; give each a name of its own"),
    ],
)
def test_refuses_stages_that_do_not_make_a_run(scenes, stages, message):
    with pytest.raises(ValueError, match=message):
        Curriculum(tuple(Stage(name=name, scenes=scenes, until=until) for name, until in stages))


def test_refuses_cluster_numbers_in_some_stages_only(scenes):
    stages = (Stage(name="a", scenes=scenes, until=0.5), Stage(name="b", scenes=scenes, audio_clusters=2))
    with pytest.raises(ValueError, match="stage 'a' has no audio_clusters, but another has; give it to all stages or"):
        Curriculum(stages)


def test_refuses_a_stage_without_steps(scenes, make_model):
    stages = tuple(Stage(name=str(end), scenes=scenes, until=end) for end in (0.01, 1.0))
    with pytest.raises(ValueError, match=r"stage '0\.01' gets none of 12 steps; train longer, or move its borders"):
        fit(make_model(), Curriculum(stages), SETTINGS)


def test_refuses_a_stage_of_too_few_scenes(scenes, make_model):
    stages = (Stage(name="a", scenes=scenes, until=0.5), Stage(name="b", scenes=Subset(scenes, range(3))))
    with pytest.raises(ValueError, match="stage 'b' has 3 scenes, which can't fill a batch of 4; give it more scenes"):
        fit(make_model(), Curriculum(stages), SETTINGS)
    assert scenes.calls == []  # before anything is made


def test_data_of_stages_are_told_and_worlds_are_not():
    class Clips:
        fingerprint = "abc"

        def __len__(self):
            return 5

        def batch(self, indices, *, truth=False):
            raise NotImplementedError

    world, clips = World(DIFFICULTIES["big"], seed=0), Clips()
    assert Curriculum.of(world).data() is None
    told = {"clips": 5, "fingerprint": "abc"}
    assert Curriculum.of(clips).data() == [told]
    stages = Stage(name="world", scenes=world, until=0.5), Stage(name="clips", scenes=Subset(clips, [3]))
    assert Curriculum(stages).data() == [None, told]
