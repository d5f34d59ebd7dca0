"""Measures: pure functions on batched tensors, `score(estimate, reference)`.

Read `localization` first; `trivial` has the maps that every localization result must be compared with, `ranking` and
`bootstrap` what the measures are made of, `seeds` what a few runs allow to say, `collapse` the signs of assignments and
features that tell nothing apart, `complexity` how much there seems to be in a scene. `detection` counts which of
several objects are found, `clustering` compares clusters with classes, `retrieval` finds sounds by pictures and
pictures by sounds, `separation` compares parted sounds with the true ones.
"""

from .clustering import contingency as contingency
from .clustering import matched_accuracy as matched_accuracy
from .clustering import nmi as nmi
from .clustering import purity as purity
from .collapse import assignment_entropy as assignment_entropy
from .collapse import cluster_occupancy as cluster_occupancy
from .collapse import effective_rank as effective_rank
from .complexity import effective_bands as effective_bands
from .complexity import effective_cells as effective_cells
from .complexity import effective_clusters as effective_clusters
from .complexity import effective_directions as effective_directions
from .complexity import effective_number as effective_number
from .complexity import one_centre_residual as one_centre_residual
from .complexity import pair_losses as pair_losses
from .complexity import peaks as peaks
from .complexity import spectral_flatness as spectral_flatness
from .localization import Threshold as Threshold
from .localization import consensus as consensus
from .localization import consensus_iou as consensus_iou
from .localization import iou_at_true_area as iou_at_true_area
from .localization import pointing as pointing
from .localization import sounding_silent_auc as sounding_silent_auc
from .localization import success_auc as success_auc
from .localization import success_rate as success_rate
from .ranking import average_precision as average_precision
from .ranking import precision_recall as precision_recall
from .ranking import rank_correlation as rank_correlation
from .ranking import ranks as ranks
from .ranking import roc_auc as roc_auc
from .retrieval import average_precisions as average_precisions
from .retrieval import partner_ranks as partner_ranks
from .retrieval import recall_at as recall_at
from .seeds import mean_interval as mean_interval
from .seeds import spread_interval as spread_interval
from .separation import bss_eval as bss_eval
from .separation import si_sdr as si_sdr
