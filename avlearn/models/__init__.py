"""The systems: each is a frozen config, a module, and `step(batch) -> StepOutput`; no devices, no optimisers."""

from .cavl import CAVL as CAVL
from .cavl import CAVLConfig as CAVLConfig
from .dcc import DCC as DCC
from .dcc import DCCConfig as DCCConfig
from .pair import PairConfig as PairConfig
from .pair import PairModel as PairModel
from .separator import SOUND_OF_PIXELS as SOUND_OF_PIXELS
from .separator import Separator as Separator
from .separator import SeparatorConfig as SeparatorConfig
from .separator import VisualQuery as VisualQuery
from .supervised import Supervised as Supervised
from .supervised import SupervisedConfig as SupervisedConfig
from .visual_centre import Sight as Sight
from .visual_centre import VisualCentre as VisualCentre
from .xdc import TARGETS as TARGETS
from .xdc import DeepClustering as DeepClustering
from .xdc import DeepClusteringConfig as DeepClusteringConfig
