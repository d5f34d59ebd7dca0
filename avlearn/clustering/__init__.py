"""Clustering of the vectors of two modalities: what DCC, its variants and their baselines have in common.

Every matcher takes the feature maps of pictures and sounds and compares all with all. Read `cocluster` first
(the published algorithm), then `seeded` (our variant), `soft` and `simplified` (the Euclidean sibling), `detectors` and
`pairs` (several sources), and `pooled` (baselines). `kmeans` and `whitening` stand by themselves: they cluster the
features of a whole data set, for the pseudo-labels of XDC.
"""

from .cocluster import CoClustering as CoClustering
from .cocluster import CoClusteringMatcher as CoClusteringMatcher
from .cocluster import cocluster as cocluster
from .cocluster import squash as squash
from .detectors import DetectorMatcher as DetectorMatcher
from .kmeans import KMeans as KMeans
from .kmeans import kmeans as kmeans
from .kmeans_starts import KMeansStart as KMeansStart
from .pairs import Contents as Contents
from .pairs import Pairs as Pairs
from .pairs import pair_up as pair_up
from .pooled import PooledMatcher as PooledMatcher
from .seeded import SeededMatcher as SeededMatcher
from .simplified import SimplifiedMatcher as SimplifiedMatcher
from .soft import soft_kmeans as soft_kmeans
from .whitening import Whitening as Whitening
from .whitening import WhiteningSettings as WhiteningSettings
