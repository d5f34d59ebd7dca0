from __future__ import annotations

import pytest
import torch

from avlearn.tasks.scene_scores import SceneScores, hunt_in, score_scenes


def score(world, model, count: int, seed: int = 0) -> SceneScores:
    batch = world.batch(range(count), truth=True)
    generator = torch.Generator().manual_seed(seed)
    return score_scenes(model, batch, hunt_in(batch, torch.arange(count)), threshold="max_half", generator=generator)


def test_hunt_follows_the_roles(squares):
    hunt = hunt_in(squares(("sqo-", "-s-q")).batch([0, 1], truth=True), torch.tensor([7, 8]))
    assert hunt.scene.tolist() == [7, 8]
    assert hunt.target.tolist() == [[True, False, False, False], [False, True, False, False]]
    assert hunt.other.tolist() == [[False, True, False, False], [False, False, False, True]]
    assert hunt.size == (24, 24)


def test_what_is_hidden_in_the_middle_frame_is_not_to_be_found(squares):
    batch = squares(("ss--",), frames=3).batch([0], truth=True)
    batch.truth.masks[0, 1, 1] = False
    hunt = hunt_in(batch, torch.tensor([0]))
    assert hunt.target.tolist() == [[True, False, False, False]]
    assert torch.equal(hunt.masks[0, 0], batch.truth.masks[0, 0, 1])


def test_kinds_of_queries_and_sounds(squares, oracle):
    world = squares(("ssq-", "s-q-", "-qs-"))
    found = score(world, oracle(world), 12)
    assert set(found.scores) == {"maps", "baselines", "shuffled_audio", "per_source", "per_source_baselines"}
    assert set(found.answers) == {"own", "silence", "noise", "offscreen"}
    assert set(found.answers["own"]) == {"attention", "similarity", "score"}
    # Four scenes have two sources
    assert len(found.scores["per_source"]["attention"].scene) == 8
    alone = squares(("s---",), classes=1)
    found = score(alone, oracle(alone), 4)
    assert set(found.scores) == {"maps", "baselines"}
    assert set(found.answers) == {"own", "silence", "noise"}


def test_a_single_source_is_the_only_target_and_all_else_is_wrong(squares, oracle):
    world = squares(("ssq-", "sq--"))
    asked = score(world, oracle(world), 4).scores["per_source"]["attention"]
    assert asked.scene.tolist() == [0, 0, 2, 2]
    assert asked.target.int().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]] * 2
    assert asked.other.int().tolist() == [[0, 1, 1, 0], [1, 0, 1, 0]] * 2


def test_joined_parts_hold_all_scenes_and_kinds(squares, oracle):
    several, alone = squares(("ssq-",)), squares(("s---",), classes=1)
    parts = [score(alone, oracle(alone), 3), score(several, oracle(several), 8)]
    whole = SceneScores.join(parts)
    assert set(whole.scores) == set(parts[1].scores)
    assert len(whole.answers["own"]["score"]) == 11
    assert len(whole.scores["maps"]["attention"].scene) == 11
    assert len(whole.scores["per_source"]["attention"].scene) == 16


def test_a_model_on_its_device_gets_its_batch_there(squares, oracle):
    world = squares(("s---",))
    model = oracle(world)
    model.weight = torch.nn.Parameter(torch.zeros(1, device="meta"))
    asked = []

    def localize(batch):
        asked.append(batch.frames.device.type)
        raise InterruptedError

    model.localize = localize
    with pytest.raises(InterruptedError):
        score(world, model, 2)
    assert asked == ["meta"]


def test_scenes_without_truth_are_refused(squares):
    with pytest.raises(ValueError, match="without their truth"):
        hunt_in(squares(("s---",)).batch([0], truth=False), torch.tensor([0]))
