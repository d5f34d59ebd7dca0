"""What the notebooks show: curves, pictures with boxes and heat maps, sounds, sliders, tables and source code.

Everything works in a live notebook and in a static page without a kernel, on light and on dark ground, and asks for the
words (`alt`) that say what is to be seen. Read `pictures` first; `markup` is what all of them return but the plotly
`figures` and the `sliders`.
"""

from avlearn.viz.clusters import cluster_sheet as cluster_sheet
from avlearn.viz.detections import detections as detections
from avlearn.viz.detections import threshold_slider as threshold_slider
from avlearn.viz.figures import bars as bars
from avlearn.viz.figures import curves as curves
from avlearn.viz.figures import scatter as scatter
from avlearn.viz.label_flow import label_flow as label_flow
from avlearn.viz.markup import Html as Html
from avlearn.viz.markup import gallery as gallery
from avlearn.viz.markup import side_by_side as side_by_side
from avlearn.viz.matrices import matrix as matrix
from avlearn.viz.matrices import outline_diagonal as outline_diagonal
from avlearn.viz.pairs import matched_pair as matched_pair
from avlearn.viz.pictures import assignments as assignments
from avlearn.viz.pictures import clip as clip
from avlearn.viz.pictures import heat_map as heat_map
from avlearn.viz.pictures import scene as scene
from avlearn.viz.pictures import segmentation as segmentation
from avlearn.viz.players import film as film
from avlearn.viz.players import player as player
from avlearn.viz.rankings import precision_recall as precision_recall
from avlearn.viz.sliders import scrub as scrub
from avlearn.viz.sliders import slider as slider
from avlearn.viz.sounds import sound_picture as sound_picture
from avlearn.viz.sounds import spectrogram as spectrogram
from avlearn.viz.sounds import upright as upright
from avlearn.viz.sounds import waveforms as waveforms
from avlearn.viz.source import source as source
from avlearn.viz.spans import mark_spans as mark_spans
from avlearn.viz.tables import table as table
