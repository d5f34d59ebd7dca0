"""Trained models by `torch.hub`.

Example: `model = torch.hub.load("avlearn/avlearn", "cavl")`, or `torch.hub.load(".", "cavl", source="local")`.
"""

dependencies = ["torch", "av", "huggingface_hub", "jaxtyping", "librosa", "numpy", "safetensors", "sklearn"]


def cavl(device: str = "cpu"):
    """CAVL, trained on the embedded world: where each of several sources is seen. See `avlearn.models.CAVL`."""
    return _shipped("cavl", device)


def dcc(device: str = "cpu"):
    """Deep co-clustering with the matching of its second paper's code. See `avlearn.models.DCC`."""
    return _shipped("dcc", device)


def dcc_published(device: str = "cpu"):
    """Deep co-clustering as published. See `avlearn.models.DCC`."""
    return _shipped("dcc_published", device)


def simplified_dcc(device: str = "cpu"):
    """Deep co-clustering as in the released simplified code. See `avlearn.models.DCC`."""
    return _shipped("simplified_dcc", device)


def max_pool(device: str = "cpu"):
    """The same encoders with max-pooled similarity and without clusters. See `avlearn.models.DCC`."""
    return _shipped("max_pool", device)


def supervised(device: str = "cpu"):
    """The same encoders trained with labels. See `avlearn.models.Supervised`."""
    return _shipped("supervised", device)


def separator(device: str = "cpu"):
    """A separator that asks by the visual centres of `cavl`. See `avlearn.models.Separator`."""
    return _shipped("separator", device)


def avlearn_model(checkpoint: str, device: str = "cpu"):
    """Any model that a run or `save_pretrained` left in a folder. See `avlearn.load`."""
    return _shipped(checkpoint, device)


def _shipped(name: str, device: str):
    # Imported at the call, as torch.hub checks the dependencies only after it has read this file
    from avlearn import load

    return load(name, device=device)
