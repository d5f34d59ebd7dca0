"""Models that are shared: `save_pretrained`, `from_pretrained` and `push_to_hub`, as on the Hugging Face Hub."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import ModelCard, ModelHubMixin

T = TypeVar("T", bound="HubModel")


class HubModel(
    ModelHubMixin,
    library_name="avlearn",
    license="mit",
    repo_url="https://github.com/avlearn/avlearn",
    tags=["audio-visual", "self-supervised"],
):
    """A model that can be saved, loaded and shared.

    A folder is the same as one that `avlearn train` leaves: `save_pretrained` writes what `avlearn.load` reads, and
    `from_pretrained` reads what a run left. There are `model.safetensors`, `card.json` with all that is known of the
    model, and for the Hub `config.json` and `README.md`. Loading is strict: weights are checked against the hash of the
    card and the shapes of the model.
    """

    card: Any = None
    """What is known of a trained model; None of one that was built just now. See `avlearn.training.ModelCard`."""

    known_weights: str = ""
    """Fingerprint of the weights that the card is about."""

    def _save_pretrained(self, save_directory: Path) -> None:
        _shelf().save(self, save_directory)

    @classmethod
    def from_pretrained(  # type: ignore[override]  # the mixin's also takes arguments of models, which the card has
        cls: type[T],
        pretrained_model_name_or_path: str | Path,
        *,
        force_download: bool = False,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        device: str = "cpu",
    ) -> T:
        """A trained model in eval mode.

        Args:
            pretrained_model_name_or_path: the folder of a run or of `save_pretrained`, the name of a shipped model, or
                a repository of the Hub, such as `user/model`.
            force_download: fetch it again, though it is in the cache.
            token: of the Hub; None takes the one of `hf auth login`.
            cache_dir: where downloads are kept.
            local_files_only: take what is in the cache, without the network.
            revision: branch, tag or commit of the repository.
            device: where to put it.

        Raises:
            ValueError: no such checkpoint, a damaged one, or one of another model.

        Example:
            >>> from avlearn.models import CAVL
            >>> CAVL.from_pretrained("cavl").card.recipe
            'cavl'
        """
        model: T = _shelf().fetch(
            cls,
            pretrained_model_name_or_path,
            device=device,
            revision=revision,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            token=token,
        )
        return model

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """What `README.md` says: what is known of the model, and how to load it."""
        header = self._hub_mixin_info.model_card_data.to_yaml()
        return ModelCard(f"---\n{header}\n---\n\n{_shelf().readme(self)}")


def _shelf() -> Any:
    # What lies on disk is known above the models, and only who saves or loads one needs it
    return import_module("avlearn.pretrained")
