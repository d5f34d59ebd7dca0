"""Two processes that share the rows cluster and whiten them as one does, and fail together."""

import os
import subprocess
import sys

import pytest
import torch
from torch import distributed

SCRIPT = """
import os, sys
import torch
from torch import distributed
from avlearn.clustering import Whitening, WhiteningSettings, kmeans

folder = sys.argv[1]
group = "world" if "RANK" in os.environ else None
rank = int(os.environ.get("RANK", 0))
if group:
    distributed.init_process_group("gloo")
generator = torch.Generator().manual_seed(0)
x = torch.randn(16, 9, generator=generator)[torch.arange(800) % 16] + torch.randn(800, 9, generator=generator) + 2
share = {None: slice(None), "world": slice(0, 500) if rank == 0 else slice(500, None)}[group]
empty = {None: slice(None), "world": slice(None) if rank == 0 else slice(0, 0)}[group]
lost = torch.cat([x[:10], torch.full((6, 9), 50.0)])
found = {
    "plus": kmeans(x[share], 16, restarts=2, group=group),
    "farthest": kmeans(x[share], 16, start="farthest", group=group),
    "random": kmeans(x[share], 16, start="random", group=group),
    "given": kmeans(x[share], 16, start=x[:16], group=group, chunk=33),
    "lost": kmeans(x[share], 16, start=lost, iterations=2, group=group),
    "pooled": kmeans(x[share], 4, group=group),  # more rows than the start looks at
    "empty": kmeans(x[empty], 16, group=group),
}
found = {name: {**vars(result)} for name, result in found.items()}
whitening = Whitening.fit(x[share], WhiteningSettings(standardise=True, components=4, unit_length=True), group=group)
found["white"] = {"matrix": whitening.matrix, "labels": whitening(x[share]), "mean": whitening.mean}
found["errors"] = []
bad = x.clone()
bad[700] = torch.nan
for rows, clusters in ((bad[share], 3), (x[share], 801), (torch.ones(800, 2)[share], 2), (x[share, : 9 - rank], 3)):
    try:
        kmeans(rows, clusters, group=group)
        found["errors"].append("none")
    except ValueError as error:
        found["errors"].append(str(error))
torch.save(found, f"{folder}/{rank}.pt")
if group:
    distributed.destroy_process_group()
"""

CLUSTERINGS = ["plus", "farthest", "random", "given", "lost", "pooled", "empty"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What one process alone found, then what each of two found."""
    folder = tmp_path_factory.mktemp("kmeans")
    script = folder / "cluster.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for name, python in (("one", [sys.executable]), ("two", torchrun)):
        (folder / name).mkdir()
        subprocess.run([*python, str(script), str(folder / name)], env=environment, check=True, timeout=300)
    return [torch.load(folder / name, weights_only=True) for name in ("one/0.pt", "two/0.pt", "two/1.pt")]


needs_gloo = pytest.mark.skipif(not distributed.is_gloo_available(), reason="this torch has no gloo")


@needs_gloo
@pytest.mark.parametrize("name", CLUSTERINGS)
def test_two_processes_find_the_clusters_of_one(results, name):
    one, first, second = (result[name] for result in results)
    assert torch.equal(torch.cat([first["labels"], second["labels"]]), one["labels"])
    assert torch.equal(first["centroids"], second["centroids"])
    torch.testing.assert_close(first["centroids"], one["centroids"], rtol=1e-6, atol=1e-6)  # steps of float32
    assert first["history"] == second["history"]
    assert first["history"] == pytest.approx(one["history"], rel=1e-6)  # starts may differ by steps of float32


@needs_gloo
def test_the_empty_share_has_no_labels(results):
    assert results[2]["empty"]["labels"].shape == (0,)


@needs_gloo
def test_two_processes_whiten_as_one(results):
    one, first, second = (result["white"] for result in results)
    assert torch.equal(first["matrix"], second["matrix"])
    torch.testing.assert_close(first["matrix"], one["matrix"], rtol=1e-9, atol=1e-9)  # float64 sums in another order
    torch.testing.assert_close(torch.cat([first["labels"], second["labels"]]), one["labels"])


@needs_gloo
def test_both_processes_get_the_same_error(results):
    one, first, second = (result["errors"] for result in results)
    assert first == second
    assert "row 200 of process 1 of the features is not finite" in first[0]
    assert "give 1 to 800" in first[1]
    assert "only 1 distinct rows" in first[2]
    assert "features of [9, 8] columns" in first[3]
    assert one[3] == "none"
