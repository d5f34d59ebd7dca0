"""Co-clustering against a slow reference, its invariances, and the released defects that it must not have."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from avlearn.clustering import CoClustering, CoClusteringMatcher, cocluster, squash
from avlearn.clustering.cocluster import contributions, position_cosines, vectors

SHAPES = {"batch": 3, "positions": 7, "channels": 6, "clusters": 4, "dim": 5}


def reference(u: np.ndarray, weight: np.ndarray, iterations: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """The published algorithm, one vector and one cluster at a time, with every projection written out."""
    (n, _), (k, _, d) = u.shape, weight.shape
    u = np.tanh(10 * np.linalg.norm(u, axis=1, keepdims=True)) * u / np.linalg.norm(u, axis=1, keepdims=True)
    u_hat = np.array([[weight[j].T @ u[i] for i in range(n)] for j in range(k)])
    b = np.zeros((k, n))
    for t in range(iterations):
        s, c = np.zeros((k, n)), np.zeros((k, d))
        for i in range(n):
            exponent = np.exp(sharpness * b[:, i] - (sharpness * b[:, i]).max())
            s[:, i] = exponent / exponent.sum()
        for j in range(k):
            for i in range(n):
                c[j] += s[j, i] * u_hat[j, i]
        if t < iterations - 1:
            for j in range(k):
                for i in range(n):
                    b[j, i] = c[j] @ u_hat[j, i] / np.linalg.norm(c[j])
    return np.tanh(10 * np.linalg.norm(c, axis=1, keepdims=True)) * c / np.linalg.norm(c, axis=1, keepdims=True), s


@pytest.fixture
def problem() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(SHAPES["batch"], SHAPES["positions"], SHAPES["channels"], generator=generator, dtype=torch.float64)
    weight = torch.randn(SHAPES["clusters"], SHAPES["channels"], SHAPES["dim"], generator=generator).double() / 4
    return u, weight


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
@pytest.mark.parametrize("sharpness", [1.0, 30.0])
def test_equals_slow_reference(problem, iterations, sharpness):
    u, weight = problem
    centres, assignments = cocluster(u, weight, iterations=iterations, sharpness=sharpness)
    for row in range(len(u)):
        expected = reference(u[row].numpy(), weight.numpy(), iterations, sharpness)
        np.testing.assert_allclose(centres[row], expected[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(assignments[row], expected[1], rtol=1e-9, atol=1e-12)


def test_gradients_pass_all_iterations(problem):
    u, weight = problem
    inputs = u[:1].clone().requires_grad_(), weight.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda u, w: cocluster(u, w, iterations=3, sharpness=3.0), inputs)


def test_assignments_sum_to_one_over_clusters(problem):
    _, assignments = cocluster(*problem, iterations=3, sharpness=30.0)
    torch.testing.assert_close(assignments.sum(1), torch.ones_like(assignments[:, 0]))


def test_first_centre_is_the_uniform_sum(problem):
    u, weight = problem
    centres, _ = cocluster(u, weight, iterations=1)
    expected = squash(torch.einsum("bnc,kcd->bkd", squash(u), weight) / SHAPES["clusters"])
    torch.testing.assert_close(centres, expected)


def test_assignments_change_the_centres(problem):
    # In the released code they cancel out: its result does not depend on the number of iterations
    once, _ = cocluster(*problem, iterations=1)
    thrice, _ = cocluster(*problem, iterations=3, sharpness=30.0)
    assert (torch.nn.functional.cosine_similarity(once, thrice, dim=-1) < 0.99).any()


def test_order_of_vectors_does_not_matter(problem):
    u, weight = problem
    order = torch.randperm(SHAPES["positions"], generator=torch.Generator().manual_seed(1))
    centres, assignments = cocluster(u, weight, iterations=3, sharpness=10.0)
    shuffled_centres, shuffled_assignments = cocluster(u[:, order], weight, iterations=3, sharpness=10.0)
    torch.testing.assert_close(shuffled_centres, centres)
    torch.testing.assert_close(shuffled_assignments, assignments[:, :, order])


def test_squash_known_values():
    x = torch.tensor([[3.0, 4.0], [0.003, 0.004], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    y = squash(x)
    torch.testing.assert_close(y[0], torch.tensor([0.6, 0.8], dtype=torch.float64))
    torch.testing.assert_close(y[1].norm(), torch.tanh(torch.tensor(0.05, dtype=torch.float64)))
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    torch.testing.assert_close(x.grad[2], torch.full((2,), 10.0, dtype=torch.float64), rtol=1e-6, atol=0)


def test_zero_features_give_finite_gradients():
    matcher = CoClusteringMatcher(8, num_clusters=3, dim=4, sharpness=30.0)
    image, audio = torch.zeros(2, 8, 3, 3, requires_grad=True), torch.zeros(2, 8, 2, 2, requires_grad=True)
    matcher(image, audio).sum().backward()
    assert all(torch.isfinite(t.grad).all() for t in (image, audio, *matcher.parameters()))


def test_permuting_clusters_leaves_the_similarity_alone():
    matcher = CoClusteringMatcher(8, num_clusters=3, dim=4)
    image, audio = torch.randn(2, 8, 3, 3), torch.randn(2, 8, 2, 2)
    before = matcher(image, audio)
    with torch.no_grad():
        matcher.clustering.weight.copy_(matcher.clustering.weight[[2, 0, 1]])
    torch.testing.assert_close(matcher(image, audio), before)


def test_similarity_is_a_sum_of_matched_cosines():
    matcher = CoClusteringMatcher(8, num_clusters=3, dim=4, sharpness=30.0)
    image, audio = torch.randn(4, 8, 3, 3), torch.randn(4, 8, 2, 5)
    similarity = matcher(image, audio)
    v, _ = matcher.clustering(vectors(image))
    a, _ = matcher.clustering(vectors(audio))
    for picture in range(4):
        for sound in range(4):
            cosines = torch.nn.functional.cosine_similarity(v[picture], a[sound], dim=-1)
            torch.testing.assert_close(similarity[picture, sound], cosines.sum(), rtol=1e-4, atol=1e-5)
    assert similarity.abs().max() <= 3 + 1e-5


def test_attention_sums_to_the_score():
    matcher = CoClusteringMatcher(8, num_clusters=3, dim=4, sharpness=30.0)
    image, audio = torch.randn(4, 8, 3, 3), torch.randn(4, 8, 2, 5)
    maps = matcher.explain(image, audio)
    torch.testing.assert_close(maps.attention.sum((1, 2)), maps.score)
    torch.testing.assert_close(maps.score, matcher(image, audio).diagonal(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(maps.clusters.sum(1), torch.ones(4, 3, 3))


def test_contributions_are_a_cosine(problem):
    u, weight = problem
    centres, assignments = cocluster(u, weight, iterations=2)
    other = torch.randn_like(centres)
    share = contributions(squash(u), weight, assignments, other).sum(-1)
    torch.testing.assert_close(share, torch.nn.functional.cosine_similarity(centres, other, dim=-1))


def test_position_cosines_are_bounded_and_one_at_the_reference(problem):
    u, weight = problem
    reference_centre = torch.einsum("bc,kcd->bkd", u[:, 2], weight)
    mass = torch.full((SHAPES["batch"], SHAPES["clusters"]), 1 / SHAPES["clusters"], dtype=torch.float64)
    cosines = position_cosines(u, weight, reference_centre, mass)
    torch.testing.assert_close(cosines[:, 2], torch.ones(SHAPES["batch"], dtype=torch.float64))
    assert cosines.abs().max() <= 1 + 1e-9


def test_autocast_keeps_the_clustering_in_float32():
    clustering, x = CoClustering(8, 3, 4, sharpness=30.0), torch.randn(2, 9, 8)
    plain, _ = clustering(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed, _ = clustering(x)
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, plain)


def test_published_sizes():
    weight = CoClustering(512).weight.detach()
    assert weight.shape == (10, 512, 16)
    assert weight.abs().max() <= (6 / (512 + 160)) ** 0.5
    assert weight.std().item() == pytest.approx((2 / (512 + 160)) ** 0.5, rel=0.02)


@pytest.mark.parametrize(
    ("settings", "said"), [({"num_clusters": 1}, "is 1"), ({"iterations": 0}, "is 0"), ({"sharpness": 0.0}, "is 0.0")]
)
def test_refuses_nonsense(settings, said):
    with pytest.raises(ValueError, match=said):
        CoClustering(8, **settings)


def test_compiles_to_the_same_numbers():
    # In a process of its own: run-time shape checks and the compiler do not go together
    code = """
import torch
from avlearn.clustering import CoClusteringMatcher, SeededMatcher, SimplifiedMatcher
torch.manual_seed(0)
for make in (CoClusteringMatcher, SeededMatcher, SimplifiedMatcher):
    matcher, image, audio = make(8), torch.randn(3, 8, 4, 4), torch.randn(3, 8, 2, 6)
    compiled = torch.compile(matcher, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(image, audio), matcher(image, audio), rtol=1e-4, atol=1e-5)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
