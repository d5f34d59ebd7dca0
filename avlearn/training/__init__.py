"""The training loop and what surrounds it: settings, batches, curricula, checkpoints, logs, signs of collapse.

Read `loop.py` first: `fit` is the whole loop on one screen, and the other files hold one thing that it calls each.
`rounds` is the loop around it for deep clustering, which clusters anew between one `fit` and the next.
`curriculum` says how a run goes from simple to complex scenes, and `pacing` which scenes those are.
"""

from typing import TYPE_CHECKING

from avlearn.training.checkpoint import ModelCard as ModelCard
from avlearn.training.checkpoint import load_checkpoint as load_checkpoint
from avlearn.training.checkpoint import read_card as read_card
from avlearn.training.checkpoint import save_checkpoint as save_checkpoint
from avlearn.training.curriculum import Curriculum as Curriculum
from avlearn.training.curriculum import Stage as Stage
from avlearn.training.execution import Execution as Execution
from avlearn.training.interrupts import Terminated as Terminated
from avlearn.training.monitor import CollapseWarning as CollapseWarning
from avlearn.training.pacing import between as between
from avlearn.training.pacing import paced as paced
from avlearn.training.pacing import simplest as simplest
from avlearn.training.plateau import HeldOut as HeldOut
from avlearn.training.plateau import Plateau as Plateau
from avlearn.training.pool import ScenePool as ScenePool
from avlearn.training.reclustering import ClusteringSettings as ClusteringSettings
from avlearn.training.round_record import Round as Round
from avlearn.training.round_record import read_rounds as read_rounds
from avlearn.training.rounds_settings import RoundsSettings as RoundsSettings
from avlearn.training.settings import TrainSettings as TrainSettings

if TYPE_CHECKING:
    from avlearn.training.loop import FitResult as FitResult
    from avlearn.training.loop import fit as fit
    from avlearn.training.rounds import RoundsResult as RoundsResult
    from avlearn.training.rounds import train_rounds as train_rounds


def __getattr__(name: str) -> object:
    # Lightning Fabric takes as long to import as torch does; who only loads a checkpoint need not wait for it
    if name in ("fit", "FitResult"):
        from avlearn.training import loop

        return getattr(loop, name)
    if name in ("train_rounds", "RoundsResult"):
        from avlearn.training import rounds

        return getattr(rounds, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
