import numpy as np
import pytest
import torch

from avlearn.metrics.clustering import contingency, nmi
from avlearn.training import ClusteringSettings
from avlearn.training.reclustering import Share, recluster

SETS = {"video": ("video",), "audio": ("audio",)}


def share(count):
    return Share(numbers=range(count), count=count, device=torch.device("cpu"))


def blobs(classes, *, size=6, scale=1.0, seed=0):
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(int(classes.max()) + 1, size))
    return (scale * (centres[classes] + 0.02 * generator.normal(size=(len(classes), size)))).astype(np.float32)


def clustered(features, folder, sets=SETS, **changes):
    settings = ClusteringSettings(**{"directions": 4, "restarts": 4, **changes})
    count = len(next(iter(features.values())))
    return recluster(features, sets, num_clusters=3, settings=settings, share=share(count), folder=folder, seed=0)


def agreement(labels, classes):
    return float(nmi(contingency(labels, torch.from_numpy(classes))))


def test_each_set_clusters_its_own_features(tmp_path):
    video, audio = np.arange(60) % 3, np.arange(60) // 20
    labels, distances = clustered({"video": blobs(video), "audio": blobs(audio, seed=1)}, tmp_path)
    assert agreement(labels["video"], video) == pytest.approx(1)
    assert agreement(labels["audio"], audio) == pytest.approx(1)
    assert all(len(one) == 60 and (one >= 0).all() for one in distances.values())
    assert not list(tmp_path.iterdir())


def test_chunks_change_nothing(tmp_path):
    features = {name: np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32) for name in SETS}
    whole, parts = (clustered(features, tmp_path, chunk=chunk) for chunk in (1000, 7))
    for name in SETS:
        assert agreement(whole[0][name], parts[0][name].numpy()) == pytest.approx(1)
        torch.testing.assert_close(whole[1][name], parts[1][name], atol=1e-4, rtol=1e-4)


def test_joint_features_weigh_alike_whatever_their_scale(tmp_path):
    video, audio = np.arange(80) % 2, np.arange(80) // 40
    features = {"video": blobs(video, scale=1000.0), "audio": blobs(audio, seed=1)}
    settings = ClusteringSettings(directions=1, restarts=4)
    labels, _ = recluster(
        features,
        {"joint": ("video", "audio")},
        num_clusters=4,
        settings=settings,
        share=share(80),
        folder=tmp_path,
        seed=0,
    )
    assert agreement(labels["joint"], 2 * video + audio) == pytest.approx(1)


def test_seeds_repeat(tmp_path):
    features = {name: np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32) for name in SETS}
    first, again = clustered(features, tmp_path)[0], clustered(features, tmp_path)[0]
    assert all(torch.equal(first[name], again[name]) for name in SETS)


@pytest.mark.parametrize("wrong", ["directions", "restarts", "iterations", "chunk"])
def test_refuses_settings_without_sense(wrong):
    with pytest.raises(ValueError, match=f"{wrong} is 0; give at least 1"):
        ClusteringSettings(**{wrong: 0})


def test_says_so_where_all_clips_are_alike(tmp_path):
    features = {"video": blobs(np.arange(30) % 3), "audio": np.ones((30, 5), np.float32)}
    with pytest.raises(ValueError, match=r"audio features of all 30 clips are equal.*silent or frozen"):
        clustered(features, tmp_path)
