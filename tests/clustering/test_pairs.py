"""Pairing of contents: against loops over scenes, and scenes whose sources are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from avlearn.clustering.pairs import Contents, arrivals, nearest, pair_up


def contents(scenes, clusters, dim=5, size=(3, 4), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Contents(
        centres=F.normalize(torch.randn(scenes, clusters, dim, generator=generator, dtype=torch.float64), dim=-1),
        mass=torch.rand(scenes, clusters, generator=generator, dtype=torch.float64).softmax(1),
        shares=torch.randn(scenes, clusters, *size, generator=generator, dtype=torch.float64).softmax(1),
    )


def slow_pairs(seen, heard, alike):
    """Scene by scene: who goes to whom, then groups by walking from cluster to alike cluster."""
    scenes = []
    for v, v_map, a, mass, a_map in zip(
        seen.centres, seen.shares, heard.centres, heard.mass, heard.shares, strict=True
    ):
        goes = [max(range(len(v)), key=lambda k, sound=sound: float(v[k] @ sound)) for sound in a]
        reached = [sum(float(m * max(v[k] @ s, 0)) for s, m, g in zip(a, mass, goes, strict=True) if g == k) for k in range(len(v))]  # fmt: skip  # noqa: E501
        groups, left = [], set(range(len(v)))
        while left:
            group, border = set(), {min(left)}
            while border:
                group |= border
                border = {
                    k for k in left - group for j in group
                    if v[k] @ v[j] >= alike and reached[k] > 0 and reached[j] > 0
                }  # fmt: skip
            groups.append(sorted(group))
            left -= group
        groups.sort(key=lambda group: -sum(reached[k] for k in group))
        scenes.append(
            [
                (
                    sum(reached[k] for k in group),
                    sum(reached[k] * v_map[k] for k in group),
                    sum((a_map[i] for i, k in enumerate(goes) if k in group), torch.zeros_like(a_map[0])),
                )
                for group in groups
            ]
        )
    return scenes


@pytest.mark.parametrize("alike", [0.2, 0.5, 0.9])
def test_equals_the_slow_reference(alike):
    seen, heard = contents(6, 7, dim=3), contents(6, 5, dim=3, size=(2, 6), seed=1)
    pairs = pair_up(seen, heard, alike=alike)
    for row, scene in enumerate(slow_pairs(seen, heard, alike)):
        for slot, (mass, heat, sound) in enumerate(scene):
            if mass > 0:
                torch.testing.assert_close(pairs.mass[row, slot].item(), mass, rtol=1e-9, atol=1e-12)
                torch.testing.assert_close(pairs.heat[row, slot], heat)
                torch.testing.assert_close(pairs.sound[row, slot], sound)
        assert pairs.mass[row, sum(mass > 0 for mass, _, _ in scene) :].abs().max() == 0


def test_pairs_share_the_attention_the_sound_and_the_mass():
    seen, heard = contents(6, 9), contents(6, 4, size=(2, 6), seed=1)
    pairs = pair_up(seen, heard)
    attention = torch.einsum("bk,bkhw->bhw", arrivals(seen, heard), seen.shares)
    torch.testing.assert_close(pairs.heat.sum(1), attention)
    torch.testing.assert_close(pairs.sound.sum(1), torch.ones(6, 2, 6, dtype=torch.float64))
    torch.testing.assert_close(pairs.mass.sum(1), (heard.mass * nearest(seen, heard)[1].clamp_min(0)).sum(1))
    assert (pairs.mass.diff(dim=1) <= 0).all()
    lengths = pairs.centres.norm(dim=-1)
    torch.testing.assert_close(lengths, (pairs.mass > 0).double())


def test_order_of_the_clusters_does_not_matter():
    seen, heard = contents(6, 9), contents(6, 4, seed=1)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    mixed = replace(
        seen, centres=seen.centres[:, order], mass=seen.mass[:, order], shares=seen.shares[:, order]
    )  # fmt: skip
    one, two = pair_up(seen, heard), pair_up(mixed, heard)
    for name in ("mass", "centres", "heat"):
        torch.testing.assert_close(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("sources", [1, 2, 3])
def test_a_scene_of_n_sources_has_n_pairs(sources):
    axes = torch.eye(6)
    # Each source is seen by two clusters that are alike; the rest of the picture sounds like nothing in the mixture
    shown = torch.cat([axes[:sources], F.normalize(axes[:sources] + 0.1 * axes[5], dim=-1), -axes[4:5]])[None]
    seen = Contents(centres=shown, mass=torch.ones(1, len(shown[0])) / len(shown[0]), shares=torch.zeros(1, len(shown[0]), 1, 1))  # fmt: skip  # noqa: E501
    both = torch.cat([axes[:sources], F.normalize(axes[:sources] + 0.1 * axes[5], dim=-1), axes[4:5]])[None]
    heard = Contents(centres=both, mass=torch.ones(1, len(both[0])) / len(both[0]), shares=torch.zeros(1, len(both[0]), 1, 1))  # fmt: skip  # noqa: E501
    assert pair_up(seen, heard).count().tolist() == [sources]


def test_alike_clusters_form_chains():
    angles = torch.tensor([0.0, 0.6, 1.2, 1.8])  # each is alike its neighbours only
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)[None]
    line = Contents(centres=centres, mass=torch.ones(1, 4) / 4, shares=torch.ones(1, 4, 1, 1) / 4)
    assert pair_up(line, line, alike=0.8).count().tolist() == [1]
    assert pair_up(line, line, alike=0.85).count().tolist() == [4]


def test_a_cluster_without_sound_is_no_bridge():
    angles = torch.tensor([0.0, 0.6, 1.2])
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)[None]
    seen = Contents(centres=centres, mass=torch.ones(1, 3) / 3, shares=torch.ones(1, 3, 1, 1) / 3)
    heard = Contents(centres=centres[:, [0, 2]], mass=torch.ones(1, 2) / 2, shares=torch.ones(1, 2, 1, 1) / 2)
    assert pair_up(seen, heard, alike=0.8).count().tolist() == [2]


@pytest.mark.parametrize("alike", [0.0, 1.5])
def test_refuses_what_is_no_cosine(alike):
    with pytest.raises(ValueError, match=rf"alike is {alike}; give a cosine in \(0, 1\]"):
        pair_up(contents(1, 2), contents(1, 2), alike=alike)
