import pytest

from avlearn.training import RoundsSettings


@pytest.mark.parametrize(("clips", "held_out"), [(100, 5), (2, 1), (10, 1)])
def test_every_clip_is_trained_on_or_held_out(clips, held_out):
    trained_on, kept = RoundsSettings(clips=clips, held_out_share=0.05).split(0)
    assert len(kept) == held_out
    assert sorted([*trained_on.tolist(), *kept.tolist()]) == list(range(clips))


def test_seeds_split_differently():
    splits = [RoundsSettings(clips=100).split(seed)[1].tolist() for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"clips": 1}, {"held_out_share": 0.0}, {"held_out_share": 1.0}])
def test_refuses_settings_without_sense(wrong):
    with pytest.raises(ValueError, match=rf"{next(iter(wrong))} is {next(iter(wrong.values()))}"):
        RoundsSettings(**wrong)
